package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive is a package with one file.
func archive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	files := tar.NewWriter(zipped)
	if err := files.WriteHeader(&tar.Header{Name: "package/dist/a.js", Mode: 0o644, Size: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte("a;")); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPins sees to it that a package whose content is not the pinned one leaves
// what there was.
func TestPins(t *testing.T) {
	data := archive(t)
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	fileSum := fmt.Sprintf("%x", sha256.Sum256([]byte("a;")))
	right := "# a list\na 1.0.0 MIT " + sum + " dist/a.js a.js " + fileSum + "\n"
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{" " + sum, " 0" + sum[1:], "the archive of a@1.0.0 has the sum " + sum},
		{fileSum, strings.Repeat("0", 64), "dist/a.js of a@1.0.0 has the sum " + fileSum},
		{"dist/a.js", "dist/b.js", "there is no package/dist/b.js"},
		{" MIT", "", "6 words instead of 7"},
	} {
		folder := filepath.Join(t.TempDir(), "vendor")
		list := folder + ".txt"
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{
			list: strings.Replace(right, c.old, c.new, 1), filepath.Join(folder, "old"): "old",
		} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		err := run(list, folder, func(string) ([]byte, error) { return data, nil })
		_, noOld := os.Stat(filepath.Join(folder, "old"))
		_, noNew := os.Stat(filepath.Join(folder, "a.js"))
		if c.want == "" && (err != nil || noOld == nil || noNew != nil) {
			t.Errorf("%v, %v, %v", err, noOld, noNew)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || noOld != nil || noNew == nil) {
			t.Errorf("with %q for %q: %v, %v, %v", c.new, c.old, err, noOld, noNew)
		}
	}
}
