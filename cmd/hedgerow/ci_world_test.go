package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// A ciWorld is a Git server with a token, and what a CI does with its
// repositories: it runs what the templates say, in clones as the CI makes them.
type ciWorld struct {
	t      *testing.T
	ci     string // github or gitlab
	dir    string // of the tenancy, below the root
	binary string
	server string // the address that the repositories stand below
	repos  string // the folder in which they are
	work   string // somebody's clone of the tenancy's repository
}

const ciToken = "s3cret-token"

// newCIWorld makes the server, with repositories of these names; the first is
// the tenancy's.
func newCIWorld(t *testing.T, ci, dir, binary string, names ...string) *ciWorld {
	t.Helper()
	w := &ciWorld{t: t, ci: ci, dir: dir, binary: binary, repos: t.TempDir(), work: filepath.Join(t.TempDir(), "work")}
	for _, name := range names {
		w.git(w.repos, "init", "-q", "--bare", "-b", "main", name)
		w.git(filepath.Join(w.repos, name), "config", "http.receivepack", "true")
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(w.git(w.repos, "--exec-path")), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + w.repos, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, token, _ := r.BasicAuth()
		if push := r.URL.Query().Get("service") == "git-receive-pack" || path.Base(r.URL.Path) == "git-receive-pack"; push && token != ciToken {
			rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(rw, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	w.server = s.URL
	w.git(w.repos, "clone", "-q", filepath.Join(w.repos, names[0]), w.work)
	w.git(w.work, "checkout", "-qB", "main")
	w.commit("begin", map[string]string{"README.md": "A repository."})
	return w
}

// git runs git as somebody, with nobody's configuration.
func (w *ciWorld) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(cleanEnv(w.t), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// cleanEnv is the environment of a machine on which nothing is configured.
func cleanEnv(t *testing.T) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_TERMINAL_PROMPT=0"}
}

// hedgerow runs a command in the work clone.
func (w *ciWorld) hedgerow(args ...string) string {
	w.t.Helper()
	cmd := exec.Command(w.binary, append(args, "-C", w.dir)...)
	cmd.Dir = w.work
	cmd.Env = append(cleanEnv(w.t), "HEDGEROW_AS_OF="+testDay, "SOURCE_DATE_EPOCH=1700000000")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// commit commits files of the work clone, and pushes its branch.
func (w *ciWorld) commit(message string, files map[string]string) {
	w.t.Helper()
	writeFiles(w.t, w.work, files)
	w.git(w.work, "add", "-A")
	w.git(w.work, "commit", "-qm", message)
	w.git(w.work, "push", "-q", "origin", "HEAD")
}

// propose commits files on a branch of their own.
func (w *ciWorld) propose(branch string, files map[string]string) {
	w.t.Helper()
	w.git(w.work, "fetch", "-q", "origin")
	w.git(w.work, "checkout", "-qB", branch, "origin/main")
	w.commit(branch, files)
}

// merge merges a proposal into the default branch.
func (w *ciWorld) merge(branch string) {
	w.t.Helper()
	w.git(w.work, "fetch", "-q", "origin")
	w.git(w.work, "checkout", "-qB", "main", "origin/main")
	w.git(w.work, "merge", "-q", "--no-ff", "-m", "Merge "+branch, branch)
	w.git(w.work, "push", "-q", "origin", "main")
}

// shows gives the files of a repository's branch, or a file's text.
func (w *ciWorld) shows(repo, file string) string {
	w.t.Helper()
	if file == "" {
		return w.git(filepath.Join(w.repos, repo), "ls-tree", "-r", "--name-only", "main")
	}
	return w.git(filepath.Join(w.repos, repo), "show", "main:"+file)
}

// An event is what starts a CI.
type event struct {
	kind   string // pull, push or schedule
	branch string // that is proposed
	day    string
	noAuth bool // the CI has been given no token
}

// An outcome is what came of it.
type outcome struct {
	jobs []string // that ran
	code int
	out  string // all that was printed
	diff string // what the reviewer is shown
	dir  string // the CI's clone
}

// run does what the CI does.
func (w *ciWorld) run(e event) *outcome {
	w.t.Helper()
	if e.day == "" {
		e.day = testDay
	}
	o := &outcome{dir: filepath.Join(w.t.TempDir(), "clone")}
	if w.ci == ciGitHub {
		w.runGitHub(e, o)
	} else {
		w.runGitLab(e, o)
	}
	if strings.Contains(o.out, ciToken) {
		w.t.Errorf("the token is printed:\n%s", o.out)
	}
	return o
}

// shell runs a script as a step, and adds what it prints.
func (w *ciWorld) shell(o *outcome, script string, flags []string, env map[string]string) int {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "step.sh")
	writeFiles(w.t, filepath.Dir(file), map[string]string{"step.sh": script})
	cmd := exec.Command("bash", append(flags, file)...)
	cmd.Dir = o.dir
	cmd.Env = cleanEnv(w.t)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Env = append(cmd.Env, "PATH="+filepath.Dir(w.binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	o.out += string(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	return 0
}

// installs is the line with which a CI installs Hedgerow, which a test has.
const installs = `go install "github.com/hedgerow-dev/hedgerow/cmd/hedgerow@$HEDGEROW_VERSION"`

// changed gives the files that the last push changed.
func (w *ciWorld) changed() []string {
	names := w.git(filepath.Join(w.repos, "tenancy.git"), "diff", "-z", "--name-only", "main^1", "main")
	return strings.Split(strings.TrimRight(names, "\x00"), "\x00")
}

type gitHubStep struct {
	Name, Uses, Run, If string
	Env                 map[string]string
	With                map[string]any
}

type gitHubWorkflow struct {
	On struct {
		Push struct {
			Paths       []string
			PathsIgnore []string `json:"paths-ignore"`
		}
	} `json:"true"` // YAML 1.1 reads the key on so
	Env  map[string]string
	Jobs map[string]struct {
		If    string
		Steps []gitHubStep
	}
}

// starts reports whether a push starts the workflow, as GitHub's patterns say.
func (g *gitHubWorkflow) starts(files []string) bool {
	for _, f := range files {
		in := len(g.On.Push.Paths) == 0
		for _, p := range g.On.Push.Paths {
			if under(f, strings.TrimPrefix(p, "!")) {
				in = !strings.HasPrefix(p, "!")
			}
		}
		for _, p := range g.On.Push.PathsIgnore {
			in = in && !under(f, p)
		}
		if in {
			return true
		}
	}
	return false
}

// under reports whether a file matches a pattern as the templates have them.
func under(file, pattern string) bool {
	dir, all := strings.CutSuffix(strings.TrimSuffix(pattern, "/*"), "/**")
	return file == pattern || all && strings.HasPrefix(file, dir+"/")
}

var reEvent = regexp.MustCompile(`^github\.event_name (==|!=) '(\w+)'$`)

// holds evaluates a condition of a job or step.
func (w *ciWorld) holds(condition, event string) bool {
	if condition == "" {
		return true
	}
	m := reEvent.FindStringSubmatch(condition)
	if m == nil {
		w.t.Fatalf("nobody evaluates %q", condition)
	}
	return (event == m[2]) == (m[1] == "==")
}

func (w *ciWorld) runGitHub(e event, o *outcome) {
	var g gitHubWorkflow
	w.read(gitHubFile, &g, e)
	name := map[string]string{"pull": "pull_request"}[e.kind]
	if name == "" {
		name = e.kind
	}
	if e.kind == "push" && !g.starts(w.changed()) {
		return
	}
	summary := filepath.Join(w.t.TempDir(), "summary.md")
	env := map[string]string{"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_STEP_SUMMARY": summary,
		"GITHUB_BASE_REF": "", "GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main", "HEDGEROW_AS_OF": e.day, "SOURCE_DATE_EPOCH": "1700000000"}
	w.git(w.repos, "clone", "-q", w.server+"/tenancy.git", o.dir)
	if e.kind == "pull" { // GitHub checks out what the merge would be
		env["GITHUB_BASE_REF"], env["GITHUB_HEAD_REF"], env["GITHUB_REF_NAME"] = "main", e.branch, "1/merge"
		w.git(o.dir, "checkout", "-q", "--detach", "origin/main")
		w.git(o.dir, "merge", "-q", "--no-ff", "-m", "Merge 1", "origin/"+e.branch)
	}
	for job, j := range g.Jobs {
		if !w.holds(j.If, name) {
			continue
		}
		o.jobs = append(o.jobs, job)
		for _, s := range j.Steps {
			if o.code == 0 && w.holds(s.If, name) {
				o.code = w.step(o, s, g.Env, env, e)
			}
		}
	}
	if data, err := os.ReadFile(summary); err == nil {
		o.diff = string(data)
	}
}

// step runs one step of a workflow.
func (w *ciWorld) step(o *outcome, s gitHubStep, workflow, runner map[string]string, e event) int {
	if s.Uses != "" {
		if strings.HasPrefix(s.Uses, "actions/checkout@") && (s.With["persist-credentials"] != false || s.With["fetch-depth"] != 0.0) {
			w.t.Errorf("the checkout is another: %v", s.With)
		}
		return 0
	}
	if strings.TrimSpace(s.Run) == installs {
		return 0
	}
	env := map[string]string{}
	for _, more := range []map[string]string{runner, workflow, s.Env} {
		for k, v := range more {
			switch v {
			case "${{ secrets.HEDGEROW_TOKEN || github.token }}", "${{ secrets.HEDGEROW_TOKEN }}":
				if v = ciToken; e.noAuth {
					v = ""
				}
			case "${{ github.token }}": // reads, and no more
				v = "the-job's-own"
			}
			if strings.Contains(v, "${{") || strings.Contains(s.Run, "${{") {
				w.t.Fatalf("nobody evaluates %q or %q", v, s.Run)
			}
			env[k] = v
		}
	}
	return w.shell(o, s.Run, []string{"--noprofile", "--norc", "-e", "-o", "pipefail"}, env)
}

// read reads a CI's configuration as the branch has it.
func (w *ciWorld) read(file string, into any, e event) {
	w.t.Helper()
	at := "main"
	if e.kind == "pull" {
		at = e.branch
	}
	text := w.git(filepath.Join(w.repos, "tenancy.git"), "show", at+":"+file)
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		w.t.Fatal(err)
	}
}

type gitLabJob struct {
	Variables    map[string]string
	BeforeScript []string `json:"before_script"`
	Script       []string
	AfterScript  []string `json:"after_script"`
	Rules        []struct {
		If, When string
		Changes  []string
	}
	Artifacts struct{ Paths []string }
}

func (w *ciWorld) runGitLab(e event, o *outcome) {
	jobs := map[string]gitLabJob{}
	w.read(gitLabFile, &jobs, e)
	env := map[string]string{"CI": "true", "GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": e.kind, "HEDGEROW_AS_OF": e.day, "SOURCE_DATE_EPOCH": "1700000000"}
	at := "origin/main"
	if e.kind == "pull" {
		at = "origin/" + e.branch
		env["CI_PIPELINE_SOURCE"], env["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"] = "merge_request_event", "main"
	} else {
		env["CI_COMMIT_BRANCH"] = "main"
	}
	w.git(w.repos, "clone", "-q", w.server+"/tenancy.git", o.dir)
	w.git(o.dir, "checkout", "-q", "--detach", at)
	w.git(o.dir, "branch", "-qD", "main")
	w.git(o.dir, "remote", "set-url", "origin", strings.Replace(w.server, "://", "://gitlab-ci-token:job-token@", 1)+"/tenancy.git")
	env["CI_COMMIT_MESSAGE"] = w.git(o.dir, "log", "-1", "--format=%B")
	for name, j := range jobs {
		if strings.HasPrefix(name, ".") || !w.ruled(j, env, e) {
			continue
		}
		o.jobs = append(o.jobs, strings.TrimPrefix(name, "hedgerow "))
		base := jobs[".hedgerow"]
		for k, v := range base.Variables {
			env[k] = v
		}
		if name == "hedgerow publish" && !e.noAuth {
			env["HEDGEROW_TOKEN"] = ciToken
		}
		lines := append(append([]string{"set -eo pipefail"}, base.BeforeScript...), j.Script...)
		script := strings.Join(lines, "\n")
		if !strings.Contains(script, "\n"+installs+"\n") {
			w.t.Errorf("nobody installs Hedgerow:\n%s", script)
		}
		o.code = w.shell(o, strings.Replace(script, installs, ":", 1), nil, env)
		after := &outcome{dir: o.dir} // its own shell, of which the code does not count
		w.shell(after, strings.Join(j.AfterScript, "\n"), nil, env)
	}
	if data, err := os.ReadFile(filepath.Join(o.dir, "hedgerow-report.md")); err == nil {
		o.diff = string(data)
	}
}

var reTerm = regexp.MustCompile(`^\$(\w+) (==|!=|=~) (.+)$`)

// ruled reports whether the rules of a job let it run.
func (w *ciWorld) ruled(j gitLabJob, env map[string]string, e event) bool {
	for _, r := range j.Rules {
		yes := true
		for _, term := range strings.Split(r.If, " && ") {
			m := reTerm.FindStringSubmatch(term)
			if m == nil {
				w.t.Fatalf("nobody evaluates %q", term)
			}
			got, want := env[m[1]], strings.Trim(m[3], `"`)
			if v, ok := strings.CutPrefix(want, "$"); ok {
				want = env[v]
			}
			switch m[2] {
			case "==":
				yes = yes && got == want
			case "!=":
				yes = yes && got != want
			case "=~":
				yes = yes && regexp.MustCompile(strings.Trim(want, "/")).MatchString(got)
			}
		}
		if yes && len(r.Changes) > 0 && e.kind == "push" {
			yes = false
			for _, f := range w.changed() {
				for _, p := range r.Changes {
					yes = yes || under(f, p)
				}
			}
		}
		if yes {
			return r.When != "never"
		}
	}
	return false
}

// String shows an outcome where a test fails.
func (o *outcome) String() string {
	return fmt.Sprintf("jobs %q, code %d\n%s", o.jobs, o.code, o.out)
}
