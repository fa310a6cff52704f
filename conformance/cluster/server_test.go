package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// tool gives the path of what make builds and fetches.
func tool(t *testing.T, name string) string {
	path := filepath.Join(os.Getenv("HEDGEROW_TOOLS"), name)
	if _, err := os.Stat(path); err != nil || os.Getenv("HEDGEROW_TOOLS") == "" {
		t.Fatalf(`%s is not there (%v): "make e2e" builds what TestAPIServer needs, and "make e2e-flux" what TestFlux does`, path, err)
	}
	return path
}

// A server is an API server that runs for the test, alone on the loopback.
type server struct {
	objects dynamic.Interface
	kinds   *restmapper.DeferredDiscoveryRESTMapper
	made    sync.Map // the namespaces that are there
	program string   // kubectl
	home    string   // of kubectl
	config  string
}

// startServer starts a server that ends with the test, however that ends: the
// server reads a pipe that nobody else holds.
func startServer(t *testing.T) *server {
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tool(t, "e2e/apiserver"), folder)
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Cancel, cmd.WaitDelay = in.Close, 30*time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ended(t, cmd, log.Name()) })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the API server says %q: %v", line, err)
	}
	s := &server{program: tool(t, "e2e/kubectl"), home: folder, config: filepath.Join(folder, "kubeconfig")}
	if err := s.connect(); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %.1f s", time.Since(start).Seconds())
	return s
}

// ended sees to it that the server has ended by itself once its pipe was closed.
func ended(t *testing.T, cmd *exec.Cmd, log string) {
	if err := cmd.Wait(); !errors.Is(err, context.Canceled) {
		data, _ := os.ReadFile(log)
		t.Errorf("the API server ends with: %v\n%s", err, data[max(0, len(data)-5000):])
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		t.Logf("the API server took %d MB at most, and %.0f s of processors", usage.Maxrss>>10,
			(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	}
}

// connect gives the server its clients.
func (s *server) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", s.config)
	if err != nil {
		return err
	}
	config.QPS = -1 // as fast as it can
	config.WarningHandler = rest.NoWarnings{}
	if s.objects, err = dynamic.NewForConfig(config); err != nil {
		return err
	}
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	s.kinds = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))
	return nil
}

// kubectl runs the command line of Kubernetes, which knows of this server only.
func (s *server) kubectl(ctx context.Context, args ...string) error {
	_, err := s.output(ctx, args...)
	return err
}

// output gives what kubectl prints.
func (s *server) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = []string{"HOME=" + s.home, "KUBECONFIG=" + s.config}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("kubectl %q: %w\n%s%s", args, err, out, said.Bytes())
	}
	return out, nil
}
