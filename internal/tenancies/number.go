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
	if err != nil || n < 1 {
		t.Fatalf("%s: %q is no number from 1 on", name, text)
	}
	return n
}
