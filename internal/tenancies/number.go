package tenancies

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
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

// Quoted sees to it that the README of the repository at a path says what was
// counted, in the words of the format, whose numbers it groups by thousands. A
// run that counts otherwise than usual is none to quote.
func Quoted(t testing.TB, repository, format string, counts ...int) {
	t.Helper()
	for _, name := range []string{"HEDGEROW_SEED", "HEDGEROW_COUNT"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	var grouped []any
	for _, n := range counts {
		grouped = append(grouped, message.NewPrinter(language.English).Sprint(n))
	}
	want := fmt.Sprintf(format, grouped...)
	readme, err := os.ReadFile(filepath.Join(repository, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not say %q", want)
	}
}
