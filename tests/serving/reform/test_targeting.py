"""Whom help misses before and after a reform, on a survey small enough to count by hand."""

from datetime import date

import polars as pl
import pytest

from models.law.parameters import Law
from models.poverty.yardsticks import facts_read
from serving.audit.pages import _points
from serving.reform.targeting import AIMS, targeting

# Line of the budget law in 2025Q4: 46 228. Weight 1 each, one unit each.
# household | members | consumption | category now, then | below the line of assistance now, then
FAMILIES = [
    (1, 1, 46_227, 1, 1, True, True),  # poor
    (2, 2, 92_455, 4, 3, False, True),  # poor; the reform finds it, and assistance too
    (3, 3, 90_000, 6, 5, False, False),  # poor; no longer left out
    (4, 2, 92_456, 3, 6, False, True),  # exactly on the line: not poor
    (5, 2, 400_000, 6, 6, False, False),
    (6, 2, 400_000, 6, 6, False, None),  # whose income is not known under the reform
]
COLUMNS = (
    "household_id",
    "members",
    "consumption_monthly",
    "category_now",
    "category_then",
    "below_line_now",
    "below_line_then",
)
ROWS = pl.DataFrame(FAMILIES, schema=COLUMNS, orient="row")
TABLE = ROWS.drop("members", "consumption_monthly")
WANTS = facts_read(Law(date(2025, 12, 31)))
FACTS = ROWS.select(
    "household_id",
    *(pl.col(name) if name in ROWS.columns else pl.lit(0).alias(name) for name in WANTS),
)
SURVEY = ROWS.select("household_id", "consumption_monthly", quarter=pl.lit("2025Q4"), weight=1.0)


def aimed(aim, table=TABLE, code="absolute"):
    errors = targeting(table, FACTS, SURVEY)
    return next(y for y in errors["yardsticks"] if y["code"] == code)["aims"][aim]


def shares(errors):
    return {
        law: (errors[law]["exclusion"]["value"], errors[law]["inclusion"]["value"])
        for law in ("now", "then", "change")
    }


def near(**pairs):
    return {law: pytest.approx(pair, abs=1e-6) for law, pair in pairs.items()}


def test_a_poor_family_that_is_no_longer_left_out_lowers_the_error_of_exclusion():
    # poor: 1, 2, 3, of whom 3 was missed. Reached: 1, 2, 4 (4 not poor), then 1, 2, 3
    assert shares(aimed("left_out")) == near(
        now=(1 / 3, 1 / 3), then=(0.0, 0.0), change=(-1 / 3, -1 / 3)
    )


def test_the_poorest_three_categories_are_an_aim_of_their_own():
    # reached: 1 and 4, then 1 and 2; missed of the poor: 2 and 3, then 3
    assert shares(aimed("not_among_the_poorest")) == near(
        now=(2 / 3, 1 / 2), then=(1 / 3, 0.0), change=(-1 / 3, -1 / 2)
    )


def test_below_the_line_of_assistance_is_an_aim_as_well_and_the_unknown_are_left_out():
    # reached: 1, then 1, 2 and 4; the sixth family is counted under neither reading of `then`
    assert shares(aimed("assistance")) == near(
        now=(2 / 3, 0.0), then=(1 / 3, 1 / 3), change=(-1 / 3, 1 / 3)
    )


def test_families_that_change_sides_are_counted():
    assert aimed("left_out")["crossing"] == 2  # 3 and 4
    assert aimed("not_among_the_poorest")["crossing"] == 2  # 2 and 4
    assert aimed("assistance")["crossing"] == 3  # 2, 4 and the one that becomes unknown


def test_a_change_has_its_own_interval_around_it():
    change = aimed("left_out")["change"]["exclusion"]
    assert change["low"] < change["value"] < change["high"]
    assert change["low"] >= -1


def test_where_nobody_in_the_country_changes_sides_the_change_is_nought_for_certain():
    same = TABLE.with_columns(category_then="category_now")
    errors = aimed("left_out", same)
    assert errors["now"] == errors["then"]
    assert errors["crossing"] == 0
    assert errors["change"]["exclusion"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_where_only_families_that_were_not_asked_change_sides_the_change_is_uncertain():
    stranger = pl.DataFrame(
        {
            "household_id": [7],
            "category_now": [1],
            "category_then": [6],
            "below_line_now": [None],
            "below_line_then": [None],
        },
        schema=TABLE.schema,
    )
    same = TABLE.with_columns(category_then="category_now")
    change = aimed("left_out", pl.concat([same, stranger]))["change"]["exclusion"]
    assert change["value"] == 0.0
    assert change["low"] < 0.0 < change["high"]


def test_a_yardstick_that_the_survey_cannot_answer_tells_no_change_either():
    same = TABLE.with_columns(category_then="category_now")
    for table in (TABLE, same):
        errors = aimed("left_out", table, code="subjective")
        assert errors["now"]["exclusion"]["value"] is None
        assert errors["change"]["exclusion"]["value"] is None


@pytest.mark.parametrize(
    ("facts", "survey"), [(None, None), (FACTS.clear(), SURVEY)], ids=["no survey", "strangers"]
)
def test_without_a_survey_of_these_families_that_is_said(facts, survey):
    errors = targeting(TABLE, facts, survey)
    assert "no survey" in errors["why_not"]
    assert errors["yardsticks"] is None


def test_every_yardstick_is_laid_on_every_aim():
    errors = targeting(TABLE, FACTS, SURVEY)
    assert errors["families"] == 6
    assert {y["code"] for y in errors["yardsticks"]} >= {"absolute", "relative_60", "subjective"}
    assert all(tuple(y["aims"]) == AIMS for y in errors["yardsticks"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": -0.0728, "low": -0.094, "high": -0.0517}, "-7.3 (-9.4 to -5.2)"),
        ({"value": 0.0, "low": -0.0, "high": 0.012}, "+0.0 (+0.0 to +1.2)"),
        ({"value": 0.0, "low": 0.0, "high": 0.0}, "none"),
        ({"value": None, "low": None, "high": None}, "cannot be told"),
    ],
)
def test_a_change_is_said_in_points_with_its_sign(change, words):
    assert _points(change) == words
