package cluster

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lendsItsRights sees to it that Flux works as the account that is rendered for
// it: without the rights of that, it can do nothing, whatever its own are.
func (g *gitops) lendsItsRights() {
	binding := &object{}
	binding.SetAPIVersion("rbac.authorization.k8s.io/v1")
	binding.SetKind("ClusterRoleBinding")
	binding.SetName("hedgerow")
	where, err := g.resource(binding)
	if err != nil {
		g.Fatal(err)
	}
	// Caught while it waits for what it has applied, Flux would wait for minutes.
	g.suspendAll(true)
	g.await("suspended", g.busy)
	if err := where.Delete(g.Context(), binding.GetName(), metav1.DeleteOptions{}); err != nil {
		g.Fatal(err)
	}
	g.suspendAll(false)
	g.await("without the rights of its account", g.lacksRights)
	g.request(parent)
	g.await("the rights are given again", func(ctx context.Context) string {
		_, err := where.Get(ctx, binding.GetName(), metav1.GetOptions{})
		return said(err)
	})
	for _, k := range g.kustomizations {
		g.request(k)
	}
	g.awaitApplied("with the rights again")
	if happened := g.settled("with the rights again"); len(happened) > 0 {
		g.Errorf("without its rights, Flux does %v", happened)
	}
}

// suspendAll stops all that Hedgerow has rendered, or lets it go on.
func (g *gitops) suspendAll(yes bool) {
	for _, k := range g.kustomizations {
		g.patchSync(k, fmt.Sprintf(`{"spec": {"suspend": %t}}`, yes))
	}
}

// busy says what Flux is at, or "".
func (g *gitops) busy(ctx context.Context) string {
	list, err := g.objects.Resource(syncs).Namespace(fluxNamespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	for i := range list.Items {
		if ready, message := readiness(&list.Items[i]); ready != "True" {
			return list.Items[i].GetName() + ": " + message
		}
	}
	return ""
}

// lacksRights says what of production goes on though Flux's account may not, or
// "".
func (g *gitops) lacksRights(ctx context.Context) string {
	list, err := g.objects.Resource(syncs).Namespace(fluxNamespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	stopped, forbidden := false, false
	var all []string
	for i := range list.Items {
		ready, message := readiness(&list.Items[i])
		all = append(all, list.Items[i].GetName()+" is ready: "+ready+", "+message)
		if ready == "False" && list.Items[i].GetName() == "hedgerow-prod" {
			stopped = true
		}
		if strings.Contains(message, `User "system:serviceaccount:flux-system:hedgerow" cannot`) {
			forbidden = true
		}
	}
	if !stopped || !forbidden {
		return strings.Join(all, "\n")
	}
	return ""
}

// said is the text of an error, or "" for none.
func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}
