"""Targeted assistance as information: on both sides of the line, and out of every decision."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.poverty.targeted_assistance import assistance
from models.rules.category import rule_category
from models.rules.red_flags import red_flags
from tests.models.law.lawbook import amended, family, features

DAY = date(2021, 2, 17)  # the line is 24 011.4 tenge


def assisted(day=DAY, region=None, folder=None, **described):
    table = family(**{"pension_quarter": 0, "benefits_quarter": 0} | described)
    where = None if region is None else pl.DataFrame({"household_id": [1], "region": [region]})
    return assistance(table, Law(day, folder), where).row(0, named=True)


@pytest.mark.parametrize(
    ("income", "members", "below", "amount"),
    [
        (
            216_102,
            3,
            True,
            0,
        ),  # 3 × 3 × 24 011.4 = 216 102.6: sixty hundredths a quarter, a fifth a month
        (216_103, 3, False, 0),
        (0, 1, True, 24_011),  # 24 011.4
        (0, 2, True, 48_023),  # 48 022.8
        (0, 5, True, 120_057),
        (72_033, 1, True, 0),  # 24 011 a month: four tenths of a tenge lack
        (300_000, 12, True, 188_137),  # 12 × 24 011.4 − 100 000 = 188 136.8
    ],
)
def test_a_family_below_the_line_lacks_the_difference_for_each_member(
    income, members, below, amount
):
    row = assisted(income_quarter=income, members=members)
    assert (row["below_assistance_line"], row["assistance_amount"]) == (below, amount)


def test_a_family_exactly_on_the_line_is_not_below_it():
    day = date(2019, 1, 1)  # half of 29 698: 14 849
    assert assisted(day, income_quarter=3 * 14_849, members=1)["below_assistance_line"] is False
    assert assisted(day, income_quarter=3 * 14_849 - 1, members=1)["below_assistance_line"] is True


def test_assistance_stipends_and_a_disabled_childs_benefit_are_not_counted_but_pensions_are():
    quarter = {
        "income_quarter": 100_000,
        "benefits_quarter": 80_000,
        "pension_quarter": 30_000,
        "allowance_quarter": 5_000,
        "targeted_assistance_quarter": 15_000,
        "child_disability_benefit_quarter": 10_000,
    }
    stipends = 80_000 - 30_000 - 5_000 - 15_000 - 10_000
    assert assisted(**quarter)["assistance_income"] == 100_000 - 15_000 - 10_000 - stipends
    early = assisted(date(2019, 3, 31), **quarter)
    assert early["assistance_income"] == 100_000 - 15_000  # the list was longer from April on


@pytest.mark.parametrize(
    ("day", "children", "allowance", "income"),
    [
        (date(2019, 3, 31), 4, 120_000, 150_000),
        (date(2019, 4, 1), 4, 120_000, None),  # left out, and not told apart from other allowances
        (date(2019, 12, 31), 3, 120_000, 150_000),
        (date(2019, 12, 31), 4, 0, 150_000),
        (date(2020, 1, 1), 4, 120_000, 150_000),  # counted, as in the case of 122 tenge
    ],
)
def test_the_benefit_of_a_large_family_was_left_out_in_2019_only(day, children, allowance, income):
    row = assisted(
        day,
        members=6,
        children=children,
        income_quarter=150_000,
        allowance_quarter=allowance,
        benefits_quarter=allowance,
    )
    assert row["assistance_income"] == income
    assert (row["assistance_amount"] is None) is (income is None)


def test_the_line_is_that_of_the_region():
    day = date(2025, 10, 1)
    assert assisted(day, "47")["assistance_line"] == 51_545  # 51 544.5
    assert assisted(day, "35")["assistance_line"] == 42_043  # 42 042.7
    assert assisted(day, "43")["assistance_line"] == assisted(day)["assistance_line"] == 42_615


def test_what_is_unknown_gives_no_amount():
    assert assisted(income_quarter=None)["assistance_amount"] is None
    assert assisted(members=0)["below_assistance_line"] is None


@given(st.integers(0, 900_000), st.integers(1, 12), st.sampled_from([DAY, date(2025, 12, 31)]))
def test_the_amount_fills_the_gap_to_the_line_to_half_a_tenge(income, members, day):
    row = assisted(day, income_quarter=income, members=members)
    line = float(poverty_line(Law(day)).amount)
    gap = line * members - income / 3
    assert abs(row["assistance_amount"] - max(gap, 0)) <= 0.5 + 1e-6
    assert row["below_assistance_line"] is (gap > 0)


def test_what_targeted_assistance_counts_moves_no_answer_of_the_rules(tmp_path):
    def otherwise(content):
        for edition in content["editions"]:
            edition["not_counted"] = ["targeted_assistance", "large_family_benefit"]

    folder = amended(tmp_path, "targeted_assistance.yaml", otherwise)
    table = features({}, {"children": 5, "members": 7, "allowance_quarter": 200_000})
    for rules in (rule_category, red_flags):
        before, after = (rules(table, Law(date(2026, 1, 1), f)) for f in (None, folder))
        assert before.equals(after)
    assert not assistance(table, Law(date(2026, 1, 1))).equals(
        assistance(table, Law(date(2026, 1, 1), folder))
    )
