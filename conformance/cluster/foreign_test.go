package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hedgerow-dev/hedgerow/internal/foreign"
	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

// testForeignPolicies asks the server about policies like those that reach is
// tried with: it must take each, or what reach says of it is about nothing.
func testForeignPolicies(t *testing.T, s *server) {
	wanted, seed := tenancies.Number(t, "HEDGEROW_COUNT", usualCount), uint64(tenancies.Number(t, "HEDGEROW_SEED", 1))
	refused := 0
	for i := range uint64(wanted) {
		p := foreign.Seeded(seed + i).Policy()
		err := s.judgePolicy(t, p)
		if old := hasHostBits(p); old && onlyHostBits(err) {
			refused++
		} else if old || err != nil {
			t.Errorf("seed %d: with bits behind a mask: %t; the server says %v", seed+i, old, err)
		}
	}
	t.Logf("%d policies of the seeds from %d: %d are taken, and %d refused for bits behind a mask alone, which older servers took", wanted, seed, wanted-refused, refused)
}

// judgePolicy gives the error by which the server refuses a policy.
func (s *server) judgePolicy(t *testing.T, p *networkingv1.NetworkPolicy) error {
	p.TypeMeta = metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}
	o, err := objectFrom(p)
	if err != nil {
		t.Fatal(err)
	}
	if p.Namespace == "" {
		o.SetNamespace(metav1.NamespaceDefault)
	}
	if err := s.ensureNamespace(t.Context(), o.GetNamespace()); err != nil {
		t.Fatal(err)
	}
	return s.judge(t, o)
}

// hasHostBits reports whether a block of the policy has bits behind its mask.
func hasHostBits(p *networkingv1.NetworkPolicy) bool {
	c := foreign.Cluster{Policies: []*networkingv1.NetworkPolicy{p}}
	for _, b := range c.Blocks() {
		if b != b.Masked() {
			return true
		}
	}
	return false
}

// onlyHostBits reports whether an object is refused for nothing else.
func onlyHostBits(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	return !slices.ContainsFunc(status.Status().Details.Causes, func(c metav1.StatusCause) bool {
		return !strings.HasSuffix(c.Message, "must not have bits set beyond the prefix length")
	})
}
