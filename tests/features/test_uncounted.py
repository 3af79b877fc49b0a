"""What counts for nothing is counted by its cause, and what counts is not among it."""

from datetime import date, timedelta

import polars as pl
import pytest

from features.facts.in_force import in_force
from features.facts.treatment import Treatment
from features.facts.uncounted import ORDER, uncounted
from models.law.files import LAW, read_law
from models.law.parameters import Law
from models.rules.category import HardRule
from models.rules.scorecard import Scorecard
from tests.features import second_edition

DAY = date(2026, 1, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


def counted(register, treatment=None, **row):
    """Causes by number for a family of one member with this row; a null tells nothing."""
    rows = pl.DataFrame([{"household_id": 1, "person_id": 1} | row])
    return {u.cause: u.number for u in uncounted({register: rows}, DAY, treatment)}


@pytest.mark.parametrize(
    ("register", "row", "cause"),
    [
        ("persons", {"died_on": DAY}, "DIED"),
        ("persons", {"died_on": AFTER}, None),
        ("persons", {"left_on": DAY}, "LEFT"),
        ("persons", {"left_on": AFTER}, None),
        ("persons", {"left_on": date(2025, 1, 1), "died_on": date(2025, 6, 1)}, "LEFT"),
        ("persons", {"joined_on": AFTER}, "JOINS_LATER"),
        ("persons", {"joined_on": DAY}, None),
        ("persons", {"away": "prison"}, "AWAY"),
        ("persons", {"away": "prison", "away_since": AFTER}, None),
        ("persons", {"known_on": AFTER}, "LEARNED_LATER"),
        ("loans", {"outstanding": 0}, "REPAID"),
        ("loans", {"outstanding": 1}, None),
        ("loans", {"outstanding": 5, "closed_on": DAY}, "REPAID"),
        ("loans", {"outstanding": 5, "closed_on": AFTER}, None),
        ("loans", {"role": "guarantor"}, "GUARANTOR"),
        ("loans", {"role": "borrower"}, None),
        ("businesses", {"closed_on": DAY}, "CLOSED"),
        ("businesses", {"closed_on": AFTER}, None),
        ("businesses", {"suspended_since": DAY}, "SUSPENDED"),
        ("businesses", {"suspended_since": BEFORE, "suspended_until": BEFORE}, None),
        ("vehicles", {"status": "sold_not_reregistered"}, "NOT_USABLE"),
        ("vehicles", {"status": "normal"}, None),
        ("properties", {"status": "demolished"}, "DEMOLISHED"),
        ("properties", {"status": "habitable"}, None),
        ("incomes", {"source": "one_off", "month": date(2025, 12, 1)}, "ONE_OFF"),
        ("incomes", {"source": "wage", "month": date(2025, 12, 1)}, None),
        ("vehicles", {"removed_on": DAY, "status": "arrested"}, "STRUCK_OFF"),
        ("vehicles", {"removed_on": AFTER}, None),
    ],
)
def test_each_cause_holds_to_its_day_and_a_row_has_one(register, row, cause):
    assert counted(register, **row) == ({cause: 1} if cause else {})


def test_the_law_says_who_counts_while_away_and_whether_a_grant_paid_once_does():
    law = Treatment(members_while_away=frozenset({"army"}), one_off_counts=True)
    assert counted("persons", law, away="army") == {}
    assert counted("persons", law, away="prison") == {"AWAY": 1}
    assert counted("incomes", law, source="one_off", month=date(2025, 12, 1)) == {}


def test_who_left_and_came_back_is_a_member():
    rows = pl.DataFrame(
        {
            "household_id": [1, 1],
            "person_id": [1, 1],
            "joined_on": [None, date(2025, 6, 1)],
            "left_on": [date(2025, 1, 1), None],
        }
    )
    assert uncounted({"persons": rows}, DAY) == ()


def test_members_that_are_not_counted_are_those_that_no_feature_sees():
    persons = second_edition.registers(seed=3)["persons"]
    members = in_force({"persons": persons}, DAY, second_edition.TREATMENT)["persons"]
    seen = set()
    for key, rows in persons.partition_by("household_id", as_dict=True).items():
        shown = uncounted({"persons": rows}, DAY, second_edition.TREATMENT)
        seen |= {each.cause for each in shown}
        known = rows
        if "known_on" in rows.columns:
            known = known.filter((pl.col("known_on") <= DAY).fill_null(value=True))
        if "removed_on" in rows.columns:
            known = known.filter((pl.col("removed_on") > DAY).fill_null(value=True))
        number = sum(u.number for u in shown if u.cause in ("DIED", "LEFT", "JOINS_LATER", "AWAY"))
        counting = members.filter(household_id=key[0])["person_id"].n_unique()
        assert known["person_id"].n_unique() == counting + number
    assert {"DIED", "LEFT", "AWAY"} <= seen
    assert seen <= set(ORDER)


def test_no_rule_on_file_counts_a_vehicle_that_is_said_not_to_count():
    since = [edition["since"] for edition in read_law(LAW).rules["hard_rule"]["editions"]]
    for law in map(Law, (*since, date.max)):
        compared = {condition.feature for condition in HardRule.in_force(law).conditions}
        compared |= {p.feature for c in Scorecard.in_force(law).criteria for p in c.parts}
        assert "vehicles_of_any_status" not in compared
