.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_SYNC := UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --python $(BIN)/python
# A program of a dependency group of its own, in an environment that exists while it runs: $(ONLY) GROUP PROGRAM
ONLY := $(BIN)/uv run --quiet --isolated --frozen --python $(BIN)/python --only-group
export ENV
# Bytecode is kept, whatever the environment says: otherwise every process compiles moto and boto3 again, for 1 s.
export PYTHONDONTWRITEBYTECODE :=
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The virtual environment: created again whenever the lock changes.
$(READY): uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "== setting up $(VENV) with $$($(PYTHON) --version) (once, up to a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python tools/build/locked_uv.py > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(UV_SYNC) --group dev
	@touch $@

# Packages that only one command needs: a dependency group that this command adds to the virtual environment.
$(VENV)/.%-ready: $(READY)
	@echo "== adding the packages of the group $* (once)"
	@$(UV_SYNC) --inexact --group $*
	@touch $@

##@ Users: the bundle on this machine

.PHONY: setup
setup: $(READY) ## Create the virtual environment with the locked dependencies

.PHONY: demo
demo: $(READY) ## Run every scenario through the real handlers against the simulator (ARGS="--rows 10000": a batch)
	@$(BIN)/python -m local.demo $(ARGS)

.PHONY: run
run: $(READY) ## Serve the bundle on http://127.0.0.1:3000 until Ctrl-C
	@$(BIN)/python -m local

.PHONY: token
token: $(READY) ## Print the token of the running `make run`, and nothing else (ROLE=approver for the one who approves)
	@ROLE=$(ROLE) $(BIN)/python -m local.token

.PHONY: test
test: $(READY) ## Run the tests that need only Python
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not sweep"

##@ Operators: a deployment (ENV=sandbox), by default the local run. `.venv/bin/payouts --help` has every option

.PHONY: doctor
doctor: $(READY) ## Check a set-up against its DOKU: make doctor ENV=sandbox
	@$(BIN)/payouts doctor $(ARGS)

.PHONY: explain
explain: $(READY) ## Explain a transfer, a code or the dead notifications: make explain ENV=sandbox ARGS=PAY-0001, or ARGS=--dead
	@$(BIN)/payouts explain $(ARGS)

.PHONY: reconcile
reconcile: $(READY) ## Report a day's counts, sums and open transfers: make reconcile ENV=sandbox ARGS="--day 2024-09-17"
	@$(BIN)/payouts reconcile $(ARGS)

.PHONY: settle
settle: $(READY) ## Settle a transfer by hand: make settle ARGS="PAY-0001 SUCCESS --by NAME --reason TEXT"
	@$(BIN)/payouts settle $(ARGS)

.PHONY: forget
forget: $(READY) ## Erase personal data of final transfers: make forget ENV=production ARGS="--before 2023-09-17 --dry-run"
	@$(BIN)/payouts forget $(ARGS)

.PHONY: redrive
redrive: $(READY) ## Move dead notifications back to their queue: make redrive ENV=sandbox ARGS=--dry-run
	@$(BIN)/payouts redrive $(ARGS)

.PHONY: stop-transfers
stop-transfers: $(READY) ## Stop new transfers within 30 s: make stop-transfers ENV=production ARGS="--by NAME --reason TEXT"
	@$(BIN)/payouts stop-transfers $(ARGS)

.PHONY: start-transfers
start-transfers: $(READY) ## Accept new transfers again: make start-transfers ENV=production
	@$(BIN)/payouts start-transfers $(ARGS)

.PHONY: webhooks
webhooks: $(READY) ## Operate webhooks: make webhooks ENV=sandbox ARGS=status, or send-test, resume, secret, "replay --day 2024-09-17"
	@$(BIN)/payouts webhooks $(ARGS)

.PHONY: batches
batches: $(READY) ## Look at batches: make batches ENV=sandbox ARGS=list, or "show PAYROLL-1", "result PAYROLL-1 --csv result.csv"
	@$(BIN)/payouts batches $(ARGS)

