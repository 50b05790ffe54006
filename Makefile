# Everything runs from a virtual environment of its own: `make demo` and `make test` need only Python 3.11+ and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where an environment forbids bytecode, each process of the tests would compile all that it imports anew, for seconds.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo demo-compose format check unit lint style imports types test-types domain test services engine modules supervisors deaths shapes shipped walk products chaos chaos-by-hand bench clean
.DELETE_ON_ERROR:

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Astrolabe needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV) || \
		{ echo "This Python cannot make a virtual environment; on Debian install python3-venv, or try: make PYTHON=/usr/bin/python3"; exit 2; }
	@echo "Fetching what is locked in requirements.lock, PostgreSQL and Node.js with it: some minutes, once."
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/ready ## upgrade a real Unleash before your eyes, and take it back
	@$(BIN)/python -P -m astrolabe.cli.demo

demo-compose: $(VENV)/ready ## the same with a compose project, on a container engine of its own; Linux and root
	@$(BIN)/python -P -m astrolabe.cli.demo --compose

format: $(VENV)/ready ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

check: $(VENV)/ready ## style, import rules, types and the domain's tests, side by side: before each commit
	@$(MAKE) --no-print-directory --jobs style imports types domain

unit: $(VENV)/ready ## the tests of each floor by itself, without gateways and engines
	$(BIN)/pytest -n 2 tests/domain tests/store tests/api tests/workers

lint: $(VENV)/ready ## style, import rules and types, those of the tests as well (which `check` and `test` have no time for)
	@$(MAKE) --no-print-directory --jobs style imports types test-types

style: $(VENV)/ready
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

imports: $(VENV)/ready
	@$(BIN)/lint-imports --no-cache --no-logo

types: $(VENV)/ready
	$(BIN)/basedpyright

test-types: $(VENV)/ready
	$(BIN)/basedpyright --project tests/pyrightconfig.json

domain: $(VENV)/ready
	$(BIN)/pytest --quiet tests/domain

test: $(VENV)/ready ## style, import rules and types, and all tests but those of the seven commands below
	@$(MAKE) --no-print-directory --jobs style imports types
	@$(MAKE) --no-print-directory --jobs services engine

services: $(VENV)/ready modules
	$(BIN)/pytest -n 3 --dist worksteal -m "not engine and not chaos and not supervisors and not deaths and not shipped and not products and not walk"

# Its tests wait for the engine most of the time, so they go beside the others, and are heard when they are through.
engine: $(VENV)/ready modules
	@$(BIN)/python -P -m astrolabe.cli.private_engine $(BIN)/pytest -n 2 --dist loadfile -m "engine and not deaths and not shipped and not shapes" tests/drivers tests/e2e >$(VENV)/engine.log 2>&1; \
		code=$$?; [ $$code -eq 0 ] && tail -n 1 $(VENV)/engine.log || cat $(VENV)/engine.log; exit $$code

modules: $(VENV)/ready # beside the engine there is no network to fetch them from
	@$(BIN)/pytest --quiet --no-header tests/standin/test_modules.py

supervisors: $(VENV)/ready modules ## gateways that a real systemd and a real pm2 keep alive; Linux and root
	$(BIN)/pytest -n 2 --dist loadfile -m supervisors

deaths: $(VENV)/ready modules ## workers and servers that die at every moment of an upgrade; with an engine on Linux as root
	$(BIN)/python -P -m astrolabe.cli.private_engine $(BIN)/pytest -n 2 --dist worksteal -m deaths tests/drivers tests/e2e

shapes: $(VENV)/ready modules ## compose projects of the shapes that people have: upgraded, failed and taken back; Linux and root
	$(BIN)/python -P -m astrolabe.cli.private_engine $(BIN)/pytest -n 2 --dist worksteal -m shapes tests/e2e

shipped: $(VENV)/ready modules ## what is shipped, installed and run: the wheel, and the image with an engine on Linux as root
	$(BIN)/python -P -m astrolabe.cli.private_engine $(BIN)/pytest -n 2 --dist worksteal -m shipped tests/e2e

walk: $(VENV)/ready modules ## two people in browsers of their own, from a registration to a proof; with Chromium
	$(BIN)/pytest -m walk tests/e2e

ONLY ?=
ALL ?=
products: $(VENV)/ready ## real products from npm: upgraded, failed and taken back; ONLY=NAME one, ALL=1 all, and docs/proven.md
	$(BIN)/pytest -m products $(if $(ONLY),--product $(ONLY)) $(if $(ALL),--every-product) tests/e2e
	@$(BIN)/python -m bench.products $(if $(ALL),--page)

SEEDS ?= 40
FROM ?= 1
LANES ?= 2
WITHOUT ?=
chaos: $(VENV)/ready ## real upgrades among faults, SEEDS of them FROM a seed on; see docs/chaos.md
	@$(BIN)/pytest --quiet --no-header -m chaos tests/chaos # first of all: what judges finds what was planted for it
	@$(BIN)/python -m tests.chaos --seeds $(SEEDS) --from $(FROM) --side-by-side $(LANES) --without "$(WITHOUT)"

chaos-by-hand: $(VENV)/ready ## the same faults, met by an upgrade page's own commands that a script types, and by Astrolabe
	@$(BIN)/python -m tests.chaos.by_hand

bench: $(VENV)/ready ## measure; see docs/performance.md
	$(BIN)/python -m bench

clean: ## remove the virtual environment
	rm -rf $(VENV)
