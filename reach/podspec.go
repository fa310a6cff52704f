package reach

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodTemplate is what matters of the pods that an object makes.
type PodTemplate struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     PodSpec           `json:"spec"`
}

// PodSpec is what matters of a pod: whether it has the address of its node, and
// the ports of its containers.
type PodSpec struct {
	HostNetwork    bool        `json:"hostNetwork"`
	Containers     []container `json:"containers"`
	InitContainers []container `json:"initContainers"`
}

type container struct {
	Ports         []corev1.ContainerPort         `json:"ports"`
	RestartPolicy *corev1.ContainerRestartPolicy `json:"restartPolicy"`
}

// Ports gives the ports of the containers that run as long as the pod: the init
// containers that restart always are sidecars (KEP-753).
func (s *PodSpec) Ports() (out []corev1.ContainerPort) {
	for _, c := range s.Containers {
		out = append(out, c.Ports...)
	}
	for _, c := range s.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out = append(out, c.Ports...)
		}
	}
	return out
}
