// Hedgerow turns a tenancy, written in CUE, into the NetworkPolicies of every
// namespace that it declares.
package main

import (
	"net/http"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/hedgerow-dev/hedgerow/render"
)

func main() {
	paceCollector()
	http.DefaultTransport = render.Offline{}
	cacheDir, _ := os.UserCacheDir() // without one nothing is kept
	os.Exit(run(os.Args[1:], world{
		name: calledName(os.Args[0]),
		out:  os.Stdout, err: os.Stderr,
		inTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())), errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		width: widthOf(os.Stdout),
		color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		now:   time.Now, env: os.Getenv, in: os.Stdin, cacheDir: cacheDir, keepFrom: worthKeeping, program: programDigest(),
	}))
}

// widthOf gives how many columns a terminal has; 0 if it is none.
func widthOf(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
