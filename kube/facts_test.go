package kube_test

import (
	"net/http"
	"testing"

	"github.com/hedgerow-dev/hedgerow/kube"
)

func TestServes(t *testing.T) {
	answers := cluster()
	answers["/apis/crd.projectcalico.org/v1"] = http.StatusServiceUnavailable
	c, _ := connected(t, answers)
	for r, want := range map[kube.Resource]bool{
		kube.CiliumNodes:       true,
		kube.ServiceCIDRs:      false, // the group is there without it
		kube.OpenShiftNetworks: false,
	} {
		if got, err := c.Serves(t.Context(), r); err != nil || got != want {
			t.Errorf("%s: %v, %v", r, got, err)
		}
	}
	if _, err := c.Serves(t.Context(), kube.CalicoPools); err == nil {
		t.Error("a group whose server does not answer is not there")
	}
}
