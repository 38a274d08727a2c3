# Thin verbs; everything they need they install themselves, into .venv, from locked hashes.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME ?= .demo
# Four workers, as one or the other waits for a disk or a process, share the files in the order of tests/conftest.py.
SHARED := -n 4 --dist loadfile --no-loadscope-reorder
LOCKS := requirements/runtime.lock requirements/dev.lock
# Python keeps what it compiled, whatever the surroundings say: each of some hundred processes would compile the program again.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help fuzz demo serve test suite test-fast lint types docs wheel bench exhaustive equivalence kills lock clean fmt gallery

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "python3-venv is missing; installing it with apt-get"; \
	  apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked run-time packages into $(VENV) ..."
	@$(PIP) install -q --require-hashes -r requirements/runtime.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@$(BIN)/qingyuan warm
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	@echo "Installing the locked development packages into $(VENV) ..."
	@$(PIP) install -q --require-hashes -r requirements/dev.lock
	@touch $@

# The tests drive a real browser, a real PostgreSQL and the openssl program; what is missing is installed with apt-get.
$(VENV)/.system: .ci/system | $(BIN)/python
	@bash .ci/system
	@touch $@

demo: $(VENV)/.runtime ## run the main job on generated material and show what happened
	@$(BIN)/qingyuan demo --home $(DEMO_HOME)

serve: $(VENV)/.runtime ## the workbench and the portal on the reference matter
	@test -f $(DEMO_HOME)/office.json || $(BIN)/qingyuan demo --home $(DEMO_HOME)
	@$(BIN)/qingyuan serve --home $(DEMO_HOME)

test: $(VENV)/.dev $(VENV)/.system ## every check and every test
	$(MAKE) --no-print-directory -j4 suite wheel types lint

suite: $(VENV)/.dev $(VENV)/.system ## the tests alone
	$(BIN)/python -m pytest $(SHARED)

test-fast: $(VENV)/.dev $(VENV)/.system ## the tests but the slow ones
	$(BIN)/python -m pytest $(SHARED) -m "not slow"

lint: $(VENV)/.dev ## formatting, lint, docstrings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/interrogate -q src

types: $(VENV)/.dev ## strict types
	$(BIN)/mypy

fmt: $(VENV)/.dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(VENV)/.dev ## build the wheel from the sdist and try it in an empty environment
	bash .ci/wheel

bench: $(VENV)/.dev ## print the benchmark table
	$(BIN)/python -m bench

exhaustive: $(VENV)/.dev $(VENV)/.system ## change every byte of a 1 MB package and see each change found by both verifiers (about 25 minutes)
	$(BIN)/python -m tests.evidence.verify.exhaustive --jobs 2
	$(BIN)/python -m tests.evidence.verify_page.answers

kills: $(VENV)/.dev $(VENV)/.system ## kill -9 in every verb that a story tells, on SQLite and PostgreSQL
	QINGYUAN_KILL=all $(BIN)/python -m pytest tests/office/test_verbs_killed.py

fuzz: $(VENV)/.dev ## ask the API by its own description, 200 times each operation in each way
	QINGYUAN_FUZZ=200 $(BIN)/python -m pytest tests/web/test_api_fuzz.py

gallery: $(VENV)/.dev $(VENV)/.system ## pictures of every page, two widths, both languages and themes
	@test -f $(DEMO_HOME)/office.json || $(BIN)/qingyuan demo --home $(DEMO_HOME)
	$(BIN)/python -m tests.web.gallery --home $(DEMO_HOME) --out gallery

equivalence: $(VENV)/.dev ## compare lists with the access policies on 10^6 random pairs (about two minutes)
	$(BIN)/python -m tests.parties.equivalence --pairs 1000000

lock: $(VENV)/.dev ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --group install --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --universal --python-version 3.11 --no-header -q -o requirements/runtime.lock
	uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --universal --python-version 3.11 --no-header -q -o requirements/dev.lock

clean: ## remove what the verbs made
	rm -rf $(VENV) .demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
