# Two commands do everything on a machine with Python ≥ 3.11 and make:
#   make serve    installs, prepares what is missing, starts the API and the pages
#   make test     everything that must hold, in minutes
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 3000
# Images often forbid bytecode, and every process would compile twenty thousand files anew.
unexport PYTHONDONTWRITEBYTECODE
LAW_TESTS := $(addprefix tests/models/,law rules poverty reasons explanation)

# As they come from the index, each file by its hash; compiled when first imported.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps
SELF = $(INSTALL) --no-build-isolation --editable .
CLOSED = $(BIN)/python -m pip check --disable-pip-version-check >.venv/check.txt || { cat .venv/check.txt; \
  echo "The installation is not whole. After a change of locks/: make clean. After one of pyproject.toml: make lock"; exit 1; }

.PHONY: help setup serve demonstration api test test-all test-install law law-coverage mutants bench lint \
  lock upgrade outdated advisories clean

help:
	@echo "make serve     install, start the API, and prepare a demonstration if nothing is promoted"
	@echo "make test      lint, types, import contracts and tests (under 8 minutes on 2 cores)"
	@echo "make test-all  the long tests, too"
	@echo "make test-install  the long tests of installing: production alone, and an index with newer releases"
	@echo "make law       the cases of tests/law/ against the law on file, told without Python"
	@echo "make law-coverage  every branch of the law's code is tested, or it fails and says which is not"
	@echo "make mutants       change one thing in the law's code and a test must fail; an hour or more; MODULE=rules for one"
	@echo "make bench     benchmarks: ratios against a peer or a bound in the same run"
	@echo "make setup     install into .venv/ only"
	@echo "make lock      write locks/ anew after a change of pyproject.toml; make upgrade: with newer releases"
	@echo "make outdated      locked releases that are not the newest; make advisories: those with known weaknesses"

setup: .venv/dev.installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/train.installed: locks/production.lock locks/train.lock pyproject.toml | .venv/bin/python
	$(INSTALL) -r locks/train.lock
	$(SELF)
	@$(CLOSED)
	@touch $@

# Holds all that training needs, so whoever has it need not install that again.
.venv/dev.installed: locks/production.lock locks/train.lock locks/dev.lock pyproject.toml | .venv/bin/python
	$(INSTALL) -r locks/dev.lock
	$(SELF)
	@$(CLOSED)
	@touch .venv/train.installed $@

# The API answers by rules alone until the demonstration beside it promotes a model.
serve: .venv/train.installed
	@$(MAKE) --no-print-directory --jobs=2 api demonstration

api: .venv/train.installed
	$(BIN)/tarazy serve --port $(PORT)

demonstration: .venv/train.installed
	nice $(BIN)/tarazy demonstrate

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Every core, each with threads for itself alone; a file's tests stay together, for they share
# what they made.
ALL_CORES := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: lint
	OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest $(ALL_CORES)

test-all: lint
	OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest $(ALL_CORES) -m "long or not long"

# Long: builds environments of their own from the locks.
test-install: setup
	$(BIN)/python -m pytest -m long tests/install

law: setup
	@$(BIN)/python -m tests.law $(TABLE)

law-coverage: setup
	$(BIN)/python -m pytest -q $(LAW_TESTS) --cov --cov-config=tests/law/coverage.toml --cov-report=term

# On a copy of the tree. OUT=file.json keeps what was found.
mutants: setup
	$(INSTALL) -r locks/mutants.lock
	nice -n 15 $(BIN)/python -m tests.mutation $(MODULE) $(if $(OUT),--out $(OUT))

bench: setup
	$(BIN)/python -m tests.benchmarks

# The tools that write the locks need no lock; what they write names no host.
build/locking/bin/python:
	$(PYTHON) -m venv build/locking
	$@ -m pip install --quiet --disable-pip-version-check uv==0.13.9 packaging==26.4 pip-requirements-parser==32.0.1

lock upgrade: build/locking/bin/python
	$< -m tests.install --uv build/locking/bin/uv $(if $(filter upgrade,$@),--upgrade)

outdated: setup
	$(BIN)/python -m pip list --outdated --disable-pip-version-check

# --strict: what the service does not know is no clean bill.
advisories:
	$(PYTHON) -m venv build/advisories
	build/advisories/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	build/advisories/bin/pip-audit --strict --disable-pip --no-deps -r locks/dev.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
