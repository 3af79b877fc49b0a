"""What a decision adds to rules and models: when a person must look, when a flag matters."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.build import count
from models.decision import materiality, outcome, pipeline
from models.law.parameters import Law
from tests.tables import register

DAY = date(2026, 1, 1)
LAW = Law(DAY)
BEFORE = Law(date(2025, 12, 31))
"""The last day on which every reason made a family wait."""


def waits_for(
    *,
    law=LAW,
    members=2,
    adults=1,
    rule=4,
    richest=4,
    by_papers=None,
    silent=(),
    raised=(),
    model=False,
) -> list[str]:
    features = pl.DataFrame({"members": [members], "adults": [adults]})
    ruled = pl.DataFrame({"rule_category": [rule], "richest_category": [richest]})
    unknown = pl.DataFrame(
        {
            "richest_by_papers": [rule if by_papers is None else by_papers],
            "silent_registers": pl.Series([list(silent)], dtype=pl.List(pl.String)),
        }
    )
    flags = pl.DataFrame({"MORE_THAN_ONE_CAR": ["MORE_THAN_ONE_CAR" in raised]})
    asks = pl.Series([model], dtype=pl.Boolean)
    doubts = outcome.doubts(features, ruled, unknown)
    return outcome.waits(doubts, flags, asks, law).to_list()[0]


EVERYTHING = {
    "members": 1,
    "adults": 0,
    "rule": 6,
    "richest": 5,
    "by_papers": 5,
    "silent": ["incomes"],
    "raised": ["MORE_THAN_ONE_CAR"],
    "model": True,
}


def test_a_family_without_doubts_is_decided_automatically():
    assert waits_for() == []


def test_a_household_without_members_waits_for_a_person():
    assert waits_for(members=0, adults=0) == ["NO_MEMBERS"]


def test_only_what_is_adverse_has_nobody_to_act_or_hangs_on_a_register_waits():
    assert waits_for(**EVERYTHING) == ["NO_ADULT", "REGISTER_SILENT", "CATEGORY_6_ADVERSE"]


@pytest.mark.parametrize("category", [1, 2, 3, 4, 5])
def test_a_missing_paper_a_flag_and_the_model_delay_nobody(category):
    doubtful = EVERYTHING | {"adults": 1, "silent": []}
    assert waits_for(**doubtful | {"rule": category, "richest": 5}) == []


@given(
    members=st.integers(0, 9),
    adults=st.integers(0, 9),
    rule=st.integers(1, 6),
    richest=st.integers(1, 6),
    by_papers=st.integers(1, 6),
    raised=st.booleans(),
    model=st.booleans(),
)
def test_category_6_always_waits_and_no_other_does_while_registers_answer(
    members, adults, rule, richest, by_papers, raised, model
):
    waited = waits_for(
        members=members,
        adults=adults,
        rule=rule,
        richest=richest,
        by_papers=by_papers,
        raised=["MORE_THAN_ONE_CAR"] * raised,
        model=model,
    )
    assert ("CATEGORY_6_ADVERSE" in waited) is (rule == 6)
    assert bool(waited) is (rule == 6 or members == 0 or adults == 0)


def test_until_the_consequences_were_told_apart_everything_that_asked_waited():
    waited = waits_for(law=BEFORE, **EVERYTHING)
    assert waited == [
        "NO_ADULT",
        "CATEGORY_DEPENDS_ON_UNKNOWN",
        "CATEGORY_6_ADVERSE",
        "MORE_THAN_ONE_CAR",
        "HIDDEN_INCOME_MATERIAL",
    ]


@pytest.mark.parametrize(
    ("material", "within_capacity", "asks"),
    [
        (True, True, True),
        (True, False, False),  # the region has no room: the flag is information
        (False, True, False),  # the category would not change
        (True, None, False),
        (None, True, False),
        (None, None, False),
    ],
)
def test_only_a_material_flag_within_capacity_asks_and_silence_never(
    material, within_capacity, asks
):
    opinion = pl.DataFrame({"within_capacity": pl.Series([within_capacity], dtype=pl.Boolean)})
    is_material = pl.Series([material], dtype=pl.Boolean)
    assert outcome.model_asks(is_material, opinion).to_list() == [asks]


@pytest.mark.parametrize(
    ("flag", "at_low", "material"),
    [(True, 5, True), (True, 4, False), (False, 5, False), (None, 5, None)],
)
def test_a_flag_is_material_where_the_low_end_changes_the_category(flag, at_low, material):
    opinion = pl.DataFrame({"model_flag": [flag]}, schema={"model_flag": pl.Boolean})
    is_material = outcome.material(opinion, pl.Series([4]), pl.Series([at_low]))
    assert is_material.to_list() == [material]


def test_under_the_policy_advisory_nothing_is_proposed():
    assert outcome.proposed(pl.Series([True]), pl.Series([5]), LAW).to_list() == [None]


class Assisted:
    """A law whose policy lets the model's low end make a proposal."""

    class policy:
        policy = "assisted"


