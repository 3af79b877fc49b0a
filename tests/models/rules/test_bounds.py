"""A fact on each side of each bound, and no bound of another measure than its fact."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.parameters import Law
from models.rules.bounds import Bound, bound_of

LAW = Law(date(2026, 1, 1))


def read(feature, **entry):
    return bound_of("page.yaml, CODE", feature, entry, LAW)


@pytest.mark.parametrize(
    ("test", "below", "on", "above"),
    [
        ("from", False, True, True),
        ("above", False, False, True),
        ("at_most", True, True, False),
        ("below", True, False, False),
        ("is", False, True, False),
    ],
)
def test_a_fact_on_the_bound_and_on_each_side_of_it(test, below, on, above):
    bound = Bound(test=test, value=10)
    expected = [below, on, above, None]
    facts = pl.DataFrame({"fact": [9, 10, 11, None]})
    assert facts.select(bound.reached(pl.col("fact"))).to_series().to_list() == expected
    assert [bound.reached_by(fact) for fact in (9, 10, 11, None)] == expected


def test_an_entry_without_a_comparison_has_no_bound():
    assert read("dwellings", points=4) is None


def test_an_entry_with_two_comparisons_is_refused_with_its_place():
    with pytest.raises(DeclarationError, match=r"^page\.yaml, CODE: one comparison, not from and"):
        read("dwellings", **{"from": 1, "at_most": 3})


@pytest.mark.parametrize(
    ("number", "value"), [(2, 2), (0, 0), (Decimal("0.25"), 0.25), (Decimal("2.0"), 2.0)]
)
def test_a_number_of_the_file_is_taken_as_it_stands(number, value):
    bound = read("work_intensity", above=number)
    assert bound == Bound(test="above", value=value)
    assert type(bound.value) is type(value)


def test_a_multiple_of_a_legal_value_is_whole_tenge_of_the_day_and_cites_it():
    # 1.5 × 50 851 = 76 276.5
    bound = read("income_per_member", **{"from": Decimal("1.5"), "unit": "subsistence_minimum"})
    assert (bound.test, bound.value) == ("from", 76_277)
    assert (bound.priced_by.name, bound.priced_by.edition.since) == ("subsistence_minimum", LAW.day)


MONEY_A_MONTH = ["income_per_member", "wage_per_member", "loan_payments_month"]
MONEY = ["deposits_balance", "income_quarter", "income_year", "income_last_month"]
NO_MONEY = [
    "dwellings",
    "work_intensity",
    "living_area",
    "rents_home",
    "dwelling_shares",
    "livestock_units",
    "months_with_earnings",
    "days_overdue",
    "adult_education",
]


@pytest.mark.parametrize("feature", [*MONEY_A_MONTH, *MONEY, *NO_MONEY])
@pytest.mark.parametrize(
    ("unit", "alike"),
    [
        ("subsistence_minimum", MONEY_A_MONTH),
        ("monthly_calculation_index", MONEY),
        ("large_family_children", NO_MONEY),
        ("hidden_income_materiality", NO_MONEY),
    ],
)
def test_a_fact_is_compared_only_with_what_is_of_its_measure(feature, unit, alike):
    assert feature in FEATURES
    if feature in alike:
        assert read(feature, **{"from": 2, "unit": unit}).priced_by.name == unit
    else:
        with pytest.raises(DeclarationError, match="Compare like with like"):
            read(feature, **{"from": 2, "unit": unit})
