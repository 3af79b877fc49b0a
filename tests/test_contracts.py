"""Import contracts fail closed: a new module is bound by them from its first day.

In a copy of the tree every package gets one more module that imports what somebody may not,
and one more package that nobody placed; the contracts must name each of them.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOUSE = ("features", "models", "training", "serving", "tarazy")
PLANTED = "planted"


def packages():
    """Every package of the house, dotted."""
    return [
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in HOUSE
        for path in sorted((ROOT / top).rglob("__init__.py"))
    ]


def within(package, rooms):
    return any(package == room or package.startswith(f"{room}.") for room in rooms)


# What is imported, by whom it must be refused, and who of them may all the same.
REFUSED = [
    ("pickle", [*HOUSE], []),
    ("joblib", [*HOUSE], []),
    ("mlflow", ["features", "models", "serving"], []),
    ("optuna", ["features", "models", "serving"], []),
    ("sklearn", ["features", "serving"], []),
    ("numpy", ["models.law", "models.rules", "models.poverty", "models.reasons"], []),
    ("lightgbm", ["models.law", "models.rules", "models.poverty", "models.reasons"], []),
    ("training.population.truth", [*HOUSE], ["training.population", "training.trials"]),
    ("training.trials.country", [*HOUSE], ["training.trials", "training.under_reporting"]),
    ("models.poverty.yardsticks", [*HOUSE], ["models.poverty", "serving.audit", "serving.reform"]),
    (
        "models.assessment.groups",
        [*HOUSE],
        ["models.assessment", "training.evaluation", "training.report"],
    ),
    ("training.evaluation.groups.audit_attributes", [*HOUSE], ["training.evaluation"]),
    ("features.catalogue", ["training.population"], []),
    ("models.law.parameters", ["features", "training.population"], []),
    ("serving.metrics", ["features", "models", "training"], []),
    ("training.train", ["features", "models", "serving"], []),
    ("tarazy.registers", ["features", "models", "serving", "training"], []),
]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory):
    """What the contracts say of a tree in which every package has one module more."""
    tree = tmp_path_factory.mktemp("planted")
    for top in HOUSE:
        shutil.copytree(
            ROOT / top, tree / top, ignore=lambda _, names: [n for n in names if not python(n)]
        )
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in packages():
        folder = tree / package.replace(".", "/")
        imports = [
            f"import {name}\n"
            for name, rooms, may in REFUSED
            if within(package, rooms) and not within(package, may)
        ]
        (folder / f"{PLANTED}.py").write_text("".join(imports), encoding="utf-8")
    for top in ("models", "training", "serving"):
        room = tree / top / "unplaced"
        room.mkdir()
        (room / "__init__.py").write_text('"""A room that nobody placed."""\n', encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=300,
        env={"PYTHONPATH": str(tree), "COLUMNS": "400", "PATH": ""},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def python(name):
    """Whether a name in a folder is a module or may hold some."""
    return name.endswith(".py") or ("." not in name and name != "__pycache__")


@pytest.mark.parametrize(("name", "rooms", "may"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_new_module_anywhere_is_refused_what_its_package_is_refused(verdict, name, rooms, may):
    blamed = set(re.findall(rf"([\w.]+)\.{PLANTED} -> {re.escape(name)} \(", verdict))
    ought = {p for p in packages() if within(p, rooms) and not within(p, may)}
    assert ought - blamed == set()


@pytest.mark.parametrize("top", ["models", "training", "serving"])
def test_a_new_package_must_be_given_its_place(verdict, top):
    assert re.search(rf"{top}\.unplaced", verdict)


def test_no_contract_lists_modules_where_a_package_would_do():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    named = set(re.findall(r'"((?:features|models|training|serving|tarazy)(?:\.\w+)+)"', text))
    modules = {
        name for name in named if (ROOT / f"{name.replace('.', '/')}.py").is_file()
    }  # what is protected by name is so because it is one thing
    assert modules <= {
        "models.assessment.groups",
        "models.assessment.fairness",
        "tarazy.country",
    }
