//go:build !unix

package publish

// exclusion is nothing where the system has no lock that ends with a process:
// references are locked by their files alone, as git does, and one that a run
// leaves when it is killed is for people to remove.
type exclusion struct{}

func alone(string) (exclusion, error) { return exclusion{}, nil }

// Close implements io.Closer.
func (exclusion) Close() error { return nil }

func (exclusion) unlock(string) error { return nil }
