package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/report"
)

// A build is what a binary knows of how it came to be.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`   // its hash, or as many digits as are known
	Date     string `json:"date,omitempty"`     // of the commit, as RFC 3339 in UTC
	Modified bool   `json:"modified,omitempty"` // what was built is not all in the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCmd(w world) *cobra.Command {
	var as string
	formats := []string{string(report.Text), string(report.JSON)}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, of which commit, and how it was built",
		Long: `Version says which release or commit the binary was built from, when that was
committed, and with which Go for which platform. What the binary does not know
is left out: a release that "go install" built knows its version alone.`,
		Example: `  hedgerow version
  hedgerow version --as json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if !slices.Contains(formats, as) {
				return fmt.Errorf("unknown format %q; %s", as, nearest.Hint(as, "formats", formats))
			}
			if as == string(report.JSON) {
				return report.WriteJSON(w.out, ownBuild())
			}
			return ownBuild().write(w.out)
		},
	}
	cmd.Flags().StringVar(&as, "as", "text", "how the version is written: text or json")
	choices(cmd, "as", formats...)
	return cmd
}

func (b *build) write(w io.Writer) error {
	text := "hedgerow " + b.Version + "\n"
	if b.Commit != "" {
		text += "commit " + b.Commit
		if b.Date != "" {
			text += " of " + b.Date
		}
		if b.Modified {
			text += ", with changes that are not committed"
		}
		text += "\n"
	}
	_, err := io.WriteString(w, text+"built with "+b.Go+" for "+b.Platform+"\n")
	return err
}

// version is the module's version, or the commit that it was built from.
func version() string { return ownBuild().Version }

// ownBuild gives the build of the running binary.
func ownBuild() *build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return buildOf(info)
}

// buildOf reads what Go wrote into a binary: of a clone what Git says, and of a
// module's version, as "go install" takes it, what the version says.
func buildOf(info *debug.BuildInfo) *build {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	b := &build{
		Version: info.Main.Version, Commit: settings["vcs.revision"], Date: settings["vcs.time"],
		Modified: settings["vcs.modified"] == "true", Go: info.GoVersion,
		Platform: cmp.Or(settings["GOOS"], runtime.GOOS) + "/" + cmp.Or(settings["GOARCH"], runtime.GOARCH),
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "devel"
	}
	if b.Commit == "" && module.IsPseudoVersion(b.Version) {
		b.Commit, _ = module.PseudoVersionRev(b.Version)
		if t, err := module.PseudoVersionTime(b.Version); err == nil {
			b.Date = t.UTC().Format(time.RFC3339)
		}
	}
	return b
}
