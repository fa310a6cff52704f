package main

import (
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/hedgerow-dev/hedgerow/kube"
)

// A liveSource says which cluster a command reads: a live one, by a kubeconfig,
// unless it is given paths.
type liveSource struct {
	kubeconfig, context string
	paths               []string
}

func (s *liveSource) flags(f *pflag.FlagSet) {
	f.StringVar(&s.kubeconfig, "kubeconfig", "", "file of the kubeconfig (default as kubectl: KUBECONFIG, or ~/.kube/config)")
	f.StringVar(&s.context, "context", "", "context of the kubeconfig (default its current one)")
	f.Duration("network-timeout", time.Minute, "how long an exchange with the API server may take")
}

func (s *liveSource) validate() error {
	if len(s.paths) > 0 && s.kubeconfig+s.context != "" {
		return errors.New("--kubeconfig and --context are for a live cluster, and paths are read instead of it")
	}
	return nil
}

// connect gives a client of the live cluster.
func (s *liveSource) connect(cfg *config) (*kube.Client, error) {
	c, err := kube.Connect(kube.Options{Kubeconfig: s.kubeconfig, Context: s.context, Timeout: cfg.NetworkTimeout, Agent: "hedgerow/" + version()})
	if err != nil {
		return nil, failure{err}
	}
	return c, nil
}
