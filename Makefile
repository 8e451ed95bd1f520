# Needs only Go. `make` or `make help` prints this list.
SHELL := /bin/bash
GO ?= go
# Seconds for each fuzz target, and for all of them together.
FUZZ_SECONDS ?= 1
FUZZ_TOTAL ?= 200
# Kills of soak; XIETIAO_SEED in the environment brings a run's kills back.
KILLS ?= 1000
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

.PHONY: help check format vet lint test rehearse fuzz bench soak build
help: ## print this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 18

# The tree as it is: which files differ from the commit, and how.
TREE = { git status --porcelain; git diff HEAD; } | sha256sum

check: ## everything CI runs: format, vet, lint, race tests, rehearsals, short fuzzing, clean tree
	@set -euo pipefail; before=$$($(TREE)); \
	for step in format vet lint test rehearse fuzz; do echo "== $$step"; $(MAKE) --no-print-directory $$step; done; \
	if [ "$$before" != "$$($(TREE))" ]; then echo "check: a step changed the tree:"; git status --short; exit 1; fi; \
	if [ "$${CI:-}" = true ]; then git diff --exit-code; test -z "$$(git status --porcelain)"; fi; \
	echo "check: all good"

format: ## no file that gofmt would change
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$out" ]; then echo "gofmt -w these:"; echo "$$out"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: ## staticcheck, at the version go.mod names
	$(GO) tool staticcheck ./...

test: ## all tests under the race detector
	$(GO) test -race -timeout 15m ./...

# Under the race detector the same would take minutes: make soak does that.
rehearse: ## a year with 300 tasks, 1,000 deaths in process and 50 kill -9 in it, both stores
	XIETIAO_TASKS=300 $(GO) test -count 1 -timeout 10m -run 'AYear|AQuarter|APlatformIs' .

# Each package's tests are built once, instrumented, and run from its folder as go test would.
# On a busy machine Go's fuzzing may end with "context deadline exceeded" though
# no input failed; such a target gets a second try.
fuzz: ## every fuzz target for a few seconds, at most FUZZ_TOTAL together
	@set -euo pipefail; end=$$((SECONDS + $(FUZZ_TOTAL))); tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; cache=$$($(GO) env GOCACHE)/fuzz; \
	$(GO) list -f '{{.Dir}} {{.ImportPath}} {{.TestGoFiles}} {{.XTestGoFiles}}' ./... | tr -d '[]' > $$tmp/list; \
	while read -r dir pkg files; do \
	  [ -n "$$files" ] && (cd "$$dir" && grep -qE '^func Fuzz' $$files) || continue; \
	  $(GO) test -c -fuzz . -o $$tmp/fuzz.test $$pkg; \
	  for target in $$($$tmp/fuzz.test -test.list '^Fuzz'); do \
	    if [ $$SECONDS -ge $$end ]; then echo "fuzz: time is up, $$pkg $$target not run"; continue; fi; \
	    echo "fuzz $$pkg $$target"; \
	    try() { (cd "$$dir" && $$tmp/fuzz.test -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZ_SECONDS)s -test.fuzzminimizetime 20x -test.fuzzcachedir $$cache/$$pkg) > $$tmp/log 2>&1 < /dev/null; }; \
	    try || { grep -q 'context deadline exceeded' $$tmp/log && ! grep -q 'Failing input' $$tmp/log && echo "  out of time, once more" && try; } \
	      || { cat $$tmp/log; exit 1; }; \
	  done; \
	done < $$tmp/list

bench: ## benchmarks, with memory
	$(GO) test -run '^$$' -bench . -benchmem ./...

soak: ## kill -9 the service under load KILLS times, Redis away for long, rehearsals under the race detector; takes a while
	XIETIAO_KILLS=$(KILLS) XIETIAO_TASKS=300 $(GO) test -race -count 1 -timeout 3h -v -run 'Kill|RedisGoes|StoppingUnder|ABackupUnder|AYear|AQuarter|APlatformIs' .

build: ## one static binary, ./xietiao
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o xietiao .
