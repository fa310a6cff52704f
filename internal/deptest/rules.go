package deptest

const sameVerdict = "the same objects give the same verdict: no files, no clock, no chance"

// Rules are the import rules of this module: what each package must stay free of, then what only one may have. A new
// package joins them here.
var Rules = []Rule{
	{
		In:     "./tenancy/...",
		Only:   []string{"std"},
		Reason: "the domain types depend on nothing, so that everything may depend on them",
	},
	{
		In:     "./diag/...",
		Only:   []string{"std"},
		Reason: "diagnostics are data that every package hands on",
	},
	{
		In:     "./schema/...",
		Never:  []string{"k8s.io/...", "sigs.k8s.io/kustomize/...", "github.com/go-git/...", "github.com/spf13/viper/..."},
		Reason: "the schema turns files into a tenancy and knows nothing of what is made of it",
	},
	{
		In:     "./cni/...",
		Only:   []string{"std", "golang.org/x/mod/semver"},
		Reason: "what plugins do is a table, and nothing else",
	},
	{
		In:     "./check/...",
		Only:   []string{"std", "./tenancy/...", "./diag/...", "./cni/...", "./internal/...", "go4.org/netipx/..."},
		Reason: "the cross-field rules are plain Go over the tenancy",
	},
	{
		In:     "./check/...",
		Never:  []string{"os/...", "time/...", "math/rand/...", "io/fs/..."},
		Reason: "a tenancy is judged by its content alone: no files, no clock, no chance",
	},
	{
		In: "./generator/...",
		Never: []string{
			"k8s.io/...", "sigs.k8s.io/yaml/...", "go.yaml.in/...", "gopkg.in/yaml...",
			"sigs.k8s.io/kustomize/...", "cuelang.org/...", "github.com/go-git/...",
		},
		Reason: "the generator speaks in domain terms; render alone knows how they are written down",
	},
	{
		In:     "./generator/...",
		Never:  []string{"os/...", "time/...", "math/rand/..."},
		Reason: "the same tenancy gives the same policies: no files, no clock, no chance",
	},
	{
		In:     "./render/...",
		Never:  []string{"cuelang.org/...", "github.com/go-git/...", "time/..."},
		Reason: "rendering is a function of the overlays: no tenancy language, no Git, no clock",
	},
	{
		In:     "./render/...",
		Never:  []string{"./reach/..."},
		Reason: "what writes the manifests shares no code with what judges them",
	},
	{
		In:     "./reach/...",
		Never:  []string{"./generator/...", "./tenancy/...", "./render/..."},
		Reason: "the engine that judges the manifests shares no code with what wrote them",
	},
	{
		In:     "./reach/...",
		Never:  []string{"cuelang.org/...", "sigs.k8s.io/kustomize/...", "github.com/go-git/..."},
		Reason: "reach reads Kubernetes objects, wherever they come from",
	},
	{
		In:     "./reach/...",
		Never:  []string{"os/...", "time/...", "math/rand/..."},
		Reason: sameVerdict,
	},
	{
		In:     "./proof/...",
		Never:  []string{"os/...", "time/...", "math/rand/..."},
		Reason: sameVerdict,
	},
	{
		In:     "./audit/...",
		Never:  []string{"os/...", "time/...", "math/rand/...", "./kube/..."},
		Reason: "an audit is of objects, wherever they come from: no files, no clock, no chance, no cluster",
	},
	{
		In:     "./internal/bruteforce/...",
		Only:   []string{"std", "k8s.io/api/...", "k8s.io/apimachinery/..."},
		Reason: "a witness shares no code with what it is held against",
	},
	{
		In:     "./proof/...",
		Never:  []string{"./render/..."},
		Reason: "the proof compares two graphs and must not learn what was meant from what wrote it",
	},
	{
		In:     "./proof/...",
		Never:  []string{"cuelang.org/...", "sigs.k8s.io/kustomize/...", "github.com/go-git/..."},
		Reason: "the proof is a function of tenancy and graphs",
	},
	{
		In:     "./internal/addresses/...",
		Only:   []string{"std"},
		Reason: "which addresses are nobody's is a table, and nothing else",
	},
	{
		In:     "./internal/regular/...",
		Only:   []string{"std"},
		Reason: "it reads a file, and knows nothing of what is in it",
	},
	{
		In:     "./internal/policykinds/...",
		Only:   []string{"std"},
		Reason: "which kinds decide is a table, and nothing else",
	},
	{
		In:     "./internal/declared/...",
		Only:   []string{"std", "./tenancy/..."},
		Reason: "it is a reading of the tenancy that shares no code with what generates, renders and judges",
	},
	{
		In:     "./internal/packets/...",
		Only:   []string{"std", "./tenancy/...", "./internal/declared/..."},
		Reason: "packets are chosen by what the tenancy says alone, whatever is made of it",
	},
	{
		In:     "./internal/foreign/...",
		Only:   []string{"std", "k8s.io/api/...", "k8s.io/apimachinery/...", "./internal/bruteforce/..."},
		Reason: "policies that nobody here wrote owe nothing to the engine that they try",
	},
	{
		In:     "./internal/gitserver/...",
		Only:   []string{"std", "golang.org/x/crypto/ssh/..."},
		Reason: "the servers of tests share no code with the client that is tested on them",
	},
	{
		In:     "./...",
		Never:  []string{"./internal/gitserver/..."},
		Reason: "only tests run servers",
	},
	{
		In:     "./...",
		Never:  []string{"./internal/tenancies/..."},
		Reason: "only tests know the tenancies of the repository",
	},
	{
		In:     "./publish/...",
		Never:  []string{"cuelang.org/...", "k8s.io/...", "sigs.k8s.io/kustomize/...", "./generator/...", "./reach/..."},
		Reason: "publish commits files that are planned and proved, and looks into none of them",
	},
	{
		In:     "./facts/...",
		Never:  []string{"os/...", "time/...", "math/rand/...", "./kube/..."},
		Reason: "facts are found in objects, wherever they come from: no files, no clock, no chance, no cluster",
	},
	{
		In:     "./census/...",
		Never:  []string{"os/...", "time/...", "math/rand/...", "./kube/...", "./schema/..."},
		Reason: "a census is of objects, wherever they come from: no files, no clock, no chance, no cluster",
	},
	{
		In: "./kube/...",
		Never: []string{
			"cuelang.org/...", "sigs.k8s.io/kustomize/...", "github.com/go-git/...",
			"./generator/...", "./tenancy/...", "./render/...",
		},
		Reason: "kube says what is on a cluster, and must not learn what should be",
	},
	{
		In: "./...", Except: []string{"./kube/..."},
		Never:  []string{"k8s.io/client-go/..."},
		Reason: "only kube speaks to a cluster",
	},
	{
		In: "./...", Except: []string{"./schema/..."},
		Never:  []string{"cuelang.org/..."},
		Reason: "only schema evaluates CUE",
	},
	{
		In: "./...", Except: []string{"./render/..."},
		Never:  []string{"sigs.k8s.io/kustomize/..."},
		Reason: "only render builds with Kustomize",
	},
	{
		In: "./...", Except: []string{"./publish/...", "./revision/..."},
		Never:  []string{"github.com/go-git/..."},
		Reason: "only publish writes to Git, and only revision reads from it",
	},
	{
		In:     "./revision/...",
		Only:   []string{"std", "github.com/go-git/...", "./internal/regular/..."},
		Reason: "the past of a tenancy is files; what they mean is not its business",
	},
	{
		In:     "./owners/...",
		Only:   []string{"std", "./tenancy/...", "./diag/..."},
		Reason: "who approves is said in words of the tenancy, whatever reads it",
	},
	{
		In:     "./owners/...",
		Never:  []string{"os/...", "time/...", "math/rand/...", "io/fs/..."},
		Reason: "the same tenancy and the same CODEOWNERS give the same lines: no files, no clock, no chance",
	},
	{
		In:     "./report/...",
		Only:   []string{"std", "./reach/..."},
		Reason: "a report writes what it is given and decides nothing",
	},
	{
		In: "./overview/...", Except: []string{"./overview/gather/..."},
		Only:   []string{"std", "./report/...", "./overview/..."},
		Reason: "an overview writes what it is given, and holds no types of what finds it out",
	},
	{
		In:     "./overview/gather/...",
		Only:   []string{"std", "./tenancy/...", "./generator/...", "./proof/...", "./report/...", "./overview/..."},
		Reason: "what is gathered for people was found out before, and depends on nothing else",
	},
	{
		In:     "./overview/...",
		Never:  []string{"os/...", "time/...", "math/rand/..."},
		Reason: "the same overview gives the same bytes: no files, no clock, no chance",
	},
	{
		In: "./...", Except: []string{"./cmd/..."},
		Never:  []string{"flag", "github.com/spf13/cobra/...", "github.com/spf13/viper/..."},
		Reason: "only cmd reads flags and configuration; the others take options",
	},
	{
		In: "./...", Except: []string{"./cmd/..."},
		Never:  []string{"log"},
		Reason: "a package returns errors and diagnostics; cmd alone decides what is printed",
	},
	{
		In: "./...", Except: []string{"./cmd/..."},
		Uses:   []string{"os.Exit"},
		Reason: "only main ends the process, with the exit code of the command",
	},
}
