package main

import (
	"debug/buildinfo"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A machine is what the commands ran on, without a name of its own.
type machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory float64 `json:"memory"` // GiB
	OS     string  `json:"os"`
	Go     string  `json:"go"`
	Load   float64 `json:"load"` // when the run began
}

// thisMachine asks what Linux says about itself; elsewhere less is known.
func thisMachine() machine {
	m := machine{CPU: "an unknown processor", Cores: runtime.NumCPU(), OS: runtime.GOOS, Go: runtime.Version()}
	if model := line("/proc/cpuinfo", "model name\t:"); model != "" {
		m.CPU = model
	}
	if name := line("/etc/os-release", "PRETTY_NAME="); name != "" {
		m.OS = strings.Trim(name, `"`)
	}
	m.OS += " on " + runtime.GOARCH
	var kib int
	if _, err := fmt.Sscanf(line("/proc/meminfo", "MemTotal:"), "%d kB", &kib); err == nil {
		m.Memory = math.Round(float64(kib) / (1 << 20))
	}
	_, _ = fmt.Sscan(line("/proc/loadavg", ""), &m.Load)
	return m
}

// line gives what follows a prefix in the first line of a file that has it.
func line(file, prefix string) string {
	data, _ := os.ReadFile(file) // where there is none, nothing is known
	for text := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// A tool is a command line that Hedgerow is measured against.
type tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// toolsOf gives the versions of the peers, as they were built.
func toolsOf(bin string) (tools []tool, err error) {
	for _, name := range []string{"cue", "helm", "kustomize"} {
		info, err := buildinfo.ReadFile(filepath.Join(bin, name))
		if err != nil {
			return nil, err
		}
		tools = append(tools, tool{name, info.Main.Version})
	}
	return tools, nil
}
