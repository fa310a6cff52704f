package main

import (
	"fmt"
	"time"

	"github.com/hedgerow-dev/hedgerow/report"
)

// away says how far a day is from another: as people do, so the further, the
// rougher; "" of what is no day.
func away(from, day string) string {
	a, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return ""
	}
	b, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	days := int((b.Unix() - a.Unix()) / (24 * 60 * 60)) // a time.Duration ends after 292 years
	ago := days < 0
	if ago {
		days = -days
	}
	var far string
	switch {
	case days == 0:
		return "today"
	case days < 60:
		far = report.Count(days, "day")
	case days < 730:
		far = report.Count(days*12/365, "month")
	default:
		far = report.Count(days/365, "year")
	}
	if ago {
		return far + " ago"
	}
	return "in " + far
}

// dated gives a day, and how far it is away.
func dated(from, day string) string {
	if far := away(from, day); far != "" {
		return fmt.Sprintf("%s (%s)", day, far)
	}
	return day
}
