package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A file of an archive.
type file struct {
	data []byte
	mode int64
}

// archive gives the archive of a platform.
func (r *release) archive(platform string, common map[string]file) ([]byte, error) {
	binary := filepath.Join(r.work, "binary")
	if err := r.build(binary, platform); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	licences, err := thirdParty(r.source, platform)
	if err != nil {
		return nil, err
	}
	files := maps.Clone(common)
	files["hedgerow"] = file{data, 0o755}
	files["THIRD_PARTY_LICENSES"] = file{licences, 0o644}
	return r.pack(files)
}

// pack gives the bytes of an archive: in order, nobody's, and as old as the
// commit. It holds regular files alone, for krew takes no others.
func (r *release) pack(files map[string]file) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	t := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		header := &tar.Header{Name: name, Mode: f.mode, Size: int64(len(f.data)), ModTime: r.Date, Format: tar.FormatUSTAR}
		if err := t.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
