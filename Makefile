# Two commands do everything on a machine with Python ≥ 3.11 and make:
#   make serve    installs, prepares what is missing, starts the API and the pages
#   make test     everything that must hold, in minutes
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 3000
LAW_TESTS := $(addprefix tests/models/test_,$(addsuffix .py,actions counterfactual law_cases lawyers_walk other_cards \
  parameters poverty poverty_line programmes readings reasons red_flags reform rights rules scorecard targeted_assistance))

.PHONY: help setup serve test test-all law law-coverage mutants bench lint lock clean

help:
	@echo "make serve     install, prepare a demonstration if nothing is promoted, start the API"
	@echo "make test      lint, types, import contracts and tests (under 8 minutes on 2 cores)"
	@echo "make test-all  the long tests, too"
	@echo "make law       the cases of tests/law/ against the law on file, told without Python"
	@echo "make law-coverage  every branch of the law's code is tested, or it fails and says which is not"
	@echo "make mutants       change one thing in the law's code and a test must fail; an hour or more; MODULE=rules for one"
	@echo "make bench     benchmarks: ratios against a peer or a bound in the same run"
	@echo "make setup     install into .venv/ only"

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

serve: setup
	$(BIN)/tarazy demonstrate
	$(BIN)/tarazy serve --port $(PORT)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest

test-all: lint
	$(BIN)/python -m pytest -m "long or not long"

law: setup
	@$(BIN)/python -m tests.law $(TABLE)

law-coverage: setup
	$(BIN)/python -m pytest -q $(LAW_TESTS) --cov --cov-config=tests/law/coverage.toml --cov-report=term

# On a copy of the tree. OUT=file.json keeps what was found.
mutants: setup
	nice -n 15 $(BIN)/python -m tests.mutation $(MODULE) $(if $(OUT),--out $(OUT))

bench: setup
	$(BIN)/python -m tests.benchmarks

# Names no host: the lock installs from whatever index the machine uses.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
