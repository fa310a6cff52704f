package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// deliveryFile says where Argo CD or Flux finds the overlays.
const deliveryFile = "delivery.cue"

const deliveryText = `package tenancy

// Where %s finds the overlays that Hedgerow commits.
delivery: {
	repository: %s
	branch:     %s
	path:       %s
	%s: {}
}
`

// addDelivery adds what says where the overlays are delivered from.
func (s *setup) addDelivery(p *place, to string) error {
	repository, branch := p.remote, p.branch
	if !p.own() {
		repository, branch = p.cfg.Repo, p.cfg.Branch
		if branch == "" {
			return fmt.Errorf("%s needs to know the branch of %s: name it with --branch", products[to], repository)
		}
	} else if p.cfg.Branch != "" && p.cfg.Mode == modePublish {
		branch = p.cfg.Branch
	}
	if repository == "" {
		return errors.New("the tenancy's repository has no remote, from which " + products[to] + " could read: name one with --repo")
	}
	repository, err := cloned(repository)
	if err != nil {
		return err
	}
	overlays, err := p.overlays()
	if err != nil {
		return err
	}
	for _, n := range []struct{ what, name string }{{"the address", repository}, {"the branch", branch}, {"the folder", overlays}} {
		if err := printable(n.what, n.name); err != nil {
			return err
		}
	}
	s.add(p.cfg.dir, deliveryFile, fmt.Appendf(nil, deliveryText, products[to],
		strconv.Quote(repository), strconv.Quote(branch), strconv.Quote(overlays), to))
	if lacks(filepath.Join(p.cfg.dir, deliveryFile), to+":") {
		s.next = append(s.next, "add \""+to+": {}\" to "+deliveryFile+", which was there before")
	}
	s.next = append(s.next, "see that "+deliveryFile+" names the repository as "+products[to]+" reaches it, and the branch that it is to read")
	return nil
}

// reSCP is an address of SSH as scp writes it.
var reSCP = regexp.MustCompile(`^([\w.-]+@[\w.-]+):([^/\\].*)$`)

// cloned gives an address as delivery says it: with its scheme, and one from
// which others can clone.
func cloned(address string) (string, error) {
	if m := reSCP.FindStringSubmatch(address); m != nil {
		address = "ssh://" + m[1] + "/" + m[2]
	}
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "ssh://") {
		return "", fmt.Errorf("%q is no address that a cluster clones from: name one that begins with https:// or ssh:// with --repo", address)
	}
	return address, nil
}

// products are the names of what delivers.
var products = map[string]string{withArgoCD: "Argo CD", withFlux: "Flux"}
