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
		out: os.Stdout, err: os.Stderr,
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())), errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		now:   time.Now, env: os.Getenv, in: os.Stdin, cacheDir: cacheDir, keepFrom: worthKeeping, program: programDigest(),
	}))
}
