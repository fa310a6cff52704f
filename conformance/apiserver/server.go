package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// The files of the server, in the folder where it stands.
const (
	kubeconfigFile = "kubeconfig"
	certificate    = "apiserver.crt" // that the server makes for itself
	tokensFile     = "tokens.csv"
	accountsKey    = "accounts.key"
)

// serve runs the API server on a free port of the loopback until the context
// ends, and calls ready once it is.
func serve(ctx context.Context, ready func()) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	token := rand.Text()
	if err := writeFiles("https://"+listener.Addr().String(), token); err != nil {
		return err
	}
	completed, err := serverOptions(listener).Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return utilerrors.NewAggregate(errs)
	}
	go func() {
		if awaitReady(ctx) {
			ready()
		}
	}()
	return app.Run(ctx, completed)
}

// writeFiles writes what the server reads, and what its administrator does.
func writeFiles(address, token string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	for file, data := range map[string][]byte{
		accountsKey: pem,
		tokensFile:  fmt.Appendf(nil, "%s,admin,admin,system:masters\n", token),
	} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return err
		}
	}
	c := clientcmdapi.NewConfig()
	c.Clusters["test"] = &clientcmdapi.Cluster{Server: address, CertificateAuthority: certificate}
	c.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: token}
	c.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "admin"}
	c.CurrentContext = "test"
	return clientcmd.WriteToFile(*c, kubeconfigFile)
}

// serverOptions gives a server as it is without any option, but for where it
// listens, what it stores in, and who may do what.
func serverOptions(listener net.Listener) *options.ServerRunOptions {
	o := options.NewServerRunOptions()
	o.SecureServing.Listener, o.SecureServing.BindPort = listener, listener.Addr().(*net.TCPAddr).Port
	o.SecureServing.ExternalAddress = listener.Addr().(*net.TCPAddr).IP
	o.SecureServing.ServerCert.CertDirectory = "."
	o.EndpointReconcilerType = "none" // nothing in the cluster looks for the server
	o.ServiceClusterIPRanges = "10.96.0.0/16"
	o.Etcd.StorageConfig.Transport.ServerList = []string{"unix://" + etcdSocket}
	o.Authorization.Modes = []string{"RBAC"}
	o.Authentication.TokenFile.TokenFile = tokensFile
	o.Authentication.ServiceAccounts.Issuers = []string{"https://kubernetes.default.svc"}
	o.Authentication.ServiceAccounts.KeyFiles = []string{accountsKey}
	o.ServiceAccountSigningKeyFile = accountsKey
	return o
}

// awaitReady asks the server until it says that it is ready.
func awaitReady(ctx context.Context) bool {
	for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfigFile)
		if err != nil {
			continue // the certificate is not there yet
		}
		if isReady(config) {
			return true
		}
	}
	return false
}

func isReady(config *rest.Config) bool {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return false
	}
	defer client.CloseIdleConnections()
	response, err := client.Get(config.Host + "/readyz")
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}
