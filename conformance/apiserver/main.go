// Command apiserver is Kubernetes' API server and its store, etcd, in one
// process that tests start:
//
//	apiserver FOLDER
//
// It keeps all that it has in the folder, with the kubeconfig of its
// administrator, prints "ready" once that is of use, and ends with its standard
// input: however whoever started it ends, it is not left behind.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/component-base/logs"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: apiserver FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "apiserver:", err)
		os.Exit(1)
	}
}

// run serves until standard input ends.
func run(folder string) error {
	// Sockets have short names only, and etcd makes its own where it stands.
	if err := os.Chdir(folder); err != nil {
		return err
	}
	logs.InitLogs()
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
		time.Sleep(20 * time.Second)
		os.Exit(1) // rather than to be left behind
	}()
	etcd, err := startEtcd(ctx)
	if err != nil {
		return err
	}
	err = serve(ctx, func() { fmt.Println("ready") })
	etcd.Close()
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
