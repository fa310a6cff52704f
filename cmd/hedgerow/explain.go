package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
	"github.com/hedgerow-dev/hedgerow/proof"
	"github.com/hedgerow-dev/hedgerow/report"
)

func newExplainCmd(w world, v *viper.Viper) *cobra.Command {
	var as string
	var asJSON bool
	formats := []string{string(report.Text), string(report.JSON)}
	cmd := &cobra.Command{
		Use:   "explain FROM TO [PORT]",
		Short: "Say whether a connection is open, and why",
		Long: `Explain judges connections from one end to another on the overlays that the
tenancy builds. An end is environment/namespace/workload, shared/name/workload,
external/name, nodes, apiServer, an address or a range of addresses, a namespace
as Kubernetes calls it, or undeclared/namespace; without a workload it is the
whole namespace. A port is 8443/TCP, 30000-30100/UDP, a number, which is TCP, or
a name that the destination declares; without one every port is meant.

It exits 0 whether the connection is open or not.`,
		Example: `  hedgerow explain staging/checkout/api staging/payments/api 8443/TCP
  hedgerow explain payments-live 203.0.113.7 443
  hedgerow explain shared/monitoring prod/checkout/api metrics`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return fmt.Errorf("explain takes two ends and perhaps a port, as in: hedgerow explain staging/checkout/api staging/payments/api 8443/TCP")
			}
			return nil
		},
		ValidArgsFunction: completeEnds(v),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := readConfig(cmd, v)
			if err != nil {
				return err
			}
			if !slices.Contains(formats, as) {
				return fmt.Errorf("unknown format %q; %s", as, nearest.Hint(as, "formats", formats))
			}
			return runExplain(w, cfg, append(args, "")[:3], asJSON || as == string(report.JSON))
		},
	}
	configFlags(cmd.Flags())
	cmd.Flags().StringVar(&as, "as", "text", "how the explanation is written: text or json")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --as json")
	choices(cmd, "as", formats...)
	return cmd
}

func runExplain(w world, cfg *config, args []string, asJSON bool) error {
	j, err := proved(w, cfg)
	if err != nil {
		return err
	}
	found, err := j.proof.Explain(args[0], args[1], args[2])
	if err != nil {
		return err
	}
	if asJSON {
		return report.WriteJSON(w.out, found)
	}
	for i, x := range found {
		if i > 0 {
			fmt.Fprintln(w.out)
		}
		writeExplanation(w.out, &x, j.today())
	}
	return nil
}

func writeExplanation(w io.Writer, x *proof.Explanation, today string) {
	fmt.Fprintf(w, "%s → %s on %s, cluster %s: %s\n", x.From, x.To, x.Ports, x.Cluster, x.Verdict)
	for _, open := range x.Open {
		fmt.Fprintf(w, "  open: %s\n", open)
	}
	writeSide(w, "egress of", &x.Egress)
	writeSide(w, "ingress of", &x.Ingress)
	for _, f := range x.Flows {
		fmt.Fprintf(w, "flow %q at %s\n  reason: %s\n", f.Name, f.At, f.Reason)
		for _, line := range []struct{ what, text string }{
			{"ticket", f.Ticket}, {"expires", dated(today, f.Expires)}, {"owners", strings.Join(f.Owners, ", ")},
		} {
			if line.text != "" {
				fmt.Fprintf(w, "  %s: %s\n", line.what, line.text)
			}
		}
	}
	for _, n := range x.Notes {
		fmt.Fprintf(w, "note: %s\n", n)
	}
	if x.Snippet != "" {
		fmt.Fprintf(w, "to open it, write\n\n\t%s\n", strings.ReplaceAll(strings.TrimSpace(x.Snippet), "\n", "\n\t"))
	}
}

// shownPolicies is how many policies that isolate an end are named.
const shownPolicies = 3

func writeSide(w io.Writer, what string, s *proof.SideOf) {
	isolating := s.Isolating
	if len(isolating) > shownPolicies {
		isolating = append(slices.Clone(isolating[:shownPolicies]), fmt.Sprintf("%d more", len(isolating)-shownPolicies))
	}
	switch {
	case s.End == "": // on no cluster are both ends
	case len(s.Allowing) > 0:
		fmt.Fprintf(w, "%s %s: allowed by %s\n", what, s.End, strings.Join(s.Allowing, ", "))
	case len(s.Isolating) == 0:
		fmt.Fprintf(w, "%s %s: no policy isolates it\n", what, s.End)
	case s.Open:
		fmt.Fprintf(w, "%s %s: partly isolated, by %s\n", what, s.End, strings.Join(isolating, ", "))
	default:
		fmt.Fprintf(w, "%s %s: closed, isolated by %s, and no rule allows it\n", what, s.End, strings.Join(isolating, ", "))
	}
}
