package deptest_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hedgerow-dev/hedgerow/internal/deptest"
)

const module = "github.com/hedgerow-dev/hedgerow"

func TestModuleKeepsTheRules(t *testing.T) {
	findings, err := deptest.Check(os.DirFS("../.."), module, deptest.Rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

// importing is a file that imports each path on a line of its own, from line 2 on.
func importing(paths ...string) *fstest.MapFile {
	var src strings.Builder
	src.WriteString("package p\n")
	for _, p := range paths {
		src.WriteString("import _ \"" + p + "\"\n")
	}
	return &fstest.MapFile{Data: []byte(src.String())}
}

func file(lines ...string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
}

// broken breaks every rule, and nearly every part of one, once.
var broken = fstest.MapFS{
	"tenancy/a.go": importing("go/token", "go4.org/netipx", module+"/internal/nearest"),
	"diag/a.go":    importing("encoding/json", module+"/tenancy"),
	"schema/a.go": importing("k8s.io/api/core/v1", "sigs.k8s.io/kustomize/api/krusty", "github.com/go-git/go-git/v5",
		"github.com/spf13/viper"),
	"audit/a.go":  importing("os", "time", "math/rand", module+"/kube"),
	"facts/a.go":  importing("os", "time", "math/rand", module+"/kube"),
	"census/a.go": importing("os", "time", "math/rand", module+"/kube", module+"/schema"),
	"check/a.go":  importing("os", "time", "math/rand/v2", "io/fs", "golang.org/x/text", module+"/generator"),
	"cni/a.go":    importing(module + "/tenancy"),
	"generator/a.go": importing("k8s.io/api/core/v1", "sigs.k8s.io/yaml", "go.yaml.in/yaml/v3", "gopkg.in/yaml.v3",
		"sigs.k8s.io/kustomize/api/types", "cuelang.org/go/cue", "github.com/go-git/go-git/v5",
		"os/exec", "time", "math/rand"),
	"render/a.go": importing("cuelang.org/go/cue", "github.com/go-git/go-git/v5", "time", module+"/reach"),
	"reach/a.go": importing(module+"/generator", module+"/tenancy", module+"/render/netpol",
		"cuelang.org/go/cue", "sigs.k8s.io/kustomize/api/resmap", "github.com/go-git/go-git/v5"),
	"internal/bruteforce/a.go": importing(module+"/reach", "go4.org/netipx"),
	"proof/a.go": importing(module+"/render", "cuelang.org/go/cue", "sigs.k8s.io/kustomize/api/resmap",
		"github.com/go-git/go-git/v5"),
	"reach/b.go":                importing("os", "math/rand"),
	"proof/b.go":                importing("time"),
	"overview/a.go":             importing("html/template", "os", "time", "math/rand", module+"/reach"),
	"overview/gather/a.go":      importing(module + "/render"),
	"owners/a.go":               importing("os", "time", "math/rand", "io/fs", module+"/schema"),
	"report/a.go":               importing("os", "k8s.io/api/core/v1", module+"/proof"),
	"revision/a.go":             importing(module+"/tenancy", "sigs.k8s.io/yaml"),
	"internal/declared/a.go":    importing("net/netip", module+"/tenancy", module+"/generator"),
	"internal/addresses/a.go":   importing("net/netip", "go4.org/netipx"),
	"internal/policykinds/a.go": importing("strings", "k8s.io/api/core/v1"),
	"internal/regular/a.go":     importing("os", "k8s.io/api/core/v1"),
	"internal/packets/a.go":     importing("net/netip", module+"/internal/declared", module+"/generator"),
	"internal/foreign/a.go":     importing("k8s.io/api/core/v1", module+"/reach"),
	"internal/gitserver/a.go":   importing("net/http/cgi", "golang.org/x/crypto/ssh/agent", "github.com/go-git/go-git/v5"),
	"kube/a.go": importing("cuelang.org/go/cue", "sigs.k8s.io/kustomize/api/resmap", "github.com/go-git/go-git/v5",
		module+"/generator", module+"/tenancy", module+"/render", "k8s.io/client-go/rest"),
	"publish/a.go": importing("cuelang.org/go/cue", "k8s.io/api/core/v1", "sigs.k8s.io/kustomize/api/resmap",
		module+"/generator", module+"/reach"),
	"other/a.go": importing("cuelang.org/go/cue", "sigs.k8s.io/kustomize/kyaml/yaml", "github.com/go-git/go-billy/v5",
		"flag", "github.com/spf13/cobra", "github.com/spf13/viper", "log", module+"/internal/gitserver",
		module+"/internal/tenancies", "k8s.io/client-go/rest"),
	"other/exit.go": file(
		"//go:build ignore",
		"package p",
		`import "os"`,
		"func stop() { os.Exit(1) }"),
	"other/deep/exit.go": file(
		"package p",
		`import system "os"`,
		"var exit = system.Exit"),
	"root.go": importing("log"),
}

const want = `
audit/a.go:2: ./audit may not use "os": an audit is of objects, wherever they come from: no files, no clock, no chance, no cluster
audit/a.go:3: ./audit may not use "time": an audit is of objects, wherever they come from: no files, no clock, no chance, no cluster
audit/a.go:4: ./audit may not use "math/rand": an audit is of objects, wherever they come from: no files, no clock, no chance, no cluster
audit/a.go:5: ./audit may not use "./kube": an audit is of objects, wherever they come from: no files, no clock, no chance, no cluster
census/a.go:2: ./census may not use "os": a census is of objects, wherever they come from: no files, no clock, no chance, no cluster
census/a.go:3: ./census may not use "time": a census is of objects, wherever they come from: no files, no clock, no chance, no cluster
census/a.go:4: ./census may not use "math/rand": a census is of objects, wherever they come from: no files, no clock, no chance, no cluster
census/a.go:5: ./census may not use "./kube": a census is of objects, wherever they come from: no files, no clock, no chance, no cluster
census/a.go:6: ./census may not use "./schema": a census is of objects, wherever they come from: no files, no clock, no chance, no cluster
check/a.go:2: ./check may not use "os": a tenancy is judged by its content alone: no files, no clock, no chance
check/a.go:3: ./check may not use "time": a tenancy is judged by its content alone: no files, no clock, no chance
check/a.go:4: ./check may not use "math/rand/v2": a tenancy is judged by its content alone: no files, no clock, no chance
check/a.go:5: ./check may not use "io/fs": a tenancy is judged by its content alone: no files, no clock, no chance
check/a.go:6: ./check may not use "golang.org/x/text": the cross-field rules are plain Go over the tenancy
check/a.go:7: ./check may not use "./generator": the cross-field rules are plain Go over the tenancy
cni/a.go:2: ./cni may not use "./tenancy": what plugins do is a table, and nothing else
diag/a.go:3: ./diag may not use "./tenancy": diagnostics are data that every package hands on
facts/a.go:2: ./facts may not use "os": facts are found in objects, wherever they come from: no files, no clock, no chance, no cluster
facts/a.go:3: ./facts may not use "time": facts are found in objects, wherever they come from: no files, no clock, no chance, no cluster
facts/a.go:4: ./facts may not use "math/rand": facts are found in objects, wherever they come from: no files, no clock, no chance, no cluster
facts/a.go:5: ./facts may not use "./kube": facts are found in objects, wherever they come from: no files, no clock, no chance, no cluster
generator/a.go:2: ./generator may not use "k8s.io/api/core/v1": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:3: ./generator may not use "sigs.k8s.io/yaml": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:4: ./generator may not use "go.yaml.in/yaml/v3": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:5: ./generator may not use "gopkg.in/yaml.v3": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:6: ./generator may not use "sigs.k8s.io/kustomize/api/types": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:7: ./generator may not use "cuelang.org/go/cue": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:8: ./generator may not use "github.com/go-git/go-git/v5": the generator speaks in domain terms; render alone knows how they are written down
generator/a.go:9: ./generator may not use "os/exec": the same tenancy gives the same policies: no files, no clock, no chance
generator/a.go:10: ./generator may not use "time": the same tenancy gives the same policies: no files, no clock, no chance
generator/a.go:11: ./generator may not use "math/rand": the same tenancy gives the same policies: no files, no clock, no chance
internal/addresses/a.go:3: ./internal/addresses may not use "go4.org/netipx": which addresses are nobody's is a table, and nothing else
internal/bruteforce/a.go:2: ./internal/bruteforce may not use "./reach": a witness shares no code with what it is held against
internal/bruteforce/a.go:3: ./internal/bruteforce may not use "go4.org/netipx": a witness shares no code with what it is held against
internal/declared/a.go:4: ./internal/declared may not use "./generator": it is a reading of the tenancy that shares no code with what generates, renders and judges
internal/foreign/a.go:3: ./internal/foreign may not use "./reach": policies that nobody here wrote owe nothing to the engine that they try
internal/gitserver/a.go:4: ./internal/gitserver may not use "github.com/go-git/go-git/v5": the servers of tests share no code with the client that is tested on them
internal/packets/a.go:4: ./internal/packets may not use "./generator": packets are chosen by what the tenancy says alone, whatever is made of it
internal/policykinds/a.go:3: ./internal/policykinds may not use "k8s.io/api/core/v1": which kinds decide is a table, and nothing else
internal/regular/a.go:3: ./internal/regular may not use "k8s.io/api/core/v1": it reads a file, and knows nothing of what is in it
kube/a.go:2: ./kube may not use "cuelang.org/go/cue": kube says what is on a cluster, and must not learn what should be
kube/a.go:3: ./kube may not use "sigs.k8s.io/kustomize/api/resmap": kube says what is on a cluster, and must not learn what should be
kube/a.go:4: ./kube may not use "github.com/go-git/go-git/v5": kube says what is on a cluster, and must not learn what should be
kube/a.go:5: ./kube may not use "./generator": kube says what is on a cluster, and must not learn what should be
kube/a.go:6: ./kube may not use "./tenancy": kube says what is on a cluster, and must not learn what should be
kube/a.go:7: ./kube may not use "./render": kube says what is on a cluster, and must not learn what should be
other/a.go:2: ./other may not use "cuelang.org/go/cue": only schema evaluates CUE
other/a.go:3: ./other may not use "sigs.k8s.io/kustomize/kyaml/yaml": only render builds with Kustomize
other/a.go:4: ./other may not use "github.com/go-git/go-billy/v5": only publish writes to Git, and only revision reads from it
other/a.go:5: ./other may not use "flag": only cmd reads flags and configuration; the others take options
other/a.go:6: ./other may not use "github.com/spf13/cobra": only cmd reads flags and configuration; the others take options
other/a.go:7: ./other may not use "github.com/spf13/viper": only cmd reads flags and configuration; the others take options
other/a.go:8: ./other may not use "log": a package returns errors and diagnostics; cmd alone decides what is printed
other/a.go:9: ./other may not use "./internal/gitserver": only tests run servers
other/a.go:10: ./other may not use "./internal/tenancies": only tests know the tenancies of the repository
other/a.go:11: ./other may not use "k8s.io/client-go/rest": only kube speaks to a cluster
other/deep/exit.go:3: ./other/deep may not use "os.Exit": only main ends the process, with the exit code of the command
other/exit.go:4: ./other may not use "os.Exit": only main ends the process, with the exit code of the command
overview/a.go:3: ./overview may not use "os": the same overview gives the same bytes: no files, no clock, no chance
overview/a.go:4: ./overview may not use "time": the same overview gives the same bytes: no files, no clock, no chance
overview/a.go:5: ./overview may not use "math/rand": the same overview gives the same bytes: no files, no clock, no chance
overview/a.go:6: ./overview may not use "./reach": an overview writes what it is given, and holds no types of what finds it out
overview/gather/a.go:2: ./overview/gather may not use "./render": what is gathered for people was found out before, and depends on nothing else
owners/a.go:2: ./owners may not use "os": the same tenancy and the same CODEOWNERS give the same lines: no files, no clock, no chance
owners/a.go:3: ./owners may not use "time": the same tenancy and the same CODEOWNERS give the same lines: no files, no clock, no chance
owners/a.go:4: ./owners may not use "math/rand": the same tenancy and the same CODEOWNERS give the same lines: no files, no clock, no chance
owners/a.go:5: ./owners may not use "io/fs": the same tenancy and the same CODEOWNERS give the same lines: no files, no clock, no chance
owners/a.go:6: ./owners may not use "./schema": who approves is said in words of the tenancy, whatever reads it
proof/a.go:2: ./proof may not use "./render": the proof compares two graphs and must not learn what was meant from what wrote it
proof/a.go:3: ./proof may not use "cuelang.org/go/cue": the proof is a function of tenancy and graphs
proof/a.go:4: ./proof may not use "sigs.k8s.io/kustomize/api/resmap": the proof is a function of tenancy and graphs
proof/a.go:5: ./proof may not use "github.com/go-git/go-git/v5": the proof is a function of tenancy and graphs
proof/b.go:2: ./proof may not use "time": the same objects give the same verdict: no files, no clock, no chance
publish/a.go:2: ./publish may not use "cuelang.org/go/cue": publish commits files that are planned and proved, and looks into none of them
publish/a.go:3: ./publish may not use "k8s.io/api/core/v1": publish commits files that are planned and proved, and looks into none of them
publish/a.go:4: ./publish may not use "sigs.k8s.io/kustomize/api/resmap": publish commits files that are planned and proved, and looks into none of them
publish/a.go:5: ./publish may not use "./generator": publish commits files that are planned and proved, and looks into none of them
publish/a.go:6: ./publish may not use "./reach": publish commits files that are planned and proved, and looks into none of them
reach/a.go:2: ./reach may not use "./generator": the engine that judges the manifests shares no code with what wrote them
reach/a.go:3: ./reach may not use "./tenancy": the engine that judges the manifests shares no code with what wrote them
reach/a.go:4: ./reach may not use "./render/netpol": the engine that judges the manifests shares no code with what wrote them
reach/a.go:5: ./reach may not use "cuelang.org/go/cue": reach reads Kubernetes objects, wherever they come from
reach/a.go:6: ./reach may not use "sigs.k8s.io/kustomize/api/resmap": reach reads Kubernetes objects, wherever they come from
reach/a.go:7: ./reach may not use "github.com/go-git/go-git/v5": reach reads Kubernetes objects, wherever they come from
reach/b.go:2: ./reach may not use "os": the same objects give the same verdict: no files, no clock, no chance
reach/b.go:3: ./reach may not use "math/rand": the same objects give the same verdict: no files, no clock, no chance
render/a.go:2: ./render may not use "cuelang.org/go/cue": rendering is a function of the overlays: no tenancy language, no Git, no clock
render/a.go:3: ./render may not use "github.com/go-git/go-git/v5": rendering is a function of the overlays: no tenancy language, no Git, no clock
render/a.go:4: ./render may not use "time": rendering is a function of the overlays: no tenancy language, no Git, no clock
render/a.go:5: ./render may not use "./reach": what writes the manifests shares no code with what judges them
report/a.go:3: ./report may not use "k8s.io/api/core/v1": a report writes what it is given and decides nothing
report/a.go:4: ./report may not use "./proof": a report writes what it is given and decides nothing
revision/a.go:2: ./revision may not use "./tenancy": the past of a tenancy is files; what they mean is not its business
revision/a.go:3: ./revision may not use "sigs.k8s.io/yaml": the past of a tenancy is files; what they mean is not its business
root.go:2: ./ may not use "log": a package returns errors and diagnostics; cmd alone decides what is printed
schema/a.go:2: ./schema may not use "k8s.io/api/core/v1": the schema turns files into a tenancy and knows nothing of what is made of it
schema/a.go:3: ./schema may not use "sigs.k8s.io/kustomize/api/krusty": the schema turns files into a tenancy and knows nothing of what is made of it
schema/a.go:4: ./schema may not use "github.com/go-git/go-git/v5": the schema turns files into a tenancy and knows nothing of what is made of it
schema/a.go:5: ./schema may not use "github.com/spf13/viper": the schema turns files into a tenancy and knows nothing of what is made of it
tenancy/a.go:3: ./tenancy may not use "go4.org/netipx": the domain types depend on nothing, so that everything may depend on them
tenancy/a.go:4: ./tenancy may not use "./internal/nearest": the domain types depend on nothing, so that everything may depend on them
`

func TestCheckFindsEveryViolation(t *testing.T) {
	findings, err := deptest.Check(broken, module, deptest.Rules)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range findings {
		got.WriteString("\n" + f.String())
	}
	if got.String()+"\n" != want {
		t.Errorf("findings differ; got:%s\nwant:%s", got.String(), want)
	}
	for _, r := range deptest.Rules {
		named := func(f deptest.Finding) bool { return f.Reason == r.Reason }
		if r.Reason == "" || !slices.ContainsFunc(findings, named) {
			t.Errorf("no violation in the fixture names the rule for %s: %q", r.In, r.Reason)
		}
	}
}

func TestCheckAllows(t *testing.T) {
	forbidden := importing("k8s.io/api/core/v1", "log")
	findings, err := deptest.Check(fstest.MapFS{
		"tenancy/a.go":          importing("go/token", "net/netip"),
		"tenancy/a_test.go":     forbidden,
		"tenancy/testdata/a.go": forbidden,
		"tenancy/.hidden/a.go":  forbidden,
		"tenancy/_off/a.go":     forbidden,
		"tools/x/go.mod":        file("module example.com/x"),
		"tools/x/a.go":          forbidden,
		"check/a.go":            importing("net/netip", "go4.org/netipx", module+"/tenancy", module+"/internal/nearest"),
		"schema/cue/a.go":       importing("cuelang.org/go/cue", "time", "os"),
		"render/a.go":           importing("sigs.k8s.io/kustomize/api/krusty", "k8s.io/api/networking/v1"),
		"reach/a.go":            importing("k8s.io/api/networking/v1", "go4.org/netipx", module+"/reachable"),
		"publish/a.go":          importing("github.com/go-git/go-git/v5", "os", "log/slog", module+"/render"),
		"publish/a_test.go":     importing(module + "/internal/gitserver"),
		"cmd/hedgerow/main.go": file(
			"package main",
			`import ("flag"; "log"; "os"; "github.com/spf13/cobra"; "github.com/spf13/viper")`,
			"func main() { os.Exit(0) }"),
		"go.mod": file("module " + module),
	}, module, deptest.Rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

func TestCheckNeedsGoFiles(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"no files":   {},
		"only tests": {"a_test.go": importing("os")},
		"not Go":     {"a.go": file("packige p")},
	} {
		if _, err := deptest.Check(fsys, module, deptest.Rules); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
