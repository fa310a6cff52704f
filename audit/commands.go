package audit

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The commands that fixes tell people to run. Manifests may hold any name, and a
// shell or kubectl takes "x; rm -rf ~" or "--all" for more than a name: where one
// is none that an API server would have taken, words stand in its place.

// deletion says how a NetworkPolicy is deleted.
func deletion(namespace, name string) string {
	if !isNamespace(namespace) || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return "delete the policy by its name"
	}
	return fmt.Sprintf("\"kubectl delete networkpolicy %s -n %s\"", name, namespace)
}

// replacement says how what a folder holds becomes again what it was. To apply it
// would not do: that leaves the fields that somebody added, and is refused where
// somebody else set one. To replace is to write the whole object.
func replacement(folder string) string {
	if !reFolder.MatchString(folder) {
		return "replace it with \"kubectl replace -k\" and the folder that holds it"
	}
	return fmt.Sprintf("\"kubectl replace -k %s\"", folder)
}

// application says how what a folder holds, and is not there, gets there.
func application(folder string) string {
	if !reFolder.MatchString(folder) {
		return "apply it with \"kubectl apply --server-side -k\" and the folder that holds it"
	}
	return fmt.Sprintf("\"kubectl apply --server-side -k %s\"", folder)
}

// reFolder matches the folders that no shell, and no kubectl, takes for more.
var reFolder = regexp.MustCompile(`^[A-Za-z0-9._/][A-Za-z0-9._/-]*$`)

// creation says how a namespace is created.
func creation(namespace string) string {
	if !isNamespace(namespace) {
		return "create it"
	}
	return fmt.Sprintf("\"kubectl create namespace %s\"", namespace)
}

// isolation says how pods of a namespace are kept off the network of their nodes.
func isolation(namespace string) string {
	const label = "pod-security.kubernetes.io/enforce=baseline"
	if !isNamespace(namespace) {
		return "label its namespace " + label
	}
	return fmt.Sprintf("\"kubectl label namespace %s %s\"", namespace, label)
}

func isNamespace(name string) bool { return len(validation.IsDNS1123Label(name)) == 0 }
