package report

import "testing"

func TestCount(t *testing.T) {
	for _, test := range []struct {
		n          int
		noun, want string
	}{
		{0, "flow", "0 flows"}, {1, "flow", "1 flow"}, {2, "day", "2 days"}, {1, "policy", "1 policy"}, {12345, "policy", "12,345 policies"},
	} {
		if got := Count(test.n, test.noun); got != test.want {
			t.Errorf("%d %s: %q instead of %q", test.n, test.noun, got, test.want)
		}
	}
}
