package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/facts"
	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/publish"
)

// questions are asked line by line, which every terminal and screen reader can
// do. With no terminal, none is asked and none is answered.
type questions struct {
	in       *bufio.Reader
	out      io.Writer
	ask, yes bool
}

func newQuestions(w world, yes bool) *questions {
	q := &questions{out: w.out, ask: w.inTerminal && w.outTerminal && !yes, yes: yes}
	if q.ask {
		q.in = bufio.NewReader(w.in)
	}
	return q
}

// open reports whether anything that no flag says is to be answered.
func (q *questions) open() bool { return q.ask || q.yes }

// A question is one line; Enter takes the proposal, which is right.
type question struct {
	text, proposal string
	right          func(answer string) error
}

var errUnanswered = errors.New("not all questions are answered, so nothing was written; every one has a flag, and --yes takes what is proposed")

// answer asks until the answer is right.
func (q *questions) answer(of question) (string, error) {
	if !q.ask {
		return of.proposal, nil
	}
	for {
		fmt.Fprintf(q.out, "%s [%s] ", of.text, of.proposal)
		line, err := q.in.ReadString('\n')
		if err != nil {
			fmt.Fprintln(q.out)
			return "", errUnanswered // a line that does not end may not be all of it
		}
		answer := strings.TrimSpace(line)
		if answer == "" {
			answer = of.proposal
		}
		if err := of.right(answer); err != nil {
			fmt.Fprintln(q.out, facts.OneLine(err.Error()))
			continue
		}
		return answer, nil
	}
}

// set answers a question that a flag answers too, unless it did.
func (q *questions) set(cmd *cobra.Command, flag string, of question) error {
	if !q.open() || cmd.Flags().Lookup(flag).Changed {
		return nil
	}
	answer, err := q.answer(of)
	if err != nil || answer == nothing {
		return err
	}
	return cmd.Flags().Set(flag, answer)
}

// nothing is the answer that something is not wanted.
const nothing = "none"

// answerIn takes one of some words.
func answerIn(words ...string) func(string) error {
	return func(answer string) error {
		if !slices.Contains(words, answer) {
			return fmt.Errorf("%q is none of them; %s", answer, nearest.Hint(answer, "they", words))
		}
		return nil
	}
}

// firstTenancy gives the tenancy that is written, with all that is asked before.
func (s *setup) firstTenancy(cmd *cobra.Command, v *viper.Viper, w world, dir string, o *initOptions) ([]byte, error) {
	q := newQuestions(w, o.yes)
	if err := o.askSource(cmd, q); err != nil {
		return nil, err
	}
	if o.first.wanted() {
		text, delivers, err := s.foundTenancy(cmd, v, w, q, o)
		if err != nil {
			return nil, err
		}
		return text, o.askPlace(cmd, q, dir, delivers)
	}
	if err := q.set(cmd, "cni", pluginQuestion(examplePlugin)); err != nil {
		return nil, err
	}
	return exampleWith(cmp.Or(o.cni, examplePlugin)), o.askPlace(cmd, q, dir, "")
}

// The answers to the first question that are no path.
const (
	fromExample = "example"
	fromCluster = "cluster"
)

// askSource asks what the first tenancy is made from, and what it calls what is
// found.
func (o *initOptions) askSource(cmd *cobra.Command, q *questions) error {
	if q.open() && !o.first.wanted() {
		source, err := q.answer(question{
			"What is the first tenancy made from (example, cluster for what runs on that of kubectl, or the path of manifests)?",
			fromExample, rightSource,
		})
		switch {
		case err != nil:
			return err
		case source == fromCluster:
			o.first.fromCluster = true
		case source != fromExample:
			o.first.paths = []string{source}
		}
	}
	if !o.first.wanted() {
		return nil
	}
	if err := q.set(cmd, "environment", question{"Which environment are its namespaces?", o.first.environment, goodEnvironment}); err != nil {
		return err
	}
	return q.set(cmd, "team-label", question{"Which label of a namespace names its team?", nothing, goodTeamLabel})
}

func rightSource(answer string) error {
	if answer == fromExample || answer == fromCluster {
		return nil
	}
	if _, err := os.Stat(answer); err != nil {
		return fmt.Errorf("%q is no path that is there; %s", answer, nearest.Hint(answer, "the other answers", []string{fromExample, fromCluster}))
	}
	return nil
}

func pluginQuestion(proposal string) question {
	return question{"Which network plugin does the cluster have (" + strings.Join(plugins(), ", ") + ")?", proposal, answerIn(plugins()...)}
}

// foundTenancy makes the first tenancy of what is found, and says what delivers
// there.
func (s *setup) foundTenancy(cmd *cobra.Command, v *viper.Viper, w world, q *questions, o *initOptions) (text []byte, delivers string, err error) {
	cfg, err := readConfig(cmd, v)
	if err != nil {
		return nil, "", err
	}
	found, err := o.first.read(cmd.Context(), w, cfg)
	if err != nil {
		return nil, "", err
	}
	if found.facts.CNI.State != facts.Known {
		if err := q.set(cmd, "cni", pluginQuestion("other")); err != nil {
			return nil, "", err
		}
	}
	found.use(o.cni)
	if text, err = found.tenancy(w, cfg, &o.first); err != nil {
		return nil, "", err
	}
	s.found, s.next = found.report(&o.first)
	return text, found.delivers(), nil
}

// askPlace asks for the CI, for what delivers, and for what they need to know.
func (o *initOptions) askPlace(cmd *cobra.Command, q *questions, dir, delivers string) error {
	p := &place{}
	if err := p.find(dir); err != nil || !q.open() {
		return err
	}
	if p.lost == nil {
		checks := question{"Which CI checks pull requests and publishes (github, gitlab or none)?", p.ci(), answerIn(ciGitHub, ciGitLab, nothing)}
		if err := q.set(cmd, "ci", checks); err != nil {
			return err
		}
	}
	known := p.remote != "" && readable(p.remote) == nil
	if delivers == "" || !known && q.yes {
		delivers = nothing // with no address there is nothing to deliver from
	}
	brings := question{"What brings the policies into the clusters (argocd, flux or none)?", delivers, answerIn(withArgoCD, withFlux, nothing)}
	if err := q.set(cmd, "delivery", brings); err != nil {
		return err
	}
	if o.delivery == "" || known || o.repo != "" {
		return nil
	}
	if err := q.set(cmd, "repo", question{"Which repository are the policies published to (https://…)?", "", readable}); err != nil {
		return err
	}
	return q.set(cmd, "branch", question{"Which branch of it?", "main", publish.ValidBranch})
}

// readable reports whether Argo CD or Flux can clone from an address.
func readable(address string) error {
	_, err := cloned(address)
	return err
}

// ci gives the CI that the repository seems to have.
func (p *place) ci() string {
	host := ""
	if at, err := cloned(p.remote); err == nil {
		if u, err := url.Parse(at); err == nil {
			host = u.Hostname()
		}
	}
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(p.root, name))
		return err == nil
	}
	switch {
	case strings.Contains(host, ciGitHub):
		return ciGitHub
	case strings.Contains(host, ciGitLab), has(gitLabEntry):
		return ciGitLab
	case has(".github"):
		return ciGitHub
	}
	return nothing
}

// delivers says whether Argo CD or Flux is there.
func (f *foundCluster) delivers() string {
	for _, n := range f.census.Namespaces {
		switch n.Name {
		case "argocd":
			return withArgoCD
		case "flux-system":
			return withFlux
		}
	}
	return ""
}
