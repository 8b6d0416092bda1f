.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export ENV
export PYTHONPATH := functions:layers/doku_signing:layers/payouts:.

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The virtual environment, made once and again whenever the lock changes.
$(READY): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "== setting up $(VENV) with $$($(PYTHON) --version) (once, about a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# What only one command needs is added to it by that command: requirements/NAME.txt, locked against dev.txt.
$(VENV)/.%-ready: requirements/%.txt $(READY)
	@echo "== adding what $* needs (once)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

.PHONY: setup
setup: $(READY) ## Create the virtual environment with the locked dependencies

.PHONY: demo
demo: $(READY) ## Run every scenario through the real handlers against the simulator
	@$(BIN)/python -m local.demo

.PHONY: run
run: $(READY) ## Serve the bundle on http://127.0.0.1:3000 until Ctrl-C
	@$(BIN)/python -m local

.PHONY: test
test: $(READY) ## Run the tests that need only Python
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: redrive
redrive: $(READY) ## Bring dead notifications back: make redrive ENV=sandbox ARGS=--dry-run
	@$(BIN)/python -m tools.redrive $(ARGS)

.PHONY: explain
explain: $(READY) ## Tell all about a transfer: make explain ENV=sandbox ARGS=PAY-0001, or ARGS=--dead
	@$(BIN)/python -m tools.explain $(ARGS)

.PHONY: doctor
doctor: $(READY) ## Check a set-up against its DOKU and say what is wrong: make doctor ENV=sandbox
	@$(BIN)/python -m tools.doctor

.PHONY: codes
codes: $(READY) ## Write docs/response-codes.md anew from the code tables
	@$(BIN)/python -m tools.codes_page

.PHONY: cost
cost: $(READY) ## Write docs/cost.md anew from the bench's figures, the prices and the template
	@$(BIN)/python -m tools.cost && $(BIN)/python -m tools.figures

.PHONY: openapi
openapi: $(READY) ## Write docs/openapi.json and docs/postman.json anew from the code
	@$(BIN)/python -m tools.openapi $(ARGS)

.PHONY: invariants
invariants: $(READY) ## Write docs/invariants.md anew from the scenarios and the tests' markers
	@$(BIN)/python -m tools.invariants_page

.PHONY: figures
figures: $(READY) ## Write the measured numbers of docs/figures into README.md and docs/
	@$(BIN)/python -m tools.figures

.PHONY: settle
settle: $(READY) ## Settle a transfer by hand: make settle ARGS="PAY-0001 SUCCESS --by NAME --reason TEXT"
	@$(BIN)/python -m tools.settle $(ARGS)

.PHONY: public-key
public-key: $(READY) ## Print the public half of the merchant's key, for DOKU's dashboard: make public-key ENV=sandbox
	@$(BIN)/python -m tools.public_key $(ARGS)

.PHONY: stop-transfers
stop-transfers: $(READY) ## Stop new transfers within 30 s: make stop-transfers ENV=production ARGS="--by NAME --reason TEXT"
	@$(BIN)/python -m tools.kill_switch stop $(ARGS)

.PHONY: start-transfers
start-transfers: $(READY) ## Take new transfers again: make start-transfers ENV=production
	@$(BIN)/python -m tools.kill_switch start $(ARGS)

.PHONY: reconcile
reconcile: $(READY) ## A day's counts and sums, and what needs attention: make reconcile ENV=sandbox ARGS="--day 2024-09-17"
	@$(BIN)/python -m tools.reconcile $(ARGS)

.PHONY: burst
burst: $(READY) ## 1,000 signed notifications, duplicated, shuffled and throttled: prints what became of them
	@BURST=1000 $(BIN)/python -m pytest -s tests/integration/test_burst.py 2>&1 | grep -E "^\.?burst|passed|failed"

.PHONY: bench
bench: $(READY) ## Measure scale and throughput (needs Java 17 and Maven; QUICK=1 is shorter; ARGS=throughput for one)
	@$(BIN)/python -m benchmarks $(ARGS) && $(BIN)/python -m tools.cost && $(BIN)/python -m tools.figures

