"""Every code name of the glossary is in the code, and every public name is in the glossary."""

import re

from features.declare import Block
from models.columns import SCORE_SCHEMA
from tests.documents.test_documents import _is_module
from tests.walks.walk import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| kk ")
]
PLAIN = {"household_id", "as_of", "proposed_category", "services_in_review", "hidden_income_probability",
         "model_version", "law_version"}  # fmt: skip
"""Columns of a decision that the terms of the others explain."""


def names():
    return [name for row in ROWS for name in re.findall(r"`([^`]+)`", row[3])]


def test_every_term_has_three_languages_a_meaning_and_a_source():
    assert len(ROWS) > 50
    for row in ROWS:
        assert len(row) == 6, row
        assert all(row), row
        assert re.search("[а-яё]", row[0]), row
        assert re.search("[а-яё]", row[1]), row


def test_no_term_is_explained_twice():
    assert len({row[2] for row in ROWS}) == len(ROWS)
    assert len(set(names())) == len(names())


def test_every_code_name_is_in_the_code():
    code = "\n".join(
        path.read_text("utf-8")
        for top in ("features", "models", "training", "serving")
        for kind in ("*.py", "*.yaml")
        for path in (ROOT / top).rglob(kind)
    )
    for name in names():
        known = _is_module(name) if "." in name else re.search(rf"\b{name}\b", code)
        assert known, name


def test_every_column_of_a_decision_is_explained():
    assert set(SCORE_SCHEMA) - set(names()) <= PLAIN


def test_every_block_is_named():
    row = next(row for row in ROWS if row[2] == "block")
    assert all(block.value in row[4] for block in Block)
