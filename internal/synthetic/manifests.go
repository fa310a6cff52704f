package synthetic

import (
	"bytes"
	"fmt"
)

// flowsOfNamespace is how many flows lead out of each namespace.
const flowsOfNamespace = 3

// Manifests gives a cluster of that many namespaces as one manifest: each is
// denied by default and may look names up, has two Deployments, and opens three
// flows to other namespaces, with a policy at both ends.
func Manifests(namespaces int) []byte {
	var b bytes.Buffer
	for i := range namespaces {
		name := namespace(i)
		fmt.Fprintf(&b, namespaceManifest, name)
		for _, app := range []string{"api", "db"} {
			fmt.Fprintf(&b, deploymentManifest, app, name)
		}
		fmt.Fprintf(&b, baselineManifest, name)
		for k := range flowsOfNamespace {
			to := (i + 1 + k*k*7) % namespaces
			fmt.Fprintf(&b, flowManifest, i, k, name, namespace(to))
		}
	}
	return b.Bytes()
}

const namespaceManifest = `---
apiVersion: v1
kind: Namespace
metadata:
  name: %[1]s
  labels:
    kubernetes.io/metadata.name: %[1]s
`

const deploymentManifest = `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  namespace: %[2]s
spec:
  selector:
    matchLabels: {app: %[1]s}
  template:
    metadata:
      labels: {app: %[1]s}
    spec:
      containers:
      - name: main
        image: registry.example/%[1]s
        ports:
        - name: https
          containerPort: 8443
`

const baselineManifest = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: %[1]s
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: %[1]s
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
    to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: kube-system}
      podSelector:
        matchLabels: {k8s-app: kube-dns}
`

const flowManifest = `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: flow-%[1]d-%[2]d-out
  namespace: %[3]s
spec:
  podSelector:
    matchLabels: {app: api}
  policyTypes: [Egress]
  egress:
  - ports:
    - {protocol: TCP, port: 8443}
    to:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: %[4]s}
      podSelector:
        matchLabels: {app: api}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: flow-%[1]d-%[2]d-in
  namespace: %[4]s
spec:
  podSelector:
    matchLabels: {app: api}
  policyTypes: [Ingress]
  ingress:
  - ports:
    - {protocol: TCP, port: 8443}
    from:
    - namespaceSelector:
        matchLabels: {kubernetes.io/metadata.name: %[3]s}
      podSelector:
        matchLabels: {app: api}
`
