// Package cluster holds what Hedgerow renders, and what it says that Kubernetes
// refuses, against a real API server, and has a real Flux sync what it
// publishes. "make e2e" and "make e2e-flux" build these and run the tests;
// README.md of the folder above says what they compare.
package cluster