.PHONY: check
check: $(READY) ## Lint, types and template
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/cfn-lint template.yaml && echo "check: clean"

.PHONY: format
format: $(READY) ## Format the code
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

VERIFY := check demo

.PHONY: prove
prove: $(VENV)/.mutation-ready ## Show what is promised: model check, guards, mutants, fault matrix ... (ARGS=model for one part)
	@$(BIN)/python -m tests.verification $(ARGS)

.PHONY: mutate
mutate: $(VENV)/.mutation-ready ## Mutate the pure modules: a test must die of every change (ARGS=schedule.py for one)
	@$(BIN)/python -m tests.verification.mutation $(ARGS)

VERIFY += documents
.PHONY: documents
documents: $(READY) ## Type what README and docs tell to type, and follow their links
	@$(BIN)/python -m pytest tests/docs

VERIFY += matrix
.PHONY: matrix
matrix: $(READY) ## A slice of the fault matrix: kill -9 around every call of every warm flow, and lost answers of DOKU
	@MATRIX_ONLY='*/warm/*/kill-after,*/warm/doku.*/lose-reply' $(BIN)/python -m tests.verification --no-figures matrix
	@$(BIN)/python -m pytest tests/verification/matrix

VERIFY += contention
.PHONY: contention
contention: $(READY) ## Many callers, pollers and processors at once, in processes of their own
	@$(BIN)/python -m pytest tests/contention

VERIFY += converge
.PHONY: converge
converge: $(READY) ## 10,000 transfers that are due after an hour without ticks, on DynamoDB Local (needs Java and Maven)
	@if command -v java >/dev/null && command -v mvn >/dev/null || [ -n "$$CI" ]; \
		then $(BIN)/python -m benchmarks --no-figures converge; \
		else echo "converge: skipped, since it needs Java and Maven for DynamoDB Local"; fi

VERIFY += browser
.PHONY: browser
browser: $(VENV)/.browser-ready ## The console in a real Chromium (needs Chromium, Node and npm)
	@$(BIN)/python -m tests.browser $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/.browser-ready ## Take docs/figures/screens anew
	@$(BIN)/python -m tests.browser.screenshots

VERIFY += fuzz
.PHONY: fuzz
fuzz: $(VENV)/.fuzz-ready ## Hostile requests from docs/openapi.json against the running bundle: make fuzz ARGS="--seed 2"
	@$(BIN)/python -m tests.fuzz.__main__ $(ARGS)

VERIFY += engines
.PHONY: engines
engines: $(READY) ## The tests of store, flows and queue on DynamoDB Local and ElasticMQ (needs Java and Maven)
	@$(BIN)/python -m tests.verification --no-figures engines

.PHONY: soak
soak: $(READY) ## Draw histories of a deployment for a long time: make soak ARGS="--examples 5000"
	@$(BIN)/python -m tests.verification.soak $(ARGS)

# SAM has a virtual environment of its own: its pins clash with those of the bundle.
SAM := .venv-sam/bin/sam
.venv-sam/.ready: requirements/sam.txt $(READY)
	@echo "== setting up SAM (once)"
	@$(PYTHON) -m venv --clear --without-pip .venv-sam
	@$(BIN)/uv pip install --quiet --python .venv-sam/bin/python --require-hashes -r requirements/sam.txt
	@touch $@

# And so has checkov.
.venv-checkov/.ready: requirements/checkov.txt $(READY)
	@echo "== setting up checkov (once)"
	@$(PYTHON) -m venv --clear --without-pip .venv-checkov
	@$(BIN)/uv pip install --quiet --python .venv-checkov/bin/python --require-hashes -r requirements/checkov.txt
	@touch $@

VERIFY += audit
.PHONY: audit
audit: .venv-checkov/.ready ## Look for weaknesses in the template with checkov, as written and as SAM translates it
	@mkdir -p .cache && $(BIN)/python -m tools.render_template > .cache/template.json
	@.venv-checkov/bin/checkov --framework cloudformation --skip-download --compact --quiet \
		--file template.yaml .cache/template.json && echo "audit: clean"

