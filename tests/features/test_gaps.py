"""What is missing without a trace: a region that sent nothing, months under another's name."""

from datetime import date

import polars as pl
import pytest

from features.checking.gaps import FEWEST, SOME_OWN
from features.checking.gaps import warnings as warnings_on
from features.registers.owners import owners_of
from features.units import add_months

REGIONS = ("61", "71", "79")
FAMILIES = 120
NEWEST = date(2025, 12, 1)
DAY = date(2026, 1, 1)


def warnings(registers):
    return warnings_on(registers, owners_of(registers), DAY)


def families():
    """As many families in each of three regions, one person each."""
    ids = list(range(FAMILIES * len(REGIONS)))
    return {
        "households": pl.LazyFrame(
            {"household_id": ids, "region": [REGIONS[i % len(REGIONS)] for i in ids]}
        ),
        "persons": pl.LazyFrame({"person_id": ids, "household_id": ids}),
    }


def cars(*owners_by_region):
    """One car for so many families of each region."""
    owners = [
        place + len(REGIONS) * n for place, many in enumerate(owners_by_region) for n in range(many)
    ]
    return pl.LazyFrame({"person_id": owners}, schema={"person_id": pl.Int64})


def paid(begun):
    """An income of each of many people from the month in which it began until the newest."""
    return pl.LazyFrame(
        [
            {"person_id": n, "month": add_months(NEWEST, -back), "source": "wage"}
            for n, since in enumerate(begun)
            for back in range(since + 1)
        ],
        schema={"person_id": pl.Int64, "month": pl.Date, "source": pl.String},
    )


def swapped(incomes, back):
    month, other = pl.col("month"), add_months(NEWEST, -back)
    return incomes.with_columns(
        month=pl.when(month == NEWEST)
        .then(pl.lit(other))
        .when(month == other)
        .then(pl.lit(NEWEST))
        .otherwise(month)
    )


def herds(*owners_by_region):
    return cars(*owners_by_region)


@pytest.mark.parametrize(
    ("owners", "regions"),
    [
        ((60, 60, 0), ["35"]),  # a region of villages that sent nothing
        ((60, 60, 30), []),
        ((60, 0, 60), ["61"]),
        ((0, 60, 60), []),  # animals are not kept in Astana
    ],
)
def test_animals_are_missed_in_every_region_that_is_no_city_of_its_own(owners, regions):
    country = families()
    moved = {"61": "71", "71": "61", "79": "35"}  # a city first, then two regions of villages
    country["households"] = country["households"].with_columns(pl.col("region").replace(moved))
    seen = warnings(country | {"livestock": herds(*owners)})
    assert [fault.rule.split()[1] for fault in seen] == regions


@pytest.mark.parametrize(
    ("families_of_the_country", "missed"), [(SOME_OWN - 1, []), (SOME_OWN, ["vehicles"])]
)
def test_a_register_without_a_row_for_a_country_has_not_arrived(families_of_the_country, missed):
    ids = list(range(families_of_the_country))
    country = {
        "households": pl.LazyFrame({"household_id": ids, "region": ["61"] * len(ids)}),
        "persons": pl.LazyFrame({"person_id": ids, "household_id": ids}),
        "vehicles": cars(),
        "loans": cars(1),
    }
    assert [fault.register for fault in warnings(country)] == missed


@pytest.mark.parametrize(
    ("third", "regions"),
    [(0, ["79"]), (3, ["79"]), (30, []), (60, [])],
)
def test_a_region_that_sent_hardly_anything_is_warned_of(third, regions):
    seen = warnings(families() | {"vehicles": cars(60, 60, third)})
    assert [fault.rule.split()[1] for fault in seen] == regions
    assert all(fault.severity == "warning" and fault.register == "vehicles" for fault in seen)


def test_animals_are_not_missed_in_a_city_and_nothing_is_missed_where_few_own_anything():
    assert warnings(families() | {"livestock": cars(60, 60, 0)}) == []
    assert warnings(families() | {"vehicles": cars(5, 5, 0)}) == []


def test_incomes_that_begin_one_after_another_break_no_month():
    assert warnings({"incomes": paid([n % 12 for n in range(240)])}) == []


@pytest.mark.parametrize("back", [2, 4, 7])
def test_two_months_that_bear_each_others_names_are_warned_of(back):
    seen = warnings({"incomes": swapped(paid([n % 12 for n in range(240)]), back)})
    assert f"{add_months(NEWEST, -back):%Y-%m}" in {fault.rule.split()[0] for fault in seen}
    assert {fault.severity for fault in seen} == {"warning"}


@pytest.mark.parametrize(("many", "warned"), [(FEWEST - 1, False), (FEWEST, True)])
def test_a_handful_of_interrupted_incomes_is_life(many, warned):
    whole = [11] * 200
    interrupted = paid(whole).filter(
        (pl.col("month") != add_months(NEWEST, -5)) | (pl.col("person_id") >= many)
    )
    assert bool(warnings({"incomes": interrupted})) is warned


def test_a_payment_in_advance_does_not_move_the_year_that_is_judged():
    months = swapped(paid([n % 12 for n in range(240)]), 4)
    ahead = pl.LazyFrame({"person_id": [0], "month": [date(2026, 12, 1)], "source": ["wage"]})
    assert warnings({"incomes": pl.concat([months, ahead])}) == warnings({"incomes": months}) != []


def test_a_family_whose_region_nobody_knows_is_left_out_and_nothing_fails():
    unknown = families()
    region = pl.when(pl.col("household_id") == 0).then(None).otherwise(pl.col("region"))
    unknown["households"] = unknown["households"].with_columns(region=region)
    [fault] = warnings(unknown | {"vehicles": cars(60, 60, 0)})
    assert "region 79" in fault.rule


def test_without_a_decision_date_no_month_is_judged():
    registers = {"incomes": swapped(paid([n % 12 for n in range(240)]), 4)}
    assert warnings_on(registers, owners_of(registers), None) == []
