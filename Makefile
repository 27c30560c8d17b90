# One command does the same here and in CI.
#
#   make run     two providers and one certified message between them, on this machine
#   make test    formatting, lints, every test
#   make lint    formatting, lints; licences and dependencies too where cargo-deny is installed
#   make bench   certified exchanges per second, beside the floor that RSA signatures set
#   make norm    writes docs/norm.md anew
#   make setup   installs what the above need and this machine lacks (Debian packages)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.PHONY: run test lint bench norm setup setup-run setup-test

CARGO ?= cargo

run: setup-run
	$(CARGO) run --locked -p sigillo -- demo

test: setup-test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	$(CARGO) test --locked --workspace 2>&1 | tee "$$log"
	awk '/^test result:/ { passed += $$4; failed += $$6 } END { print passed " tests passed, " failed " failed" }' "$$log"

lint: setup-run
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	if command -v cargo-deny >/dev/null; then
	    $(CARGO) deny --locked check licenses bans sources
	else
	    echo 'cargo-deny is not installed: licences and dependencies were not checked'
	fi

bench: setup-run
	$(CARGO) build --release --locked -p sigillo -p bench
	"$${CARGO_TARGET_DIR:-target}/release/bench" exchanges

norm:
	$(CARGO) run -q --locked -p conformance --bin norm -- --write

setup: setup-test

setup-run:
	@.ci/setup run

setup-test:
	@.ci/setup test
