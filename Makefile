# What there is to do here. `make` alone says it; each target is one script or one tool.
# The cluster: the one named by KUBECONFIG, else kind, else one of this machine's own.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CLUSTER := e2e/cluster
# Behind it, KUBECONFIG, HELM3, HELM4 and kubectl are those of the cluster in use.
WITH_CLUSTER := eval "$$($(CLUSTER)/env.sh)" &&

##@ See it work
.PHONY: demo
demo: cluster-up images ## Watch a helm upgrade wait for a busy application
	@$(WITH_CLUSTER) cargo run --quiet --package upgradegate-e2e --bin demo

.PHONY: test
test: ## Everything that proves it: formatting, lints, unit tests, scenarios on a cluster
	@e2e/test.sh

##@ Prove it further
.PHONY: verify
verify: ## Larger worlds for the model, and wrong versions of the core that it has to catch
	@mkdir -p target/verify
	@CARGO_PROFILE_DEV_OPT_LEVEL=2 cargo test --target-dir target/verify --package upgradegate-operator --test gate \
	  -- --ignored --nocapture --test-threads 1 model::large | tee target/verify/large.log
	@grep -q '^test result: ok\. [1-9]' target/verify/large.log || { echo "no test of model::large ran" >&2; exit 1; }
	@operator/tests/seeded/run.sh

.PHONY: mutants
mutants: ## Change the core in every small way; what survives is in operator/mutants-accepted.md, or a finding
	@operator/tests/seeded/mutants.sh

.PHONY: plans
plans: ## Fault plans and spec walks against a real API server; PLANS=2000 for more random plans
	@$(CLUSTER)/build.sh etcd kube-apiserver kubectl
	@UPGRADEGATE_PLANS_COUNT=$(or $(PLANS),600) cargo test --package upgradegate-plans --test plans --test walks -- --nocapture

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZ_SECONDS=300
	@fuzz/run.sh deep $(or $(FUZZ_SECONDS),300)

.PHONY: soak
soak: cluster-up images ## Upgrades and faults, several at once, for DURATION=1h, a line a minute, and a verdict
	@$(WITH_CLUSTER) cargo run --quiet --package upgradegate-e2e --bin soak -- --duration $(or $(DURATION),1h)

.PHONY: sbom
sbom: ## A bill of materials of each image, in target/sbom/
	@e2e/sbom.sh

##@ The cluster
.PHONY: cluster-up
cluster-up: ## Make sure that there is a cluster; builds one from pinned sources where nothing is there
	@$(CLUSTER)/up.sh

.PHONY: cluster-down
cluster-down: ## Take it down and leave nothing behind
	@$(CLUSTER)/down.sh

.PHONY: cluster-status
cluster-status: ## Say of each component of the local cluster whether it answers
	@$(CLUSTER)/status.sh

##@ Images, and an operator of your own
.PHONY: images
images: ## Build the images, and load them into the cluster of this machine
	@$(CLUSTER)/images.sh

.PHONY: push
push: ## Push the images to a registry: make push REGISTRY=registry.example.com/team
	@$(CLUSTER)/push.sh "$(REGISTRY)"

.PHONY: install
install: ## Install or upgrade operator and demo app; with REGISTRY=… from there
	@$(CLUSTER)/install.sh "$(REGISTRY)"

##@ Work on it
.PHONY: fmt
fmt: ## Format the sources
	@cargo fmt --all

.PHONY: lint
lint: ## Formatting and lints, all warnings being errors
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets -- -D warnings

.PHONY: deny
deny: ## Licences, sources and advisories of the dependencies
	@e2e/deny.sh

.PHONY: unit
unit: ## Unit and property tests, without a cluster
	@cargo test --workspace --exclude upgradegate-e2e --exclude upgradegate-plans
	@cargo test -p upgradegate-e2e --lib --bins
	@cargo test -p upgradegate-plans --lib

.PHONY: e2e
e2e: cluster-up images ## Charts and scenarios on the real cluster, and what disrupts the operator there
	@$(WITH_CLUSTER) cargo test -p upgradegate-e2e --test chart --test cluster
	@$(WITH_CLUSTER) cargo test -p upgradegate-e2e --test disruption -- --test-threads=1

.PHONY: bench
bench: cluster-up images ## The figures: time to open, memory, requests
	@$(WITH_CLUSTER) cargo run --quiet --package upgradegate-e2e --bin bench

.PHONY: generate
generate: ## Write again what is generated: the CRD, and config/ from the chart
	@cargo run --quiet --package upgradegate-crds --bin crdgen > crds/upgradegates.yaml.new
	@mv crds/upgradegates.yaml.new crds/upgradegates.yaml
	@$(CLUSTER)/build.sh helm4
	@$(WITH_CLUSTER) HELM="$$HELM4" config/generate.sh

.PHONY: clean
clean: ## Remove what the builds left in this checkout; the cluster and its cache stay
	@cargo clean

.PHONY: help
help: ## Say what there is to do
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
