package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/hedgerow-dev/hedgerow/generator"
	"github.com/hedgerow-dev/hedgerow/internal/regular"
	"github.com/hedgerow-dev/hedgerow/tenancy"
)

// InventoryFile lists, below the output folder, all that Hedgerow wrote there.
const InventoryFile = "inventory.yaml"

// noneExpired stands in the inventory while no flow has expired.
const noneExpired = "none"

// Inventory says what an output folder holds and what it was generated from
// besides the tenancy. It has one line for each thing, so that it merges well.
type Inventory struct {
	Expired    string           `json:"expired"` // the latest expiry that had passed, or "none"
	Tags       []string         `json:"tags"`    // sorted
	Namespaces []NamespaceEntry `json:"namespaces"`
	Files      []FileEntry      `json:"files"`
}

// NamespaceEntry is an overlay: the Kubernetes namespace of a cluster, and the
// folder that holds its policies.
type NamespaceEntry struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Path      string `json:"path"`
}

// FileEntry is a file and the digest of its bytes.
type FileEntry struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// NewInventory describes the tree of an expansion that was made with the tags.
func NewInventory(x *generator.Expansion, tree Tree, tags []string) *Inventory {
	inv := &Inventory{Expired: noneExpired, Tags: tags, Namespaces: namespaceEntries(x)}
	if x.LastExpired != "" {
		inv.Expired = x.LastExpired
	}
	for file, data := range tenancy.Sorted(tree) {
		inv.Files = append(inv.Files, FileEntry{file, digest(data)})
	}
	return inv
}

// namespaceEntries lists the overlays of an expansion, sorted by path.
func namespaceEntries(x *generator.Expansion) (out []NamespaceEntry) {
	for _, o := range x.Overlays() {
		out = append(out, NamespaceEntry{o.Cluster, o.Namespace, overlayDir(o)})
	}
	slices.SortFunc(out, func(a, b NamespaceEntry) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// LastExpired gives the day of the inventory's latest expiry, or "".
func (inv *Inventory) LastExpired() string {
	if inv.Expired == noneExpired {
		return ""
	}
	return inv.Expired
}

// Digest gives the digest of all that an output folder holds, in hexadecimal: it
// is that of the inventory's bytes (SHA-256), which hold those of every file.
func (inv *Inventory) Digest() string { return digest(inv.Format()) }

const inventoryHead = "# Written by hedgerow; do not edit.\n"

// Format gives the inventory as YAML.
func (inv *Inventory) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%sexpired: %s\n", inventoryHead, quoted(inv.Expired))
	list(&b, "tags", inv.Tags, quoted)
	list(&b, "namespaces", inv.Namespaces, func(e NamespaceEntry) string {
		return fmt.Sprintf("{cluster: %s, namespace: %s, path: %s}", quoted(e.Cluster), quoted(e.Namespace), quoted(e.Path))
	})
	list(&b, "files", inv.Files, func(e FileEntry) string {
		return fmt.Sprintf("{path: %s, sha256: %s}", quoted(e.Path), quoted(e.SHA256))
	})
	return b.Bytes()
}

func list[T any](b *bytes.Buffer, key string, items []T, line func(T) string) {
	if len(items) == 0 {
		fmt.Fprintf(b, "%s: []\n", key)
		return
	}
	fmt.Fprintf(b, "%s:\n", key)
	for _, it := range items {
		fmt.Fprintf(b, "- %s\n", line(it))
	}
}

// quoted writes a string as JSON does, which YAML reads.
func quoted(s string) string {
	data, _ := json.Marshal(s) // a string always marshals
	return string(data)
}

// parseInventory reads what Format wrote, or YAML that says the same.
func parseInventory(data []byte) (*Inventory, error) {
	inv := readLines(string(data))
	if inv == nil {
		inv = &Inventory{}
		if err := yaml.UnmarshalStrict(data, inv); err != nil {
			return nil, err
		}
	}
	if inv.Expired == "" {
		return nil, fmt.Errorf("it does not say what has expired")
	}
	paths := []string{}
	for _, e := range inv.Files {
		paths = append(paths, e.Path)
	}
	for _, e := range inv.Namespaces {
		paths = append(paths, e.Path)
	}
	for _, p := range paths {
		if !cleanPath(p) {
			return nil, fmt.Errorf("it lists %q, which is no path below the output folder", p)
		}
	}
	return inv, nil
}

func (inv *Inventory) digests() map[string]string {
	out := map[string]string{}
	if inv != nil {
		for _, e := range inv.Files {
			out[e.Path] = e.SHA256
		}
	}
	return out
}

// line gives the line of the inventory that lists an overlay, counted from 1.
func (inv *Inventory) line(e NamespaceEntry) int {
	for i, l := range strings.Split(string(inv.Format()), "\n") {
		if strings.Contains(l, "path: "+quoted(e.Path)+"}") {
			return i + 1
		}
	}
	return 1
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ClusterFolders gives the clusters whose overlays stand in a folder that
// Hedgerow wrote, sorted; each has a folder of its name. It gives nil for any
// other folder.
func ClusterFolders(dir string) []string {
	data, err := regular.Read(filepath.Join(dir, InventoryFile), maxFileSize)
	if err != nil {
		return nil
	}
	inv, err := parseInventory(data)
	if err != nil {
		return nil // many tools have a file of this name
	}
	out := []string{}
	for _, e := range inv.Namespaces {
		cluster, _, _ := strings.Cut(e.Path, "/")
		out = append(out, cluster)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
