"""Whose an unknown is: a family's own that a paper settles, or a register's that it waits for."""

from datetime import date

import polars as pl
import pytest

from features.build import build
from features.registers.coverage import COVERED
from features.registers.declared import REGISTERS, SCORING
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.unknown import whose
from tests.tables import register

DAY = date(2026, 1, 1)
LAW = Law(DAY)
SCORING_NAMES = {r.name for r in SCORING}
FAMILY = {
    "households": register(
        "households",
        """
        household_id | region | settlement | tenure | living_area_m2 | piped_water | sewerage | central_heating
        1            | 35     | urban      | owned  | 60             | yes         | yes      | yes
        """,
    ),
    "persons": register(
        "persons",
        """
        person_id | household_id | birth_date | sex | relation | activity | education  | disability | chronic_condition | guardianship
        11        | 1            | 1980-01-01 | f   | head     | employee | vocational | none       | no                | no
        """,
    ),
    "incomes": register(
        "incomes",
        """
        household_id | person_id | month      | source | amount
        1            | 11        | 2025-10-01 | wage   | 90000
        1            | 11        | 2025-11-01 | wage   | 90000
        1            | 11        | 2025-12-01 | wage   | 90000
        """,
    ),
    **{
        name: pl.DataFrame(schema={"household_id": pl.Int64, **REGISTERS[name].schema})
        for name in SCORING_NAMES - {"households", "persons", "incomes"}
    },
}


def hanging(**changes):
    registers = FAMILY | changes
    features = build(registers, DAY)
    ruled = rule_category(features, LAW)
    [row] = whose(registers, features, ruled, LAW).rows(named=True)
    return row | {"now": ruled["rule_category"][0], "richest": ruled["richest_category"][0]}


def without(name, column):
    return {
        name: FAMILY[name].with_columns(pl.lit(None, FAMILY[name].schema[column]).alias(column))
    }


def test_where_everything_is_known_nothing_hangs_on_anybody():
    row = hanging()
    assert row["richest_by_papers"] == row["now"] == row["richest"]
    assert row["silent_registers"] == []


def test_a_register_that_was_not_delivered_is_waited_for_and_no_paper_is_asked_for():
    row = hanging(properties=None, incomes=None)
    assert row["now"] < row["richest"]
    assert row["richest_by_papers"] == row["now"]
    assert row["silent_registers"] == ["incomes", "properties"]


@pytest.mark.parametrize("name", ["deposits", "transfers"])
def test_nobody_waits_for_a_register_that_the_pilot_never_gets(name):
    row = hanging(**{name: None})
    assert row["silent_registers"] == []
    assert row["richest_by_papers"] == row["now"]


def test_months_that_a_register_does_not_cover_are_the_registers_silence():
    behind = pl.DataFrame({"household_id": [1], "incomes": [2]})
    covered = pl.DataFrame({"household_id": [1], "incomes": [3]})
    assert hanging(**{COVERED: behind})["silent_registers"] == ["incomes"]
    assert hanging(**{COVERED: covered})["silent_registers"] == []


def test_a_value_that_a_paper_settles_is_the_familys_own():
    row = hanging(**without("persons", "education"))
    assert row["now"] < row["richest"]
    assert row["richest_by_papers"] == row["richest"]
    assert row["silent_registers"] == []


def test_a_value_that_no_paper_of_the_family_settles_asks_for_nothing():
    row = hanging(**without("incomes", "amount"))
    assert row["now"] < row["richest"]
    assert row["richest_by_papers"] == row["now"]
    assert row["silent_registers"] == []


def test_a_silent_register_takes_nothing_from_what_a_paper_could_settle():
    row = hanging(**without("persons", "education"), properties=None, incomes=None)
    assert row["now"] <= row["richest_by_papers"] < row["richest"]
    assert row["silent_registers"] == ["incomes", "properties"]
