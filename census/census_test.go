package census_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hedgerow-dev/hedgerow/census"
)

// deployment is one in namespace shop, of pods with labels that it knows by
// others.
func deployment(kind, name, selector, labels, ports string) string {
	return fmt.Sprintf("{apiVersion: apps/v1, kind: %s, metadata: {name: %q, namespace: shop}, spec: {selector: {%s}, template: {metadata: {labels: {%s}}, spec: {containers: [{ports: [%s]}]}}}}",
		kind, name, selector, labels, ports)
}

func pod(name, labels, owner string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: Pod, metadata: {name: %s, namespace: shop, labels: {%s}, ownerReferences: [%s]}}", name, labels, owner)
}

// owned gives an object that a resource of somebody's own kind made.
func owned(object string) string {
	return strings.Replace(object, "metadata: {", "metadata: {ownerReferences: [{kind: Kafka, name: main, controller: true}], ", 1)
}

// TestWorkloads says of what runs in a namespace what the tenancy makes of it,
// and what is said about it.
func TestWorkloads(t *testing.T) {
	const rollout = "{kind: ReplicaSet, name: web-5d8f, controller: true}"
	for name, c := range map[string]struct {
		items []string
		want  string // the workloads
		left  string // the reasons
	}{
		"the selector's labels, not the template's": {
			[]string{deployment("Deployment", "web", "matchLabels: {app: web}", "app: web, version: v7", "{name: http, containerPort: 8080}")},
			"web: {pods: app: \"web\", ports: http: 8080}", "",
		},
		"without labels in the selector, those that say what the pods are": {
			[]string{deployment("Deployment", "web", "matchExpressions: [{key: app, operator: Exists}]", "app: web, version: v7", "")},
			"web: {pods: app: \"web\"}", "",
		},
		"pods of what was found are no workload of their own": {
			[]string{deployment("Deployment", "web", "matchLabels: {app: web}", "app: web", ""), pod("web-5d8f-x", "app: web, pod-template-hash: 5d8f", rollout)},
			"web: {pods: app: \"web\"}", "",
		},
		"pods of what was not found are one workload, by what lasts of all their labels": {
			[]string{
				pod("web-5d8f-x", "tier: front, pod-template-hash: 5d8f, zone: a", rollout),
				pod("web-5d8f-y", "tier: front, pod-template-hash: 5d8f, zone: b", rollout),
			},
			"web: {pods: tier: \"front\"}", "",
		},
		"what has a selector of its own is a workload of its own, whoever made it": {
			[]string{
				owned(deployment("StatefulSet", "kafka", "matchLabels: {app: kafka}", "app: kafka", "")),
				owned(deployment("StatefulSet", "zookeeper", "matchLabels: {app: zookeeper}", "app: zookeeper", "")),
			},
			"kafka: {pods: app: \"kafka\"}\nzookeeper: {pods: app: \"zookeeper\"}", "",
		},
		"a Job of a CronJob without labels is not spoken of twice": {
			[]string{
				"{apiVersion: batch/v1, kind: CronJob, metadata: {name: night, namespace: shop}, spec: {jobTemplate: {spec: {template: {spec: {}}}}}}",
				"{apiVersion: batch/v1, kind: Job, metadata: {name: night-1, namespace: shop, ownerReferences: [{kind: CronJob, name: night, controller: true}]}, " +
					"spec: {selector: {matchLabels: {controller-uid: x}}, template: {metadata: {labels: {controller-uid: x, job-name: night-1}}}}}",
			},
			"", "carry no label that lasts",
		},
		"the same labels are the same workload": {
			[]string{
				deployment("Deployment", "web", "matchLabels: {app: web}", "app: web", "{containerPort: 80}"),
				deployment("StatefulSet", "canary", "matchLabels: {app: web}", "app: web", "{containerPort: 81, protocol: UDP}"),
			},
			"web: {pods: app: \"web\", ports: {\"port-80\": 80, \"udp-81\": \"81/UDP\"}}", "with the labels of another",
		},
		"a label more tells them apart": {
			[]string{
				deployment("Deployment", "api", "matchLabels: {app: shop}", "app: shop, app.kubernetes.io/component: api", ""),
				deployment("Deployment", "web", "matchLabels: {app.kubernetes.io/component: web}", "app: shop, app.kubernetes.io/component: web", ""),
			},
			"api: {pods: {app: \"shop\", \"app.kubernetes.io/component\": \"api\"}}\n" +
				"web: {pods: \"app.kubernetes.io/component\": \"web\"}", "",
		},
		"or nothing does": {
			[]string{
				deployment("Deployment", "api", "matchLabels: {app: api}", "app: api", ""),
				deployment("Deployment", "web", "matchLabels: {tier: web}", "tier: web", ""),
			},
			"api: {pods: app: \"api\"}\nweb: {pods: tier: \"web\", overlaps: true}", "may share pods",
		},
		"two of a name": {
			[]string{
				deployment("Deployment", "web", "matchLabels: {app: a}", "app: a", ""),
				deployment("StatefulSet", "web", "matchLabels: {app: b}", "app: b", ""),
				deployment("DaemonSet", "Web", "matchLabels: {app: c}", "app: c", ""),
			},
			"web: {pods: app: \"a\"}\n\"web-daemonset\": {pods: app: \"c\"}\n\"web-statefulset\": {pods: app: \"b\"}", "under another name",
		},
		"ports of one number, of one name, of no number": {
			[]string{deployment("Deployment", "web", "matchLabels: {app: web}", "app: web",
				"{name: http, containerPort: 80}, {name: HTTP, containerPort: 80}, {name: http, containerPort: 81}, {name: port-83, containerPort: 82}, {containerPort: 83}, {containerPort: 0}")},
			"web: {pods: app: \"web\", ports: {http: 80, \"port-81\": 81, \"port-83\": 82, \"port-83-2\": 83}}", "no container can have",
		},
		"pods on the network of their nodes": {
			[]string{
				"{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: shop}, spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true}}}}",
				"{apiVersion: v1, kind: Pod, metadata: {name: agent-1, namespace: shop, labels: {app: agent}, ownerReferences: [{kind: DaemonSet, name: agent, controller: true}]}, spec: {hostNetwork: true}}",
			},
			"", "on the network of their nodes",
		},
		"labels that a tenancy does not take": {
			[]string{deployment("Deployment", "web", "matchLabels: {app: web, "+strings.Repeat("a", 64)+".io/x: z}", "app: web", "")},
			"web: {pods: app: \"web\"}", "does not take",
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := take(t, "", strings.Join(c.items, "\n---\n"))
			want := "shop: {rollout: _asItWas}"
			if c.want != "" {
				want = "shop: {\nrollout: _asItWas\nworkloads: {\n" + c.want + "\n}\n}"
			}
			if got := found.CUE(census.Tenancy{}); !strings.Contains(got, "teams: {\n// Nobody has said yet whose these are: move each to its team.\nunassigned: namespaces: {\n"+want+"\n}\n}\n") {
				t.Errorf("got\n%s", got)
			}
			if (len(found.Left) == 0) != (c.left == "") {
				t.Errorf("left %v", found.Left)
			}
			for _, l := range found.Left {
				if !strings.Contains(string(l.Why), c.left) {
					t.Errorf("left %v", l)
				}
			}
		})
	}
}

