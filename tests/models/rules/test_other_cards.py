"""Cards that do not decide: the Social Card of 2021, and the letters A to E of 2023."""

from datetime import date
from itertools import pairwise

import polars as pl
import pytest
import yaml

from features.errors import DeclarationError, ParameterNotInForce
from models.law.files import LAW
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.scorecard import Scorecard, assess
from tests.models.law.lawbook import amended, family, features

DAY = date(2026, 1, 1)
SOCIAL = "social_card_2021"
CARD = Scorecard.named(SOCIAL, Law(DAY))


def test_the_social_card_has_19_parameters_in_the_five_published_groups():
    blocks = {}
    for criterion in CARD.criteria:
        blocks.setdefault(criterion.block, []).append(criterion.code)
    assert sum(map(len, blocks.values())) == 19
    assert list(blocks) == ["economic", "health", "education", "housing", "social"]


def test_what_is_published_of_its_parameters_is_cited_and_the_rest_is_assumed():
    raw = yaml.safe_load((LAW / f"scorecards/{SOCIAL}.yaml").read_text(encoding="utf-8"))
    published = [c["code"] for c in raw["criteria"] if not c["assumed"]]
    assert published == [
        "INCOME_PER_MEMBER",
        "WORK",
        "DWELLINGS",
        "VEHICLES",
        "CLINIC_ATTACHMENT",
        "CHILDREN_ENROLMENT",
    ]
    assert all(("source" in c) != c["assumed"] for c in raw["criteria"])
    assert CARD.status == "assumed"


def test_its_five_levels_are_published_and_share_out_the_surveys_ladder():
    assert [c.code for c in CARD.categories] == [
        "crisis",
        "emergency",
        "unfavourable",
        "satisfactory",
        "prosperous",
    ]
    assert not any(c.assumed for c in CARD.categories)
    assert CARD.on_ladder == {1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 5}


def test_a_poorer_level_calls_for_every_kind_of_help_that_a_richer_one_calls_for():
    assert {a.code for a in CARD.actions} == {"material", "household", "advisory", "vocational"}
    assert all(set(a.name) == {"kk", "ru", "en"} for a in CARD.actions)
    actions = [set(c.actions) for c in CARD.categories]
    assert all(richer <= poorer for poorer, richer in pairwise(actions))
    assert len(actions[0]) == 4
    assert not actions[-1]


def test_both_cards_read_the_same_features_and_only_the_policys_decides():
    table = features({}, {"income_per_member": 0, "wage_per_member": 0})
    before = rule_category(table, Law(DAY))
    assessed = assess(table, Law(DAY), SOCIAL)
    assert assessed["category_poorest"].to_list() == sorted(
        assessed["category_poorest"], reverse=True
    )
    assert rule_category(table, Law(DAY)).equals(before)
    assert assess(table, Law(DAY))["points_poorest"].equals(before["points_poorest"])


def test_the_social_card_may_reach_its_last_level_by_points_alone():
    """The policy keeps category 6 of the pilot to the hard rule; it says nothing of this card."""
    rich = {
        "income_per_member": 1_000_000,
        "enterprise_income_per_member": 500_000,
        "vehicles": 3,
        "income_besides_benefits_per_member": 1_000_000,
        "dwellings": 3,
        "adult_education": 5,
        "living_area_per_member": 9_000,
        "dependency_ratio": 0.0,
        "land_plots": 3,
    }
    assert assess(family(**rich), Law(DAY), SOCIAL)["category_poorest"].item() == 5


def test_it_begins_with_the_letter_that_names_it_before_any_card_decides():
    with pytest.raises(ParameterNotInForce, match=SOCIAL):
        assess(family(), Law(date(2021, 2, 16)), SOCIAL)
    assert assess(family(), Law(date(2021, 2, 17)), SOCIAL).height == 1
    assert Law(date(2021, 2, 17)).cards == (SOCIAL,)
    assert Law(date(2025, 5, 21)).cards == ("pilot_2025", SOCIAL)


def test_a_card_that_is_not_on_file_is_named_with_those_that_are():
    with pytest.raises(DeclarationError, match=r"'card_1900'.*pilot_2025, social_card_2021"):
        assess(family(), Law(DAY), "card_1900")


NAME = {"kk": "Деңгей", "ru": "Уровень", "en": "Level"}


def step_card(letters):
    """The two published directions of 2023 as two criteria, and five levels by letter."""

    def part(feature, unit, *steps):
        declared = [{"points": p} | ({} if b is None else {"above": b}) for b, p in steps]
        return {"feature": feature, "steps": declared} | ({"unit": unit} if unit else {})

    income = part(
        "income_per_member", "subsistence_minimum", (None, 0), (0.7, 10), (1, 20), (2, 30)
    )
    movable = part("vehicles", None, (None, 0), (0, 5), (1, 10))
    return {
        "about": "Level of social well-being, order 267 of 29 June 2023.",
        "since": date(2023, 6, 29),
        "status": "assumed",
        "source": {"act": "social-code", "article": "24", "url": None, "checked": None},
        "criteria": [
            {"code": code, "block": "family-card", "name": NAME, "assumed": True, "parts": [read]}
            for code, read in (("INCOME_PER_MEMBER", income), ("VEHICLES", movable))
        ],
        "categories": [
            {"category": n, "code": letter, "from": begins, "name": NAME, "assumed": True}
            for n, (letter, begins) in enumerate(zip(letters, (0, 10, 20, 30, 40), strict=True), 1)
        ],
    }


def test_a_kind_of_help_that_no_category_recommends_may_stand_on_a_card(tmp_path):
    def spare(content):
        content["actions"]["SPARE"] = {"name": NAME, "assumed": True}

    law = Law(DAY, amended(tmp_path, f"scorecards/{SOCIAL}.yaml", spare))
    card = Scorecard.named(SOCIAL, law)
    assert "SPARE" in {action.code for action in card.actions}
    assert all("SPARE" not in c.actions for c in card.categories)


@pytest.mark.parametrize("letters", ["EDCBA", "ABCDE"], ids=["A is best off", "A is poorest"])
def test_a_card_of_letters_needs_no_other_code_whichever_end_is_poor(tmp_path, letters):
    folder = amended(tmp_path, "decision_policy.yaml", lambda _: None)
    text = yaml.safe_dump(step_card(letters), allow_unicode=True)
    (folder / "scorecards" / "family_card_2023.yaml").write_text(text, encoding="utf-8")
    law = Law(DAY, folder)
    table = features(  # 0.7 × 50 851 = 35 595.7, rounded to 35 596
        {"income_per_member": 35_596, "vehicles": 0},
        {"income_per_member": 35_597, "vehicles": 0},
        {"income_per_member": 50_852, "vehicles": 1},
        {"income_per_member": 101_703, "vehicles": 2},
        {"income_per_member": 101_703, "vehicles": None},
    )
    assessed = assess(table, law, "family_card_2023")
    assert assessed["points_poorest"].to_list() == [0, 10, 25, 40, 30]
    assert assessed["points_richest"].to_list() == [0, 10, 25, 40, 40]
    code = {c.category: c.code for c in Scorecard.named("family_card_2023", law).categories}
    levels = assessed["category_poorest"].replace_strict(code, return_dtype=pl.String)
    assert levels.to_list() == [letters[n] for n in (0, 1, 2, 4, 3)]
