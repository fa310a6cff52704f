package diag

// Code is the stable name of a kind of problem. Scripts may match it; it never
// changes its meaning.
type Code string

// The codes of what is wrong with the files of a tenancy as files.
const (
	NoTenancy      Code = "no-tenancy"
	EmptyFile      Code = "empty-file"
	NotText        Code = "not-text"
	FileTooLarge   Code = "file-too-large"
	FileLeftOut    Code = "file-left-out"
	NoPackage      Code = "no-package-clause"
	TwoPackages    Code = "two-packages"
	AncestorFile   Code = "ancestor-file"
	BadModule      Code = "bad-module"
	BadImport      Code = "bad-import"
	BadTag         Code = "bad-tag"
	SchemaTwice    Code = "schema-vendored-twice"
	SchemaForeign  Code = "schema-altered"
	SchemaVersion  Code = "schema-version"
	Refused        Code = "refused-attribute"
	Syntax         Code = "syntax"
	Conflict       Code = "conflict"
	Evaluation     Code = "evaluation"
	UnownedFile    Code = "unowned-file"
	PlatformOpen   Code = "platform-files-unset"
	BadFileName    Code = "bad-file-name"
	TooDeep        Code = "too-deep"
	PlatformFile   Code = "platform-not-literal"
	Interference   Code = "interference"
	PackageOwner   Code = "package-not-owned"
	UnusedPattern  Code = "unused-pattern"
	BadFilePattern Code = "bad-file-pattern"
)

// The codes of what is wrong with the shape of a tenancy.
const (
	UnknownField Code = "unknown-field"
	MissingField Code = "missing-field"
	WrongType    Code = "wrong-type"
	NoValue      Code = "no-value"
	EmptyList    Code = "empty-list"
	BadValue     Code = "bad-value"
	BadName      Code = "bad-name"
	BadLine      Code = "bad-line"
	BadPort      Code = "bad-port"
	BadLabel     Code = "bad-label"
	BadCIDR      Code = "bad-address"
	BadDate      Code = "bad-date"
	BadDelivery  Code = "bad-delivery"
	NotAvailable Code = "not-available"
)

// The codes of what is wrong with the things that a tenancy declares.
const (
	UnknownCluster     Code = "unknown-cluster"
	UnknownEnvironment Code = "unknown-environment"
	UnknownTeam        Code = "unknown-team"
	UnknownNamespace   Code = "unknown-namespace"
	UnknownWorkload    Code = "unknown-workload"
	UnknownShared      Code = "unknown-shared"
	UnknownExternal    Code = "unknown-external"
	UnknownPort        Code = "unknown-port"
	UnknownTag         Code = "unknown-tag"
	UnknownClass       Code = "unknown-class"
	NameTaken          Code = "name-taken"
	NameTooLong        Code = "name-too-long"
	NameReserved       Code = "name-reserved"
	WorkloadsOverlap   Code = "workloads-overlap"
	CNINotEnforcing    Code = "cni-not-enforcing"
	ClusterFact        Code = "cluster-fact"
	HostBits           Code = "host-bits"
	ExceptOutside      Code = "except-outside"
	ExternalWide       Code = "external-wide"
	ExternalCut        Code = "external-cut"
	ExternalEmpty      Code = "external-empty"
	DNSManaged         Code = "dns-managed"
	RetiredDeclared    Code = "retired-declared"
)

// The codes of what is wrong with flows and guards.
const (
	PeerHeads           Code = "peer-heads"
	PeerQualifier       Code = "peer-qualifier"
	GuardShape          Code = "guard-shape"
	GuardSelectsNothing Code = "guard-selects-nothing"
	NeverMeets          Code = "never-meets"
	CrossEnvironment    Code = "cross-environment"
	CrossCluster        Code = "cross-cluster"
	ExternalEnvironment Code = "external-environments"
	NothingManaged      Code = "nothing-managed"
	PortsLeftOut        Code = "ports-left-out"
	PolicyCollision     Code = "policy-collision"
	NotOnCilium         Code = "not-on-cilium"
	UndeclaredPort      Code = "undeclared-port"
	AlreadyOpen         Code = "already-open"
	Expired             Code = "expired"
	ExpiresSoon         Code = "expires-soon"
	RolloutOverdue      Code = "rollout-overdue"
	RolloutSoon         Code = "rollout-ends-soon"
	RolloutFlip         Code = "rollout-with-changes"
	SharedBridge        Code = "shared-bridge"
)

