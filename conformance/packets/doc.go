// Package packets sends real packets between pods that Cilium's agent keeps
// apart by the policies that Hedgerow publishes. "make e2e-packets" builds what
// it needs and runs it; README.md of the folder above says what is compared.
package packets