.PHONY: public-key
public-key: $(READY) ## Print the public half of the merchant's key for DOKU's dashboard: make public-key ENV=sandbox
	@$(BIN)/payouts public-key $(ARGS)

.PHONY: deploy
deploy: $(READY) ## Build, deploy and check: make deploy ENV=sandbox ARGS="--secret-file doku.json"
	@$(BIN)/payouts deploy $(ARGS)

# The architecture to deploy and to build for; the build of the other architecture stays beside it.
ARCH ?= arm64

.PHONY: build
build: $(READY) ## Build the artefact for Lambda (needs a python3.13; ARCH=x86_64 for the other architecture)
	@$(BIN)/python -m tools.build $(ARCH)

##@ Contributors: checks

.PHONY: check
check: $(READY) ## Lint, types, imports between packages, template and lock
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/cfn-lint template.yaml && \
		$(BIN)/lint-imports && $(BIN)/uv lock --quiet --check && echo "check: clean"

.PHONY: format
format: $(READY) ## Format the code
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

.PHONY: test-fast
test-fast: $(READY) ## Run the unit and property tests that start no process (under 30 s)
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not sweep" tests/unit tests/property

.PHONY: verify
verify: ## Run everything that needs more than the tests: lint, types, template, real processes, real engines

VERIFY := check demo

VERIFY += documents
.PHONY: documents
documents: $(READY) ## Run the commands of README and docs, and follow their links
	@$(BIN)/python -m pytest tests/docs && $(BIN)/python -m pytest tests/docs/commands

VERIFY += grants
.PHONY: grants
grants: $(READY) ## Play the demo, and compare each function's calls to AWS with what its role grants
	@$(BIN)/python -m pytest tests/grants

VERIFY += matrix
.PHONY: matrix
matrix: $(READY) ## A slice of the fault matrix: kill -9 around every call of every warm flow, and lost answers of DOKU
	@MATRIX_ONLY='*/warm/*/kill-after,*/warm/doku.*/lose-reply' $(BIN)/python -m tests.verification --no-figures matrix
	@$(BIN)/python -m pytest tests/verification/matrix

VERIFY += sweeps
.PHONY: sweeps
sweeps: $(READY) ## Long tests: a crash of the batch worker at every call to AWS, and days of balances
	@$(BIN)/python -m pytest -n 2 -m sweep tests/integration tests/property

VERIFY += contention
.PHONY: contention
contention: $(READY) ## Many callers, pollers and processors at once, in processes of their own
	@$(BIN)/python -m pytest tests/contention

VERIFY += converge
.PHONY: converge
converge: $(READY) ## Check 10,000 transfers that are due after an hour without polling (needs Java and Maven)
	@if command -v java >/dev/null && command -v mvn >/dev/null || [ -n "$$CI" ]; \
		then $(BIN)/python -m benchmarks --no-figures converge; \
		else echo "converge: skipped, since it needs Java and Maven for DynamoDB Local"; fi

VERIFY += browser
.PHONY: browser
browser: $(VENV)/.browser-ready ## Test the console in a real Chromium (needs Chromium, Node and npm)
	@$(BIN)/python -m tests.browser $(ARGS)

VERIFY += fuzz
.PHONY: fuzz
fuzz: $(VENV)/.fuzz-ready ## Send hostile requests, from docs/openapi.json, to the running bundle: make fuzz ARGS="--seed 2"
	@$(BIN)/python -m tests.fuzz.__main__ $(ARGS)

VERIFY += engines
.PHONY: engines
engines: $(READY) ## Test store, flows and queue on DynamoDB Local and ElasticMQ (needs Java and Maven)
	@$(BIN)/python -m tests.verification --no-figures engines

VERIFY += audit
.PHONY: audit
audit: $(READY) ## Look for weaknesses in the template with checkov, as written and as SAM translates it
	@mkdir -p .cache && $(BIN)/python -m tools.render_template > .cache/template.json
	@$(ONLY) checkov checkov --framework cloudformation --skip-download --compact --quiet \
		--file template.yaml .cache/template.json && echo "audit: clean"

