# One command does the same here and in CI.
#
#   make run     two providers and one certified message between them, on this machine
#   make test    formatting, lints, every test
#   make lint    formatting, lints; licences and dependencies too where cargo-deny is installed
#   make memory  what a provider's process holds under large messages, against its budget
#   make bench   certified exchanges per second, beside the floor that RSA signatures set
#   make bench-imap  mailboxes as mail clients use them, beside Debian's Dovecot on the same messages
#   make hostile what holders feel of strangers who mean harm, for MINUTES (2)
#   make fuzz    random input for every parser of foreign bytes, FUZZ_SECONDS (20) each: see fuzz/README.md
#   make gallery pictures of every page, in target/gallery: as people see them, on desk, tablet and telephone, light and dark
#   make assets  what the web pages load (style sheet, icons, scripts, fonts), where it is out of date
#   make norm    writes docs/norm.md anew
#   make setup   installs what the above need and this machine lacks (Debian packages)
#   make fresh   `make setup test` on a bare Debian made for it, as a stranger has it (root, about an hour): .ci/fresh

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.PHONY: run test lint memory bench bench-imap hostile fuzz norm assets browser gallery setup setup-run setup-test setup-imap fresh

CARGO ?= cargo
FUZZ_SECONDS ?= 20
MINUTES ?= 2
FUZZ_TARGETS ?= $(sort $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))))

# The pages' files are compiled from those beside them; without them the room `web` does not build.
ASSETS := crates/web/assets
ASSET_SOURCES := $(shell find $(ASSETS) crates/web/templates \( -name node_modules -o -name dist -o -name dist.new \) -prune -o -type f -print 2>/dev/null)

run: setup-run assets
	$(CARGO) run --locked -p sigillo -- demo

test: setup-test assets browser
	(cd $(ASSETS) && node --test)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	# As it is built to run: without the features that tests alone ask for.
	$(CARGO) clippy --locked -p sigillo -- -D warnings
	# What a test that is interrupted leaves in its folders goes too; what it started ends a moment after it.
	scratch=$$(mktemp -d)
	trap 'rm -rf "$$scratch" || { sleep 1; rm -rf "$$scratch"; }' EXIT
	mkdir "$$scratch/tmp"
	TMPDIR="$$scratch/tmp" $(CARGO) test --locked --workspace 2>&1 | tee "$$scratch/log"
	awk '/^test result:/ { passed += $$4; failed += $$6 } END { print passed " tests passed, " failed " failed" }' "$$scratch/log"

lint: setup-run assets
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	# As it is built to run: without the features that tests alone ask for.
	$(CARGO) clippy --locked -p sigillo -- -D warnings
	# The lock file of fuzz/ is its own, and falls behind when a dependency changes here.
	$(CARGO) metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	if command -v cargo-deny >/dev/null; then
	    $(CARGO) deny --locked check licenses bans sources
	else
	    echo 'cargo-deny is not installed: licences and dependencies were not checked'
	fi

memory: setup-run assets
	$(CARGO) build --release --locked -p sigillo -p bench
	"$${CARGO_TARGET_DIR:-target}/release/bench" memory

bench: setup-run assets
	$(CARGO) build --release --locked -p sigillo -p bench
	"$${CARGO_TARGET_DIR:-target}/release/bench" exchanges

bench-imap: setup-run setup-imap assets
	$(CARGO) build --release --locked -p sigillo -p bench
	"$${CARGO_TARGET_DIR:-target}/release/bench" imap

hostile: setup-run assets
	$(CARGO) build --release --locked -p sigillo -p bench
	"$${CARGO_TARGET_DIR:-target}/release/bench" hostile --minutes $(MINUTES)

fuzz: setup-run
	@if ! $(CARGO) +nightly --version >/dev/null 2>&1; then
	    echo 'The nightly compiler is missing, and libFuzzer needs it: rustup toolchain install nightly --profile minimal' >&2
	    exit 69
	fi
	if ! $(CARGO) +nightly fuzz --version >/dev/null 2>&1; then
	    echo 'cargo-fuzz is missing: cargo install cargo-fuzz --locked' >&2
	    exit 69
	fi
	if ! command -v c++ >/dev/null; then
	    echo 'A C++ compiler is missing, and libFuzzer is built with it: on Debian, sudo apt-get install g++' >&2
	    exit 69
	fi
	$(CARGO) +nightly fetch -q --locked --manifest-path fuzz/Cargo.toml
	# The address sanitizer would watch unsafe code, of which this project has none.
	$(CARGO) +nightly fuzz build --sanitizer none
	scratch="$${CARGO_TARGET_DIR:-fuzz/target}/corpus"
	failed=()
	for target in $(FUZZ_TARGETS); do
	    mkdir -p "$$scratch/$$target"
	    log="$$scratch/$$target.log"
	    echo "$$target: $(FUZZ_SECONDS) s"
	    if $(CARGO) +nightly fuzz run --sanitizer none "$$target" "$$scratch/$$target" "fuzz/seeds/$$target" -- \
	        -max_total_time=$(FUZZ_SECONDS) -timeout=10 -dict="fuzz/dictionaries/$$target.dict" >"$$log" 2>&1 </dev/null; then
	        grep -E '^#[0-9]+\s+DONE|^Done' "$$log" | sed 's/^/    /'
	    else
	        failed+=("$$target")
	        tail -n 40 "$$log"
	        echo "$$target failed; the whole story is in $$log, the input in fuzz/artifacts/$$target" >&2
	    fi
	done
	if [ $${#failed[@]} -gt 0 ]; then
	    echo "failed: $${failed[*]}" >&2
	    exit 1
	fi

norm:
	$(CARGO) run -q --locked -p conformance --bin norm -- --write

assets: setup-run $(ASSETS)/dist/sigillo.css

$(ASSETS)/dist/sigillo.css: $(ASSETS)/node_modules/.package-lock.json $(ASSET_SOURCES) | setup-run
	cd $(ASSETS)
	node build.mjs

# What npm has fetched once it does not fetch again.
$(ASSETS)/node_modules/.package-lock.json: $(ASSETS)/package.json $(ASSETS)/package-lock.json $(ASSETS)/.npmrc | setup-run
	cd $(ASSETS)
	npm ci --ignore-scripts --prefer-offline --loglevel=error
	touch node_modules/.package-lock.json

# What drives the browser in which the pages are tried.
BROWSER := crates/web/browser

browser: setup-test $(BROWSER)/node_modules/.package-lock.json

$(BROWSER)/node_modules/.package-lock.json: $(BROWSER)/package.json $(BROWSER)/package-lock.json $(BROWSER)/.npmrc | setup-test
	cd $(BROWSER)
	npm ci --ignore-scripts --prefer-offline --loglevel=error
	touch node_modules/.package-lock.json

gallery: setup-test assets browser
	pictures="$$(pwd)/target/gallery"
	SIGILLO_PICTURES="$$pictures" $(CARGO) test --locked -p sigillo --test product -- pages::
	echo "$$(ls "$$pictures" | wc -l) pictures are in $$pictures"

setup: setup-test

setup-run:
	@.ci/setup run

setup-test:
	@.ci/setup test

setup-imap:
	@.ci/setup imap

fresh:
	@.ci/fresh
