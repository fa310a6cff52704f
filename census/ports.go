package census

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// rePortName and longestPortName are what a tenancy takes for the name of a port,
// beside that it holds a letter.
var rePortName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const longestPortName = 15

func goodPortName(s string) bool {
	return len(s) <= longestPortName && rePortName.MatchString(s) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
}

// numbered are what stands before the number of a port without a name.
var numbered = map[corev1.Protocol]string{corev1.ProtocolTCP: "port", corev1.ProtocolUDP: "udp", corev1.ProtocolSCTP: "sctp"}

// ports gives the ports of a group, each once, under the name that the pods give
// it, or under its number.
func (t *taker) ports(g *group) (out []Port) {
	all := slices.Clone(g.ports)
	// Of two names for one port, the one that can be written comes first.
	slices.SortStableFunc(all, func(a, b corev1.ContainerPort) int {
		return cmp.Or(cmp.Compare(a.ContainerPort, b.ContainerPort), cmp.Compare(a.Protocol, b.Protocol),
			-cmp.Compare(truth(goodPortName(a.Name)), truth(goodPortName(b.Name))), cmp.Compare(a.Name, b.Name))
	})
	taken, seen := map[string]bool{}, map[[2]string]bool{}
	for _, p := range all {
		protocol := cmp.Or(p.Protocol, corev1.ProtocolTCP)
		word, known := numbered[protocol]
		key := [2]string{fmt.Sprint(p.ContainerPort), string(protocol)}
		switch {
		case seen[key]:
			continue
		case p.ContainerPort < 1 || p.ContainerPort > 65535 || !known:
			t.leave(BadPort, "%s: %d/%s", g, p.ContainerPort, protocol)
			continue
		}
		seen[key] = true
		name := p.Name
		if !goodPortName(name) || taken[name] {
			name = fmt.Sprintf("%s-%d", word, p.ContainerPort)
		}
		out = append(out, Port{unique(taken, name, longestPortName), int(p.ContainerPort), string(protocol)})
	}
	return out
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// goodLabel reports whether a tenancy takes a label: Kubernetes allows more than
// 63 characters between two dots of a key's prefix.
func goodLabel(key, value string) bool {
	prefix, _, hasPrefix := strings.Cut(key, "/")
	if hasPrefix && slices.ContainsFunc(strings.Split(prefix, "."), func(part string) bool { return len(part) > 63 }) {
		return false
	}
	return len(validation.IsQualifiedName(key)) == 0 && len(validation.IsValidLabelValue(value)) == 0
}
