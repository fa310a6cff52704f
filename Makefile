# Needs Go, git and make. The tools are built from the modules under tools/ into bin/.

GOFMT     = "$$(go env GOROOT)/bin/gofmt"
TIMEOUT   = 30m
FUZZTIME ?= 20s

# Tests look for their tools, and for the definitions of Argo CD's and Flux's objects, here.
export HEDGEROW_TOOLS := $(CURDIR)/bin

# Where "make install" puts things.
PREFIX  ?= /usr/local
DESTDIR ?=

# The modules with Go code of our own.
MODULES := . tools/dockerlint $(patsubst %/go.mod,%,$(wildcard conformance/go.mod conformance/*/go.mod))

# What an API server of Kubernetes says that it is.
KUBERNETES = -X k8s.io/component-base/version.gitVersion=$$(go list -C conformance/apiserver -m -f '{{.Version}}' k8s.io/kubernetes)

TESTTOOLS := bin/cue bin/kustomize bin/actionlint bin/dockerlint bin/go-licenses bin/validate-krew-manifest bin/crds \
	$(if $(shell command -v npm),bin/gitlab-ci-local)

# Runs $(2) with $$package and $$target set, for every test target whose name starts with $(1).
define each
@list=$$(go test -list '^$(1)' ./...) || { echo "$$list"; exit 1; }; \
echo "$$list" | awk '/^$(1)/ { names[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, names[i]; n = 0 }' | \
while read -r package target; do (set -x; $(2)) </dev/null || exit 1; done
endef

.PHONY: help
help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/hedgerow, which needs nothing of where it runs
	CGO_ENABLED=0 go build -trimpath -o bin/hedgerow ./cmd/hedgerow

.PHONY: install
install: build man ## install it below PREFIX (/usr/local), with manual pages, completions and the plugin of kubectl
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" \
		"$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
		"$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	install -m 755 bin/hedgerow scripts/dist/kubectl_complete-hedgerow "$(DESTDIR)$(PREFIX)/bin"
	ln -sf hedgerow "$(DESTDIR)$(PREFIX)/bin/kubectl-hedgerow"
	install -m 644 bin/man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1"
	bin/hedgerow completion bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/hedgerow"
	bin/hedgerow completion zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_hedgerow"
	bin/hedgerow completion fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/hedgerow.fish"

.PHONY: man
man: build ## write the manual pages to bin/man
	rm -rf bin/man
	bin/hedgerow man bin/man

.PHONY: dist
dist: ## build what is released, for every platform, into bin/dist
	go run ./scripts/dist bin/dist

.PHONY: test
test: $(TESTTOOLS) ## run every test, with the pinned tools
	go test -timeout $(TIMEOUT) ./...

.PHONY: lint
lint: bin/staticcheck ## check format, go vet and staticcheck
	$(GOFMT) -d .
	@for module in $(MODULES); do (cd $$module && set -x && go vet ./... && $(CURDIR)/bin/staticcheck ./...) || exit 1; done

.PHONY: format
format: ## format every Go file
	$(GOFMT) -l -w .

.PHONY: conformance
conformance: ## hold verdicts and built manifests against engines of others
	go build -C conformance/cyclonus -o $(HEDGEROW_TOOLS)/conformance-cyclonus .
	go build -C conformance/cilium -o $(HEDGEROW_TOOLS)/conformance-cilium .
	go test -C conformance/engine .
	go test -C conformance -count 1 -timeout $(TIMEOUT) -v .

.PHONY: e2e
e2e: apiserver build ## hold what is rendered, and what is refused, against a real API server
	go test -C conformance/cluster -count 1 -timeout $(TIMEOUT) -v -skip '^TestFlux$$' .

.PHONY: e2e-flux
e2e-flux: apiserver build ## have Flux sync what is published into a real API server
	go build -C conformance/flux -o $(HEDGEROW_TOOLS)/e2e/ github.com/fluxcd/kustomize-controller
	go test -C conformance/cluster -count 1 -timeout $(TIMEOUT) -v -run '^TestFlux$$' .

.PHONY: apiserver
apiserver: bin/crds bin/e2e/crds
	go build -C conformance/apiserver -o $(HEDGEROW_TOOLS)/e2e/ -ldflags "$(KUBERNETES)" . k8s.io/kubernetes/cmd/kubectl

.PHONY: e2e-packets
e2e-packets: apiserver build bin/e2e/cilium ## hold packets between pods, kept apart by Cilium, against reach; as root
	go build -C conformance/agent -o $(HEDGEROW_TOOLS)/e2e/cilium-agent github.com/cilium/cilium/daemon
	go build -C conformance/agent -o $(HEDGEROW_TOOLS)/e2e/ github.com/cilium/cilium/plugins/cilium-cni
	go test -C conformance/packets -count 1 -timeout $(TIMEOUT) -v .

.PHONY: e2e-report
e2e-report: bin/axe ## have Chromium show the report's page; installs it where that is Debian's and this is root
	@command -v chromium >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update && apt-get install -y --no-install-recommends chromium; \
	else echo "chromium is needed: install the package of that name" >&2; exit 1; fi
	go test -C conformance/browser -count 1 -timeout $(TIMEOUT) -v .

.PHONY: vendor
vendor: ## fetch what the report's page is drawn with, as overview/assets/vendor.txt pins it; needs npm
	go run ./scripts/vendor overview/assets/vendor.txt overview/assets/vendor

.PHONY: golden
golden: $(TESTTOOLS) ## run every test and rewrite the golden files; read the diff before you commit it
	HEDGEROW_UPDATE=1 go test -count 1 -timeout $(TIMEOUT) ./...

.PHONY: generate
generate: ## write the overlays of this repository's own tenancy
	go run ./cmd/hedgerow generate

.PHONY: bench
bench: build bin/cue ## run every benchmark, and whole commands beside their peers
	$(call each,Benchmark,go test -run '^$$' -bench "^$$target\$$" -benchmem -timeout $(TIMEOUT) "$$package")
	go run ./scripts/bench

.PHONY: bench-scale
bench-scale: build bin/cue bin/helm bin/kustomize ## measure whole commands at up to 10,000 namespaces; writes docs/scale.md
	go run ./scripts/bench docs 1000 3000 10000

.PHONY: fuzz
fuzz: $(TESTTOOLS) ## run every fuzz target for FUZZTIME (20s)
	$(call each,Fuzz,go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package")

.PHONY: mutants
mutants: $(TESTTOOLS) ## damage the overlays in every way at every place, not only at some
	HEDGEROW_MUTANTS=1000000 go test -count 1 -run '^TestMutants$$' -v -timeout 3h ./cmd/hedgerow

.PHONY: clean
clean: ## remove bin/
	rm -rf bin

bin/crds: tools/crds/modules.txt
	go run ./scripts/crds $< $@

bin/e2e/crds: conformance/cluster/crds.txt
	go run ./scripts/crds $< $@

bin/axe: conformance/browser/packages.txt
	go run ./scripts/vendor $< $@

# What the agent compiles for the kernel, and the kinds that it looks for in the API server.
bin/e2e/cilium: conformance/agent/go.mod
	go mod download -C conformance/agent github.com/cilium/cilium
	rm -rf $@ $@.part && mkdir -p $@.part
	cd $$(go list -C conformance/agent -m -f '{{.Dir}}' github.com/cilium/cilium) && \
		cp -R bpf pkg/k8s/apis/cilium.io/client/crds $(CURDIR)/$@.part/
	chmod -R u+w $@.part
	rm -rf $@.part/bpf/tests # which are Go
	mv $@.part $@

bin/gitlab-ci-local: tools/gitlab-ci-local/package-lock.json
	rm -rf $@ $@.npm && mkdir -p $@.npm && cp tools/gitlab-ci-local/package*.json $@.npm
	npm ci --prefix $@.npm --ignore-scripts --no-audit --no-fund
	printf '#!/bin/sh\nexec node "%s" "$$@"\n' "$(CURDIR)/$@.npm/node_modules/.bin/gitlab-ci-local" > $@
	chmod +x $@

bin/dockerlint: tools/dockerlint/main.go

bin/%: tools/%/go.mod tools/%/go.sum
	go build -C tools/$* -o ../../bin/ tool
