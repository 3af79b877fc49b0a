"""What a room of the house may import is what its set of distributions declares."""

import ast
import sys
from collections.abc import Iterator, Set
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.install.locks import ROOT, ours

ROOMS = ("features", "models", "serving", "tarazy", "training", "tests")
LEARNERS = "models/estimators/"
"""The one part of what serves that is for those who train: nothing that serves imports it."""

LOADED_BY_NAME = {
    "editables": "hatchling installs a checkout with it",
    "hatchling": "pip builds us with it",
    "httptools": "the server parses HTTP with it where it is there",
    "pyarrow": "Polars makes frames of pandas with it",
    "uvloop": "the server runs on it where it is there",
}
"""Declared, though no line of ours imports it."""


installed = cache(packages_distributions)


@cache
def declared(*extras: str) -> frozenset[str]:
    """Return the names that pyproject declares for production and these extras."""
    environment = {"sys_platform": "linux", "platform_machine": "x86_64"}
    names = set()
    for line in ours().requires:
        requirement = Requirement(line)
        marker = requirement.marker
        if any(
            marker is None or marker.evaluate(environment | {"extra": extra})
            for extra in ("", *extras)
        ):
            names.add(canonicalize_name(requirement.name))
    return frozenset(names)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Return what a module imports from outside, at its top or later."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        for module in modules:
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in ROOMS:
                yield top


def undeclared(path: Path, allowed: Set[str]) -> list[str]:
    """Return the imports of a module that no allowed distribution brings."""
    return [name for name in imports(path) if not bringing(name) & allowed]


@cache
def bringing(name: str) -> set[str]:
    """Return the distributions that bring what is imported by a name."""
    return {canonicalize_name(each) for each in installed().get(name, [name])}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ["features", "models", "serving", "tarazy"])
def test_what_serves_and_decides_imports_what_production_installs(room):
    for path in modules(room):
        if not str(path.relative_to(ROOT)).startswith(LEARNERS):
            assert not undeclared(path, declared()), path


def test_drawing_inspections_needs_no_more_than_production_installs():
    for path in modules("training/inspections"):
        assert not undeclared(path, declared()), path


@pytest.mark.parametrize("room", ["training", LEARNERS])
def test_what_trains_imports_what_its_extra_adds(room):
    assert modules(room)
    for path in modules(room):
        assert not undeclared(path, declared("train")), path


def test_tests_import_what_developing_adds():
    for path in modules("tests"):
        extra = "mutants" if path.name == "mutants.py" else "dev"
        assert not undeclared(path, declared("train", "dev", extra)), path


def test_nothing_is_declared_that_nobody_uses():
    used = {
        distribution
        for room in ("features", "models", "serving", "tarazy", "training")
        for path in modules(room)
        for name in imports(path)
        for distribution in bringing(name)
    }
    assert declared("train") - {"tarazy"} - used == set(LOADED_BY_NAME)


def test_an_import_of_what_only_training_has_is_seen(tmp_path):
    module = tmp_path / "served.py"
    module.write_text(
        "import numpy\nfrom features import build\n\ndef late():\n    import sklearn.base\n    from mlflow import log\n"
    )
    assert undeclared(module, declared()) == ["sklearn", "mlflow"]
    assert undeclared(module, declared("train")) == []
