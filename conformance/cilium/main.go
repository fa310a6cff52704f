// Command cilium answers the judge with the policy engine of Cilium
// (github.com/cilium/cilium): its parser of NetworkPolicies, its identities and
// selectors, and the map that it would load into the kernel for each pod.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/logging"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"

	"github.com/hedgerow-dev/hedgerow/conformance/engine"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cilium:", err)
		os.Exit(1)
	}
}

// run sets up the agent as the chart does, with both address families and SCTP.
func run() error {
	logging.DefaultLogger.SetOutput(io.Discard) // it warns of every named port that nobody has
	option.Config.EnableIPv4, option.Config.EnableIPv6, option.Config.EnableSCTP = true, true, true
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	if err := labelsfilter.ParseLabelPrefixCfg(nil, ""); err != nil {
		return err
	}
	return engine.Serve(os.Stdin, os.Stdout, newAgent().build)
}
