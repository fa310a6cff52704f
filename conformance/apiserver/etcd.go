package main

import (
	"context"
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdSocket is where etcd listens, in the folder where it stands.
const etcdSocket = "etcd:0"

// startEtcd starts a store that nobody else can reach: it listens on sockets
// in the folder.
func startEtcd(ctx context.Context) (*embed.Etcd, error) {
	c := embed.NewConfig()
	c.Dir, c.LogLevel = "store", "error"
	c.UnsafeNoFsync = true // it is for one test, and no machine fails in that
	clients, peers := url.URL{Scheme: "unix", Host: etcdSocket}, url.URL{Scheme: "unix", Host: "peers:0"}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{clients}, []url.URL{clients}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	etcd, err := embed.StartEtcd(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, fmt.Errorf("etcd: %w", err)
	case <-ctx.Done():
		etcd.Close()
		return nil, ctx.Err()
	}
}
