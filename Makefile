# Everything that is done to this tree more than once. Go and make are enough; the linters come through the Go module
# proxy. Nothing is read from the environment but what the go command reads: to change a value, name it in the call,
# as in `make fuzz FUZZTIME=1m`.

VERSION   = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME  = 10s
BENCHFLAGS =
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# Pinned, and not in go.mod: that file lists what rejoin is made of.
GOLANGCI    = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK = go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
GORELEASER  = go run github.com/goreleaser/goreleaser/v2@v2.15.1

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL = help

.PHONY: help
help: ## list the targets
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: ## build bin/rejoin
	go build -trimpath -ldflags '-s -w -X rejoin/internal/app.version=$(VERSION)' -o bin/rejoin .

.PHONY: clean
clean: ## remove what the other targets left behind
	rm -rf bin dist

# ---- tests

.PHONY: test
test: ## run all tests
	go test -race -shuffle=on ./...

.PHONY: test-v
test-v: ## run all tests and show each
	go test -race -shuffle=on -v ./...

.PHONY: conformance
conformance: ## drive the sandbox with Twilio's official Go client, which is a module of its own
	cd sandbox/conformance && go vet ./... && go test -race -shuffle=on ./...

.PHONY: check-page
check-page: ## open the report's page in a headless Chromium, which must be there, and take pictures (bin/page)
	@mkdir -p bin/page
	go vet -tags chromium ./report/page
	go test -tags chromium -run Chromium ./report/page -shots $(CURDIR)/bin/page

.PHONY: cover
cover: ## run all tests and show what they do not reach (bin/cover.html)
	@mkdir -p bin
	go test -shuffle=on -coverpkg=./... -coverprofile=bin/cover.out ./...
	go tool cover -html=bin/cover.out -o bin/cover.html
	@go tool cover -func=bin/cover.out | awk 'END { print "covered:", $$3 }'

.PHONY: bench
bench: ## run all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-peers
bench-peers: build ## measure against what a person would use instead, which is installed (BENCHFLAGS='-rows 1000000')
	cd bench && go vet ./... && go run . $(BENCHFLAGS)

# A time as FUZZTIME can end a target with a bare "context deadline exceeded", which is no finding: Go 1.26 races with
# its own deadline (https://go.dev/issue/75804). A count, as in FUZZTIME=100000x, does not.
.PHONY: fuzz
fuzz: ## fuzz every target of every package, each for FUZZTIME (10s)
	@listed=$$(go test -list '^Fuzz' ./...) || { printf '%s\n' "$$listed"; exit 1; }; \
	targets=$$(printf '%s\n' "$$listed" | awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, name[i]; n = 0 }'); \
	[ -n "$$targets" ] || { echo 'fuzz: no package has a Fuzz target: that cannot be right' >&2; exit 1; }; \
	printf '%s\n' "$$targets" | { failed=0; while read -r pkg target; do \
		echo "fuzz: $$pkg $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$pkg" </dev/null || failed=1; \
	done; exit $$failed; }

# ---- what a reviewer need not look for

.PHONY: fmt
fmt: ## format all Go files
	$(GOLANGCI) fmt ./...

.PHONY: check-fmt
check-fmt: ## fail if a Go file is not formatted
	$(GOLANGCI) fmt --diff ./...

.PHONY: tidy
tidy: ## make go.mod and go.sum what the code needs
	go mod tidy
	cd sandbox/conformance && go mod tidy
	cd bench && go mod tidy

.PHONY: check-tidy
check-tidy: ## fail if go.mod or go.sum is not what the code needs
	go mod tidy -diff
	cd sandbox/conformance && go mod tidy -diff
	cd bench && go mod tidy -diff

.PHONY: generate
generate: ## make testdata/members.* again
	go run testdata/generate.go

.PHONY: check-generate
check-generate: ## fail if testdata/members.* is not what is generated
	go run testdata/generate.go -check

.PHONY: man
man: ## make the man pages again
	go run ./internal/mangen man

.PHONY: check-man
check-man: ## fail if a man page is not what is made, or has faults
	go run ./internal/mangen -check man
	@# Pages have no date, or they would change with every day on which they are made.
	@faults=$$(for page in man/*; do mandoc -T lint -W warning "$$page"; done | grep -v ': missing date,'); \
		[ -z "$$faults" ] || { printf '%s\n' "$$faults" >&2; exit 1; }

.PHONY: check-completion
check-completion: build ## complete command lines in bash, zsh and fish, which must be there
	packaging/check-completion bin/rejoin

.PHONY: vet
vet: ## run go vet
	go vet ./...

.PHONY: lint
lint: ## run the linters of .golangci.yml
	$(GOLANGCI) config verify
	$(GOLANGCI) run ./...
	cd sandbox/conformance && $(GOLANGCI) run --config ../../.golangci.yml ./...
	cd bench && $(GOLANGCI) run --config ../.golangci.yml ./...

.PHONY: vuln
vuln: ## look for known vulnerabilities (asks vuln.go.dev)
	$(GOVULNCHECK) ./...

.PHONY: cross
cross: ## build and vet for all PLATFORMS
	@for platform in $(PLATFORMS); do \
		echo "cross: $$platform"; \
		export GOOS="$${platform%/*}" GOARCH="$${platform#*/}" CGO_ENABLED=0; \
		go build ./... && go vet ./... || exit 1; \
	done

# ---- releases

# The version as packages write it: v1.2.0 is 1.2.0, five commits later it is 1.2.0+5.gCOMMIT, and without a tag
# 0.0.0-gCOMMIT. Everything bears the date of the commit, so that the same commit gives the same bytes.
RELEASE_VERSION = $(shell printf '%s' '$(VERSION)' | sed -E 's/^v//; s/-([0-9]+)-g([0-9a-f]+)/+\1.g\2/; /^[0-9]+\.[0-9]+\.[0-9]+/!s/^/0.0.0-g/; s/-dirty$$/.dirty/')
RELEASE_ENV     = VERSION='$(VERSION)' RELEASE_VERSION='$(RELEASE_VERSION)' \
	SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" COMMIT_DATE="$$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)"

.PHONY: release
release: build ## make binaries, archives, a Debian package and bills of materials in dist
	rm -rf bin/completion bin/man && mkdir -p bin/completion bin/man
	bin/rejoin completion bash >bin/completion/rejoin.bash
	bin/rejoin completion zsh >bin/completion/_rejoin
	bin/rejoin completion fish >bin/completion/rejoin.fish
	for page in man/*; do gzip -9n <"$$page" >"bin/man/$${page#man/}.gz"; done
	$(RELEASE_ENV) $(GORELEASER) release --snapshot --clean

.PHONY: check-release
check-release: ## fail if the configuration of releases is not right
	$(RELEASE_ENV) $(GORELEASER) check

.PHONY: ci
ci: ## run all that is run on every push
	.ci/run
