"""What a letter calls a correction that changes the category does change it."""

import copy
from datetime import date

import polars as pl
import pytest
from hypothesis import strategies as st
from msgspec.structs import astuple

from features.registers.declared import REGISTERS
from models.decision.pipeline import decide
from models.explanation import corrections
from models.explanation.corrections import possible
from models.explanation.counterfactual import AT_MOST, FACTS_AT_MOST, corrected, nearest
from models.law.parameters import Law
from models.reasons.wording import placeholders, remedies
from models.rules.scorecard import Scorecard
from models.writing import LANGUAGES
from serving.api.examples import FAMILY
from serving.requests.request import ROW_REGISTERS, read_one
from tests.drawn import drawn

DAY = date(2026, 1, 1)
LAW_OF_THE_DAY = Law(DAY)
OF_THINGS = tuple(n for n, register in ROW_REGISTERS.items() if "record_id" in register)
NEVER = ("birth_date", "sex", "relation", "guardianship", "disability", "chronic_condition")


def registers_of(**changes):
    """The family of the examples with some of its registers changed, ready to be decided."""
    family = {name: [] for name in ROW_REGISTERS} | copy.deepcopy(FAMILY) | changes
    for name in OF_THINGS:  # two things alike are two records
        rows = family[name] or []
        family[name] = family[name] and [r | {"record_id": n} for n, r in enumerate(rows)]
    [(_, registers)] = read_one({"as_of": DAY.isoformat(), "household": family}).alike()
    return registers


def category(registers):
    return decide(registers, None, LAW_OF_THE_DAY).table["category"][0]


def categories(registers, attempts):
    """The category with each of these corrections made by itself, all decided in one go."""
    apart = 1_000

    def moved(rows, number):
        return rows.with_columns(
            pl.lit(number).alias("household_id"),
            *(pl.col(c) + apart * number for c in rows.columns if c == "person_id"),
        )

    made = [corrected(registers, facts) for facts in attempts]
    together = {
        name: None if rows is None else pl.concat([moved(c[name], n) for n, c in enumerate(made)])
        for name, rows in registers.items()
    }
    decided = decide(together, None, LAW_OF_THE_DAY).table
    return dict(zip(decided["household_id"], decided["category"], strict=True))


def wages(person, amount):
    return [
        {"person_id": person, "month": f"2025-{m}-01", "source": "wage", "amount": amount}
        for m in ("10", "11", "12")
    ]


def home(kind="apartment", area=60.0):
    return {"person_id": 1, "kind": kind, "area_m2": area, "share": 1.0, "value": 1}


def car(year=2015, **more):
    return {"person_id": 1, "kind": "car", "model_year": year, "value": 1} | more


def firm(turnover=0):
    return {"person_id": 1, "form": "IP", "opened_on": "2019-02-01", "turnover_12m": turnover}


def rich(**changes):
    """Two dwellings, two cars, a dormant business and a high income: category 6 by its rule."""
    own = {
        "properties": [home(), home("house")],
        "vehicles": [car(2015), car(2022)],
        "businesses": [firm()],
        "incomes": wages(1, 3_000_000),
    }
    return registers_of(**(own | changes))


def codes(counterfactual):
    return [[fact.code for fact in change.facts] for change in counterfactual.changes]


def test_a_family_of_category_6_hears_of_each_record_that_holds_it_there():
    assert category(rich()) == 6
    codes_heard = {code for change in codes(nearest(rich(), LAW_OF_THE_DAY)) for code in change}
    assert codes_heard <= {
        "VEHICLE_SOLD",
        "BUSINESS_DORMANT",
        "DWELLING_NOT_OWNED",
        "INCOME_NOT_RECEIVED",
    }
    assert len(codes_heard) == AT_MOST


def test_a_business_with_turnover_is_never_to_be_closed():
    counterfactual = nearest(rich(businesses=[firm(turnover=5_000_000)]), LAW_OF_THE_DAY)
    assert ["BUSINESS_DORMANT"] not in codes(counterfactual)
    assert counterfactual.changes


@pytest.mark.parametrize("status", ["arrested", "stolen", "sold_not_reregistered"])
def test_a_car_that_does_not_count_is_no_correction(status):
    registers = registers_of(vehicles=[car(status=status)])
    assert "VEHICLE_SOLD" not in {c.code for c in possible(registers, DAY)}


