# Everything a developer runs. Needs GNU make and CPython 3.11 or newer; all else is installed into .venv/ once.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-quality bench-attribution calibrate train-elicitation docs clean

# The interpreter to make .venv/ with. Empty: the first of CANDIDATES that is new enough and can make one.
PYTHON ?=
CANDIDATES := python3.13 python3.12 python3.11 python3 python
VENV := .venv
BIN := $(VENV)/bin
PACKAGE := $(VENV)/.package
READY := $(VENV)/.ready

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

demo: $(PACKAGE) ## Find the campaigns of the bundled sample; writes demo/report.html
	@$(BIN)/hydrometer demo --out demo

test: check ## Lint, types, then every test, the rules of the house among them
	$(BIN)/pytest

check: $(READY) ## Lint, types, imports, dependencies, the house in figures; no test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/deptry src
	$(BIN)/python scripts/house.py --check

bench: $(READY) ## Measure speed, memory and cost, ours and others' (20 minutes); writes docs/performance.md
	PYTHONPATH=benchmarks $(BIN)/python -m speed

bench-quality: $(READY) ## Measure how well campaigns are found (60 minutes); writes docs/benchmark.md
	PYTHONPATH=benchmarks $(BIN)/python -m quality

bench-attribution: $(READY) ## Measure how well operators are named, false flags and all; writes docs/benchmark-attribution.md
	PYTHONPATH=benchmarks $(BIN)/python -m attribution

calibrate: $(READY) ## Fit the probabilities anew on simulated worlds (10 minutes)
	PYTHONPATH=benchmarks $(BIN)/python -m quality.calibrate

train-elicitation: $(READY) ## Train the elicitation model anew (minutes); writes its weights and docs/elicitation-model.md
	PYTHONPATH=benchmarks $(BIN)/python -m elicitation

docs: $(READY) ## Make the pages that are rendered from the contract
	$(BIN)/python scripts/make_contract_docs.py
	$(BIN)/python scripts/make_worlds_docs.py

clean: ## Remove what make and the commands made, but .venv/
	rm -rf demo result build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(wildcard src tests scripts benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

# pip runs as a module: a moved or copied .venv/ would call a pip of elsewhere.
$(PACKAGE): pyproject.toml
	@set -e; \
	if [ ! -x $(BIN)/python ]; then \
	  for name in $(or $(PYTHON),$(CANDIDATES)); do \
	    if "$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$name"; break; fi; \
	  done; \
	  if [ -z "$${found:-}" ]; then \
	    echo "Hydrometer needs CPython 3.11 or newer with its venv module; none of these is one: $(or $(PYTHON),$(CANDIDATES))." >&2; \
	    echo "Install one (Debian and Ubuntu: python3 and python3-venv), or name one: make PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV)/ with $$("$$found" --version)"; \
	  "$$found" -m venv $(VENV); \
	fi; \
	echo "Installing into $(VENV)/ (once)"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .; \
	touch $@

$(READY): $(PACKAGE)
	@echo "Installing what tests and benchmarks need into $(VENV)/ (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
