# `make run` and `make test` work on a fresh machine with Python 3.10+ and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4
CONFIG ?= configs/article.yaml

.PHONY: run test test-fast bench bench-solve pictures fuzz format clean

## Set up, then minimise CONFIG (the article's example) and show every step.
run: $(VENV)/installed
	@$(BIN)/adamcli run $(CONFIG)

## Set up, then run every check.
test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST)

## Set up, then run the tests that are not slow: the inner loop of a change.
test-fast: $(VENV)/installed-dev
	$(PYTEST) -m 'not slow'

## Measure against the peers; needs PyTorch and JAX, from 1 to 4 GB to download.
bench: $(VENV)-bench/installed
	$(VENV)-bench/bin/python -m tests.benchmarks

## Measure `solve` against its peers; ARGS='--dims 2 --peers dual' takes a part of half an hour.
bench-solve: $(VENV)-bench/installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)-bench/bin/python -m tests.benchmarks.solving $(ARGS)

## Make the pictures of docs/pictures.md anew, by its commands.
pictures: $(VENV)/installed-dev
	$(BIN)/python -m tests.pictures.gallery

## Try hostile inputs and random signals; INPUTS='1000000 7' says how many, and from which seed.
fuzz: $(VENV)/installed-dev
	ADAMCLI_MAX_DATA=100MB $(BIN)/python -m tests.fuzz $(INPUTS)
	$(BIN)/python -m tests.fuzz.signals $(SIGNALS)

## Bring the source into its one format.
format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## Remove what the other targets have made.
clean:
	rm -rf $(VENV) $(VENV)-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "adamcli needs Python 3.10 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/installed $@

# Benchmarks measure an installed package, as users have it.
$(VENV)-bench/installed: pyproject.toml $(shell find adamcli -name '*.py')
	test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check '.[bench]'
	$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	@touch $@
