package cluster

import (
	"slices"
	"testing"

	"github.com/hedgerow-dev/hedgerow/diag"
)

// silent are the codes that say nothing of what Kubernetes takes: each is about
// files, CUE, what the tenancy itself declares, or what would be open.
var silent = []diag.Code{
	diag.NoTenancy, diag.EmptyFile, diag.NotText, diag.FileTooLarge, diag.FileLeftOut, diag.NoPackage,
	diag.TwoPackages, diag.AncestorFile, diag.BadModule, diag.BadImport, diag.BadTag, diag.SchemaTwice,
	diag.SchemaForeign, diag.SchemaVersion, diag.Refused, diag.Syntax, diag.Conflict, diag.Evaluation,
	diag.UnownedFile, diag.PlatformOpen, diag.BadFileName, diag.TooDeep, diag.PlatformFile, diag.Interference,
	diag.PackageOwner, diag.UnusedPattern, diag.BadFilePattern, diag.UnknownField, diag.MissingField, diag.WrongType,
	diag.NoValue, diag.EmptyList, diag.BadLine, diag.BadDate, diag.NotAvailable, diag.UnknownCluster,
	diag.UnknownEnvironment, diag.UnknownTeam, diag.UnknownNamespace, diag.UnknownWorkload, diag.UnknownShared,
	diag.UnknownExternal, diag.UnknownPort, diag.UnknownTag, diag.UnknownClass, diag.NameReserved,
	diag.WorkloadsOverlap, diag.CNINotEnforcing, diag.ClusterFact, diag.ExternalWide, diag.ExternalCut,
	diag.ExternalEmpty, diag.DNSManaged, diag.RetiredDeclared, diag.PeerHeads, diag.PeerQualifier, diag.GuardShape,
	diag.GuardSelectsNothing, diag.NeverMeets, diag.CrossEnvironment, diag.CrossCluster, diag.ExternalEnvironment,
	diag.NothingManaged, diag.PortsLeftOut, diag.PolicyCollision, diag.NotOnCilium, diag.UndeclaredPort,
	diag.AlreadyOpen, diag.Expired, diag.ExpiresSoon, diag.SharedBridge, diag.NamespaceDropped, diag.TooManyRemoved,
	diag.InventoryLost, diag.InventoryBroken, diag.IntentStands, diag.HandEdited, diag.ForeignFile, diag.OutputDiffers,
	diag.OpenUndeclared, diag.DeclaredClosed, diag.GuardBroken, diag.GuardExpired, diag.NotCommitted,
	diag.PublishUnmerged, diag.PublishOlder, diag.PublishOlderDay, diag.PublishUnknown, diag.BranchStands,
	diag.OutputInChange, diag.ReadElsewhere, diag.RolloutOverdue, diag.RolloutSoon, diag.RolloutFlip,
	diag.OutputElsewhere, diag.MovesInFlux, diag.CNILacks, diag.ManyPorts, diag.ServicePort, diag.ClientAddress,
	diag.MeshPorts, diag.UnscrapedMetric, diag.UnknownLint, diag.UnusedSilence,
	diag.PolicyForeign, diag.PolicyAltered, diag.PolicyMissing, diag.PolicyStale, diag.PolicyUnjudged,
	diag.NamespaceUndeclared, diag.NamespaceAbsent, diag.WorkloadUnmatched, diag.PodUndeclared, diag.PodHostNetwork,
	diag.ClusterDiffers, diag.OwnersMissing, diag.BadOwner, diag.OwnersPattern, diag.OwnersDiffer, diag.NotFormatted,
}

// TestEveryCodeIsJudged sees to it that each code is claimed of the server, or
// said to say nothing of it.
func TestEveryCodeIsJudged(t *testing.T) {
	for code := range diag.Codes() {
		claimed := slices.ContainsFunc(claims, func(c claim) bool { return c.code == code })
		if claimed == slices.Contains(silent, code) {
			t.Errorf("%s: does it say that Kubernetes takes something or not? It belongs among the claims, or among the silent ones", code)
		}
	}
}
