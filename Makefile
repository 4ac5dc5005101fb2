# Two commands set everything up on a machine with Rust and Terraform: `make run` and `make test`.

.DEFAULT_GOAL := help
SHELL := /bin/bash

# Tools that a build needs and that are not part of it are installed here, pinned.
TOOLS ?= $(CURDIR)/.tools
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/bin/cargo-deny
# Python programs, an environment each: what they depend on disagrees. tests/tools/NAME.txt pins one.
PYTHON_TOOLS := $(patsubst tests/tools/%.txt,$(TOOLS)/py/%/made,$(filter-out tests/tools/debian.txt,$(wildcard tests/tools/*.txt)))
ACTIONLINT_VERSION := 1.7.12
ACTIONLINT := $(TOOLS)/bin/actionlint
# Every script of the repository that is not Rust.
SCRIPTS := $(shell grep -rlE '^\#!.*(bash|/sh)$$' deploy examples/definitions-repository tests/tools)

.PHONY: help
help: ## What there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
run: ## The whole product on this machine, no cloud account: http://127.0.0.1:8080 (PORT=… for another)
	@cargo build --quiet --package local --package sandbox-google-provider --package tenantctl
	@exec target/debug/local

.PHONY: test
test: lint deny tools lint-deploy checkov ## Everything, from a clean checkout: format, lints, licences, all tests on real Terraform
	cargo build --workspace --bins
	PROPTEST_RNG_SEED=1 cargo test --workspace

.PHONY: lint
lint: ## Format and lints, without a warning
	cargo fmt --all --check
	terraform fmt -check -recursive terraform
	cargo clippy --workspace --all-targets -- --deny warnings

.PHONY: checkov
checkov: $(TOOLS)/py/checkov/made ## Both root modules against checkov's policies; terraform/checkov.yaml says what is left, and why
	@for module in tenant control-plane; do \
	    $(TOOLS)/py/checkov/bin/checkov --config-file terraform/checkov.yaml --directory terraform/$$module \
	        --var-file terraform/$$module/tests/inputs/full.tfvars.json || exit 1; \
	done

.PHONY: lint-deploy
lint-deploy: tools $(ACTIONLINT) ## Images, builds, workflows and scripts, by their own linters and schemas
	$(TOOLS)/py/hadolint/bin/hadolint $(wildcard deploy/images/Dockerfile deploy/images/*/Dockerfile)
	$(TOOLS)/py/check-jsonschema/bin/check-jsonschema --builtin-schema vendor.cloudbuild cloudbuild.yaml deploy/pipelines/cloudbuild/*.yaml
	$(TOOLS)/py/check-jsonschema/bin/check-jsonschema --builtin-schema vendor.github-workflows deploy/pipelines/github/*.yaml
	$(TOOLS)/py/shellcheck/bin/shellcheck $(SCRIPTS)
	$(ACTIONLINT) -shellcheck $(TOOLS)/py/shellcheck/bin/shellcheck -pyflakes= deploy/pipelines/github/*.yaml

# The program itself: its package for Python fetches it at installation from where not every machine may.
$(ACTIONLINT):
	@tests/tools/actionlint $(ACTIONLINT_VERSION) $(@D)

.PHONY: deny
deny: $(CARGO_DENY) ## Licences, sources and banned crates of everything that is linked
	$(CARGO_DENY) --workspace check --hide-inclusion-graph bans licenses sources

.PHONY: audit
audit: $(CARGO_DENY) ## Known vulnerabilities of everything that is linked; fetches RustSec's database from github.com
	$(CARGO_DENY) --workspace check --hide-inclusion-graph advisories

$(CARGO_DENY):
	cargo install --quiet --locked --root $(TOOLS) --version $(CARGO_DENY_VERSION) cargo-deny

.PHONY: tools
tools: debian wordpress $(PYTHON_TOOLS) ## What tests need beyond Rust and Terraform

.PHONY: debian
debian:
	@tests/tools/debian

.PHONY: wordpress
wordpress: debian
	@tests/tools/wordpress $(TOOLS)/wordpress/site

$(TOOLS)/py/%/made: tests/tools/%.txt | debian
	@echo "installing $*"
	@python3 -m venv --clear $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# One build for all of it: a second one with other packages would compile the dependencies anew.
BENCHED := bench local sandbox-gcs sandbox-google-provider get-tenant create-tenant update-tenant delete-tenant \
	reconcile-tenant definition-changed check-drift

.PHONY: bench
bench: ## The speed table of the README, measured side by side in one run (ARGS='--only start' for a part)
	cargo build --release --bins $(addprefix --package ,$(BENCHED))
	target/release/bench $(ARGS)

# Test modules of this name hold properties of any input. PROFILE=--release takes a build of its own, and tries far more in the
# same time. What once failed is kept in proptest-regressions and tried first, here and in every test.
.PHONY: fuzz
fuzz: ## Inputs of any shape at everything that reads some: CASES=20000 for each property, SEED=1 (`make test`: 256, and the same seed each time)
	PROPTEST_CASES=$(or $(CASES),20000) PROPTEST_RNG_SEED=$(or $(SEED),1) cargo test $(PROFILE) --workspace --lib --bins -- \
	    fuzz:: strangers:: any_archive

.PHONY: bench-fleet
bench-fleet: ## A sweep over the planned fleet, beside a plain loop (ARGS='--tenants 10000' for a smaller one)
	cargo build --release --bins $(addprefix --package ,$(BENCHED))
	target/release/bench fleet --json target/bench-fleet.json $(ARGS)

.PHONY: torture
torture: ## Functions, Terraform and providers killed at moments drawn from a seed: SEED=1 KILLS=1000 TENANTS=6
	cargo build --workspace --bins
	target/debug/torture --seed $(or $(SEED),1) --kills $(or $(KILLS),1000) --tenants $(or $(TENANTS),6)

.PHONY: simulate
simulate: ## Schedules of everything that can happen, over ports in memory: SEED=1 SCHEDULES=10000 (ARGS='-o json', --tell for the story, --broken fence to see it missed)
	@cargo build --quiet --release --package simulation
	@target/release/simulation --seed $(or $(SEED),1) --schedules $(or $(SCHEDULES),10000) $(ARGS)

.PHONY: week
week: ## A simulated week of the planned fleet and what it costs, as docs/week.md (ARGS='--tenants 5000' for a smaller one)
	@cargo build --quiet --release --package week
	@target/release/week $(ARGS)

.PHONY: clean
clean: ## Forget builds, tools and the local cloud
	rm -rf target .tools .local
