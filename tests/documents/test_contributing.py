"""CONTRIBUTING.md lists every module that names a register, and shows errors as they are."""

import re
from pathlib import Path

from features.errors import SnapshotError
from features.registers.declared import REGISTERS
from features.registers.fault import Fault, keeper
from tests.walks.walk import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
ALIKE = ("deposits", "utilities", "transfers")
"""One register of things, one of months by household, one of months by person: a new one is like
one of these."""


def between(start, end):
    return PAGE.split(f"<!-- {start} -->")[1].split(f"<!-- {end} -->")[0]


def listed(text):
    """The files that the first column of a table, or a sentence, names."""
    cells = [line.split("|")[1] if line.startswith("|") else line for line in text.splitlines()]
    return {name for cell in cells for name in re.findall(r"`([\w/]+\.\w+)`", cell)}


def names_a_register(path):
    """Whether a module names one of the registers as a whole word of data, not of a sentence."""
    text = path.read_text("utf-8")
    for name in ALIKE:
        if path.suffix == ".py":
            pattern = rf"[\"']{name}[\"']"
        else:
            pattern = rf"^\s*{name}:|[:\[,]\s*{name}\s*[,\]}}]|:\s*{name}\s*$"
        if re.search(pattern, text, re.MULTILINE):
            return True
    return False


def test_every_module_that_names_a_register_is_listed_and_no_other():
    here = Path(__file__).resolve()
    naming = {
        str(path.relative_to(ROOT))
        for top in ("features", "models", "training", "serving", "tests")
        for kind in ("*.py", "*.yaml")
        for path in (ROOT / top).rglob(kind)
        if path != here and names_a_register(path)
    }
    places = listed(between("places of a register", "end of places"))
    examples = listed(between("examples of a register", "end of examples"))
    assert not places & examples
    assert naming - places - examples == set(), "read the contract instead, or list the module"
    assert (places | examples) - naming == set(), "these name no register any more"


def test_the_great_error_texts_are_those_that_are_said():
    great = re.findall(r"^\| great \| \*(.*)\* \|$", PAGE, re.MULTILINE)
    incomes = REGISTERS["incomes"]
    [promise] = [c for c in incomes["amount"].constraints if c.rule.startswith("whole tenge")]
    fault = Fault(
        register="incomes",
        column="amount",
        rule=promise.rule,
        rows=2,
        examples=(17, 42),
        remedy=promise.remedy,
        owner=keeper(incomes),
    )
    assert great == [str(SnapshotError.not_one(Path("snapshots/2026-01"))), fault.sentence]


def test_every_kind_of_thing_that_can_be_added_has_its_places():
    parts = re.findall(r"^## (An? [a-z ]+)$", PAGE, re.MULTILINE)
    assert parts == [
        "A register",
        "A feature",
        "A criterion",
        "A legal value",
        "A gate",
        "A stage of the model",
        "A field of the answer",
        "A document",
    ]
    for part in parts[:-1]:
        section = PAGE.split(f"## {part}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
        assert rows[0] == ("place", "changes", "who notices a forgotten one")
        assert len(rows) > 3