// The codes of what a cluster does with what is declared, and of lints.
const (
	CNILacks        Code = "cni-lacks"
	ManyPorts       Code = "many-ports"
	ServicePort     Code = "service-port-differs"
	ClientAddress   Code = "client-address-lost"
	MeshPorts       Code = "mesh-carries-ports"
	UnscrapedMetric Code = "unscraped-metrics"
	UnknownLint     Code = "unknown-lint"
	UnusedSilence   Code = "unused-silence"
)

// The codes of what is wrong with the output folder.
const (
	NamespaceDropped Code = "namespace-dropped"
	TooManyRemoved   Code = "too-many-removed"
	InventoryLost    Code = "inventory-lost"
	InventoryBroken  Code = "inventory-unreadable"
	IntentStands     Code = "write-unfinished"
	HandEdited       Code = "hand-edited"
	ForeignFile      Code = "foreign-file"
	OutputDiffers    Code = "output-differs"
)

// The codes of what the proof finds in what was built.
const (
	OpenUndeclared Code = "open-undeclared"
	DeclaredClosed Code = "declared-closed"
	GuardBroken    Code = "guard-broken"
	GuardExpired   Code = "guard-expired"
)

// The codes of what forbids to publish.
const (
	NotCommitted    Code = "not-committed"
	PublishUnmerged Code = "publish-unmerged"
	PublishOlder    Code = "publish-older"
	PublishOlderDay Code = "publish-older-day"
	PublishUnknown  Code = "publish-unknown-source"
	BranchStands    Code = "branch-stands"
	OutputInChange  Code = "output-in-change"
	OutputElsewhere Code = "output-elsewhere"
	MovesInFlux     Code = "moves-in-flux"
	ReadElsewhere   Code = "read-elsewhere"
)

// The codes of what an audit finds on a cluster.
const (
	PolicyForeign       Code = "policy-foreign"
	PolicyAltered       Code = "policy-altered"
	PolicyMissing       Code = "policy-missing"
	PolicyStale         Code = "policy-stale"
	PolicyUnjudged      Code = "policy-unjudged"
	NamespaceUndeclared Code = "namespace-undeclared"
	NamespaceAbsent     Code = "namespace-absent"
	WorkloadUnmatched   Code = "workload-unmatched"
	PodUndeclared       Code = "pod-undeclared"
	PodHostNetwork      Code = "pod-host-network"
)

// The codes of what is wrong with who approves the files of a tenancy.
const (
	OwnersMissing Code = "owners-missing"
	BadOwner      Code = "bad-owner"
	OwnersPattern Code = "owners-pattern"
	OwnersDiffer  Code = "owners-differ"
	NotFormatted  Code = "not-formatted"
)

// ClusterDiffers is the code of facts that are otherwise on a cluster.
const ClusterDiffers Code = "cluster-differs"

// Summary says in one sentence what the code means; it is empty for a code that
// is not known.
func (c Code) Summary() string { return summaries[c] }

// Codes gives every known code with its summary.
func Codes() map[Code]string { return summaries }

