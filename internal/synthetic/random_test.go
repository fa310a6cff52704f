package synthetic

import "testing"

// TestRandomIsReproducible sees to it that a seed in a failure is worth
// something.
func TestRandomIsReproducible(t *testing.T) {
	for seed := range uint64(50) {
		if a, b := Random(seed), Random(seed); a != b {
			t.Errorf("seed %d gives two texts", seed)
		}
	}
	if Random(1) == Random(2) {
		t.Error("two seeds give one text")
	}
}
