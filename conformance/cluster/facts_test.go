package cluster

import (
	"fmt"
	"strings"
	"testing"
)

// verifiedWithoutRights says of a cluster what somebody without rights can read,
// which is its version alone, and what not.
const verifiedWithoutRights = `package tenancy

clusters: main: {
	cni: "calico"
	kubernetes: "1.36"
	apiServer: {cidrs: ["172.18.0.2/32"], port: 6443}
	nodes: cidrs: ["172.18.0.0/24"]
}
environments: prod: cluster: "main"
teams: {}
`

// TestFacts has hedgerow facts read a real API server, as somebody who may do no
// more than the document says: without any right, with those rights, through the
// kubectl commands of the document, and after the API server has moved.
func TestFacts(t *testing.T) {
	r := newReader(t, "facts")
	r.must("create", "-f", "testdata/facts/cluster.yaml")

	r.step("a user without rights")
	r.hedgerow("facts")

	r.write("tenants.cue", verifiedWithoutRights)
	r.hedgerow("facts", "--verify")

	r.step("a user with the rights of the document")
	r.grant()
	r.awaitRights()
	block := r.hedgerow("facts")

	r.step("a tenancy with that block")
	block, _, _ = strings.Cut(block, "[exit code")
	r.write("tenants.cue", "package tenancy\n\n"+block+"environments: prod: cluster: \"main\"\nteams: {}\n")
	r.hedgerow("vet")
	r.hedgerow("facts", "--verify")

	r.step("what kubectl prints")
	fmt.Fprintf(&r.said, "$ sh read.sh\n%s\n", r.script("read.sh"))
	r.hedgerow("facts", "--verify", "kubectl.yaml")

	r.step("the API server has moved")
	r.must("patch", "endpointslice", "kubernetes", "--type=json", `--patch=[{"op": "replace", "path": "/endpoints/0/addresses/0", "value": "172.18.0.9"}]`)
	r.hedgerow("facts", "--verify")
	r.compare()
}
