# Everything a fresh machine needs is Python 3.11 to 3.13 and make: `make run` and `make test` set
# themselves up in .venv.

PYTHONS := python3.13 python3.12 python3.11 python3 python
PYTHON ?= $(shell for p in $(PYTHONS); do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	>/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SCENARIO ?= scenarios/core_banking.yaml

.PHONY: help setup run test slow check format bench docs clean

help:            ## what can be made
	@grep -E '^[a-z]+: .*##|^[a-z]+:  *##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(READY)  ## .venv with the command `simulator` and everything it needs

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found; install one, or make PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON); this takes a minute or two."
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,plans,cluster]'
	@echo "Compiling the engine for this machine, once."
	@$(BIN)/python -m simulator.run.compile_all
	@touch $(READY)

run: setup       ## simulate a realistic program: the answer, and where its charts are
	@$(BIN)/simulator run $(SCENARIO)

test: setup      ## all tests, in parallel
	$(BIN)/python -m pytest -n 2 -m "not slow"

slow: setup      ## the long statistical tests too
	$(BIN)/python -m pytest -n 2

check: setup     ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup    ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup     ## what it costs and how exact it is, as ratios: docs/performance.md (takes many minutes)
	$(BIN)/python -m benchmarks.performance --write

docs: setup      ## the pages of docs that are made from the code
	$(BIN)/simulator schema > docs/scenario.schema.json
	$(BIN)/python -m tests.fault_gallery

clean:           ## what can be made again
	rm -rf $(VENV) outputs/* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
