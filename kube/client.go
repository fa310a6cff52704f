// Package kube reads a live cluster as the user's kubeconfig reaches it. It asks
// the API server for objects and changes nothing: it lists and gets.
package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	kjson "sigs.k8s.io/json"

	"github.com/hedgerow-dev/hedgerow/internal/nearest"
)

// Options say which cluster is read. The zero value is the cluster that kubectl
// would read without any flag.
type Options struct {
	Kubeconfig string        // a file; "": those of KUBECONFIG, or ~/.kube/config, or in a pod its own account
	Context    string        // of that file; "": its current one
	Timeout    time.Duration // of each exchange with the API server; 0: none
	Agent      string        // what the API server's audit log calls the reader
}

// Client reads one cluster. It is safe for use by several goroutines.
type Client struct {
	rest *rest.RESTClient
	host string
	name string
}

// How many requests a second are sent, and at once. kubectl allows itself as many
// (kubectl, pkg/cmd/cmd.go: WithDiscoveryQPS, WithDiscoveryBurst); client-go's own
// defaults are meant for controllers.
const (
	perSecond = 50
	atOnce    = 300
)

// Connect prepares to read a cluster; it sends nothing yet. The error says what
// is wrong with the kubeconfig.
func Connect(o Options) (*Client, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.Context})
	file, err := loader.RawConfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	name := cmp.Or(o.Context, file.CurrentContext)
	if err := checkContext(&file, name); err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, errors.New("there is no kubeconfig, or it has no current context: set KUBECONFIG or --kubeconfig, and --context")
	} else if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	return connect(config, name, o)
}

// checkContext says what a context lacks: the loader takes one whose cluster is
// not there for an empty file.
func checkContext(file *api.Config, name string) error {
	if name == "" {
		return nil // in a pod there is none
	}
	at := file.Contexts[name]
	if at == nil {
		return fmt.Errorf("there is no context %q; %s", name, nearest.Hint(name, "contexts", slices.Collect(maps.Keys(file.Contexts))))
	}
	if file.Clusters[at.Cluster] == nil {
		return fmt.Errorf("context %q is of cluster %q, which is not there; %s", name, at.Cluster,
			nearest.Hint(at.Cluster, "clusters", slices.Collect(maps.Keys(file.Clusters))))
	}
	return nil
}

func connect(config *rest.Config, name string, o Options) (*Client, error) {
	config.QPS, config.Burst, config.Timeout, config.UserAgent = perSecond, atOnce, o.Timeout, o.Agent
	config.WarningHandler = rest.NoWarnings{}
	// Without TLS options of its own it would take http.DefaultTransport, through
	// which the program reaches nothing. The times are those of client-go.
	config.Dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	// Objects are handed on as they come; only the server's errors are read here.
	kinds := runtime.NewScheme()
	metav1.AddToGroupVersion(kinds, schema.GroupVersion{Version: "v1"})
	config.NegotiatedSerializer = serializer.NewCodecFactory(kinds).WithoutConversion()
	config.ContentType = runtime.ContentTypeJSON
	config.GroupVersion, config.APIPath = &schema.GroupVersion{}, "/"
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	return &Client{rest: client, host: config.Host, name: name}, nil
}

// Name gives what the kubeconfig calls the cluster's context; "" in a pod, which
// has none.
func (c *Client) Name() string { return c.name }

// Version gives the version of the API server.
func (c *Client) Version(ctx context.Context) (*version.Info, error) {
	out := &version.Info{}
	data, err := c.get(ctx, "/version", nil)
	if err == nil {
		err = decode(data, out)
	}
	if err != nil {
		return nil, c.worded(err, "reading its version")
	}
	return out, nil
}

// get gives what the server answers at a path.
func (c *Client) get(ctx context.Context, path string, params map[string]string) ([]byte, error) {
	ctx = logr.NewContext(ctx, logr.Discard()) // else client-go writes to the standard error itself
	request := c.rest.Get().AbsPath(path)
	for name, value := range params {
		request = request.Param(name, value)
	}
	result := request.Do(ctx)
	data, _ := result.Raw() // which has the error as well, less well read
	if err := result.Error(); err != nil {
		return nil, plainly(err, data)
	}
	return data, nil
}

// An answerError is an answer that is none of Kubernetes', of a proxy for example.
type answerError struct {
	error
	answer string
}

func (e *answerError) Error() string { return e.answer }
func (e *answerError) Unwrap() error { return e.error }

// plainly says what came instead of an answer of Kubernetes': client-go has it in
// a cause if it is plain text, and calls everything else unknown.
func plainly(err error, body []byte) error {
	var status apierrors.APIStatus
	if !apierrors.IsUnexpectedServerError(err) || !errors.As(err, &status) {
		return err
	}
	s, said := status.Status(), string(body)
	if said == "" && s.Details != nil && len(s.Details.Causes) > 0 {
		said = s.Details.Causes[0].Message
	}
	return &answerError{err, strings.TrimSuffix(fmt.Sprintf("it answers %d: %s", s.Code, said), ": ")}
}

func decode(data []byte, into any) error {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, into); err != nil {
		return fmt.Errorf("it does not answer as Kubernetes does: %w", err)
	}
	return nil
}

// longest is how many characters of an error are shown.
const longest = 400

// oneLine keeps an error one line of printable characters, whatever the server
// says.
func oneLine(err error) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(err.Error()), " ") {
		if n++; n > longest {
			return b.String() + "…"
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