def test_under_the_policy_assisted_a_proposal_is_made_only_where_the_model_asks_for_a_person():
    asks = pl.Series([True, False], dtype=pl.Boolean)
    proposed = outcome.proposed(asks, pl.Series([5, 5], dtype=pl.Int8), Assisted())
    assert proposed.to_list() == [5, None]


HOUSEHOLD = {
    "households": register(
        "households", "household_id | region | settlement\n 1 | 35 | urban\n 2 | 35 | urban"
    ),
    "persons": register(
        "persons",
        """
        person_id | household_id | birth_date | sex | activity
        11        | 1            | 1980-01-01 | f   | employee
        21        | 2            | 1980-01-01 | f   | employee
        """,
    ),
    "incomes": register(
        "incomes",
        """
        household_id | person_id | month      | source | amount
        1            | 11        | 2025-12-01 | wage   | 30000
        2            | 21        | 2025-12-01 | wage   | 30000
        """,
    ),
}


def at_low(low: int, flag: bool = True, monkeypatch=None) -> list[dict[str, int]]:
    """What the rules are asked about, when the low end of family 1 counts as income."""
    ruled_again = []

    def rule_category(features, law):
        ruled_again.append(features)
        return features.select("household_id", rule_category=pl.lit(5, pl.Int8))

    monkeypatch.setattr(materiality.rules, "rule_category", rule_category)
    monkeypatch.setattr(
        materiality.programmes,
        "eligibility",
        lambda features, *_: features.select(eligible_services=pl.lit([], pl.List(pl.String))),
    )
    counted = count(HOUSEHOLD, DAY)
    opinion = pl.DataFrame(
        {"household_id": [1, 2], "hidden_income_low": [low, 0], "model_flag": [flag, True]}
    )
    category = pl.Series("rule_category", [3, 3], dtype=pl.Int8)
    categories = materiality.category_at_low_end(counted, opinion, category, LAW)
    return categories.to_list(), [row for f in ruled_again for row in f.to_dicts()]


def test_the_low_end_counts_in_every_month_of_every_span(monkeypatch):
    categories, [family] = at_low(100_000, monkeypatch=monkeypatch)
    assert categories == [5, 3]
    assert family["household_id"] == 1
    assert family["income_quarter"] == 30_000 + 3 * 100_000
    assert family["income_previous_quarter"] == 3 * 100_000
    assert family["income_year"] == 30_000 + 12 * 100_000
    assert family["income_per_member"] == 110_000


@pytest.mark.parametrize(("low", "flag"), [(0, True), (100_000, False)])
def test_without_a_flag_or_a_low_end_the_rules_are_not_asked_again(low, flag, monkeypatch):
    categories, ruled_again = at_low(low, flag, monkeypatch)
    assert categories == [3, 3]
    assert ruled_again == []


def test_two_bundles_of_one_number_are_two_versions():
    class Bundle:
        version = "1"

        def __init__(self, digest):
            self.manifest = {"manifest_sha256": digest}

    first, second = (pipeline.versions(LAW, Bundle(d)).model for d in ("a" * 64, "b" * 64))
    assert first != second
    assert first.startswith("1@")
