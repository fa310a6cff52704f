package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/internal/policykinds"
	"github.com/hedgerow-dev/hedgerow/reach"
)

// decisive are the resources that say who reaches whom: namespaces, policies and
// everything that makes pods. ReplicaSets are left out: their pods, and what made
// them, say it all.
var decisive = []Resource{
	Namespaces, NetworkPolicies, Pods, ReplicationControllers, Deployments, StatefulSets, DaemonSets, Jobs, CronJobs,
}

// Objects gives everything on the cluster that says who reaches whom, as reading
// it from manifests would, with the objects of other policy kinds that the
// cluster serves. The unanswered are groups of the API whose server did not say
// what kinds they hold. The error names each resource that cannot be read.
func (c *Client) Objects(ctx context.Context) (objects *reach.Objects, unanswered []string, err error) {
	others, unanswered, err := c.PolicyKinds(ctx)
	if err != nil {
		return nil, nil, err
	}
	read := slices.Concat(decisive, others)
	parts, errs := make([]*reach.Objects, len(read)), make([]error, len(read))
	var wait sync.WaitGroup
	for i := range read {
		wait.Go(func() { parts[i], errs[i] = c.objectsOf(ctx, read[i]) })
	}
	wait.Wait()
	if err := joined(errs); err != nil {
		return nil, nil, err
	}
	for _, p := range parts[1:] {
		parts[0].Add(p)
	}
	return parts[0], unanswered, nil
}

// joined gives the errors, each once: a server that does not answer says so to
// every request.
func joined(errs []error) error {
	var out []error
	seen := map[string]bool{}
	for _, err := range errs {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			out = append(out, err)
		}
	}
	return errors.Join(out...)
}

func (c *Client) objectsOf(ctx context.Context, r Resource) (*reach.Objects, error) {
	out, err := reach.Read("", nil)
	if err != nil {
		return nil, err
	}
	err = c.Pages(ctx, r, "", func(list []byte) error {
		objects, err := reach.Read(r.String(), list)
		if err != nil {
			return err
		}
		out.Add(objects)
		return nil
	})
	return out, err
}

// PolicyKinds gives the resources beside NetworkPolicy that the cluster serves
// and that may decide about connections, and the groups that do not answer: an
// extension's server may be down. Of a group that is known to hold policies that
// is an error.
func (c *Client) PolicyKinds(ctx context.Context) (out []Resource, unanswered []string, err error) {
	var groups metav1.APIGroupList
	data, err := c.get(ctx, "/apis", nil)
	if err == nil {
		err = decode(data, &groups)
	}
	if err != nil {
		return nil, nil, c.worded(err, "listing its APIs")
	}
	// All at once: a server that hangs would else take the time of one exchange for
	// each group.
	kindsOf, errs := make([][]Resource, len(groups.Groups)), make([]error, len(groups.Groups))
	var wait sync.WaitGroup
	for i, g := range groups.Groups {
		wait.Go(func() { kindsOf[i], errs[i] = c.kindsOf(ctx, g) })
	}
	wait.Wait()
	for i, g := range groups.Groups {
		kinds, err := kindsOf[i], errs[i]
		if err != nil && policykinds.Of(g.Name) != nil {
			return nil, nil, c.worded(err, fmt.Sprintf("listing the kinds of %s (\"kubectl api-resources --api-group=%s\" does the same)", g.Name, g.Name))
		} else if err != nil {
			unanswered = append(unanswered, g.Name)
			continue
		}
		for _, k := range kinds {
			if policykinds.MayDecide(g.Name, k.Kind) {
				out = append(out, k)
			}
		}
	}
	// The server lists groups and kinds in the order in which they came.
	slices.SortFunc(out, func(a, b Resource) int { return cmp.Compare(a.String(), b.String()) })
	slices.Sort(unanswered)
	return out, unanswered, nil
}

// kindsOf gives the resources of a group that can be listed, each once, in the
// version that the server would rather serve: a group may hold one kind in one
// version alone.
func (c *Client) kindsOf(ctx context.Context, g metav1.APIGroup) (out []Resource, err error) {
	seen := map[string]bool{}
	rest := slices.DeleteFunc(slices.Clone(g.Versions), func(v metav1.GroupVersionForDiscovery) bool { return v == g.PreferredVersion })
	for _, v := range append([]metav1.GroupVersionForDiscovery{g.PreferredVersion}, rest...) {
		var list metav1.APIResourceList
		data, err := c.get(ctx, "/apis/"+v.GroupVersion, nil)
		if err == nil {
			err = decode(data, &list)
		}
		if err != nil {
			return nil, err
		}
		for _, k := range list.APIResources {
			// One with a slash is a part of each object, such as its status.
			if !seen[k.Name] && !strings.Contains(k.Name, "/") && slices.Contains(k.Verbs, "list") {
				seen[k.Name] = true
				out = append(out, Resource{g.Name, v.Version, k.Name, k.Kind, !k.Namespaced})
			}
		}
	}
	return out, nil
}