MACHINE := $(if $(filter x86_64 amd64,$(shell uname -m)),x86_64,arm64)

VERIFY += runtime
.PHONY: runtime
runtime: $(READY) ## Run the built artefact under AWS's Lambda runtime interface emulator (needs Linux and a python3.13)
	@if [ "$$(uname)" = Linux ] && $(BIN)/python -m tools.build.python >/dev/null 2>&1 || [ -n "$$CI" ]; \
		then $(MAKE) --no-print-directory build ARCH=$(MACHINE) && $(BIN)/python -m pytest tests/runtime; \
		else echo "runtime: skipped, since it needs Linux and a python3.13"; fi

VERIFY += deploy-check
.PHONY: deploy-check
deploy-check: $(READY) ## Run `make deploy` with the real SAM against an AWS emulator (needs Linux and a python3.13)
	@if [ "$$(uname)" = Linux ] && $(BIN)/python -m tools.build.python >/dev/null 2>&1 || [ -n "$$CI" ]; \
		then $(BIN)/python -m tests.deploy $(ARGS); \
		else echo "deploy-check: skipped, since it needs Linux and a python3.13"; fi

.PHONY: $(VERIFY)
verify: $(VERIFY)

##@ Contributors: proofs and measurements

.PHONY: prove
prove: $(VENV)/.mutation-ready ## Prove the promises: model check, guards, mutants, fault matrix ... (ARGS=model for one part)
	@$(BIN)/python -m tests.verification $(ARGS)

.PHONY: mutate
mutate: $(VENV)/.mutation-ready ## Mutate the pure modules; every change must fail a test (ARGS=schedule.py for one)
	@$(BIN)/python -m tests.verification.mutation $(ARGS)

.PHONY: soak
soak: $(READY) ## Draw histories of a deployment for a long time: make soak ARGS="--examples 5000"
	@$(BIN)/python -m tests.verification.soak $(ARGS)

.PHONY: burst
burst: $(READY) ## Send 1,000 signed notifications, duplicated, shuffled and throttled, and print their results
	@BURST=1000 $(BIN)/python -m pytest -s tests/integration/test_burst.py 2>&1 | grep -E "^\.?burst|passed|failed"

.PHONY: bench
bench: $(READY) ## Measure scale and throughput (needs Java 17 and Maven; QUICK=1 is shorter; ARGS=throughput for one)
	@$(BIN)/python -m benchmarks $(ARGS) && $(BIN)/python -m tools.cost && $(BIN)/python -m tools.figures

##@ Contributors: generated files

.PHONY: codes
codes: $(READY) ## Write docs/response-codes.md and response-codes.id.md from the code tables
	@$(BIN)/python -m tools.codes_page

.PHONY: cost
cost: $(READY) ## Write docs/cost.md from the bench's figures, the prices and the template
	@$(BIN)/python -m tools.cost && $(BIN)/python -m tools.figures

.PHONY: templates
templates: $(READY) ## Write the empty files for batches, console/templates/payouts.xlsx and payouts.csv
	@$(BIN)/python -m tools.batch_templates

.PHONY: openapi
openapi: $(READY) ## Write docs/openapi.json and docs/postman.json from the code
	@$(BIN)/python -m tools.openapi $(ARGS)

.PHONY: invariants
invariants: $(READY) ## Write docs/invariants.md from the scenarios and the tests' markers
	@$(BIN)/python -m tools.invariants_page

.PHONY: figures
figures: $(READY) ## Write the measured numbers of docs/figures into README.md and docs/
	@$(BIN)/python -m tools.figures

.PHONY: screenshots
screenshots: $(VENV)/.browser-ready ## Take the screenshots of docs/figures/screens
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: lock
lock: $(READY) ## Update uv.lock to the newest versions that pyproject.toml allows, and the layer's list from it
	@$(BIN)/uv lock --quiet --upgrade
	@$(BIN)/python -m tools.build.layer_requirements
