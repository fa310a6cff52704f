// Synthetic writes a tenancy of a given size into a folder:
//
//	go run ./scripts/synthetic DIR TEAMS NAMESPACES FLOWS [owned]
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hedgerow-dev/hedgerow/internal/synthetic"
)

func main() {
	if len(os.Args) < 5 {
		panic("usage: synthetic DIR TEAMS NAMESPACES FLOWS [owned]")
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(os.Args[2+i]); err != nil {
			panic(err)
		}
	}
	size := synthetic.Size{Teams: n[0], Namespaces: n[1], Flows: n[2], Owned: len(os.Args) > 5}
	for name, text := range synthetic.Files(size) {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), []byte(text), 0o644); err != nil {
			panic(err)
		}
	}
	fmt.Printf("%d namespaces, %d flows, %d teams\n", size.Namespaces, size.Flows, size.Teams)
}