// TestNamespaces says whose namespaces are.
func TestNamespaces(t *testing.T) {
	found := take(t, "team", `{apiVersion: v1, kind: NamespaceList, items: [
		{metadata: {name: checkout, labels: {team: Store_Front}}}, {metadata: {name: lonely}}, {metadata: {name: kube-public}},
		{metadata: {name: istio-system}}, {metadata: {name: "No Name"}}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: lonely}}
---
{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: istio-system, labels: {app: done}}, status: {phase: Succeeded}}`)
	var got []string
	for _, n := range found.Namespaces {
		got = append(got, fmt.Sprintf("%s of %q: %d", n.Name, n.Team, len(n.Workloads)))
	}
	for _, l := range found.Left {
		got = append(got, l.What)
	}
	want := `checkout of "store-front": 0, istio-system of "": 1, lonely of "unassigned": 0, No Name, kube-public, team Store_Front as store-front, lonely`
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// TestUnreadable names every object that cannot be read.
func TestUnreadable(t *testing.T) {
	err := new(census.Objects).Read("all.yaml", []byte(`apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}
- {kind: Pod}
- {apiVersion: v1, kind: Pod, metadata: {labels: 7}}
- {apiVersion: v1, kind: Status, message: forbidden}
`))
	const want = `all.yaml: item 1: Deployment default/web: it has no pod template
item 2: it is not a Kubernetes object: it has no apiVersion or no kind
item 3: Pod: metadata.labels cannot be of type number
item 4: it is no object but an answer of the API server: forbidden`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func take(t *testing.T, teamLabel, manifest string) *census.Census {
	t.Helper()
	var o census.Objects
	if err := o.Read("all.yaml", []byte(manifest)); err != nil {
		t.Fatal(err)
	}
	return census.Take(&o, teamLabel)
}
