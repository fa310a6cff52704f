package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hedgerow-dev/hedgerow/internal/gitserver"
)

var sources = schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}

// A sourcer stands in for Flux's source-controller, which is no Go module that
// can be had: of every GitRepository it serves the newest commit as an archive,
// and says so in the object's status. The archives are those of git, of the
// repository that was published to.
type sourcer struct {
	*server
	bare, url string // the repository, and what it is called in GitRepositories
	http      *httptest.Server
	archives  sync.Map // by path
}

// startSourcer serves the repository until the test ends.
func startSourcer(t *testing.T, s *server, bare, url string) {
	src := &sourcer{server: s, bare: bare, url: url}
	src.http = httptest.NewServer(http.HandlerFunc(src.serve))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			if err := src.look(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("the source: %v", err)
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		src.http.Close()
	})
}

func (src *sourcer) serve(w http.ResponseWriter, r *http.Request) {
	archive, ok := src.archives.Load(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(archive.([]byte)) // whoever went away asks again
}

// look serves every GitRepository.
func (src *sourcer) look(ctx context.Context) error {
	list, err := src.objects.Resource(sources).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if err := src.update(ctx, &list.Items[i]); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// update serves the newest commit of a GitRepository, unless it is served.
func (src *sourcer) update(ctx context.Context, o *object) error {
	url, _, _ := unstructured.NestedString(o.Object, "spec", "url")
	branch, _, _ := unstructured.NestedString(o.Object, "spec", "ref", "branch")
	if url != src.url {
		return fmt.Errorf("%s is of %q, which nobody serves", name(o), url)
	}
	commit, err := gitserver.TryGit(ctx, src.bare, "rev-parse", "refs/heads/"+branch)
	if err != nil {
		return fmt.Errorf("%w: %s", err, commit)
	}
	commit = strings.TrimSpace(commit)
	served, _, _ := unstructured.NestedString(o.Object, "status", "artifact", "revision")
	observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	if served == revisionOf(branch, commit) && observed == o.GetGeneration() {
		return nil
	}
	archive, err := gitserver.TryGit(ctx, src.bare, "archive", "--format=tar.gz", commit)
	if err != nil {
		return err
	}
	path := "/" + commit + ".tar.gz"
	src.archives.Store(path, []byte(archive))
	return src.say(ctx, o, artifact{
		Path: path[1:], URL: src.http.URL + path, Revision: revisionOf(branch, commit), Size: len(archive),
		Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(archive))), LastUpdateTime: metav1.Now().Rfc3339Copy(),
	})
}

// revisionOf is what Flux calls a commit of a branch.
func revisionOf(branch, commit string) string { return branch + "@sha1:" + commit }

// An artifact is what a GitRepository has in its status.
type artifact struct {
	Path           string      `json:"path"`
	URL            string      `json:"url"`
	Revision       string      `json:"revision"`
	Digest         string      `json:"digest"`
	Size           int         `json:"size"`
	LastUpdateTime metav1.Time `json:"lastUpdateTime"`
}

// say writes the status of a GitRepository.
func (src *sourcer) say(ctx context.Context, o *object, a artifact) error {
	patch, err := json.Marshal(map[string]any{"status": map[string]any{
		"observedGeneration": o.GetGeneration(),
		"artifact":           a,
		"conditions": []metav1.Condition{{
			Type: "Ready", Status: metav1.ConditionTrue, ObservedGeneration: o.GetGeneration(),
			Reason: "Succeeded", Message: "stored " + a.Revision, LastTransitionTime: a.LastUpdateTime,
		}},
	}})
	if err != nil {
		return err
	}
	_, err = src.objects.Resource(sources).Namespace(o.GetNamespace()).Patch(ctx, o.GetName(), types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: "source-controller"}, "status")
	return err
}
