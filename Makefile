# Everything is set up inside the checkout, in .venv. Stamp files make a second call instant; they depend on the hashed
# requirements, so that a changed pin is installed by the next call.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# `make test JOBS=0` runs in one process, for a debugger; PYTEST_ARGS is added at the end, e.g. PYTEST_ARGS="-k receipt".
JOBS ?= 2
PYTEST_ARGS ?=
# `make lock LOCK_ARGS=--upgrade` moves every pin; without it only what pyproject.toml demands moves.
LOCK_ARGS ?=

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The tests of one file stay in one process, so that a service which a module's fixture starts is started once.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-header --universal --python-version 3.11 \
	--group build --no-emit-index-url --no-emit-find-links $(LOCK_ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo serve test check lint style types imports bench lock clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.server ## Commit, play, reveal and verify rounds of every game
	$(BIN)/fairlot demo

serve: $(VENV)/.server ## Start a service for development; its keys and database stay in var/
	@test -f var/fairlot.toml || $(BIN)/fairlot keys init --folder var --origin localhost/development
	$(BIN)/fairlot serve --config var/fairlot.toml

test: $(VENV)/.dev ## Run all tests; what the system lacks is skipped by name
	$(PYTEST) $(PYTEST_ARGS)

check: lint ## Lint, types, architecture and the fast tests
	$(PYTEST) -m "not slow" $(PYTEST_ARGS)

lint: style types imports ## Lint, formatting, types and architecture, without tests

style: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## Measure; prints machine, date and results
	$(BIN)/python -m benchmarks

lock: $(VENV)/.lock ## Make the hashed requirements files again from pyproject.toml
	$(COMPILE) --extra dev --output-file requirements.txt
	$(COMPILE) --extra server --constraint requirements.txt --output-file requirements-server.txt

clean: ## Remove caches and build products
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment too
	rm -rf $(VENV) rng/kernel/*.so statistical_tests/kernel/*.so

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "fairlot needs Python 3.11 or newer, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }

# pip refuses hashes and an editable install in one call. setuptools is among the hashed requirements, so the second
# call needs no isolated build environment, which would download an unhashed setuptools.
define install
@echo "installing $(1) into $(VENV)"
@$(PIP) install --require-hashes --requirement $(1)
@$(PIP) install --no-deps --no-build-isolation --editable .
@touch $@
endef

# What the compiled kernels are made of: a change builds them again.
KERNEL := setup.py $(wildcard rng/kernel/csrc/* statistical_tests/kernel/csrc/*)

$(VENV)/.server: requirements-server.txt pyproject.toml $(KERNEL) | $(BIN)/python
	$(call install,requirements-server.txt)

$(VENV)/.dev: requirements.txt pyproject.toml $(KERNEL) | $(BIN)/python
	$(call install,requirements.txt)

$(VENV)/.lock: pyproject.toml | $(BIN)/python
	@$(PIP) install "$$($(BIN)/python -c 'import tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["lock"][0])')"
	@touch $@
