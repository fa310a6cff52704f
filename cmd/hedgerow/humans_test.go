package main

import "testing"

func TestAway(t *testing.T) {
	for day, want := range map[string]string{
		"2026-11-21": "today", "2026-11-22": "in 1 day", "2026-11-20": "1 day ago", "2026-12-31": "in 40 days", "2027-01-19": "in 59 days",
		"2027-01-20": "in 1 month", "2027-06-30": "in 7 months", "2026-01-21": "9 months ago", "2028-11-19": "in 23 months",
		"2028-11-20": "in 2 years", "1026-11-21": "1,000 years ago", "9999-12-31": "in 7,978 years", "": "", "tomorrow": "",
	} {
		if got := away("2026-11-21", day); got != want {
			t.Errorf("%q is %q", day, got)
		}
	}
	if got := dated("2026-11-21", "2026-11-24"); got != "2026-11-24 (in 3 days)" {
		t.Error(got)
	}
	if got := dated("2026-11-21", "soon"); got != "soon" {
		t.Error(got)
	}
}
