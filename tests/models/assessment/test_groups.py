"""Who a family is, for judging: read from the registers, known only where they tell."""

from datetime import date

import polars as pl
import pytest

from features.registers.declared import REGIONS, REGISTERS
from models.assessment import groups
from models.assessment.groups import ATTRIBUTES, PAIRS, UNKNOWN
from models.learned.inputs import declared_inputs

AS_OF = date(2026, 1, 1)
PERSONS = {
    # household: (birth date, sex, relation, activity, disability)
    1: [
        ("1990-05-01", "f", "head", "employee", "none"),
        ("2015-01-01", "m", "child", "child", "none"),
    ],
    2: [
        ("1955-03-01", "m", "head", "pensioner", "none"),
        ("1957-03-01", "f", "spouse", "pensioner", "group2"),
    ],
    3: [("2001-01-02", "m", "head", "self_employed", "none")]
    + [(f"20{y}-01-01", "f", "child", "child", "none") for y in (18, 19, 20, 21)],
    4: [
        ("2001-01-01", "f", "head", "employee", "none"),
        ("1960-01-01", "f", "parent", "pensioner", None),
    ],
    5: [("1961-01-01", "m", "head", "inactive", "none")],
}


def registers(**changed):
    persons = [
        {
            "person_id": 10 * h + n,
            "household_id": h,
            "birth_date": date.fromisoformat(b),
            "sex": s,
            "relation": r,
            "activity": a,
            "disability": d,
        }
        for h, members in PERSONS.items()
        for n, (b, s, r, a, d) in enumerate(members)
    ]
    incomes = [
        {
            "household_id": h,
            "person_id": 10 * h,
            "month": date(2025, month, 1),
            "source": source,
            "amount": amount,
        }
        for h, months, source, amount in (
            (1, range(1, 13), "wage", 100),
            (1, range(1, 13), "self_employment", 60),
            (2, range(1, 13), "pension", 90),
            (3, range(1, 10), "self_employment", 50),
            (4, range(1, 11), "wage", 50),
        )
        for month in months
    ]
    made = {
        "households": pl.DataFrame(
            {
                "household_id": [5, 4, 3, 2, 1],
                "region": ["71", "71", "61", "61", "75"],
                "settlement": ["urban", "urban", "rural", "rural", "urban"],
            }
        ),
        "persons": pl.DataFrame(persons),
        "incomes": pl.DataFrame(incomes),
        "livestock": pl.DataFrame(
            {
                "household_id": [3, 2],
                "person_id": [30, 20],
                "species": ["sheep", "poultry"],
                "heads": [12, 40],
            }
        ),
    }
    return made | changed


def of(household, attribute, **changed):
    table = groups.of(registers(**changed), AS_OF)
    return table.row(by_predicate=pl.col("household_id") == household, named=True)[attribute]


@pytest.mark.parametrize(
    ("household", "attribute", "group"),
    [
        (1, "region", "75"),
        (3, "settlement", "rural"),
        (1, "head", "f"),
        (2, "head", "m"),
        (1, "single_parent", "yes"),
        (2, "single_parent", "no"),
        (3, "single_parent", "yes"),
        (2, "children", "0"),
        (1, "children", "1-3"),
        (3, "children", "4+"),
        (1, "disability", "no"),
        (2, "disability", "yes"),
        (2, "pensioners_only", "yes"),
        (4, "pensioners_only", "no"),
        (3, "head_age", "under_25"),  # 25 on 2 January 2026
        (4, "head_age", "25_64"),  # 25 on the day itself
        (5, "head_age", "65_plus"),  # 65 on the day itself
        (1, "main_income", "wage"),
        (2, "main_income", "pension"),
        (3, "main_income", "self_employed"),
        (5, "main_income", "none"),
        (3, "seasonal", "yes"),  # nine months
        (4, "seasonal", "no"),  # ten
        (5, "seasonal", "no"),
        (3, "livestock", "yes"),
        (2, "livestock", "no"),
        (1, "livestock", "no"),
    ],
)
def test_a_family_is_in_the_group_that_the_registers_tell(household, attribute, group):
    assert of(household, attribute) == group


def test_what_is_not_known_of_a_member_leaves_the_family_unknown():
    assert of(4, "disability") == UNKNOWN  # nobody is known to have one, and one is not told of


@pytest.mark.parametrize(
    ("register", "attribute"),
    [
        ("livestock", "livestock"),
        ("incomes", "main_income"),
        ("incomes", "seasonal"),
        ("persons", "head"),
    ],
)
def test_a_silent_register_makes_a_group_unknown_not_no(register, attribute):
    assert of(1, attribute, **{register: None}) == UNKNOWN


def test_income_that_becomes_known_later_does_not_count():
    later = registers()["incomes"].with_columns(known_on=pl.lit(date(2026, 2, 1)))
    assert of(1, "main_income", incomes=later) == "none"


def test_every_group_has_a_name_and_every_pair_is_of_attributes():
    names = [a.name for a in ATTRIBUTES]
    assert groups.of(registers(), AS_OF).columns == ["household_id", *names]
    assert {name for pair in PAIRS for name in pair} <= set(names)
    assert dict(next(a for a in ATTRIBUTES if a.name == "region").groups) == dict(REGIONS)
    sexes = next(c for c in REGISTERS["persons"] if c.name == "sex").enumeration
    assert set(next(a for a in ATTRIBUTES if a.name == "head").groups) == set(sexes)


def test_region_settlement_and_sex_are_no_model_inputs():
    inputs = {i.name for i in declared_inputs()}
    assert not inputs & {"region", "settlement", "head", "sex", "main_income", "head_age"}
