package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file, link, device := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "device")
	if err := os.WriteFile(file, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{link: file, device: os.DevNull} {
		if err := os.Symlink(to, name); err != nil {
			t.Skip(err)
		}
	}
	for _, path := range []string{file, link} {
		if data, err := Read(path, 4); err != nil || string(data) != "four" {
			t.Errorf("Read(%s, 4) = %q, %v", path, data, err)
		}
		if _, err := Read(path, 3); err == nil {
			t.Errorf("Read(%s, 3) takes 4 bytes", path)
		}
	}
	for _, path := range []string{dir, device} {
		if _, err := Read(path, 4); !errors.Is(err, ErrNot) {
			t.Errorf("Read(%s) gives %v, not ErrNot", path, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none"), 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of what is not there gives %v", err)
	}
}
