package cluster

import "testing"

// TestAPIServer starts one API server and holds everything against it.
func TestAPIServer(t *testing.T) {
	s := startServer(t)
	s.loadDefinitions(t)
	for _, part := range []struct {
		name string
		test func(*testing.T, *server)
	}{
		{"kinds", testKinds},
		{"claims", testClaims},
		{"refused policies", testRefusedPolicies},
		{"foreign policies", testForeignPolicies},
		{"random tenancies", testRandomTenancies}, // before others leave something in their namespaces
		{"admission guard", testAdmissionGuard},
		{"tenancies", testTenancies},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, s) })
	}
}
