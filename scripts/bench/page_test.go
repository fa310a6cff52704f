package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPage holds the page and the picture of fixed measurements against what
// they were. One set misses goals, with everything measured; the other reaches
// all that it measured.
func TestPage(t *testing.T) {
	for _, name := range []string{"missed", "reached"} {
		t.Run(name, func(t *testing.T) { golden(t, filepath.Join("testdata", name)) })
	}
}

// TestPageOfRepository holds the page of the repository against the measurements
// beside it.
func TestPageOfRepository(t *testing.T) { golden(t, filepath.Join("..", "..", "docs")) }

// golden compares what is written of the measurements in a folder with what is
// there.
func golden(t *testing.T, dir string) {
	m, out := measured(t, dir), t.TempDir()
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		out = dir
	}
	if err := m.write(out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"scale.json", "scale.md", "scale.svg"} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the measurements say (%v); HEDGEROW_UPDATE=1 rewrites it\n%s", name, err, got)
		}
	}
}

func measured(t *testing.T, dir string) (m measurements) {
	data, err := os.ReadFile(filepath.Join(dir, "scale.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMissed sees to it that no goal is missed without a word on why.
func TestMissed(t *testing.T) {
	m := measured(t, filepath.Join("testdata", "missed"))
	page, err := m.page()
	if err != nil {
		t.Fatal(err)
	}
	_, why, _ := strings.Cut(string(page), "## What was not reached, and why\n")
	for _, g := range m.goals() {
		if g.Met() {
			t.Errorf("%s is met: the measurements show nothing", g.key)
		}
		if !strings.Contains(why, strings.Fields(g.Measured())[0]) {
			t.Errorf("%s is not met at %s, and nobody says why", g.key, g.Measured())
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		args string
		want int
	}{
		{"100 300 1000", 3}, {"20 21", 2},
		{"", 0}, {"100", 0}, {"19 100", 0}, {"100 100", 0}, {"300 100", 0}, {"100 many", 0},
	} {
		sizes, err := sizesOf(strings.Fields(c.args))
		if len(sizes) != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%q: %v, %v", c.args, sizes, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	const line = "BenchmarkPublish/change-2   2   330300153 ns/op   0.1150 commit-x-git   0.3504 git-s/op   308.0 peak-MiB   0.9428 x-git\nPASS\n"
	p, err := metrics("goos: linux\n" + line)
	if err != nil || *p != (published{0.1150, 0.9428, 0.3504, 308}) {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := metrics(strings.ReplaceAll(line, "git-s/op", "s/op")); err == nil {
		t.Errorf("%+v without the time of git", p)
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		of, all string
		want    [2]float64
	}{
		{"700ms", "1000ms", [2]float64{0.7, 1}},
		{"0", "150ms", [2]float64{0, 0.15}},
		{"33000ms", "0", [2]float64{33, 0}},
	} {
		of, all, err := shareOf("Type: cpu\nShowing nodes accounting for " + c.of + ", 70.00% of " + c.all + " total\n")
		if err != nil || [2]float64{of, all} != c.want {
			t.Errorf("%+v: %v of %v, %v", c, of, all, err)
		}
	}
	if of, all, err := shareOf("Showing nodes\n"); err == nil {
		t.Errorf("%v of %v", of, all)
	}
}
