package synthetic

import (
	"fmt"
	"strings"
)

// Chart gives the files of a Helm chart by name, from which Helm makes the
// policies that Hedgerow makes of the tenancy of the size.
func Chart(s Size) map[string]string {
	in, out := make([][]string, s.Namespaces), make([][]string, s.Namespaces)
	for i := range s.Flows {
		from, to := ends(s, i)
		in[to] = append(in[to], fmt.Sprintf("{flow: f%d, peer: %s, reason: flow %d of the measurement}", i, namespace(from), i))
		out[from] = append(out[from], fmt.Sprintf("{flow: f%d, peer: %s, reason: flow %d of the measurement}", i, namespace(to), i))
	}
	var values strings.Builder
	values.WriteString("namespaces:\n")
	for i := range s.Namespaces {
		fmt.Fprintf(&values, "- name: %s\n  in: [%s]\n  out: [%s]\n", namespace(i), strings.Join(in[i], ", "), strings.Join(out[i], ", "))
	}
	return map[string]string{
		"Chart.yaml":              "apiVersion: v2\nname: policies\nversion: 1.0.0\n",
		"values.yaml":             values.String(),
		"templates/policies.yaml": chartTemplate,
	}
}

const chartTemplate = `{{- define "head" }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    app.kubernetes.io/managed-by: helm
  {{- with .flow }}
  annotations:
    example.com/cluster: main
    example.com/environment: prod
    example.com/flow: {{ .flow }}
    example.com/reason: {{ .reason }}
  {{- end }}
spec:
{{- end }}
{{- range .Values.namespaces }}
{{- $namespace := .name }}
---
{{- include "head" (dict "name" "default-deny" "namespace" $namespace) }}
  podSelector: {}
  policyTypes:
  - Ingress
  - Egress
---
{{- include "head" (dict "name" "allow-dns" "namespace" $namespace) }}
  egress:
  - ports:
    - port: 53
      protocol: TCP
    - port: 53
      protocol: UDP
    to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  podSelector: {}
  policyTypes:
  - Egress
---
{{- include "head" (dict "name" "allow-same-namespace" "namespace" $namespace) }}
  egress:
  - to:
    - podSelector: {}
  ingress:
  - from:
    - podSelector: {}
  podSelector: {}
  policyTypes:
  - Ingress
  - Egress
{{- range .in }}
---
{{- include "head" (dict "name" (printf "allow-%s-ingress" .flow) "namespace" $namespace "flow" .) }}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .peer }}
      podSelector:
        matchLabels:
          app: api
    ports:
    - port: 8443
      protocol: TCP
  podSelector:
    matchLabels:
      app: api
  policyTypes:
  - Ingress
{{- end }}
{{- range .out }}
---
{{- include "head" (dict "name" (printf "allow-%s-egress" .flow) "namespace" $namespace "flow" .) }}
  egress:
  - ports:
    - port: 8443
      protocol: TCP
    to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .peer }}
      podSelector:
        matchLabels:
          app: api
  podSelector:
    matchLabels:
      app: api
  policyTypes:
  - Egress
{{- end }}
{{- end }}
`
