# Every target makes .venv by itself; a bare Python 3.11 with pip and make is all it needs.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EVERYTHING := .[dev,docs,examples,imbalance]
# Each process begins with one half of the tests, so that what a file's tests share is made by one of them alone.
TWO := -n 2 --dist worksteal
export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-all test-lowest lint docs benchmarks clean
.DEFAULT_GOAL := test

demo: .venv/demo.stamp ## a real pipeline on 336,776 real flights
	@OMP_NUM_THREADS=2 $(BIN)/python examples/flight_delays.py

test: .venv/dev.stamp ## all tests but the long tier, and the examples in docstrings
	$(BIN)/python -m pytest $(TWO)

test-all: .venv/dev.stamp ## the long tier as well: fault injection, large data, simulations
	@rm -f .test-quick.xml .test-long.xml
	$(BIN)/python -m pytest $(TWO) --junit-xml=.test-quick.xml || true
	$(BIN)/python -m pytest $(TWO) -m long --junit-xml=.test-long.xml || true
	$(BIN)/python benchmarks/test_all.py .test-quick.xml .test-long.xml

# Old versions beside new ones of packages below them deprecate each other, which says nothing about mlsys.
test-lowest: .venv-lowest/stamp ## the quick tests with the oldest versions of tests/lowest.txt
	.venv-lowest/bin/python -m pytest $(TWO) -p no:anyio -W ignore::DeprecationWarning $(TESTS)

.venv-lowest/stamp: pyproject.toml tests/lowest.txt
	@rm -rf .venv-lowest && $(PYTHON) -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c tests/lowest.txt -e "$(EVERYTHING)"
	@touch $@

lint: .venv/dev.stamp ## style, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo

docs: .venv/dev.stamp ## pages in docs/_build/html; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs: open docs/_build/html/index.html"

benchmarks: .venv/dev.stamp ## every benchmark in turn, for hours; DATA=folder has what cannot be installed
	$(BIN)/python benchmarks/all.py $(if $(DATA),--data $(DATA))

clean:
	rm -rf .venv .venv-lowest docs/_build docs/auto_examples docs/generated build dist

# Debian splits ensurepip into a package of its own; without it, the system's pip fills the environment.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "mlsys needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 \
	    || { rm -rf .venv && $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --python .venv/bin/python install --quiet pip; }

.venv/demo.stamp: pyproject.toml | .venv/bin/python
	@echo "Installing mlsys and what its examples need into .venv (a few minutes, only when pyproject.toml changed)"
	@$(INSTALL) -e ".[examples]"
	@touch $@

.venv/dev.stamp: pyproject.toml | .venv/bin/python
	@echo "Installing mlsys and what its tests and docs need into .venv (a few minutes, only when pyproject.toml changed)"
	@$(INSTALL) -e "$(EVERYTHING)"
	@touch .venv/demo.stamp $@
