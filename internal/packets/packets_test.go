package packets_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/schema"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// TestMatrix sees to it that the matrix holds every connection once.
func TestMatrix(t *testing.T) {
	res, err := schema.Load("../../testdata/tenancies/smallest", nil, nil)
	if err != nil || res.Tenancy == nil {
		t.Fatal(err, res)
	}
	var cluster string
	for cluster = range res.Tenancy.Clusters {
	}
	res.Tenancy.Clusters[cluster].APIServer = &tenancy.APIServer{Port: 8443}
	a := packets.New(res.Tenancy, cluster, 1)
	whole := slices.Collect(a.Matrix())
	if len(whole) < 1000 {
		t.Fatalf("only %d connections", len(whole))
	}
	for i := range whole[:len(whole)-1] {
		if reflect.DeepEqual(whole[i], whole[i+1]) {
			t.Fatalf("twice: %v", whole[i])
		}
	}
	for _, p := range []int{8442, 8443, 8444} { // the API server's, which no flow names
		if !slices.ContainsFunc(a.Around, func(q tenancy.Port) bool { return q.Number == p }) {
			t.Errorf("nobody is asked of port %d", p)
		}
	}
}
