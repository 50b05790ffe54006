# Everything runs from a virtual environment of its own: `make demo` and `make test` need only Python 3.11+ and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo demo-compose test lint bench clean
.DELETE_ON_ERROR:

$(VENV)/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Astrolabe needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV) || \
		{ echo "This Python cannot make a virtual environment; on Debian install python3-venv, or try: make PYTHON=/usr/bin/python3"; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/ready
	@$(BIN)/python -P -m astrolabe.cli.demo

demo-compose: $(VENV)/ready
	@$(BIN)/python -P -m astrolabe.cli.demo --compose

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/basedpyright

# A file of tests stays on one process, and its servers and installed trees with it.
test: lint
	$(BIN)/pytest -n 3 --dist loadfile -m "not engine"
	$(BIN)/python -P -m astrolabe.cli.private_engine $(BIN)/pytest -n 2 --dist loadfile -m engine

bench: $(VENV)/ready
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV)
