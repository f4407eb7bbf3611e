# Every target makes its own virtual environment, .venv, and installs what it needs
# into it: a machine with Python 3.11 or newer and make is enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := pyproject.toml constraints.txt
EXAMPLES := dirac_gan bilinear_50x30 torch_gan
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: phase test slow lowest lint docs bench dist wheels lock picture clean

## Draw the phase diagrams of the three examples into out/.
phase: $(VENV)/.core
	mkdir -p out
	set -e; for name in $(EXAMPLES); do \
	  echo "== examples/$$name.toml"; \
	  $(BIN)/gandyn phase --config examples/$$name.toml --overwrite -o out/$$name.png; \
	done

## Run the tests and the doctests, except the slow ones.
test: $(VENV)/.test
	$(PYTEST) -m "not slow"

## Run the slow tests.
slow: $(VENV)/.test
	$(PYTEST) -m slow

## Try the oldest versions of what pyproject.toml asks for, torch as pinned, on a part of
## the tests; old packages warn of the new ones below them.
LOWEST := .venv-lowest
lowest: $(VENV)/.dist
	rm -rf $(LOWEST)
	$(PYTHON) -m venv $(LOWEST)
	grep '^torch==' constraints.txt > $(LOWEST)/torch.txt
	$(BIN)/uv pip compile --quiet --python $(LOWEST) --resolution lowest-direct \
	  --extra test -c $(LOWEST)/torch.txt -o $(LOWEST)/pins.txt pyproject.toml
	$(LOWEST)/bin/python -m pip install --quiet -c $(LOWEST)/pins.txt -e '.[test]'
	$(LOWEST)/bin/python -m pytest -n 2 --dist loadfile -m "not slow" \
	  -W ignore::DeprecationWarning \
	  tests/cli tests/dynamics tests/plot tests/stability tests/store

## Check style, types and the direction of imports.
lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## Build the documentation into docs/_build/html; a warning is an error. Where there is
## a Chromium, look at the pages with it.
docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/browsed.py docs/_build/html

## Run the benchmarks.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks --write

## Build the wheel and the source distribution into dist/, and check them.
dist: $(VENV)/.dist
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

## Try the wheel in fresh environments of every Python given by PYTHONS.
PYTHONS ?= python3.11 python3.12 python3.13
wheels: dist
	for python in $(PYTHONS); do \
	  if command -v $$python > /dev/null; then \
	    sh tests/try_wheel.sh $$python || exit 1; \
	  else echo "== no $$python here: skipped"; fi; \
	done

## Write requirements-lock.txt: the pins with their hashes, but for torch and its CUDA
## libraries, of which each machine has its own build.
LOCKED := $(foreach extra,test docs lint bench dist,--extra $(extra))
OWN_BUILD := $(shell sed -nE 's/^(torch|triton|(cuda|nvidia)-[^=]*)==.*/\1/p' constraints.txt)
lock: $(VENV)/.dist
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11.5 \
	  --no-annotate --no-header -c constraints.txt $(LOCKED) \
	  $(OWN_BUILD:%=--no-emit-package %) -o requirements-lock.txt pyproject.toml

## Draw the picture of the README.
picture: $(VENV)/.core
	$(BIN)/gandyn phase --config examples/dirac_gan.toml --overwrite \
	  -o docs/_static/dirac_phase.png

clean:
	rm -rf $(VENV) $(LOWEST) out dist docs/_build docs/generated

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gandyn needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(SETUP) | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

# A stamp per extra: installed anew when the requirements change.
$(VENV)/.%: $(SETUP) | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$*]'
	touch $@
