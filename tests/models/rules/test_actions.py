"""What help a family is offered: from its features and the category of the rules alone."""

from datetime import date

import polars as pl
import pytest
from hypothesis import strategies as st

from features.errors import DeclarationError
from models.answer import Offer
from models.law.parameters import Law
from models.rules import programmes
from models.rules.actions import actions, offers
from tests.drawn import drawn
from tests.models.law.lawbook import amended, family

DAY = date(2026, 1, 1)
LAW = Law(DAY)
CATALOGUE = LAW.actions["actions"]
LANGUAGES = {"kk", "ru", "en"}


def offered(category: int, law: Law = LAW, **feature_values) -> dict[str, Offer]:
    facts = family(**feature_values).row(0, named=True)
    return {a.code: a for a in actions(facts | {"rule_category": category}, law)}


# code: what is told of the family, categories that are offered it, how many it is for
CASES = {
    "food_and_first_needs": ({}, {1}, 3),
    "newborn_kit": ({"infants": 2}, {1, 2, 3}, 2),
    "supplement_for_young_children": (
        {"targeted_assistance_quarter": 1, "children_one_to_six": 2},
        {1, 2, 3, 4, 5, 6},
        2,
    ),
    "social_package_for_pupils": (
        {"targeted_assistance_quarter": 1, "school_age_children": 3},
        {1, 2, 3, 4, 5, 6},
        3,
    ),
    "home_repair": ({"amenities_missing": 1}, {1, 2, 3}, None),
    "care_at_home": ({"children_with_disability": 1}, {1, 2, 3, 4, 5, 6}, None),
    "help_for_the_old": (
        {"members_over_sixty_two": 2, "adults_of_working_age": 0},
        {1, 2, 3, 4},
        2,
    ),
    "family_support": ({"single_parent": True}, {1, 2, 3}, None),
    "return_to_school": ({"pupils_not_enrolled": 1}, {1, 2, 3, 4, 5, 6}, 1),
    "attachment_to_a_clinic": ({"members_without_clinic": 2}, {1, 2, 3, 4, 5, 6}, 2),
    "debt_advice": ({"days_overdue": 90}, {1, 2, 3, 4, 5}, None),
    "social_contract": ({"adults_without_work": 2}, {1, 2, 3}, 2),
    "work_placement": ({"registered_unemployed": 1}, {1, 2, 3, 4, 5}, 1),
    "vocational_training": ({"adults_without_work": 1, "adult_education": 2}, {1, 2, 3, 4}, 1),
}


def test_every_action_of_the_catalogue_has_a_case():
    assert CASES.keys() == CATALOGUE.keys()


@pytest.mark.parametrize(("code", "case"), CASES.items(), ids=CASES)
def test_an_action_is_offered_in_its_categories_to_whom_it_concerns(code, case):
    feature_values, categories, people = case
    by_category = {category: offered(category, **feature_values) for category in range(1, 7)}
    assert {category for category, actions in by_category.items() if code in actions} == categories
    assert {by_category[category][code].people for category in categories} == {people}


@pytest.mark.parametrize("code", sorted(CASES.keys() - {"food_and_first_needs"}))
def test_without_what_it_is_for_an_action_is_not_offered(code):
    assert code not in offered(1)


@pytest.mark.parametrize(
    ("code", "feature_values"),
    [
        ("debt_advice", {"days_overdue": 89}),
        ("social_package_for_pupils", {"school_age_children": 1}),
        ("vocational_training", {"adults_without_work": 1, "adult_education": 3}),
        ("help_for_the_old", {"members_over_sixty_two": 1, "adults_of_working_age": 1}),
    ],
)
def test_just_beside_its_condition_an_action_is_not_offered(code, feature_values):
    assert code not in offered(1, **feature_values)


def test_an_action_is_offered_until_the_eve_of_its_end(tmp_path):
    def ended(content):
        content["actions"]["newborn_kit"]["until"] = DAY

    folder = amended(tmp_path, "actions.yaml", ended)
    assert "newborn_kit" in offered(1, Law(date(2025, 12, 31), folder), infants=1)
    assert "newborn_kit" not in offered(1, Law(DAY, folder), infants=1)
    assert Law(DAY, folder).version != LAW.version


def test_before_the_pilot_nothing_is_offered():
    assert offered(1, Law(date(2025, 5, 20)), infants=1) == {}


def test_the_poorest_are_offered_help_at_once():
    by_category = [offered(c, members_without_clinic=1) for c in range(1, 7)]
    urgencies = [each["attachment_to_a_clinic"].urgency for each in by_category]
    assert urgencies == ["at_once", "soon", "soon", "by_plan", "by_plan", "by_plan"]


def test_the_four_kinds_of_help_are_all_there():
    kinds = {action["kind"] for action in CATALOGUE.values()}
    assert kinds == {"material", "household", "psychological", "vocational"}
    assert kinds == set(LAW.actions["kinds"])


def test_an_offer_says_in_three_languages_what_and_why():
    offer = offered(1, infants=1)["newborn_kit"]
    for text in (offer.name, offer.text, offer.kind_name, offer.urgency_name, *offer.why):
        assert text is not None
        assert text.as_json().keys() == LANGUAGES
    assert [why["en"] for why in offer.why] == ["A child under one lives in the family"]
    assert offer.basis == "assumed"


def test_programmes_come_first_and_only_those_the_family_may_receive():
    table = family(school_age_children=1, targeted_assistance_quarter=1, income_per_member=0)
    ruled = {"rule_category": 2, "richest_category": 2}
    entitled = programmes.eligibility(table, pl.DataFrame([ruled]), LAW)
    row = table.row(0, named=True) | entitled.row(0, named=True) | ruled
    ordered = offers(programmes.eligibility_of(row, LAW), row, LAW)
    named = [offer.code for offer in ordered if offer.kind == "programme"]
    assert named == row["eligible_services"] == [o.code for o in ordered][: len(named)]
    assert "sanatorium" in row["services_in_review"]
    assert "social_package_for_pupils" in {offer.code for offer in ordered}


READ = sorted({name for feature_values, *_ in CASES.values() for name in feature_values})


@drawn(20, 60, st.sampled_from(sorted(CASES)), st.sets(st.sampled_from(READ)), st.integers(1, 6))
def test_an_unknown_fact_offers_nothing_new(code, blanked, category):
    feature_values = CASES[code][0]
    unknown = offered(category, **(feature_values | dict.fromkeys(blanked)))
    assert unknown.keys() <= offered(category, **feature_values).keys()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["actions"]["newborn_kit"].update(kind="divine"), "no kind of help"),
        (lambda c: c["actions"]["newborn_kit"].update(for_each="babies"), "no declared feature"),
        (lambda c: c["actions"]["newborn_kit"].update(colour="blue"), "colour"),
        (lambda c: c["actions"]["newborn_kit"].pop("doubt"), "'doubt'"),
        (lambda c: c["urgency"].pop(), "no urgency for category 6"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_the_place_of_the_fault(tmp_path, change, says):
    folder = amended(tmp_path, "actions.yaml", change)
    with pytest.raises(DeclarationError, match=says):
        offered(6, Law(DAY, folder), members_without_clinic=1)
