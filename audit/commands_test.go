package audit

import (
	"strings"
	"testing"
)

// TestCommands sees to it that nothing gets into a command that a shell or
// kubectl would take for more than a name.
func TestCommands(t *testing.T) {
	for _, name := range []string{"", "--all", "-A", "x; rm -rf ~", "$(id)", "a b", "A", "a/b", "x\n"} {
		for _, fix := range []string{deletion("shop", name), deletion(name, "p"), creation(name), isolation(name)} {
			if strings.Contains(fix, "kubectl") || name != "" && name != "A" && strings.Contains(fix, name) {
				t.Errorf("%q: %s", name, fix)
			}
		}
	}
	for _, folder := range []string{"", "-x", "a b", "$(id)", "a;b", "a\nb", "'", `C:\a`} {
		for _, fix := range []string{replacement(folder), application(folder)} {
			if !strings.HasSuffix(fix, "the folder that holds it") {
				t.Errorf("%q: %s", folder, fix)
			}
		}
	}
	for got, want := range map[string]string{
		replacement("/x/overlays/main/prod/shop"): `"kubectl replace -k /x/overlays/main/prod/shop"`,
		application("../overlays/a_b"):            `"kubectl apply --server-side -k ../overlays/a_b"`,
		deletion("shop", "a.b"):                   `"kubectl delete networkpolicy a.b -n shop"`,
		deletion("a.b", "p"):                      "delete the policy by its name", // no namespace has a dot
		creation("shop"):                          `"kubectl create namespace shop"`,
		isolation("shop"):                         `"kubectl label namespace shop pod-security.kubernetes.io/enforce=baseline"`,
	} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
