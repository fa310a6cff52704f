// Package flux pins the kustomize-controller of Flux that "make e2e-flux" builds
// and runs; go.mod says which.
package flux
