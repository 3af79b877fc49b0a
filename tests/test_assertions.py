"""An interpreter may strip assertions (`python -O`): nothing but a test may lean on one."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import cited

ROOT = Path(__file__).parents[1]
PACKAGES = ("features", "models", "training", "serving", "tarazy")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def stripped(tree: ast.AST) -> list[int]:
    """Lines that `-O` takes out of a module, or that ask whether it did."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Name) and node.id == "__debug__")
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_outside_the_tests_leans_on_an_assertion(package):
    modules = [path for path in SOURCES if path.relative_to(ROOT).parts[0] == package]
    assert modules
    leaning = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules
        for line in stripped(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not leaning, "raise an error that names the place and the remedy instead"


@pytest.mark.parametrize("code", ["assert law.subsistence_minimum", "if __debug__:\n    pass"])
def test_what_would_be_stripped_is_seen(code):
    assert stripped(ast.parse(code))


@pytest.mark.long
def test_a_manifest_and_a_decision_cite_the_same_editions_with_assertions_stripped():
    done = subprocess.run(
        [sys.executable, "-O", "-m", "tests.cited"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.strip() == cited.everything()


def test_the_manifest_names_what_judges_a_finding_and_what_a_promise_leans_on():
    names = {entry["name"] for entry in cited.of_a_manifest()}
    assert {
        "hidden_income_materiality",
        "inspection_sensitivity",
        "flag_error_rate",
        "review_capacity",
        "review_days",
        "payments_to_income_ratio",
        "subsistence_minimum",
    } <= names
    since = [e["since"] for e in cited.of_a_manifest() if e["name"] == "subsistence_minimum"]
    assert since == ["2023-01-01", "2024-01-01", "2025-01-01", "2026-01-01"]


def test_a_decision_names_what_its_card_rule_flags_and_programmes_compare_with():
    names = {name for name, _, _ in cited.of_a_decision()["cites"]}
    assert {
        "subsistence_minimum",
        "monthly_calculation_index",
        "payments_to_income_ratio",
        "minimum_wage",
        "large_family_children",
        "subsistence_minimum_actual",
    } <= names