# What is deployed, and what it is built for; the build of the other architecture stays beside it.
ARCH ?= arm64

.PHONY: build
build: .venv-sam/.ready ## Build the artefact for Lambda (needs a python3.13; ARCH=x86_64 for the other architecture)
	@$(BIN)/python -m tools.build $(ARCH)

# AWS's runtime client and nothing else, in the runtime's Python.
.venv-lambda/.ready: requirements/lambda.txt $(READY)
	@echo "== setting up Lambda's runtime client (once)"
	@PYTHON_OF_LAMBDA=$$($(BIN)/python -m tools.build.python) && \
		$(BIN)/uv venv --quiet --clear --no-project --python "$$PYTHON_OF_LAMBDA" .venv-lambda
	@$(BIN)/uv pip install --quiet --python .venv-lambda/bin/python --require-hashes -r requirements/lambda.txt
	@touch $@

MACHINE := $(if $(filter x86_64 amd64,$(shell uname -m)),x86_64,arm64)

VERIFY += runtime
.PHONY: runtime
runtime: $(READY) ## The built artefact under AWS's Lambda runtime interface emulator (needs Linux and a python3.13)
	@if [ "$$(uname)" = Linux ] && $(BIN)/python -m tools.build.python >/dev/null 2>&1 || [ -n "$$CI" ]; \
		then $(MAKE) --no-print-directory build ARCH=$(MACHINE) && $(MAKE) --no-print-directory .venv-lambda/.ready && \
			$(BIN)/python -m pytest tests/runtime; \
		else echo "runtime: skipped, since it needs Linux and a python3.13"; fi

.PHONY: deploy
deploy: .venv-sam/.ready ## Build, deploy and check, from nothing: make deploy ENV=sandbox ARGS="--secret-file doku.json"
	@$(BIN)/python -m tools.deploy --sam $(SAM) $(ARGS)

# The AWS emulator, in the runtime's Python: it runs the built functions in its own interpreter.
.venv-emulator/.ready: requirements/emulator.txt $(READY)
	@echo "== setting up the AWS emulator (once)"
	@PYTHON_OF_LAMBDA=$$($(BIN)/python -m tools.build.python) && \
		$(BIN)/uv venv --quiet --clear --no-project --python "$$PYTHON_OF_LAMBDA" .venv-emulator
	@$(BIN)/uv pip install --quiet --python .venv-emulator/bin/python --require-hashes -r requirements/emulator.txt
	@touch $@

VERIFY += deploy-check
.PHONY: deploy-check
deploy-check: $(READY) ## `make deploy` with the real SAM against an AWS emulator (needs Linux and a python3.13)
	@if [ "$$(uname)" = Linux ] && $(BIN)/python -m tools.build.python >/dev/null 2>&1 || [ -n "$$CI" ]; \
		then $(MAKE) --no-print-directory .venv-sam/.ready .venv-emulator/.ready && $(BIN)/python -m tests.deploy $(ARGS); \
		else echo "deploy-check: skipped, since it needs Linux and a python3.13"; fi

.PHONY: lock
lock: $(READY) ## Pin the dependencies again, with hashes
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		requirements/dev.in -o requirements/dev.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
		-c requirements/dev.txt requirements/runtime.in -o layers/dependencies/requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		requirements/sam.in -o requirements/sam.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		-c requirements/dev.txt requirements/browser.in -o requirements/browser.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		requirements/checkov.in -o requirements/checkov.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		-c requirements/dev.txt requirements/fuzz.in -o requirements/fuzz.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
		-c requirements/dev.txt requirements/lambda.in -o requirements/lambda.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
		requirements/emulator.in -o requirements/emulator.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
		-c requirements/dev.txt requirements/mutation.in -o requirements/mutation.txt

.PHONY: verify
verify: $(VERIFY) ## What needs more than the tests: lint, types, template, real processes, real engines
