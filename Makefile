# The commands that people type; each sets up what it needs.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
FORGE ?= github
SEED ?= 1

# uv and npm look into the system's store of certificates only if told: there stands a company's own.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export UV_SYSTEM_CERTS ?= true
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif

.PHONY: demo test check venv system tools docs examples corpus sample blocks soak identity bench image lock clean

demo: venv tools
	@$(BIN)/python -m tests.demo --forge $(FORGE)

test: venv tools
	@$(BIN)/pytest

# A browser only here: it is large, and the tests that want one say so and are skipped without.
check: venv tools
	@PYTHON=$(PYTHON) tools/system chromium
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m rules.docs --check
	@$(BIN)/python -m bot.schemas --check
	@$(BIN)/pytest

# The environment alone: the stamp is newer than the locks when nothing has to be done.
venv: .venv/.ready
.venv/.ready: requirements-dev.txt tools/uv.txt pyproject.toml tools/system
	@PYTHON=$(PYTHON) tools/system
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r tools/uv.txt
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync -q --require-hashes requirements-dev.txt
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $@

tools: venv
	@tools/openapi/install

docs: venv
	@$(BIN)/python -m rules.docs
	@$(BIN)/python -m bot.schemas

examples: venv tools
	@$(BIN)/python -m tests.examples

corpus: venv
	@$(BIN)/python -m tests.corpus $(if $(CASES),--cases $(CASES)) $(if $(ROOT),--root $(ROOT)) $(if $(OUT),--out $(OUT))

sample: venv
	@$(BIN)/python -m tests.sample --seed $(SEED)

blocks: venv
	@$(BIN)/python -m tests.blocks --seed $(SEED)

# Faults: up to thirty seeds of each, those of the whole line beside those of single writes.
FAULTS := $(addprefix tests/line/test_,$(addsuffix .py,broker changes commands deliveries forge kills ledger parts))
soak: export REDLINE_SEEDS = 30
soak: venv tools
	@$(BIN)/pytest tests/scenarios/test_posting.py & posting=$$!; \
	$(BIN)/pytest $(FAULTS); line=$$?; wait $$posting && exit $$line

# Real changes, all of them: whether findings are followed, and have a place.
identity: venv tools
	@REDLINE_SEEDS=30 $(BIN)/pytest tests/history

bench: venv
	@$(BIN)/python -m tests.bench

image: venv
	@tools/image

# Write the locks again after pyproject.toml changed; UPGRADE=1 takes new versions too.
LOCK := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal \
  --python-version 3.11 $(if $(UPGRADE),--upgrade)
lock: venv
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --extra dev -o requirements-dev.txt
	@$(LOCK) tools/checkov/requirements.in -o tools/checkov/requirements.txt
	@for tool in uv hatchling; do $(LOCK) --no-annotate - -o tools/$$tool.txt <<<$$tool; done

clean:
	@rm -rf .venv build