def test_an_income_outside_the_months_that_count_is_no_correction():
    old = [{"person_id": 1, "month": "2025-09-01", "source": "wage", "amount": 500_000}]
    assert not [c for c in possible(registers_of(incomes=old), DAY) if c.register == "incomes"]


def test_benefits_of_the_state_are_no_correction():
    paid = [{"person_id": 1, "month": "2025-12-01", "source": "allowance", "amount": 500_000}]
    assert not [c for c in possible(registers_of(incomes=paid), DAY) if c.register == "incomes"]


def test_a_silent_register_holds_nothing_to_correct():
    assert not [c for c in possible(registers_of(vehicles=None), DAY) if c.register == "vehicles"]
    assert nearest(
        registers_of(vehicles=None, incomes=None, businesses=None), LAW_OF_THE_DAY
    ).category


def test_an_amount_is_lowered_no_further_than_the_category_asks():
    """Nearest means that the next higher amount that was tried would not have changed it."""
    registers = registers_of(incomes=wages(1, 300_000))
    change = next(
        c for c in nearest(registers, LAW_OF_THE_DAY).changes if c.facts[0].column == "amount"
    )
    [fact] = change.facts
    tried = [c for c in possible(registers, DAY) if c.fact == fact.fact]
    milder = tried[: tried.index(fact)]
    assert milder
    assert set(categories(registers, [[c] for c in milder]).values()) == {category(registers)}


def test_where_no_single_record_changes_the_category_the_nearest_two_together_do():
    """Three dwellings, three cars, a business that works, a pension: one record less changes nothing."""
    pension = [row | {"source": "pension"} for row in wages(1, 3_000_000)]
    registers = rich(
        properties=[home()] * 3, vehicles=[car()] * 3, businesses=[firm(1)], incomes=pension
    )
    alone = categories(registers, [[c] for c in possible(registers, DAY)])
    assert set(alone.values()) == {category(registers)} == {6}
    [change] = nearest(registers, LAW_OF_THE_DAY).changes
    assert {fact.code for fact in change.facts} <= {"VEHICLE_SOLD", "DWELLING_NOT_OWNED"}
    assert len({fact.fact for fact in change.facts}) == 2
    assert category(corrected(registers, change.facts)) == change.category == 5


def test_a_family_of_the_greatest_need_is_offered_no_correction():
    poor = registers_of(incomes=[], properties=[], vehicles=[], livestock=[], tenure="rented")
    poor["persons"] = poor["persons"].with_columns(activity=pl.lit("inactive"))
    assert category(poor) == 1
    assert nearest(poor, LAW_OF_THE_DAY).changes == ()


def test_a_family_with_very_many_records_is_not_recalculated_one_by_one():
    herd = [home("house") for _ in range(FACTS_AT_MOST + 1)]
    counterfactual = nearest(registers_of(properties=herd), LAW_OF_THE_DAY)
    assert counterfactual.too_many
    assert (counterfactual.changes, counterfactual.tried) == ((), 0)


def test_keys_as_large_as_identifiers_may_be_are_no_hindrance():
    large = 2**63 - 1
    family = copy.deepcopy(FAMILY)
    shifted = registers_of(**family)
    for name, rows in shifted.items():
        if rows is not None and "person_id" in rows.columns:
            shifted[name] = rows.with_columns(pl.lit(large) - pl.col("person_id"))
    assert codes(nearest(shifted, LAW_OF_THE_DAY)) == codes(
        nearest(registers_of(**family), LAW_OF_THE_DAY)
    )


cars = st.builds(car, st.integers(1990, 2025))
homes = st.builds(home, st.sampled_from(["apartment", "house", "land_plot"]), st.floats(10, 200))
herds = st.builds(
    lambda heads: {"person_id": 1, "species": "cattle", "heads": heads}, st.integers(0, 300)
)


