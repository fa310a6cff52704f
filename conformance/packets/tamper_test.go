package packets

import (
	"testing"
	"time"
)

// tamper deletes the policies of a namespace from the cluster alone. Exactly the
// cells that reach says must open, or the matrix would not notice what it is
// there for.
func (s *stage) tamper(t *testing.T) {
	start := time.Now()
	s.kubectl(t, "", "delete", "networkpolicies", "--namespace=media", "--all")
	s.flip(t, s.kubectl(t, "", "get", "networkpolicies", "--all-namespaces", "--output=yaml"), start)
}
