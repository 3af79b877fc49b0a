"""Errors with named constructors are raised by them: their words stand in one place."""

import ast
import inspect
from pathlib import Path

import pytest

from features import errors
from features.errors import SealedTruth, SnapshotError

ROOT = Path(__file__).resolve().parents[2]


def constructors(error):
    return {
        name
        for name, member in vars(error).items()
        if isinstance(member, classmethod) and not name.startswith("_")
    }


NAMED = {
    name: constructors(error)
    for name, error in inspect.getmembers(errors, inspect.isclass)
    if error.__module__ == "features.errors" and constructors(error)
}


def test_some_errors_have_named_constructors():
    assert {"SnapshotError", "SealedTruth"} <= NAMED.keys()


def test_an_error_with_named_constructors_is_raised_by_them_alone():
    raised = set()
    for top in ("features", "models", "training", "serving"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if path.name == "errors.py":
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                if isinstance(node.func, ast.Name) and node.func.id in NAMED:
                    pytest.fail(f"{path.relative_to(ROOT)}:{node.lineno}: words at the raise")
                if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                    raised.add((node.func.value.id, node.func.attr))
    unused = {(e, c) for e, names in NAMED.items() for c in names} - raised
    assert not unused, f"nobody raises {unused}"


def test_each_says_the_place_and_the_remedy():
    place = Path("snapshots/2026-01")
    messages = [
        SnapshotError.not_one(place),
        SnapshotError.unreadable(place / "manifest.json"),
        SnapshotError.of_another_format(place, written=7, reads=1),
        SnapshotError.incomplete(place, "persons"),
        SnapshotError.altered(place / "part-0" / "loans.parquet"),
        SealedTruth.in_folder(place / "truth", "truth"),
        SealedTruth.in_columns("incomes.parquet", "incomes", ["ladder"]),
    ]
    for error in messages:
        assert str(error).startswith(("snapshots/2026-01", "incomes.parquet of incomes"))
        assert any(verb in str(error) for verb in ("Make", "make", "Pass", "Write")), error
        assert str(error).endswith(".")
        assert error.exit_code == 1
