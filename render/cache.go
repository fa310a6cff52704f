package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// A Cache keeps what kustomize built by the digest of all that it was built
// from. It serves one version of the program, and gives nothing rather than
// anything but what was put in. It may be used from several goroutines.
type Cache interface {
	Get(key [sha256.Size]byte) (data []byte, ok bool)
	Put(key [sha256.Size]byte, data []byte)
}

// batches gives the targets, by their indices, in no more than 256 batches that
// are kept as one: an overlay stays in its batch whatever others come and go.
func batches(targets []Built) (out [][]int) {
	of := map[int][]int{}
	for i, t := range targets {
		digest := sha256.Sum256([]byte(t.Path))
		of[int(digest[0])] = append(of[int(digest[0])], i)
	}
	for _, batch := range tenancy.Sorted(of) {
		out = append(out, batch)
	}
	return out
}

// key digests every file that the builds of a batch can see.
func (b *builder) key(targets []Built, batch []int) (key [sha256.Size]byte) {
	if b.cache == nil {
		return key
	}
	h := sha256.New()
	for _, i := range batch {
		fmt.Fprintf(h, "target %q\n", targets[i].Path)
		for _, file := range b.files(&targets[i]) {
			fmt.Fprintf(h, "file %q %d\n", file, len(b.tree[file]))
			h.Write(b.tree[file])
		}
	}
	h.Sum(key[:0])
	return key
}

// keptObjects are what was built of one target, as Kubernetes itself stores
// objects.
type keptObjects struct {
	Path                 string
	Policies, Namespaces []byte
}

// restore gives the targets of a batch what is kept for them.
func (b *builder) restore(key [sha256.Size]byte, targets []Built, batch []int) bool {
	if b.cache == nil {
		return false
	}
	data, ok := b.cache.Get(key)
	if !ok {
		return false
	}
	restored, err := decodeObjects(data)
	if err != nil || len(restored) != len(batch) {
		return false
	}
	for n, i := range batch {
		if restored[n].Path != targets[i].Path {
			return false
		}
	}
	for n, i := range batch {
		targets[i].Policies, targets[i].Namespaces = restored[n].Policies, restored[n].Namespaces
	}
	return true
}

// keep keeps what was built for a batch, unless it would come back as anything
// else.
func (b *builder) keep(key [sha256.Size]byte, targets []Built, batch []int) {
	if b.cache == nil {
		return
	}
	var out []Built
	for _, i := range batch {
		out = append(out, targets[i])
	}
	data, err := encodeObjects(out)
	if err != nil {
		return
	}
	again, err := decodeObjects(data)
	if err != nil {
		return
	}
	for i := range out {
		if !reflect.DeepEqual(again[i].Policies, out[i].Policies) || !reflect.DeepEqual(again[i].Namespaces, out[i].Namespaces) {
			return
		}
	}
	b.cache.Put(key, data)
}

func encodeObjects(built []Built) ([]byte, error) {
	var all []keptObjects
	for _, t := range built {
		var policies networkingv1.NetworkPolicyList
		for _, p := range t.Policies {
			policies.Items = append(policies.Items, *p)
		}
		var namespaces corev1.NamespaceList
		for _, n := range t.Namespaces {
			namespaces.Items = append(namespaces.Items, *n)
		}
		o := keptObjects{Path: t.Path}
		var err error
		if o.Policies, err = policies.Marshal(); err != nil {
			return nil, err
		}
		if o.Namespaces, err = namespaces.Marshal(); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(all)
	return out.Bytes(), err
}

func decodeObjects(data []byte) (out []Built, err error) {
	var all []keptObjects
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&all); err != nil {
		return nil, err
	}
	for _, o := range all {
		t := Built{Path: o.Path}
		var policies networkingv1.NetworkPolicyList
		if err := policies.Unmarshal(o.Policies); err != nil {
			return nil, err
		}
		for i := range policies.Items {
			p := &policies.Items[i]
			p.TypeMeta = metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"}
			t.Policies = append(t.Policies, p)
		}
		var namespaces corev1.NamespaceList
		if err := namespaces.Unmarshal(o.Namespaces); err != nil {
			return nil, err
		}
		for i := range namespaces.Items {
			n := &namespaces.Items[i]
			n.TypeMeta = metav1.TypeMeta{APIVersion: corev1.SchemeGroupVersion.String(), Kind: "Namespace"}
			t.Namespaces = append(t.Namespaces, n)
		}
		out = append(out, t)
	}
	return out, nil
}
