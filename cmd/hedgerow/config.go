package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/diag"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
)

// configFile is looked for in the folder of the tenancy.
const configFile = ".hedgerow.yaml"

// config is all that can be configured: by a flag, which beats a variable
// HEDGEROW_NAME, which beats the configuration file, which beats the default.
type config struct {
	Output     string        `mapstructure:"output"`
	Format     string        `mapstructure:"format"`
	Quiet      bool          `mapstructure:"quiet"`
	Tags       []string      `mapstructure:"tag"`
	AsOf       string        `mapstructure:"as-of"`
	AllowFiles []string      `mapstructure:"allow-files"`
	MaxRemoved int           `mapstructure:"max-removed-namespaces"`
	Timeout    time.Duration `mapstructure:"timeout"`
	Memory     int           `mapstructure:"memory-limit"`
	Mode       string        `mapstructure:"mode"`

	Repo           string        `mapstructure:"repo"`
	Branch         string        `mapstructure:"branch"`
	Path           string        `mapstructure:"path"`
	Author         string        `mapstructure:"author"`
	Committer      string        `mapstructure:"committer"`
	SigningKey     string        `mapstructure:"signing-key"`
	SSHKey         string        `mapstructure:"ssh-key"`
	Username       string        `mapstructure:"username"`
	NetworkTimeout time.Duration `mapstructure:"network-timeout"`

	dir string
}

// The two ways of working: the overlays are published after the merge, or stand
// in the pull request itself.
const (
	modePublish = "publish"
	modeInline  = "inline"
)

// notConfigured marks a command's own flag that has the name of what can be
// configured, and means something else.
const notConfigured = "not-configured"

// configFlags are the flags of what can be configured, but for those whose names a
// command has taken for flags of its own.
func configFlags(f *pflag.FlagSet) {
	configured := pflag.NewFlagSet("", pflag.ContinueOnError)
	configured.StringP("output", "o", "overlays", "`folder` of the overlays, below the folder of the tenancy unless absolute")
	configured.String("format", "text", "format of the diagnostics: text, json, sarif, github or gitlab")
	configured.BoolP("quiet", "q", false, "no summary and no progress")
	configured.StringArrayP("tag", "t", nil, "give a value to an @tag of the tenancy, as `name=value`")
	configured.String("as-of", "", "`day` on which expiry is judged, as 2006-01-02 (default today, UTC)")
	configured.StringArray("allow-files", nil, "`pattern` of files in the output folder that are not Hedgerow's")
	configured.Int("max-removed-namespaces", 5, "how many namespaces may be retired or released at once")
	configured.Duration("timeout", 2*time.Minute, "how long the tenancy may take to evaluate")
	configured.Int("memory-limit", 4096, "how much memory it may take, in MiB")
	configured.String("mode", modePublish, "who writes the overlays: publish, after the merge, or inline, the pull request itself")
	f.AddFlagSet(configured)
}

// publishFlags are the flags of what can be configured of publishing.
func publishFlags(f *pflag.FlagSet) {
	f.String("repo", "", "`address` of the repository to publish to (default the tenancy's own)")
	f.String("branch", "", "`branch` to publish to (default the one that is checked out, or the repository's own default)")
	f.String("path", "", "`folder` of that repository for the overlays (default as here)")
	f.String("author", "Hedgerow <hedgerow@localhost>", "author of the commits")
	f.String("committer", "", "committer of the commits (default the author)")
	f.String("signing-key", "", "`file` of the private key, of OpenPGP or SSH, that signs the commits")
	f.String("ssh-key", "", "`file` of the private key for SSH (default the SSH agent)")
	f.String("username", "", "user `name` that goes with HEDGEROW_TOKEN")
	f.Duration("network-timeout", time.Minute, "how long an exchange with the repository's server may take")
}

