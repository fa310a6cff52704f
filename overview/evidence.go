package overview

// Evidence says what of a control is supported by what Hedgerow generates, and
// what that does not show.
type Evidence struct {
	Framework string `json:"framework"`
	Control   string `json:"control"`
	Asks      string `json:"asks"`     // what the control is about
	Supports  string `json:"supports"` // which generated artefact supports it
	NotShown  string `json:"notShown"` // what that artefact leaves to be shown
}

// Caveats hold for every piece of evidence, and stand wherever it does.
func Caveats() []string {
	return []string{
		"This is evidence for an assessor to judge. It asserts no conformity with any standard.",
		"Policies are enforced by the cluster's network plugin. One that does not support NetworkPolicy ignores them " +
			"without a word, and none of this shows that a plugin runs, or runs as it should.",
		"Pods on the host's network, and traffic between a node and its own pods, are outside of what NetworkPolicy rules.",
		"NetworkPolicy speaks of TCP, UDP and SCTP. What happens to ICMP is left to the plugin.",
		"Policies decide who may connect. They encrypt nothing, and look into no connection that they let pass.",
		"What is written here was built from the tenancy. Whether a cluster has exactly that is for \"hedgerow audit\" to " +
			"say, and what passes there is for a test with packets.",
	}
}

// Controls gives the controls that generated artefacts are evidence for, in the
// order of the frameworks.
func Controls() []Evidence {
	return []Evidence{
		{
			"CIS Kubernetes Benchmark", "5.3.1 (EKS and GKE benchmarks: 4.3.1)",
			"The network plugin supports network policies.",
			"The plugin that the tenancy names for each cluster, and each acknowledgement of what that plugin lacks; " +
				"\"hedgerow facts --verify\" holds them against the cluster.",
			"That the plugin runs on every node and enforces. This control is checked by hand.",
		},
		{
			"CIS Kubernetes Benchmark", "5.3.2 (EKS and GKE benchmarks: 4.3.2)",
			"Every namespace has network policies.",
			"A default deny in both directions for each enforced namespace in overlays/, and the table of namespaces here, " +
				"with those that are open by a roll-out or that nothing manages.",
			"Namespaces of the cluster that the facts do not list. A policy that allows everything would satisfy the letter " +
				"of this control: read it with the open roll-outs and the exemptions.",
		},
		{
			"PCI DSS v4.0.1", "1.2.2",
			"Changes of network connections and of security controls are managed.",
			"The pull request with the tenancy's change, what it opens and closes (\"hedgerow diff\", \"hedgerow ci\"), and " +
				"the commit of \"hedgerow publish\" that says the same.",
			"Who approved: that is in the records of the Git host, with its rules for branches.",
		},
		{
			"PCI DSS v4.0.1", "1.2.3, 1.2.4",
			"Diagrams of the network and of the flows of account data.",
			"The map here, and \"hedgerow reach --as dot\" or \"--as mermaid\", drawn from what was built.",
			"Which flows carry account data, and networks outside of the clusters.",
		},
		{
			"PCI DSS v4.0.1", "1.2.5",
			"Services, protocols and ports that are allowed are known, approved, and needed.",
			"The register of flows: ports, reason, owners, ticket and expiry of each, with the line that declares it.",
			"That a reason is true, and what a service does beyond its port.",
		},
		{
			"PCI DSS v4.0.1", "1.2.7",
			"Configurations of network controls are reviewed every six months.",
			"This report with its day, expiring and expired flows, and the difference from an earlier state.",
			"That somebody read it.",
		},
		{
			"PCI DSS v4.0.1", "1.2.8",
			"Configuration files are protected and agree with what is in force.",
			"Git history, \"hedgerow generate --check\", \"hedgerow audit\", and the admission guard where it is installed.",
			"Rights in Git and on the cluster, which others grant.",
		},
		{
			"PCI DSS v4.0.1", "1.3.1, 1.3.2",
			"Traffic into and out of the cardholder data environment is limited to what is needed; the rest is denied.",
			"Deny and allow policies of its namespaces, the matrix of who reaches them, and the guards on them with verdicts.",
			"Which namespaces belong to that environment, and paths around the cluster's network.",
		},
		{
			"PCI DSS v4.0.1", "1.4.1 to 1.4.5",
			"Controls stand between trusted and untrusted networks.",
			"The flows from and to externals and ranges of addresses, drawn outside of the teams.",
			"Firewalls, load balancers and anti-spoofing in front of the clusters.",
		},
		{
			"PCI DSS v4.0.1", "11.4.5",
			"Segmentation is tested by penetration tests.",
			"Nothing here. The matrix may tell the testers what to expect.",
			"Segmentation in operation: no manifest proves it. A test with packets has to be made and kept apart.",
		},
		{
			"NSA and CISA Kubernetes Hardening Guide", "network separation and hardening",
			"A plugin that supports policies, a default deny in both directions, and policies that select their pods.",
			"The default denies of each namespace, and flows between named workloads and ports.",
			"Control plane, etcd, nodes, and encryption between pods.",
		},
		{
			"NIST SP 800-53 Rev. 5", "SC-7",
			"Communication at boundaries is watched over and controlled.",
			"The policies at both ends of each flow; the map with what stands outside of the teams.",
			"Monitoring, and the outer boundary of the system.",
		},
		{
			"NIST SP 800-53 Rev. 5", "SC-7(5)",
			"Deny by default, allow by exception.",
			"Default denies in overlays/, and the register of flows as the list of exceptions, each with its reason.",
			"Namespaces that are open or unmanaged, which are listed here and not denied.",
		},
		{
			"NIST SP 800-53 Rev. 5", "AC-4",
			"Information flows as approved rules say.",
			"The register of flows, the proof that what was built opens exactly these, and the guards with verdicts.",
			"What is in the information that flows.",
		},
		{
			"NIST SP 800-190", "traffic between containers (3.3.2, 4.3.3)",
			"Containers of different sensitivity are kept apart on the network.",
			"The matrix of namespaces, and guards that say which must never reach which.",
			"How sensitive a workload is, and separation on nodes.",
		},
		{
			"SOC 2", "CC6.6, with CC8.1 for changes",
			"Logical access from outside of the system's boundaries is restricted; changes are managed.",
			"The flows from and to the outside; pull requests with what each opens and closes.",
			"That the controls worked throughout a period: an assessor samples the history.",
		},
		{
			"ISO/IEC 27001:2022", "A.8.20",
			"Networks are secured, managed and controlled.",
			"The tenancy as one description of the network, its proof, and its history.",
			"Network devices, and responsibilities outside of the clusters.",
		},
		{
			"ISO/IEC 27001:2022", "A.8.21",
			"Security of network services is determined and watched over.",
			"Ports, owners and reason of each flow to a service.",
			"Service levels, and what providers do.",
		},
		{
			"ISO/IEC 27001:2022", "A.8.22",
			"Groups of services, users and systems are segregated.",
			"The matrix of environments, teams and namespaces, and the guards.",
			"Segregation of people, accounts and nodes.",
		},
		{
			"HIPAA Security Rule", "164.312(a)(1), (e)(1)",
			"Access to systems with health information is controlled, and its transmission is guarded.",
			"For (a)(1): who may connect to a workload. For (e)(1): nothing but that other paths are closed.",
			"Encryption. For (e)(1) evidence of mutual TLS, of a mesh or of the applications, is needed.",
		},
		{
			"MITRE ATT&CK", "T1046, T1021; mitigation M1030",
			"An intruder looks for services, and moves by remote services; segmentation hinders that.",
			"The matrix of what a taken pod could reach, and the difference before and after a change.",
			"Attempts: detection needs logs of flows. What is reachable on an open port stays so.",
		},
	}
}
