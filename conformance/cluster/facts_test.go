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
)

const (
	factsFiles    = "testdata/facts"
	factsGolden   = factsFiles + "/golden.txt"
	factsDocument = "../../docs/facts.md"
	factsReader   = "facts-reader" // who has the rights that the document gives
)

// TestFacts has hedgerow facts read a real API server, as somebody who may do no
// more than the document says: without any right, with those rights, through the
// kubectl commands of the document, and after the API server has moved.
func TestFacts(t *testing.T) {
	f := &factsTest{server: startServer(t), T: t, folder: t.TempDir()}
	f.loadDefinitions(t)
	f.becomeReader()
	f.must("create", "-f", factsFiles+"/cluster.yaml")

	f.step("a user without rights")
	f.hedgerow("facts")

	f.step("a user with the rights of the document")
	f.write("role.yaml", f.shown("yaml file=hedgerow-facts.yaml"))
	f.must("create", "-f", filepath.Join(f.folder, "role.yaml"))
	f.must("create", "clusterrolebinding", factsReader, "--clusterrole=hedgerow-facts", "--user="+factsReader)
	f.awaitRights()
	block := f.hedgerow("facts")

	f.step("a tenancy with that block")
	block, _, _ = strings.Cut(block, "[exit code")
	f.write("tenants.cue", "package tenancy\n\n"+block+"environments: prod: cluster: \"main\"\nteams: {}\n")
	f.hedgerow("vet")
	f.hedgerow("facts", "--verify")

	f.step("what kubectl prints")
	f.write("read.sh", f.shown("sh file=read.sh"))
	f.readWithKubectl()
	f.hedgerow("facts", "--verify", "kubectl.yaml")

	f.step("the API server has moved")
	f.must("patch", "endpointslice", "kubernetes", "--type=json", `--patch=[{"op": "replace", "path": "/endpoints/0/addresses/0", "value": "172.18.0.9"}]`)
	f.hedgerow("facts", "--verify")
	f.compare()
}

// A factsTest is a server, and what was said about it.
type factsTest struct {
	*server
	*testing.T
	folder string // of the tenancy
	said   bytes.Buffer
}

func (f *factsTest) step(what string) { fmt.Fprintf(&f.said, "# %s\n\n", what) }

// must runs kubectl as who may do everything.
func (f *factsTest) must(args ...string) {
	f.Helper()
	if err := f.kubectl(f.Context(), args...); err != nil {
		f.Fatal(err)
	}
}

func (f *factsTest) write(name, content string) {
	if err := os.WriteFile(filepath.Join(f.folder, name), []byte(content), 0o600); err != nil {
		f.Fatal(err)
	}
}

func (f *factsTest) kubeconfig() string { return filepath.Join(f.home, factsReader) }

// becomeReader makes the kubeconfig of the reader.
func (f *factsTest) becomeReader() {
	c, err := clientcmd.LoadFromFile(f.config)
	if err != nil {
		f.Fatal(err)
	}
	c.AuthInfos[factsReader] = &clientcmdapi.AuthInfo{Token: c.AuthInfos["admin"].Token, Impersonate: factsReader}
	c.Contexts["facts"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: factsReader}
	c.CurrentContext = "facts"
	if err := clientcmd.WriteToFile(*c, f.kubeconfig()); err != nil {
		f.Fatal(err)
	}
}

// shown gives a block of the document.
func (f *factsTest) shown(info string) string {
	source, err := os.ReadFile(factsDocument)
	if err != nil {
		f.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```" + regexp.QuoteMeta(info) + "\n(.*?)```").FindSubmatch(source)
	if m == nil {
		f.Fatalf("the document shows no block of %q", info)
	}
	return string(m[1])
}

// awaitRights waits until the rights are in force.
func (f *factsTest) awaitRights() {
	for range 100 {
		if !strings.Contains(f.answer("facts"), "warning: ") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	f.Error("the rights that the document gives do not do")
}

// hedgerow runs the program as the reader and takes down all that it says.
func (f *factsTest) hedgerow(args ...string) string {
	f.Helper()
	said := f.answer(args...)
	fmt.Fprintf(&f.said, "$ hedgerow %s\n%s\n", strings.Join(args, " "), said)
	return said
}

func (f *factsTest) answer(args ...string) string {
	cmd := exec.CommandContext(f.Context(), tool(f.T, "hedgerow"), args...)
	cmd.Dir = f.folder
	cmd.Env = []string{"HOME=" + f.home, "KUBECONFIG=" + f.kubeconfig()}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		f.Fatal(err)
	}
	out = reRight.ReplaceAll(out, []byte("$1"))
	return fmt.Sprintf("%s[exit code %d]\n", out, cmd.ProcessState.ExitCode())
}

// reRight leaves of a right that is missing its resource.
var reRight = regexp.MustCompile(`(?m)^(warning: \S+ cannot be read): .* right .*$`)

// readWithKubectl runs the commands of the document as the administrator, whose
// rights are not their subject, and takes down what kubectl says beside.
func (f *factsTest) readWithKubectl() {
	cmd := exec.CommandContext(f.Context(), "sh", "read.sh")
	cmd.Dir = f.folder
	cmd.Env = []string{"HOME=" + f.home, "KUBECONFIG=" + f.config, "PATH=" + filepath.Dir(f.program) + string(os.PathListSeparator) + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		f.Fatal(err)
	}
	fmt.Fprintf(&f.said, "$ sh read.sh\n%s\n", out)
}

// compare holds what was said against what should be.
func (f *factsTest) compare() {
	if os.Getenv("HEDGEROW_UPDATE") != "" {
		if err := os.WriteFile(factsGolden, f.said.Bytes(), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	want, err := os.ReadFile(factsGolden)
	if err != nil {
		f.Fatal(err)
	}
	if diff := cmp.Diff(string(want), f.said.String()); diff != "" {
		f.Errorf("it says something else (HEDGEROW_UPDATE=1 rewrites it):\n%s", diff)
	}
}
