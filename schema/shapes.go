package schema

import (
	"regexp"
	"time"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// A shape is a kind of string of schema.cue, in Go: it accepts exactly the
// strings that its definition there accepts, and can say what it wants. A test
// holds the two against each other.
type shape struct {
	definition string // in schema.cue
	code       diag.Code
	wants      string // completes "… is not "
	rule       string // says what would be one
	accepts    func(string) bool
}

func matching(patterns ...string) func(string) bool {
	var res []*regexp.Regexp
	for _, p := range patterns {
		res = append(res, regexp.MustCompile(p))
	}
	return func(s string) bool {
		for _, re := range res {
			if !re.MatchString(s) {
				return false
			}
		}
		return true
	}
}

var (
	reDollarBrace = regexp.MustCompile(`[$][{]`)
	reLine        = matching(`^[\pL\pM\pN\pP\pS ]{1,200}$`, `[^ ]`)
)

var (
	nameShape = shape{"#Name", diag.BadName,
		"a DNS label", "a DNS label has at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends",
		matching(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)}
	affixShape = shape{"#Affix", diag.BadName, "a part of a name", "it may have lower-case letters, digits and hyphens",
		matching(`^[-a-z0-9]{1,62}$`)}
	lineShape = shape{"#Line", diag.BadLine,
		"one printable line", `write one line of 1 to 200 printable characters, without "${"`,
		func(s string) bool { return reLine(s) && !reDollarBrace.MatchString(s) }}
	filePatternShape = shape{"#FilePattern", diag.BadFilePattern, "a pattern of file names", `write the name of a file in the folder of the tenancy, or a pattern such as "payments*.cue", without "/"`,
		matching(`^[^/]{1,200}$`)}
	cidrShape = shape{"#CIDR", diag.BadCIDR, "a range of addresses", `write it with its mask, such as "203.0.113.0/24" or "2001:db8::/32"`,
		matching(`^[0-9a-fA-F:.]{2,45}/[0-9]{1,3}$`)}
	ipShape = shape{"#IP", diag.BadCIDR, "an address", `write it such as "169.254.20.10", without a mask`,
		matching(`^[0-9a-fA-F:.]{2,45}$`)}
	dateShape = shape{"#Date", diag.BadDate, "a day", `write a day of the calendar such as "2027-06-30"`,
		func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }}
	portNameShape = shape{"#PortName", diag.BadPort,
		"the name of a port", "the name of a port has at most 15 lower-case letters, digits and hyphens, a letter among them",
		matching(`^[a-z0-9]+(-[a-z0-9]+)*$`, `^.{1,15}$`, `[a-z]`)}
	portSpecShape = shape{"#PortSpec", diag.BadPort, "a port with a protocol", portForms,
		matching(`^` + portDigits + `(-` + portDigits + `)?/(TCP|UDP|SCTP)$`)}
	labelKeyShape = shape{"#LabelKey", diag.BadLabel,
		"the key of a label", `write one such as "app" or "app.kubernetes.io/name": at most 63 characters after an optional prefix`,
		matching(`^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*/)?`+
			`[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`, `^([^/]{1,253}/)?[^/]+$`)}
	labelValueShape = shape{"#LabelValue", diag.BadLabel,
		"one that a label takes",
		"it has at most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends",
		matching(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)}
	versionShape = shape{"#Version", diag.BadValue, "a version", `write it such as "1.30" or "v3.29.1"`,
		matching(`^v?[0-9]{1,4}[.][0-9]{1,5}([.][0-9]{1,5})?([-+][A-Za-z0-9.+-]{1,60})?$`)}
	familyShape = shape{"#IPFamily", diag.BadValue, "a family of addresses", `write "IPv4" or "IPv6"`,
		matching(`^IPv[46]$`)}
	intervalShape = shape{"#Interval", diag.BadDelivery, "a length of time", `write it such as "10m" or "1h30m", in whole hours, minutes and seconds`,
		matching(`^([0-9]{1,4}h)?([0-9]{1,4}m)?([0-9]{1,4}s)?$`, `[1-9]`)}
)

// The shapes of what stands in templates of Argo CD. None has room for a brace,
// and none for what a pattern of a project would take for more than itself.
var (
	repositoryShape = shape{"#Repository", diag.BadDelivery,
		"the URL of a repository", `write it such as "https://git.example.com/acme/policies.git" or "ssh://git@git.example.com/acme/policies.git", without a password`,
		matching(`^(https://|ssh://([A-Za-z0-9_][A-Za-z0-9._-]*@)?)`+host+`(/[A-Za-z0-9._~%+-]+)+/?$`, atMost200)}
	reNoBranch  = regexp.MustCompile(`[.][.]|[.]/|[.]$|[.]lock(/|$)`)
	reBranch    = matching(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*$`, atMost200)
	branchShape = shape{"#Branch", diag.BadDelivery,
		"the name of a branch", `it has letters, digits and "_.+-", in parts with "/" between them`,
		func(s string) bool { return reBranch(s) && !reNoBranch.MatchString(s) }}
	folderShape = shape{"#Folder", diag.BadDelivery,
		"a folder of the repository", `write it from the root of the repository, such as "clusters/overlays", or "." for the root`,
		matching(`^([.]|[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)$`, atMost200)}
	serverShape = shape{"#Server", diag.BadDelivery,
		"the address of an API server", `write it as Argo CD has it, such as "https://172.20.0.2:6443"; of one in brackets write the name instead`,
		matching(`^https://`+host+`(/[A-Za-z0-9._~-]+)*$`, atMost200)}
	destinationShape = shape{"#DestinationName", diag.BadDelivery,
		"a name that Argo CD has for a cluster", `it has letters, digits and "._:/@-", with a letter or digit at both ends`,
		matching(`^[A-Za-z0-9]([A-Za-z0-9._:/@-]*[A-Za-z0-9])?$`, atMost200)}
)

const (
	host      = `[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?`
	atMost200 = `^.{1,200}$`
)

const portDigits = `([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])`

// The words that schema.cue lists for a field.
var (
	cnis = []string{"antrea", "aws-vpc-cni", "azure-npm", "calico", "cilium", "flannel", "gke-dataplane-v2", "kube-ovn",
		"kube-router", "other", "ovn-kubernetes"}
	dnsProviders      = []string{"cloud-dns", "coredns", "custom", "openshift"}
	meshes            = []string{"istio-ambient", "linkerd"}
	severities        = []string{"error", "warning"}
	trafficPolicies   = []string{"Cluster", "Local"}
	podSecurityLevels = []string{"baseline", "privileged", "restricted"}
)
