"""Who is looked at later: nothing waits for it, and each region has room for so many."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
import pytest

from features.build import Registers
from features.registers.declared import REGISTERS, SCORING
from models.decision import follow_up, outcome
from models.decision.by_rules import by_rules
from models.decision.follow_up import Suspicion
from models.law.parameters import Law
from models.learned.flag_evidence import Cell, FlagEvidence
from models.learned.review_capacity import ReviewBars
from tests.models.law.lawbook import amended
from tests.tables import register

DAY = date(2026, 1, 1)
LAW = Law(DAY)
NOBODY = {
    r.name: pl.DataFrame(schema={"household_id": pl.Int64, **REGISTERS[r.name].schema})
    for r in SCORING
}
PAYS = "LOAN_PAYMENTS_ABOVE_TWICE_INCOME"


def supported(code: str) -> FlagEvidence:
    cell = Cell(
        flag=code,
        place=None,
        category=None,
        inspected=600,
        raised=100,
        confirmed=80,
        prevalence=0.25,
        precision=0.8,
        low=0.7,
        high=0.9,
    )
    return FlagEvidence((cell,))


@dataclass
class Bundle:
    """Of the models only what a follow-up reads."""

    flag_evidence: FlagEvidence = field(default_factory=FlagEvidence)
    follow_up_bars: ReviewBars | None = field(default_factory=lambda: ReviewBars({35: 0.0}))


def country(
    *, wage: int = 100_000, payment: int = 0, cars: int = 0, members: str = "head"
) -> Registers:
    """One family of an adult and a child in region 35, with a loan or cars."""
    registers: dict[str, pl.DataFrame | None] = dict(NOBODY)
    registers["households"] = register(
        "households",
        """
        household_id | region | settlement | tenure | living_area_m2 | piped_water | sewerage | central_heating
        1            | 35     | urban      | owned  | 60             | yes         | yes      | yes
        """,
    )
    adult = "\n 11 | 1 | 1980-01-01 | f | head | employee | vocational | none | no | no"
    child = "\n 12 | 1 | 2016-01-01 | f | child | pupil |  | none | no | no"
    registers["persons"] = register(
        "persons",
        "person_id | household_id | birth_date | sex | relation | activity | education | disability "
        "| chronic_condition | guardianship" + (adult if "head" in members else "") + child,
    ).with_columns(enrolled=pl.lit(value=True))
    registers["incomes"] = pl.DataFrame(
        {
            "household_id": [1] * 3,
            "person_id": [11] * 3,
            "month": [date(2025, m, 1) for m in (10, 11, 12)],
            "source": ["wage"] * 3,
            "amount": [wage] * 3,
        }
    ).cast({"month": pl.Date, "source": REGISTERS["incomes"].schema["source"]})
    if payment:
        registers["loans"] = pl.DataFrame(
            {
                "household_id": [1],
                "person_id": [11],
                "kind": ["consumer"],
                "principal": [3_000_000],
                "outstanding": [2_000_000],
                "monthly_payment": [payment],
                "issued_on": [date(2024, 1, 1)],
                "days_overdue": [0],
            }
        ).cast({"kind": REGISTERS["loans"].schema["kind"]})
    if cars:
        registers["vehicles"] = pl.DataFrame(
            {
                "household_id": [1] * cars,
                "person_id": [11] * cars,
                "kind": ["car"] * cars,
                "model_year": [2015] * cars,
                "registered_on": [date(2020, 1, 1)] * cars,
            }
        ).cast({"kind": REGISTERS["vehicles"].schema["kind"]})
    return registers


def looks(registers, bundle=None, *, law=LAW, material=None, asks=False, probability=None):
    """Whom somebody looks at later, of these families."""
    facts = by_rules(registers, law)
    unknown = outcome.doubts(facts.features, facts.ruled, facts.unknown)
    opinion = outcome.without_model(facts.features)
    if probability is not None:
        opinion = opinion.with_columns(
            hidden_income_probability=pl.lit(probability),
            hidden_income_low=pl.lit(200_000, pl.Int64),
            hidden_income_estimate=pl.lit(300_000, pl.Int64),
            hidden_income_high=pl.lit(400_000, pl.Int64),
        )
    n = facts.ruled.height
    suspicion = Suspicion(
        opinion=opinion,
        material=pl.Series([material] * n, dtype=pl.Boolean),
        asks=pl.Series([asks] * n, dtype=pl.Boolean),
        category_at_low=(facts.ruled["rule_category"] + 1).clip(upper_bound=6),
    )
    flags = facts.flags.drop("household_id", "rule_flag", "raised_flags")
    waits = outcome.waits(unknown, flags, suspicion.asks, law)
    return follow_up.looks(facts, unknown, suspicion, bundle, waits.list.len() > 0)


def reasons(*args, **kwargs):
    made = looks(*args, **kwargs).filter("follow_up")
    return made["codes"].to_list()[0] if made.height else []


def test_a_family_without_doubts_is_not_looked_at():
    assert looks(country(), Bundle()).is_empty()


def test_a_flag_that_inspections_support_and_that_matters_asks_for_a_look():
    assert reasons(country(wage=20_000, payment=400_000), Bundle(supported(PAYS))) == [PAYS]


def test_a_flag_that_nothing_supports_is_information():
    assert reasons(country(wage=20_000, payment=400_000), Bundle()) == []
    assert reasons(country(wage=20_000, payment=400_000)) == []


def test_a_flag_whose_income_would_change_nothing_is_information():
    poor = country(wage=2_000, payment=5_000)
    assert by_rules(poor, LAW).flags[PAYS].to_list() == [True]
    assert reasons(poor, Bundle(supported(PAYS))) == []


def test_cars_stand_in_the_register_already_so_that_flag_asks_for_nobody():
    two = country(cars=2)
    assert by_rules(two, LAW).flags["MORE_THAN_ONE_CAR"].to_list() == [True]
    assert reasons(two, Bundle(supported("MORE_THAN_ONE_CAR"))) == []


def test_what_a_policy_puts_beyond_capacity_is_looked_at_whatever_the_room(tmp_path):
    def visited(content):
        [entry] = [e for e in content["editions"][-1]["consequences"] if e["reason"] == "NO_ADULT"]
        entry.update(consequence="follow_up", beyond_capacity=True)

    law = Law(DAY, amended(tmp_path, "decision_policy.yaml", visited))
    alone, full = country(members="child"), Bundle(follow_up_bars=ReviewBars({35: None}))
    assert reasons(alone, full, law=law) == ["NO_ADULT"]
    assert reasons(alone, full) == []


def test_an_education_that_nobody_wrote_down_is_looked_for_within_the_room():
    family = country()
    family["persons"] = family["persons"].with_columns(
        education=pl.lit(None, REGISTERS["persons"].schema["education"])
    )
    facts = by_rules(family, LAW)
    if facts.unknown["richest_by_papers"][0] == facts.ruled["rule_category"][0]:
        pytest.fail("the family must stand where its education matters")
    assert reasons(family, Bundle()) == ["VALUE_UNKNOWN"]
    assert reasons(family, Bundle(follow_up_bars=ReviewBars({35: None}))) == []


def test_a_flag_of_the_model_that_matters_asks_by_the_bar_of_all_looks():
    opinion = {"material": True, "asks": False, "probability": 0.9}
    assert reasons(country(wage=20_000), Bundle(), **opinion) == ["HIDDEN_INCOME_MATERIAL"]
    assert (
        reasons(country(wage=20_000), Bundle(follow_up_bars=ReviewBars({35: 9.0})), **opinion) == []
    )


def test_a_bundle_without_bars_for_all_looks_keeps_to_those_of_its_flag():
    old = Bundle(follow_up_bars=None)
    assert reasons(country(wage=20_000), old, material=True, asks=False, probability=0.9) == []
    codes = reasons(country(wage=20_000), old, material=True, asks=True, probability=0.9)
    assert codes == ["HIDDEN_INCOME_MATERIAL"]


def test_who_waits_for_a_person_is_not_looked_at_twice():
    nobody = country(members="none")
    nobody["persons"] = NOBODY["persons"]
    assert looks(nobody, Bundle(), material=True, asks=True).is_empty()


def test_the_likelier_a_look_changes_the_answer_the_more_it_is_worth():
    worth = [
        looks(country(wage=20_000), Bundle(), material=True, probability=p)["worth"][0]
        for p in (0.1, 0.5, 0.9)
    ]
    assert worth == sorted(worth)
    assert worth[0] < worth[2]


@pytest.mark.parametrize(
    ("now", "then", "urgency"),
    [(3, 1, 3), (3, 2, 2), (4, 3, 2), (5, 4, 1), (1, 2, 1), (1, 3, 1), (2, 2, 1)],
)
def test_a_look_is_urgent_where_help_would_have_to_come_and_never_to_find_less_need(
    now, then, urgency
):
    assert LAW.policy.worth.urgency_of(now, then) == urgency


def test_a_family_in_need_is_not_looked_at_first_because_it_is_in_need():
    suspected = {"material": True, "probability": 0.9}
    two = [country(wage=20_000), country(wage=200_000)]
    assert [by_rules(f, LAW).ruled["rule_category"][0] for f in two] == [3, 4]
    poorer, better = (looks(f, Bundle(), **suspected)["worth"][0] for f in two)
    assert poorer == better


def test_before_the_consequences_were_told_apart_nobody_is_followed_up():
    before = Law(date(2025, 12, 31))
    facts = by_rules(country(members="child"), before)
    unknown = outcome.doubts(facts.features, facts.ruled, facts.unknown)
    suspicion = Suspicion(
        opinion=outcome.without_model(facts.features),
        material=pl.Series([None], dtype=pl.Boolean),
        asks=pl.Series([False]),
        category_at_low=facts.ruled["rule_category"],
    )
    assert follow_up.looks(facts, unknown, suspicion, None, pl.Series([False])).is_empty()
