# Everything a developer types. "make help" lists it; .ci/run calls "make check".

BIN     := bin/sagetop
TOOLS   := $(CURDIR)/.tools
PACKAGE := ./cmd/sagetop

# Tools, pinned. They stay out of go.mod, and of the machine: they live in .tools.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT     := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

VERSION := $(shell git describe --tags --dirty --always 2>/dev/null)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# How long each fuzz target runs.
FUZZTIME ?= 30s
# What "make random" does at random; the same seed does the same.
SEED ?= 1
# Flags of what is run: make run ARGS='--optimizations baseline', make bench ARGS='-filter Derive'
ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help run build test race e2e random screenshots bench bench-doc bench-raw benchstat calibrate fuzz cover fmt lint safe secret vet dist quick check tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build and open the dashboard (ARGS= for its flags)
	./$(BIN) $(ARGS)

build: ## build bin/sagetop
	go build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) $(PACKAGE)

test: ## run all tests
	@scripts/tools $(TOOLS) $(BENCHSTAT)
	go test ./...

race: ## run all tests under the race detector, in random order
	@scripts/tools $(TOOLS) $(BENCHSTAT)
	go test -race -shuffle=on ./...

e2e: ## run only the end-to-end tests: the real binary on a pseudo-terminal
	go test -count=1 -run '^TestE2E' -v $(PACKAGE)

screenshots: build ## take the pictures in docs/ anew (needs rsvg-convert; minutes; ARGS='gc pool' for some of them)
	go run ./internal/shots -binary $(BIN) $(ARGS)

random: ## do 10,000 things at random to the dashboard, and to the real binary (SEED= for which)
	SAGETOP_RANDOM_SEED=$(SEED) go test -count=1 -run '^TestRandomEvents$$|^TestE2ERandom$$' -v ./ui $(PACKAGE)

bench: ## print the benchmarks as one table: ratios, budgets (minutes; ARGS=-h lists its flags)
	@go run ./internal/benchdoc $(ARGS)

bench-doc: ## the same, written to docs/benchmarks.md
	@go run ./internal/benchdoc -markdown docs/benchmarks.md $(ARGS)

bench-raw: ## run all benchmarks of all packages, as go test prints them
	go test -run '^$$' -bench . -benchmem ./...

benchstat: ## compare two files of bench-raw output: make benchstat OLD=a.txt NEW=b.txt
	@scripts/tools $(TOOLS) $(BENCHSTAT)
	$(TOOLS)/benchstat $(OLD) $(NEW)

calibrate: ## compare the same with itself, and with a planted slowdown; fails if it goes wrong; written to docs/calibration.md (15 minutes)
	@go run -tags sagetop_testhooks ./internal/calibrate -markdown docs/calibration.md $(ARGS)

fuzz: ## run each fuzz target for FUZZTIME (30s)
	scripts/fuzz $(FUZZTIME)

cover: ## measure test coverage, by package and in total
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	@go tool cover -func=coverage.out | tail -n 1

fmt: ## format the code
	@scripts/tools $(TOOLS) $(GOLANGCI_LINT)
	$(TOOLS)/golangci-lint fmt

lint: ## check formatting and run the linters
	@scripts/tools $(TOOLS) $(GOLANGCI_LINT)
	$(TOOLS)/golangci-lint fmt --diff
	$(TOOLS)/golangci-lint run

safe: ## run the session tests in the build that does not reach into the library's objects
	go test -short -tags sagetop_safe ./engine/session

secret: ## search memory for what is left of keys where the runtime helps (Linux)
	GOEXPERIMENT=runtimesecret go test -count=1 -run '^TestNoKeyByteRemains$$' ./engine/session

vet: ## go vet, for each operating system (-trimpath lets dist use what it compiles)
	@for os in linux darwin windows; do echo "GOOS=$$os go vet ./..."; CGO_ENABLED=0 GOOS=$$os go vet -trimpath ./... || exit 1; done

dist: ## build for all platforms, into dist/
	@for p in $(PLATFORMS); do \
		os=$${p%/*} arch=$${p#*/}; out=dist/sagetop-$$os-$$arch; \
		[ $$os = windows ] && out=$$out.exe; \
		echo "$$out"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags '-s -w $(LDFLAGS)' -o $$out $(PACKAGE) || exit 1; \
	done

quick: lint vet test ## the short check while working

check: lint vet test race safe secret dist ## what .ci/run calls: everything, with a short fuzz of each target and all platforms
	$(MAKE) fuzz FUZZTIME=3s

tools: ## install the pinned tools into .tools
	@scripts/tools $(TOOLS) $(GOLANGCI_LINT) $(BENCHSTAT)

clean: ## remove what was built
	rm -rf bin dist coverage.out
