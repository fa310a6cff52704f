//go:build !unix

package render

import (
	"io"
	"os"
)

// Lock opens the folder. These systems have no lock on a folder, so that two
// runs at once are for their user to avoid.
func Lock(root *os.Root) (io.Closer, error) { return root.Open(".") }
