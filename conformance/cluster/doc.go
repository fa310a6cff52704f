// Package cluster holds what Hedgerow renders, and what it says that Kubernetes
// refuses, against a real API server. "make e2e" builds the server and runs the
// tests; README.md of the folder above says what they compare.
package cluster