@drawn(
    8,
    20,
    wage=st.integers(0, 3_000_000),
    vehicles=st.lists(cars, max_size=3),
    properties=st.lists(homes, max_size=3),
    livestock=st.lists(herds, max_size=1),
    businesses=st.lists(st.builds(firm, st.sampled_from([0, 10**6])), max_size=2),
    tenure=st.sampled_from(["owned", "rented", "relatives"]),
    area=st.none() | st.floats(10, 150),
)
def test_every_change_leads_to_greater_need_when_the_registers_are_corrected(
    wage, area, tenure, **owned
):
    registers = registers_of(incomes=wages(1, wage), tenure=tenure, living_area_m2=area, **owned)
    counterfactual = nearest(registers, LAW_OF_THE_DAY)
    changes = counterfactual.changes
    now, *after = categories(registers, [(), *(change.facts for change in changes)]).values()
    assert counterfactual.category == now
    assert all(change.category < now for change in changes)
    assert [change.category for change in changes] == after


def test_a_correction_changes_nothing_else():
    registers = rich()
    [fact] = nearest(registers, LAW_OF_THE_DAY).changes[0].facts
    changed = corrected(registers, [fact])
    for name, rows in registers.items():
        if rows is None:
            assert changed[name] is None
        elif name != fact.register:
            assert changed[name].equals(rows)


def test_only_what_can_be_recorded_wrongly_is_ever_corrected():
    declared = corrections._declared()["corrections"]
    for code, correction in declared.items():
        touched = {correction.get("lower"), *correction.get("put", {})} - {None}
        assert not touched & set(NEVER), code
        columns = {c.name for c in REGISTERS[correction["register"]]}
        assert touched | set(correction.get("only", {})) <= columns, code
        assert sum(key in correction for key in ("strike", "put", "lower")) == 1, code
        assert ("none" in correction) <= ("lower" in correction), code


@pytest.mark.parametrize("code", corrections.codes())
def test_every_correction_speaks_three_languages_and_names_where_and_with_what_proof(code):
    correction = corrections._declared()["corrections"][code]
    for wording in (correction, correction.get("none")):
        if wording is not None:
            quoted = [placeholders(wording[language]) for language in LANGUAGES]
            assert quoted == [quoted[0]] * len(LANGUAGES)
            assert quoted[0] <= set(correction["facts"])
    assert placeholders(correction["en"]) == set(correction["facts"])
    assert all(astuple(remedies()[correction["remedy"]]))


def test_what_a_correction_quotes_is_named_in_every_language():
    named = corrections._declared()["names"]
    for correction in corrections._declared()["corrections"].values():
        for quoted_column in correction["facts"].values():
            for value in correction.get("only", {}).get(quoted_column, []):
                if isinstance(value, str):
                    assert set(named[quoted_column][value]) == set(LANGUAGES)
    for column, register in (("species", "livestock"), ("form", "businesses")):
        [values] = [c.values for c in REGISTERS[register][column].constraints]
        assert set(named[column]) == set(values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_unfilled_is_ever_said(language):
    for registers in (
        rich(),
        registers_of(
            vehicles=[car(None)], livestock=[{"person_id": 1, "species": "goats", "heads": 3}]
        ),
    ):
        for correction in possible(registers, DAY):
            text = correction.text(language)
            assert "{" not in text
            assert "None" not in text


def test_a_change_leads_to_a_category_of_the_card():
    named = {c.category for c in Scorecard.in_force(LAW_OF_THE_DAY).categories}
    assert {change.category for change in nearest(rich(), LAW_OF_THE_DAY).changes} <= named


def test_a_column_that_the_state_does_not_keep_holds_nothing_to_correct():
    registers = rich()
    households = registers["households"].drop("tenure", "living_area_m2")
    before = {c.code for c in possible(registers, DAY)}
    after = {c.code for c in possible({**registers, "households": households}, DAY)}
    assert before - after == {"HOME_NOT_OWNED", "HOME_SMALLER"} & before
    assert before - after


def test_a_car_without_a_recorded_status_or_year_may_have_been_sold_all_the_same():
    registers = rich()
    vehicles = registers["vehicles"].drop("status", "model_year")
    sold = [
        c for c in possible({**registers, "vehicles": vehicles}, DAY) if c.code == "VEHICLE_SOLD"
    ]
    assert len(sold) == vehicles.height
    assert sold[0].quoted["year"] is None
    assert "year of make: not known" in sold[0].text("en")


def test_every_correction_says_where_it_is_made_and_with_what_proof():
    for correction in possible(rich(), DAY):
        assert all(astuple(correction.remedy))