var summaries = map[Code]string{
	NoTenancy:      "There is no tenants.cue in the folder.",
	EmptyFile:      "A file of the tenancy is empty.",
	NotText:        "A file of the tenancy is not UTF-8 text.",
	FileTooLarge:   "A file of the tenancy is larger than a tenancy can be.",
	FileLeftOut:    "An attribute takes a file out of the tenancy.",
	NoPackage:      "A file of the tenancy does not say which package it belongs to.",
	TwoPackages:    "The files of the folder belong to different packages.",
	AncestorFile:   "A file in a folder above belongs to the same package, and CUE would join it.",
	BadModule:      "cue.mod/module.cue cannot be used.",
	BadImport:      "An import cannot be resolved without the network, or not at all.",
	BadTag:         "A tag given with -t is not used by the tenancy.",
	SchemaTwice:    "The schema is there more than once.",
	SchemaForeign:  "The vendored schema holds files that are not Hedgerow's.",
	SchemaVersion:  "The vendored schema is another version's.",
	Refused:        "The tenancy reads files or code through an attribute.",
	Syntax:         "A file of the tenancy is not CUE.",
	Conflict:       "Two places of the tenancy contradict each other.",
	Evaluation:     "CUE cannot evaluate a value of the tenancy.",
	UnownedFile:    "A file of the tenancy belongs to nobody.",
	PlatformOpen:   "Teams own files, and the platform's are not named.",
	BadFileName:    "The name of a file cannot be used by CUE.",
	TooDeep:        "An expression is nested too deeply to be evaluated.",
	PlatformFile:   "The field platform is not a literal in tenants.cue.",
	Interference:   "Files that another team owns change what they may not.",
	PackageOwner:   "An imported package has no single owner.",
	UnusedPattern:  "A pattern of files matches no file.",
	BadFilePattern: "A pattern of file names cannot be used.",

	UnknownField: "There is no field of this name.",
	MissingField: "A required field is missing.",
	WrongType:    "A value is of another type than the field wants.",
	NoValue:      "A field has a type but no value.",
	EmptyList:    "A list holds nothing.",
	BadValue:     "A value is not one of those that the field takes.",
	BadName:      "A name is not a DNS label.",
	BadLine:      "A text is not one printable line.",
	BadPort:      "A port is not one that exists.",
	BadLabel:     "A label is not one that a pod can have, or none is named.",
	BadCIDR:      "An address or a range of addresses cannot be read.",
	BadDate:      "A date is not a day of the calendar.",
	BadDelivery:  "What is said about Argo CD or Flux cannot be used.",
	NotAvailable: "A field is reserved and does nothing yet.",

	UnknownCluster:     "No cluster of this name is declared.",
	UnknownEnvironment: "No environment of this name is declared.",
	UnknownTeam:        "No team of this name is declared.",
	UnknownNamespace:   "No namespace of this name is declared.",
	UnknownWorkload:    "The namespace declares no workload of this name.",
	UnknownShared:      "No shared namespace of this name is declared.",
	UnknownExternal:    "No external of this name is declared.",
	UnknownPort:        "The destination declares no such port.",
	UnknownTag:         "No workload carries this tag.",
	UnknownClass:       "No environment is of this class.",
	NameTaken:          "Two things would have one name in Kubernetes.",
	NameTooLong:        "A name in Kubernetes has more than 63 characters.",
	NameReserved:       "A name belongs to Kubernetes, to a GitOps controller, or to the output folder.",
	WorkloadsOverlap:   "A pod could belong to two workloads of its namespace.",
	CNINotEnforcing:    "The network plugin of a cluster may not enforce policies.",
	ClusterFact:        "A fact about a cluster is needed and missing, or contradicts another.",
	HostBits:           "A range of addresses has bits set behind its mask.",
	ExceptOutside:      "An exception lies outside the ranges that it is cut out of.",
	ExternalWide:       "An external could hold addresses of the cluster, whose own are unknown.",
	ExternalCut:        "Nothing is left of an external's range once reserved addresses are cut out.",
	ExternalEmpty:      "An external names no addresses.",
	DNSManaged:         "The namespace of the DNS pods would be isolated from everybody who is not declared.",
	RetiredDeclared:    "A namespace is declared and retired at once.",

	CNILacks:        "The network plugin of a cluster does not do what a flow needs.",
	ManyPorts:       "A namespace opens more ports to one peer than its network plugin takes.",
	ServicePort:     "A Service has another port than its pods, on a plugin that judges before it is translated.",
	ClientAddress:   "A flow is from an external, and the Service may hide the address of its clients.",
	MeshPorts:       "A guard is about ports, and a mesh carries every port over one.",
	UnscrapedMetric: "A workload declares a port for metrics that no flow opens.",
	UnknownLint:     "There is no lint of this name.",
	UnusedSilence:   "A lint is silenced where it says nothing.",

	PeerHeads:           "A peer names nobody, or more than one.",
	PeerQualifier:       "A peer is qualified by a field that does not belong to it.",
	GuardShape:          "A guard is not exactly one of never and always.",
	GuardSelectsNothing: "A guard's peer selects nothing, so the guard says nothing.",
	NeverMeets:          "The ends of a flow exist together in no environment.",
	CrossEnvironment:    "A flow crosses environments without saying so, or says so and does not.",
	CrossCluster:        "A flow crosses clusters, which a NetworkPolicy cannot.",
	ExternalEnvironment: "Neither a flow nor its external says in which environments.",
	NothingManaged:      "No end of a flow is managed, so there is nothing to write.",
	PortsLeftOut:        "A flow leaves out its ports where the destination does not settle them.",
	PolicyCollision:     "Two flows need policies of one name in one namespace.",
	NotOnCilium:         "Cilium does not match this with an ipBlock.",
	UndeclaredPort:      "A flow opens a port that its destination does not declare.",
	AlreadyOpen:         "A flow opens what the baseline opens already.",
	Expired:             "A flow has expired and is closed.",
	ExpiresSoon:         "A flow expires within 30 days.",
	RolloutOverdue:      "A namespace is open for longer than its roll-out allows.",
	RolloutSoon:         "A roll-out's last day is within 30 days.",
	RolloutFlip:         "A roll-out ends together with other changes of its namespace.",
	SharedBridge:        "A shared namespace joins two environments.",

	NamespaceDropped: "A namespace left the tenancy without being retired.",
	TooManyRemoved:   "More namespaces are removed at once than the configuration allows.",
	InventoryLost:    "The output folder has files but no inventory.",
	InventoryBroken:  "The inventory cannot be read.",
	IntentStands:     "An earlier run was interrupted while it wrote.",
	HandEdited:       "A generated file was changed by hand.",
	ForeignFile:      "The output folder holds a file that Hedgerow did not write.",
	OutputDiffers:    "The output folder is not what the tenancy generates.",

	OpenUndeclared: "The built manifests open what nothing declares.",
	DeclaredClosed: "The built manifests do not open what is declared.",
	GuardBroken:    "A guard does not hold on what is built.",
	GuardExpired:   "A flow that has expired was the last to keep an always guard.",

	NotCommitted:    "A file of the tenancy is not as it was committed.",
	PublishUnmerged: "The tenancy is of a commit that is not on the branch.",
	PublishOlder:    "A newer tenancy is published already.",
	PublishOlderDay: "What is published was judged as of a later day.",
	PublishUnknown:  "Nobody can say whether a newer tenancy is published already.",
	ReadElsewhere:   "What is published is not where delivery says that it is read.",
	BranchStands:    "The branch for a pull request is there already, with something else.",
	OutputInChange:  "A change touches the output folder, which only publish writes.",
	OutputElsewhere: "Another folder holds policies of the same namespaces.",
	MovesInFlux:     "A namespace moves from one Kustomization of Flux to another.",

	PolicyForeign:       "A managed namespace has a policy that Hedgerow did not write.",
	PolicyAltered:       "A policy on the cluster is not as it was generated.",
	PolicyMissing:       "A policy that is generated is not on the cluster.",
	PolicyStale:         "A policy of Hedgerow's is on the cluster and generated no more.",
	PolicyUnjudged:      "A policy on the cluster is of a kind that is not judged.",
	NamespaceUndeclared: "The cluster has a namespace that the tenancy does not know.",
	NamespaceAbsent:     "A declared namespace is not on the cluster.",
	WorkloadUnmatched:   "The labels of a workload match no pod on the cluster.",
	PodUndeclared:       "Pods of a managed namespace belong to no declared workload.",
	PodHostNetwork:      "Pods of a managed namespace use their nodes' network, which no policy rules.",

	OwnersMissing: "Files of the tenancy have an owner, and nobody is named who approves them.",
	BadOwner:      "An owner is none that a code host knows.",
	OwnersPattern: "A line of CODEOWNERS cannot say what a pattern of files says.",
	OwnersDiffer:  "CODEOWNERS gives a file of the tenancy to others than the tenancy does.",
	NotFormatted:  "A file of the tenancy is not as CUE's formatter writes it.",

	ClusterDiffers: "A cluster is not what the tenancy says of it.",
}
