package report_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hedgerow-dev/hedgerow/report"
)

const cells = "cluster main\n" +
	"  → prod/payments/api\t8080/TCP\tshop-orders, shop-payments, reports-nightly, and-one-that-is-long\n" +
	"  → prod/a\t53/TCP, 53/UDP, 9153/TCP\tdns\n" +
	"\n" +
	"  → staging/a-namespace-with-quite-a-long-name/a-workload-with-one-too\t1/TCP\t\n"

func columns(t *testing.T, w io.Writer, text string) {
	t.Helper()
	out := report.InColumns(w)
	if _, err := io.WriteString(out, text); err != nil {
		t.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestColumnsOnAScreen(t *testing.T) {
	var got bytes.Buffer
	columns(t, report.Screen{Writer: &got, Columns: 60}, cells)
	const want = `cluster main
  → prod/payments/  8080/TCP         shop-orders,
      api                            shop-payments,
                                     reports-nightly,
                                     and-one-that-is-
                                     long
  → prod/a          53/TCP, 53/UDP,  dns
                    9153/TCP
`
	if trimmed := regexp.MustCompile(`(?m) +$`).ReplaceAllString(got.String(), ""); !strings.HasPrefix(trimmed, want) {
		t.Errorf("got\n%s", &got)
	}
}

// Whatever the width, lines fit, and the same is said; and where there is none,
// nothing is wrapped.
func TestColumnsLoseNothing(t *testing.T) {
	words := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for width := 50; width < 130; width++ {
		var got bytes.Buffer
		columns(t, report.Screen{Writer: &got, Columns: width}, cells)
		for line := range strings.Lines(got.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, " \n")); n > width {
				t.Errorf("%d columns instead of %d: %s", n, width, line)
			}
		}
		for _, word := range []string{"cluster main", "→", "53/TCP", "dns", "1/TCP"} {
			if !strings.Contains(got.String(), word) {
				t.Errorf("%d columns lack %q", width, word)
			}
		}
		if n, want := len([]rune(words(got.String()))), len([]rune(words(cells))); n != want {
			t.Errorf("%d columns have %d letters instead of %d", width, n, want)
		}
	}
	for _, hopeless := range []int{1, 15} {
		var got, plain bytes.Buffer
		columns(t, report.Screen{Writer: &got, Columns: hopeless}, cells)
		columns(t, &plain, cells)
		if got.String() != plain.String() {
			t.Errorf("in %d columns, where it cannot fit, it is\n%s", hopeless, &got)
		}
	}
	var limitless, plain bytes.Buffer
	columns(t, report.Screen{Writer: &limitless}, cells)
	columns(t, &plain, cells)
	if limitless.String() != plain.String() || strings.Count(plain.String(), "\n") != strings.Count(cells, "\n") {
		t.Errorf("without a limit it is\n%s", &limitless)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567", -1234: "-1,234", -12: "-12"} {
		if got := report.Number(n); got != want {
			t.Errorf("%s: %s", fmt.Sprint(n), got)
		}
	}
}
