package tenancies

import (
	"os"
	"strconv"
	"testing"
)

// Number gives a number from the environment, or the usual one.
func Number(t testing.TB, name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