// readConfig joins flags, environment and file.
func readConfig(cmd *cobra.Command, v *viper.Viper) (*config, error) {
	dir, err := cmd.Flags().GetString("dir")
	if err != nil {
		return nil, err
	}
	known := pflag.NewFlagSet("", pflag.ContinueOnError)
	configFlags(known)
	publishFlags(known)
	var keys []string
	known.VisitAll(func(f *pflag.Flag) { keys = append(keys, f.Name) })
	for _, k := range keys {
		flag := cmd.Flags().Lookup(k)
		if flag == nil || flag.Annotations[notConfigured] != nil {
			flag = known.Lookup(k) // of another command: the file may hold it, and the environment
		}
		if err := v.BindPFlag(k, flag); err != nil {
			return nil, err
		}
	}
	v.SetEnvPrefix("hedgerow")
	v.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	v.AutomaticEnv()
	if err := readConfigFile(v, filepath.Join(dir, configFile), keys); err != nil {
		return nil, err
	}
	c := &config{dir: dir}
	if err := v.Unmarshal(c); err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %s", decodeError(err))
	}
	return c, c.validate()
}

// decodeError takes the framework's words out of an error about a value.
func decodeError(err error) string {
	s := strings.TrimPrefix(err.Error(), "decoding failed due to the following error(s):")
	s, _, _ = strings.Cut(strings.Join(strings.Fields(s), " "), ": strconv.")
	return s
}

// readConfigFile reads the file if there is one, and refuses keys that mean
// nothing.
func readConfigFile(v *viper.Viper, file string, keys []string) error {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", file)
	}
	data, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return failure{err}
	}
	defer data.Close()
	alone := viper.New()
	alone.SetConfigType("yaml")
	if err := alone.ReadConfig(data); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, k := range alone.AllKeys() {
		if !slices.Contains(keys, k) {
			return fmt.Errorf("%s: unknown key %q; %s", file, k, nearest.Hint(k, "the keys", keys))
		}
	}
	settings := alone.AllSettings()
	for k, value := range settings {
		if day, ok := value.(time.Time); ok { // YAML reads a bare day as a time
			settings[k] = day.Format(time.DateOnly)
		}
	}
	return v.MergeConfigMap(settings)
}

func (c *config) validate() error {
	if !slices.Contains(diag.Formats(), diag.Format(c.Format)) {
		return fmt.Errorf("unknown format %q; %s", c.Format, nearest.Hint(c.Format, "formats", formatNames()))
	}
	if c.AsOf != "" {
		if _, err := time.Parse(time.DateOnly, c.AsOf); err != nil {
			return fmt.Errorf("as-of %q is not a day such as 2027-06-30", c.AsOf)
		}
	}
	switch {
	case c.Output == "":
		return errors.New("output names no folder")
	case c.MaxRemoved < 0:
		return errors.New("max-removed-namespaces cannot be negative")
	case c.Memory <= 0:
		return errors.New("memory-limit must be more than 0")
	case c.Mode != modePublish && c.Mode != modeInline:
		return fmt.Errorf("unknown mode %q; %s", c.Mode, nearest.Hint(c.Mode, "modes", []string{modePublish, modeInline}))
	case c.Timeout < time.Millisecond:
		return fmt.Errorf("timeout %v is too short: write a unit, as in 30s or 2m", c.Timeout)
	}
	for _, p := range c.AllowFiles {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("allow-files %q is not a pattern of file names", p)
		}
	}
	if err := c.validateOutput(); err != nil {
		return err
	}
	for _, tag := range c.Tags {
		if tag == "" || strings.HasPrefix(tag, "=") {
			return fmt.Errorf("tag %q has no name: write name=value", tag)
		}
	}
	slices.Sort(c.Tags)
	c.Tags = slices.Compact(c.Tags)
	return nil
}

// validateOutput sees to it that the overlays have a folder of their own.
func (c *config) validateOutput() error {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return failure{err}
	}
	out, err := filepath.Abs(c.output())
	if err != nil {
		return failure{err}
	}
	if rel, err := filepath.Rel(out, dir); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return fmt.Errorf("output %q holds the tenancy itself: name a folder for the overlays alone", c.Output)
	}
	if rel, err := filepath.Rel(filepath.Join(dir, "cue.mod"), out); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return fmt.Errorf("output %q lies in the CUE module's own folder", c.Output)
	}
	return nil
}

// output is the folder of the overlays as it is opened.
func (c *config) output() string {
	if filepath.IsAbs(c.Output) {
		return filepath.Clean(c.Output)
	}
	return filepath.Join(c.dir, c.Output)
}

func formatNames() (out []string) {
	for _, f := range diag.Formats() {
		out = append(out, string(f))
	}
	return out
}

func suggestion(word string, names []string) string {
	if n := nearest.Name(word, names); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}
