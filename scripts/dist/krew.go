package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
)

// releases is where the archives are to be found.
const releases = "https://github.com/hedgerow-dev/hedgerow/releases/download/"

// krewManifest gives what krew installs the plugin of kubectl by. Krew calls the
// binary kubectl-hedgerow itself.
func krewManifest(version string, platforms []string, archives map[string][sha256.Size]byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: hedgerow
spec:
  version: %q
  homepage: https://github.com/hedgerow-dev/hedgerow
  shortDescription: Prove and explain network isolation
  description: |
    Hedgerow turns a tenancy, written in CUE, into NetworkPolicies, and proves
    that exactly the declared flows are open. It explains why a connection is
    open or closed, lists everything that is open, and says what on a cluster
    went round the tenancy.
  platforms:
`, version)
	for _, p := range platforms {
		system, arch, _ := strings.Cut(p, "/")
		fmt.Fprintf(&b, `  - selector:
      matchLabels:
        os: %s
        arch: %s
    uri: %s%s/hedgerow_%s_%s_%s.tar.gz
    sha256: %x
    bin: hedgerow
`, system, arch, releases, version, version, system, arch, archives[p])
	}
	return b.Bytes()
}
