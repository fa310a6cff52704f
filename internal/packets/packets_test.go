package packets_test

import (
	"reflect"
	"testing"

	"github.com/hedgerow-dev/hedgerow/internal/packets"
	"github.com/hedgerow-dev/hedgerow/schema"
)

// TestMatrix sees to it that the matrix holds every connection once, and a
// sample of it as many as it is to.
func TestMatrix(t *testing.T) {
	res, err := schema.Load("../../testdata/tenancies/smallest", nil, nil)
	if err != nil || res.Tenancy == nil {
		t.Fatal(err, res)
	}
	var cluster string
	for cluster = range res.Tenancy.Clusters {
	}
	a := packets.New(res.Tenancy, cluster, 1)
	whole, all := a.Matrix(1 << 30)
	if len(whole) != all || all < 1000 {
		t.Fatalf("%d of %d connections", len(whole), all)
	}
	for i := range whole[:len(whole)-1] {
		if reflect.DeepEqual(whole[i], whole[i+1]) {
			t.Fatalf("twice: %v", whole[i])
		}
	}
	if some, of := a.Matrix(100); len(some) != 100 || of != all {
		t.Errorf("%d of %d connections, not 100 of %d", len(some), of, all)
	}
}
