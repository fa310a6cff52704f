// Dockerlint holds a Dockerfile against the checks of BuildKit, which are else
// only run where there is a daemon that builds:
//
//	dockerlint Dockerfile
//
// It reads the Dockerfile alone, and neither fetches nor builds an image. It
// exits 1 if BuildKit would refuse it or warn.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dockerlint DOCKERFILE")
		os.Exit(2)
	}
	clean, err := lint(os.Args[1], os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "dockerlint:", err)
		os.Exit(3)
	case !clean:
		os.Exit(1)
	}
}

// lint writes what BuildKit says of a Dockerfile, and reports whether that is
// nothing.
func lint(file string, out io.Writer) (bool, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	sourceMap := llb.NewSourceMap(nil, file, "Dockerfile", source)
	sourceMap.Definition = &llb.Definition{} // BuildKit takes for granted that there is one
	linux := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	found, err := dockerfile2llb.DockerfileLint(context.Background(), source, dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			LinterConfig:   &linter.Config{ExperimentalAll: true},
			BuildPlatforms: []ocispecs.Platform{linux},
		},
		TargetPlatform: &linux,
		MetaResolver:   bare{linux},
		SourceMap:      sourceMap,
	})
	if err != nil {
		return false, err
	}
	if found.Error != nil {
		fmt.Fprintf(out, "%s: %s\n", file, found.Error.Message)
	}
	for _, w := range found.Warnings {
		line := int32(0)
		if w.Location != nil && len(w.Location.Ranges) > 0 {
			line = w.Location.Ranges[0].Start.Line
		}
		fmt.Fprintf(out, "%s:%d: %s (%s)\n", file, line, w.Detail, w.RuleName)
	}
	return found.Error == nil && len(found.Warnings) == 0, nil
}

// bare takes every image for one of which nothing is known but its platform.
type bare struct{ platform ocispecs.Platform }

// ResolveImageConfig implements llb.ImageMetaResolver.
func (b bare) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config, err := json.Marshal(ocispecs.Image{Platform: b.platform})
	return ref, "", config, err
}
