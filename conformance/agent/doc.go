// Package agent is no code: its module pins Cilium's agent and CNI plugin, which
// "make e2e-packets" builds.
package agent
