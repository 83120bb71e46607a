# Needs Python 3.11 or later, pip and make; nothing else. `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# Wheels are checked against the hashes in the lock file; where they come from is the machine's own setting.
PIP := $(PYTHON) -m pip --python $(BIN)/python --disable-pip-version-check --quiet
TESTS := tests/unit tests/integration tests/web tests/contracts tests/concurrency tests/redteam tests/architecture
WORKERS ?= 2
.DEFAULT_GOAL := help
.PHONY: help run test check journeys bench tamper-drill reset screenshots lock

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

run: $(RUN_STAMP)  ## start the whole market on http://127.0.0.1:8000 and fill it with invented households
	@exec $(BIN)/marketplace up

test: check  ## all checks and tests; the browser journeys too when a Chromium is found
	@echo "== Tests ($(WORKERS) at a time)"
	@$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)
	@$(MAKE) --no-print-directory journeys

journeys: $(DEV_STAMP)  ## walk through the running market in a real browser
	@if $(BIN)/python -m tests.journeys.chromium; then \
		echo "== Journeys in a real browser"; \
		$(BIN)/python -m pytest tests/journeys; \
	elif [ -n "$$REQUIRE_BROWSER" ]; then \
		echo "No Chromium was found, and REQUIRE_BROWSER is set." >&2; exit 1; \
	else \
		echo; \
		echo "**********************************************************************"; \
		echo "  THE BROWSER JOURNEYS DID NOT RUN: no Chromium was found."; \
		echo "  Everything else passed. To run them too:"; \
		echo "      sudo apt-get install chromium fonts-noto-core && make journeys"; \
		echo "  (or set CHROMIUM_PATH to a Chromium or Chrome of yours)"; \
		echo "**********************************************************************"; \
	fi

check: $(DEV_STAMP)  ## style, types, imports, dependencies
	@echo "== Style";        $(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@echo "== Types";        $(BIN)/mypy
	@echo "== Imports";      $(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@echo "== Dependencies"; $(BIN)/deptry --no-ansi . 2>&1 | tail -3; exit $${PIPESTATUS[0]}

bench: $(DEV_STAMP)  ## speed and memory, as medians and ratios of one run
	@$(BIN)/python -m tests.bench

tamper-drill: $(DEV_STAMP)  ## attack copies of a market as its administrator; a stranger must notice each
	@$(BIN)/python -m tests.tamper

screenshots: $(DEV_STAMP)  ## pictures of the pages for the README, into docs/images
	@$(BIN)/python -m tests.pictures

reset: $(RUN_STAMP)  ## stop the market and delete all its data
	@$(BIN)/marketplace reset --yes

lock: $(DEV_STAMP)  ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --group dev --output-file requirements-dev.lock pyproject.toml

$(BIN)/python:
	@echo "== Making a Python environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; this is $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "pip is needed: sudo apt-get install python3-pip" >&2; exit 1; }
	@# Debian packs ensurepip apart, so pip works from outside.
	@$(PYTHON) -m venv --without-pip $(VENV)

$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo "== Installing what the market needs (about a minute the first time)"
	@$(PIP) install --require-hashes --no-deps --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "== Installing what the market and its tests need (a minute or two the first time)"
	@$(PIP) install --require-hashes --no-deps --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN_STAMP)
