# Two commands do everything on a fresh Debian machine: make run, make test.

SHELL      := /bin/bash
export GOFLAGS := -trimpath
GO         := $(shell command -v go || echo /usr/local/go/bin/go)
BIN        := build/bin
TAGS       := release,no_metadata,no_animations,migrated_fynedo,no_emoji
GOFMT      := $(shell $(GO) env GOROOT)/bin/gofmt
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@latest
# Packages that never see Fyne: these run under the race detector, those that
# take long before the others.
LONG       := salter/cmd/salter-ca salter/card salter/store salter/ca/authority/api salter/card/virtual
NOFYNE     = $(LONG) $(filter-out $(LONG) salter/app salter/cmd/salter,$(shell $(GO) list ./...))

# Tests that take many times as long under the race detector and show it nothing
# that other tests do not: they run on one goroutine, or play the same goroutines
# hundreds of times. They run without it. No test of another package may have one
# of these names.
REPLAYS    := ^Test(PowerCut|BitFlips|PreviewDraws|NothingRunsOver|CodesOnPaper|CircledNumber|MustFields|Marks|NeverOnPaper|FormsOnOnePage|HalfPages|EnglishSheet|WordsOfPapers|PagesOfPapers|Deterministic|HandwritingStaysFree|Faults|ManySmallEvents|HugeRow|Tampered|OpenRecent|CasesTampered|Presets|GivenCertificate)$$
REPLAYED   := ./app/procedure ./store ./ca/authority/api ./card/virtual ./app/forms ./app/desk

# The tests that have a long version, and the model that they are checked against.
FAULTS     := ^Test(Mishaps|Kill|PowerCut|BitFlips|SyncFaulty|Space|FullDisk|TwoServers|Torn|Model|Faults)$$

.PHONY: run test compiled lint tests race build bench torture windows vuln clean ready ready-test ready-windows

run: ready build ## play at the counter; without a display, or with CASE=…, play a case
	cmd/demo/run.sh

# The tests of app and cmd/salter wait for windows and readers most of the time:
# what only computes goes beside them.
test: ready-test ## everything that must hold in each commit
	@$(MAKE) --no-print-directory -j3 race tests lint

# Commands beside each other would each compile what is not in the cache yet.
compiled:
	@$(GO) build ./...
tests lint: compiled

lint:
	@unformatted=$$($(GOFMT) -l $$(git ls-files '*.go')); \
	  status=$$?; if [ $$status -ne 0 ] || [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

tests:
	$(GO) test -vet=off ./app ./cmd/salter # lint vets
	$(GO) test -vet=off -run '$(REPLAYS)' $(REPLAYED)

race:
	$(GO) test -vet=off -race -skip '$(REPLAYS)' $(NOFYNE)

build:
	@mkdir -p $(BIN)
	$(GO) build -tags $(TAGS) -ldflags='-s -w' -o $(BIN)/salter ./cmd/salter
	$(GO) build -ldflags='-s -w' -o $(BIN)/salter-ca ./cmd/salter-ca
	$(GO) build -ldflags='-s -w' -o $(BIN)/salter-card ./cmd/salter-card
	$(GO) build -ldflags='-s -w' -o $(BIN)/salter-journal ./cmd/salter-journal

bench: ready-test build ## speed and memory, as ratios within one run
	$(GO) test -vet=off -tags $(TAGS) -c -o $(BIN)/salter-frames ./cmd/salter
	cmd/demo/bench.sh

# The longest first. With BUDGET=20m what cannot be played in that time is left
# out, drawn by a seed: cmd/salter and the power cuts end then, the others take
# what they need, which is less.
torture: ready-test ## the long versions of the fault tests, and the API on PostgreSQL; prints what they counted
	@mkdir -p build
	@$(if $(BUDGET),export SALTER_TORTURE_END=$$(date -d "now + $(BUDGET:m= minutes)" +%s);) set -o pipefail; \
	  { SALTER_TORTURE=1 $(GO) test -v -count=1 -timeout 180m -run '$(FAULTS)' \
	  ./cmd/salter ./store ./cmd/salter-ca ./card ./app/procedure; \
	  SALTER_POSTGRES=1 $(GO) test -v -count=1 -timeout 60m ./ca/authority/api; } 2>&1 | tee build/torture.txt | awk -f cmd/demo/torture.awk

windows: ready-windows ## cross build; it is compiled here, never run here
	@mkdir -p build/windows
	CGO_ENABLED=1 GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc \
	  $(GO) build -tags $(TAGS) -ldflags='-H=windowsgui -s -w' -o build/windows/salter.exe ./cmd/salter

vuln: ## known vulnerabilities of what we import; needs a network
	$(GO) run $(GOVULNCHECK) ./...

clean:
	rm -rf build

ready:
	@cmd/demo/packages.sh run
ready-test:
	@cmd/demo/packages.sh test
ready-windows:
	@cmd/demo/packages.sh windows
