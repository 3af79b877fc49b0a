"""What looks confirm by random inspections: the first of each family, by its inverse chance."""

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from models.assessment.looks import BEFORE
from models.decision.pipeline import decide
from models.law.parameters import Law
from tests.models.assessment.test_looks import families
from tests.models.decision.test_follow_up import LAW, country
from training.evaluation import looks

HIDES = 500_000


def labels(*inspections):
    """Inspections of (household, design, chance, hidden income a month, day of March)."""
    return SimpleNamespace(
        inspections=pl.DataFrame(
            [(h, d, p, amount, date(2026, 3, day), 1) for h, d, p, amount, day in inspections],
            schema={
                "household_id": pl.Int64,
                "design": pl.String,
                "probability": pl.Float64,
                "hidden_income_monthly": pl.Int64,
                "inspected_on": pl.Date,
                "members": pl.Int64,
            },
            orient="row",
        )
    )


def country_of_eight():
    groups = {name: pl.lit("x") for name in looks.GROUPS if name != "region"}
    return families(**groups).drop("changed")


def measured(*inspections):
    return looks.by_inspections(country_of_eight(), labels(*inspections), LAW)


def test_targeted_visits_and_complaints_judge_nobody():
    made = measured((1, "targeted", 0.5, HIDES, 1), (2, "complaint", None, HIDES, 1))
    assert made.whole.followed_up.known == 0
    assert made.whole.followed_up.changed.value is None


def test_the_first_random_inspection_of_a_family_counts():
    made = measured((1, "random", 0.01, 0, 2), (1, "random", 0.01, HIDES, 5))
    assert made.whole.followed_up.changed.value == 0


def test_a_family_that_was_half_as_likely_to_be_drawn_counts_twice():
    made = measured((1, "random", 0.01, HIDES, 1), (2, "random", 0.02, 0, 1))
    assert made.whole.followed_up.changed.value == pytest.approx(2 / 3)


def test_of_families_nobody_inspected_only_numbers_are_known():
    whole = measured().whole
    assert (whole.families, whole.followed_up.families, whole.waiting) == (8, 3, 1)
    assert whole.changed.value is None


def test_a_family_is_counted_with_the_groups_that_its_registers_show():
    registers = country(payment=900_000)
    row = looks.of(decide(registers, None, LAW), registers, LAW.day).row(0, named=True)
    assert (row["region"], row["settlement"], row["head"]) == (35, "urban", "f")
    assert (row["single_parent"], row["waited_before"], row["waiting"]) == ("yes", True, False)


def test_groups_have_names_and_the_unknown_one_is_called_so():
    assert looks.named("head", "f") == "headed by a woman"
    assert looks.named("region", "71") == "Astana"
    assert looks.named("category", "4") == "4"
    assert looks.named("head", None) == "unknown"


def test_working_days_are_those_of_the_law_of_the_day():
    assert measured().review_days == float(LAW.review_days)
    assert Law(BEFORE).day < LAW.day
