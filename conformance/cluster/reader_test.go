package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/hedgerow-dev/hedgerow/internal/tenancies"
)

// A reader is somebody who may do on a server what a document says and no more,
// and what the program said to them.
type reader struct {
	*server
	*testing.T
	name     string // of the command that is tried, and of the context
	document string
	golden   string // what the program should say
	folder   string // of the tenancy
	said     bytes.Buffer
}

// newReader starts a server with a reader who has no rights yet.
func newReader(t *testing.T, name string) *reader {
	r := &reader{
		server: startServer(t), T: t, name: name, folder: t.TempDir(),
		document: "../../docs/" + name + ".md", golden: "testdata/" + name + "/golden.txt",
	}
	r.loadDefinitions(t)
	c, err := clientcmd.LoadFromFile(r.config)
	if err != nil {
		t.Fatal(err)
	}
	c.AuthInfos[r.user()] = &clientcmdapi.AuthInfo{Token: c.AuthInfos["admin"].Token, Impersonate: r.user()}
	c.Contexts[name] = &clientcmdapi.Context{Cluster: "test", AuthInfo: r.user()}
	c.CurrentContext = name
	for _, k := range c.Clusters {
		k.CertificateAuthority = filepath.Join(r.home, filepath.Base(k.CertificateAuthority))
	}
	if err := clientcmd.WriteToFile(*c, r.kubeconfig()); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *reader) user() string       { return r.name + "-reader" }
func (r *reader) kubeconfig() string { return filepath.Join(r.home, r.user()) }

func (r *reader) step(what string) { fmt.Fprintf(&r.said, "# %s\n\n", what) }

// must runs kubectl as who may do everything.
func (r *reader) must(args ...string) {
	r.Helper()
	if err := r.kubectl(r.Context(), args...); err != nil {
		r.Fatal(err)
	}
}

func (r *reader) write(name, content string) {
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(content), 0o600); err != nil {
		r.Fatal(err)
	}
}

// shown gives a block of the document.
func (r *reader) shown(info string) string {
	source, err := os.ReadFile(r.document)
	if err != nil {
		r.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + regexp.QuoteMeta(info) + "\n(.*?)```").FindSubmatch(source)
	if m == nil {
		r.Fatalf("the document shows no block of %q", info)
	}
	return string(m[1])
}

// grant gives the reader the rights of the document.
func (r *reader) grant() {
	role := "hedgerow-" + r.name
	file := filepath.Join(r.home, "role.yaml")
	if err := os.WriteFile(file, []byte(r.shown("yaml file="+role+".yaml")), 0o600); err != nil {
		r.Fatal(err)
	}
	r.must("create", "-f", file)
	r.must("create", "clusterrolebinding", r.user(), "--clusterrole="+role, "--user="+r.user())
}

// awaitRights waits until the rights are in force: until then the program says
// which is missing.
func (r *reader) awaitRights() {
	r.Helper()
	for range 100 {
		if said := r.run(r.name); !bytes.Contains(said, []byte("lacks the right")) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.Error("the rights that the document gives do not do")
}

// hedgerow runs the program as the reader and takes down all that it says.
func (r *reader) hedgerow(args ...string) string {
	r.Helper()
	said := string(reRight.ReplaceAll(r.run(args...), []byte("$1")))
	fmt.Fprintf(&r.said, "$ hedgerow %s\n%s\n", strings.Join(args, " "), said)
	return said
}

// reRight leaves of a warning of a right that is missing its resource.
var reRight = regexp.MustCompile(`(?m)^(warning: \S+ cannot be read): .* right .*$`)

func (r *reader) run(args ...string) []byte {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), tool(r.T, "hedgerow"), args...)
	cmd.Dir = r.folder
	cmd.Env = []string{"HOME=" + r.home, "KUBECONFIG=" + r.kubeconfig(), "HEDGEROW_AS_OF=" + tenancies.Day}
	return fmt.Appendf(r.printed(cmd), "[exit code %d]\n", cmd.ProcessState.ExitCode())
}

// script runs commands of the document as who may do everything, whose rights are
// not their subject, and gives what they print.
func (r *reader) script(name string) []byte {
	r.Helper()
	r.write(name, r.shown("sh file="+name))
	cmd := exec.CommandContext(r.Context(), "sh", name)
	cmd.Dir = r.folder
	cmd.Env = []string{"HOME=" + r.home, "KUBECONFIG=" + r.config, "PATH=" + filepath.Dir(r.program) + string(os.PathListSeparator) + os.Getenv("PATH")}
	return r.printed(cmd)
}

// printed gives all that a command prints, however it ends.
func (r *reader) printed(cmd *exec.Cmd) []byte {
	r.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.Fatal(err)
	}
	return out
}

// compare holds what was said against what should be.
func (r *reader) compare() {
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(r.golden, r.said.Bytes(), 0o644); err != nil {
			r.Fatal(err)
		}
	}
	want, err := os.ReadFile(r.golden)
	if err != nil {
		r.Fatal(err)
	}
	if diff := cmp.Diff(string(want), r.said.String()); diff != "" {
		r.Errorf("it says something else (HEDGEROW_UPDATE=1 rewrites it):\n%s", diff)
	}
}
