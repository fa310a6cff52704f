package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// production is the Kustomization of that environment.
const production = "hedgerow-prod"

// refusing has the server refuse policies of a name
// (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/).
const refusing = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: refusing}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [networking.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [networkpolicies]}
  validations:
  - {expression: 'object.metadata.name != %q'}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: refusing}
spec: {policyName: refusing, validationActions: [Deny]}
`

// refuse has the server refuse a policy of this name, unless that is "", until
// what it gives is called.
func (g *gitops) refuse(policy string) (lift func()) {
	if policy == "" {
		return func() {}
	}
	var made []*object
	for _, text := range strings.Split(fmt.Sprintf(refusing, policy), "---\n") {
		o, err := objectOf([]byte(text))
		if err != nil {
			g.Fatal(err)
		}
		if err := g.create(g.Context(), o); err != nil {
			g.Fatal(err)
		}
		made = append(made, o)
	}
	g.awaitRefused(policy, true)
	return func() {
		for _, o := range made {
			where, err := g.resource(o)
			if err != nil {
				g.Fatal(err)
			}
			if err := where.Delete(g.Context(), o.GetName(), metav1.DeleteOptions{}); err != nil {
				g.Fatal(err)
			}
		}
		g.awaitRefused(policy, false)
	}
}

// awaitRefused waits until the server refuses a policy, or takes it: what decides
// it reads rules a little after they are written.
func (g *gitops) awaitRefused(policy string, want bool) {
	o, err := objectOf(fmt.Appendf(nil, "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s, namespace: %s}, spec: {podSelector: {}}}", policy, fluxNamespace))
	if err != nil {
		g.Fatal(err)
	}
	g.await(policy+" is refused, or taken", func(ctx context.Context) string {
		err := g.create(ctx, o, dry...)
		if refused := apierrors.IsInvalid(err) || apierrors.IsForbidden(err); refused != want {
			return fmt.Sprint(err)
		}
		return ""
	})
}

// staysOpen sees to it that nothing happens while production cannot be applied,
// though its Kustomization of roll-outs is, in which one has ended.
func (g *gitops) staysOpen(s step, before map[string]*object) {
	g.await(s.what, func(ctx context.Context) string {
		where := g.objects.Resource(syncs).Namespace(fluxNamespace)
		first, err := where.Get(ctx, production+".rollout", metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		then, err := where.Get(ctx, production, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if status, message := readiness(then); status != "False" || !strings.Contains(message, s.refused) {
			return "production does not fail: " + message
		}
		return g.notApplied(first)
	})
	time.Sleep(6 * time.Second) // the interval is 5 s: Flux has looked again
	after := g.want
	g.want = before
	if happened := g.settled(s.what); len(happened) > 0 {
		g.Errorf("%s: meanwhile %v happens", s.what, happened)
	}
	g.want = after
}
