"""Features become inputs at the prices of their own months."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from features.catalogue import FEATURES
from features.declare import Feature
from features.units import Span
from models.law.parameters import Law
from models.learned.inputs import (
    declared_income,
    declared_inputs,
    digest,
    encode,
    in_tenge,
    named,
    subsistence,
)

LAW = Law(date(2026, 1, 1))
BANNED = ("sex", "region", "settlement", "language", "household_id", "person_id", "name")


def family(**known):
    """One family of whom only this is known."""
    row = {"household_id": 1} | dict.fromkeys(FEATURES) | known
    schema = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    return pl.DataFrame([row], schema=schema)


def one(name, **known):
    return encode(family(**known), named([name]), LAW)[0, 0]


def test_an_amount_is_divided_by_the_subsistence_minimum_of_its_months_and_the_members():
    # October to December 2025: 3 x 46,228 = 138,684; a wage of 277,368 for two is one ПМ each.
    assert one("wage_quarter", wage_quarter=277_368, members=2) == 1.0


def test_the_same_money_is_worth_less_when_prices_have_risen():
    then = encode(
        family(property_value=10**7, members=1), named(["property_value"]), Law(date(2024, 6, 1))
    )
    assert then[0, 0] > one("property_value", property_value=10**7, members=1)


def test_a_span_over_new_year_adds_up_both_years_prices():
    months = {Span.QUARTER: (2025, 2025, 2026)}  # November, December, January
    law = Law(date(2026, 2, 1))
    expected = sum(Law(date(year, 6, 1)).subsistence_minimum for year in months[Span.QUARTER])
    assert subsistence(Span.QUARTER, law) == expected
    assert len({Law(date(y, 6, 1)).subsistence_minimum for y in (2025, 2026)}) == 2


def test_counts_levels_and_answers_stay_as_they_are():
    assert one("children", children=3, members=5) == 3.0
    assert one("has_internet", has_internet=True) == 1.0
    assert one("has_internet", has_internet=False) == 0.0


def test_unknown_is_nan_and_zero_is_zero():
    assert np.isnan(one("wage_quarter", members=2))
    assert one("wage_quarter", wage_quarter=0, members=2) == 0.0


@pytest.mark.parametrize("members", [0, None])
def test_a_household_without_members_has_no_amount_a_member(members):
    assert np.isnan(one("wage_quarter", wage_quarter=1, members=members))
    assert np.isnan(declared_income(family(income_quarter=1, members=members), LAW)[0])


def test_a_child_more_never_makes_an_amount_look_richer():
    """Only amounts that speak for means are shared among the members."""
    shared = [i for i in declared_inputs() if i.per_member]
    assert shared
    assert all(i.direction == 1 for i in shared)


def test_nobodys_sex_region_language_or_number_is_an_input():
    for i in declared_inputs():
        read = closure(FEATURES[i.name])
        assert not read & set(BANNED), i.name


def closure(feature: Feature) -> set[str]:
    names = {feature.name} | set(feature.reads)
    for part in feature.reads:
        if feature.is_derived:
            names |= closure(FEATURES[part])
    # Counting different persons is the one use of a key that says nothing of who they are.
    return names - {"person_id"} if feature.name == "earners" else names


def test_what_a_lost_job_moves_is_known():
    moved = {i.name for i in declared_inputs() if i.moved_by_work}
    assert {"employees", "working_members", "dependency_ratio", "pensioners"} <= moved
    assert not {"adults", "children", "vehicles", "loans_outstanding"} & moved


def test_amounts_go_back_into_whole_tenge_for_the_household():
    month = Law(date(2026, 1, 1)).subsistence_minimum
    back = in_tenge(np.array([1.5]), family(members=2), LAW)
    assert back.to_list() == [3 * month]
    assert in_tenge(np.array([np.nan]), family(members=2), LAW).to_list() == [None]


def test_alone_and_in_company_a_family_has_the_same_bytes():
    generator = np.random.default_rng(0)
    rows = [
        family(wage_quarter=int(w), members=int(m))
        for w, m in zip(generator.integers(0, 10**7, 50), generator.integers(1, 9, 50), strict=True)
    ]
    inputs = named(["wage_quarter", "members"])
    together = encode(pl.concat(rows), inputs, LAW)
    assert all((encode(row, inputs, LAW)[0] == together[k]).all() for k, row in enumerate(rows))


def test_another_definition_anywhere_below_is_another_digest(monkeypatch):
    from dataclasses import replace

    before = digest(["dependency_ratio"])
    assert digest(["dependency_ratio"]) == before
    changed = replace(FEATURES["working_members"], expression=lambda _: pl.len())
    monkeypatch.setitem(FEATURES, "working_members", changed)
    assert digest(["dependency_ratio"]) != before
    assert digest(["vehicles"]) == digest(["vehicles"])
