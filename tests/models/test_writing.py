"""One fact is written alike wherever people read it."""

from datetime import date
from pathlib import Path

import pytest

from features.units import Unit
from models.law.parameters import Law
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES, money, number, written

NNBSP, NBSP = "\u202f", "\u00a0"
ROOT = Path(__file__).parents[2]
PEOPLE_READ = [
    path
    for package in ("models", "training", "serving")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "writing.py"
]


@pytest.mark.parametrize(
    ("value", "language", "as_text"),
    [
        (0, "en", "0"),
        (999, "ru", "999"),
        (1_000, "ru", f"1{NNBSP}000"),
        (-12_345, "en", f"-12{NNBSP}345"),
        (1_234.5, "en", f"1{NNBSP}234.5"),
        (1_234.5, "kk", f"1{NNBSP}234,5"),
        (0.25, "ru", "0,25"),
    ],
)
def test_thousands_stand_apart_and_decimals_after_the_point_of_the_language(
    value, language, as_text
):
    assert number(value, language) == as_text


@pytest.mark.parametrize(
    ("millionths", "as_text"),
    [(1_000_000, "1"), (2_500_000, "2,5"), (333_333, "0,333333"), (0, "0")],
)
def test_shares_of_a_dwelling_are_written_as_dwellings(millionths, as_text):
    assert written(millionths, Unit.MILLIONTHS, "ru") == as_text


def test_an_amount_never_parts_from_its_unit():
    assert money(98_765) == written(98_765, Unit.TENGE, "en") == f"98{NNBSP}765{NBSP}₸"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_category_is_called_what_its_card_calls_it(language):
    card = Scorecard.in_force(Law(date(2026, 1, 1)))
    names = [card.category_name(c.category, language) for c in card.categories]
    assert names == [c.name[language] for c in card.categories]
    assert len(set(names)) == 6


def test_no_other_module_sets_thousands_or_tenge_apart_by_itself():
    assert len(PEOPLE_READ) > 100
    alone = [
        path.relative_to(ROOT).as_posix()
        for path in PEOPLE_READ
        for text in [path.read_text(encoding="utf-8")]
        if NNBSP in text or "\\u202f" in text or '.replace(",", ' in text
    ]
    assert alone == []
