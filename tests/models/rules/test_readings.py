"""What the hard rule leaves open: each answer changes what it says, and only that."""

from datetime import date

import pytest

from features.errors import DeclarationError, ParameterNotInForce
from models.law.parameters import Law
from models.rules.category import hard_rule
from models.rules.readings import IN_FORCE, by_reading, combinators, questions, readings
from tests.models.law.lawbook import amended, features

DAY = date(2026, 1, 1)
FOUR_MINIMA = 203_404  # 4 × 50 851
MET = {
    "dwellings": 2,
    "dwellings_of_half_share": 2,
    "dwelling_shares": 2_000_000,
    "vehicles": 2,
    "vehicles_of_any_status": 2,
    "vehicles_not_old": 2,
    "active_businesses": 1,
    "trading_businesses": 1,
    "active_companies": 1,
    "income_per_member": 300_000,
    "income_per_member_last_month": 300_000,
    "income_per_member_half_year": 300_000,
    "income_per_member_year": 300_000,
}
NOTHING = dict.fromkeys(MET, 0)


def of(*families, law=None):
    """For each family, the readings (question:answer) by which all conditions are met."""
    law = law or Law(DAY)
    every = readings(law)
    table = by_reading(features(*families), every)
    return [
        {
            f"{r.question}:{r.answer}" if r.question else IN_FORCE
            for r in every
            if r.combinator == "all" and row[r.name]
        }
        for row in table.to_dicts()
    ]


EVERY = of(MET)[0]


def test_every_answer_but_the_one_in_force_is_a_reading_under_every_combinator():
    every = readings(Law(DAY))
    answers = sum(len(q.answers) - 1 for q in questions(Law(DAY)))
    assert [q.code for q in questions(Law(DAY))] == [
        "MINIMUM",
        "WINDOW",
        "SHARES",
        "FORM",
        "STANDING",
    ]
    assert answers == 10
    assert len(every) == len({r.name for r in every}) == (1 + answers) * len(combinators(4))
    assert len(EVERY) == 1 + answers


@pytest.mark.parametrize(
    ("family", "lost"),
    [
        # Four minima of the law are 203 404, of November 2025 by prices 226 700.
        ({"income_per_member": 226_700}, {"MINIMUM:actual"}),
        ({"income_per_member": 226_701}, set()),
        ({"income_per_member_last_month": FOUR_MINIMA}, {"WINDOW:month"}),
        ({"income_per_member_half_year": FOUR_MINIMA}, {"WINDOW:half_year"}),
        ({"income_per_member_year": FOUR_MINIMA}, {"WINDOW:year"}),
        ({"dwellings_of_half_share": 1}, {"SHARES:half_or_more"}),
        ({"dwelling_shares": 1_999_999}, {"SHARES:added_up"}),
        ({"trading_businesses": 0}, {"FORM:trading"}),
        ({"active_companies": 0}, {"FORM:company"}),
        ({"vehicles_not_old": 1}, {"STANDING:not_old"}),
        ({"vehicles_of_any_status": 1}, {"STANDING:any_status"}),
    ],
)
def test_a_fact_matters_only_to_the_readings_that_ask_for_it(family, lost):
    assert of(MET | family) == [EVERY - lost]


def test_a_stolen_car_counts_only_where_any_status_does():
    assert of(MET | {"vehicles": 1, "vehicles_not_old": 1}) == [{"STANDING:any_status"}]


def test_the_reading_in_force_is_the_rule_itself():
    families = [MET, NOTHING, MET | {"dwellings": None}, MET | {"vehicles": 1}]
    table = features(*families)
    (own,) = (r for r in readings(Law(DAY)) if r.answer == IN_FORCE and r.combinator == "all")
    by_own_reading = by_reading(table, (own,))[own.name].to_list()
    assert (
        by_own_reading == hard_rule(table, Law(DAY))["met"].to_list() == [True, False, None, False]
    )


def test_fewer_conditions_needed_never_lead_fewer_families_into_category_6():
    families = [
        {**NOTHING, **{name: MET[name] for name in list(MET)[:count]}} for count in range(14)
    ]
    every = readings(Law(DAY))
    table = by_reading(features(*families), every)
    for answer in {(r.question, r.answer) for r in every}:
        counts = [
            table[r.name].sum() for r in every if (r.question, r.answer) == answer
        ]  # all, 3 of 4, 2 of 4, any
        assert counts == sorted(counts), answer


def test_the_minimum_by_prices_is_the_newest_that_was_published_by_the_day():
    months = {r.minimum_of for r in readings(Law(DAY)) if r.question == "MINIMUM"}
    assert months == {"2025-11"}
    of_the_day = Law(date(2025, 10, 15))
    assert {r.minimum_of for r in readings(of_the_day) if r.question == "MINIMUM"} == {None}


def test_before_the_rule_there_is_no_reading_of_it():
    with pytest.raises(ParameterNotInForce):
        readings(Law(date(2025, 5, 20)))


def test_a_question_about_a_condition_that_the_rule_has_not_is_refused(tmp_path):
    folder = amended(
        tmp_path, "hard_rule.yaml", lambda c: c["questions"][0].update(condition="YACHTS")
    )
    with pytest.raises(DeclarationError, match="no condition 'YACHTS'"):
        readings(Law(DAY, folder))


def test_another_answer_in_force_makes_the_old_one_a_reading(tmp_path):
    def changed(content):
        content["editions"][0]["conditions"][0]["feature"] = "dwellings_of_half_share"

    law = Law(DAY, amended(tmp_path, "hard_rule.yaml", changed))
    shares = {r.answer for r in readings(law) if r.question == "SHARES"}
    assert shares == {"every_share", "added_up"}


def test_an_answer_that_needs_a_minimum_nobody_has_published_yet_is_no_reading(tmp_path):
    def published_later(content):
        content["editions"] = content["editions"][-1:]
        content["editions"][0] |= {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}

    folder = amended(tmp_path, "subsistence_minimum_actual.yaml", published_later)
    with_readings = {r.question for r in readings(Law(DAY, folder))}
    assert "MINIMUM" not in with_readings
    assert {"WINDOW", "SHARES"} <= with_readings
    on_the_day = {r.question for r in readings(Law(date(2026, 2, 1), folder))}
    assert "MINIMUM" in on_the_day
