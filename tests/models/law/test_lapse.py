"""Law that ends: a value of a year is known until 31 December, and later decisions say so."""

from datetime import date

import pytest

from features.errors import LawLapsed
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.law import lapse
from models.law.parameters import Law, parameters
from models.rules.citations import lapsed_values, warnings_of
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.answers import answers
from serving.letters.wording import Wording
from serving.requests.problems import Problem
from serving.requests.request import read_one
from tests.features import data_sets

LAST = date(2026, 12, 31)
YEARLY = {
    "minimum_base_pension",
    "minimum_pension",
    "minimum_wage",
    "monthly_calculation_index",
    "subsistence_minimum",
}


def ask(as_of):
    year = ["2024-01-01", "2030-12-01"]
    spans = dict.fromkeys(("incomes", "transfers", "utilities"), year)
    return read_one({"as_of": as_of, "household": FAMILY, "coverage": spans})


def test_a_value_of_a_year_is_known_until_its_31_december_and_another_until_an_act_changes_it():
    on_file = parameters()
    assert {n for n, p in on_file.items() if p.editions[-1].known_until == LAST} == YEARLY
    assert on_file["large_family_children"].editions[-1].known_until is None


def test_every_edition_of_a_year_ends_with_its_own_year():
    minimum = parameters()["subsistence_minimum"]
    assert all(e.known_until == date(e.since.year, 12, 31) for e in minimum.editions)


@pytest.mark.parametrize(
    ("day", "days_late"), [(LAST, None), (date(2027, 1, 1), 1), (date(2027, 3, 31), 90)]
)
def test_a_decision_beyond_names_the_values_it_leans_on_and_how_late_it_is(day, days_late):
    lapsed = lapsed_values(Law(day))
    if days_late is None:
        assert lapsed == ()
    else:
        assert {one.name for one in lapsed} >= {"subsistence_minimum", "monthly_calculation_index"}
        assert {one.name for one in lapsed} <= YEARLY
        assert {one.days_late for one in lapsed} == {days_late}


def test_from_the_day_that_the_policy_names_on_decisions_are_refused():
    with pytest.raises(LawLapsed, match="subsistence_minimum of 2026-01-01 is known until"):
        lapsed_values(Law(date(2027, 4, 1)))


def test_the_api_warns_in_the_answer_and_later_refuses_with_the_values():
    assert not [w for w in answers(ask(AS_OF), None)[0].warnings if w.place.startswith("law.")]
    [answer] = answers(ask("2027-02-01"), None)
    [warning] = [w for w in answer.warnings if w.place == "law.subsistence_minimum"]
    assert "32 days later" in warning.problem
    assert "models/law/values/subsistence_minimum.yaml" in warning.remedy
    with pytest.raises(Problem) as refused:
        ask("2031-01-01")
    [fault] = [f for f in refused.value.faults if f.place == "as_of"]
    assert "subsistence_minimum" in fault.problem


def test_what_ends_soon_is_listed_the_earliest_first():
    assert lapse.expiring(date(2026, 11, 1), within=59) == ()
    ending = lapse.expiring(date(2026, 11, 1), within=60)
    assert {one.name for one in ending} == YEARLY
    assert {one.days_late for one in ending} == {-60}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_letter_can_name_every_value_of_a_year(language):
    say = Wording(language)
    assert all(say(f"yearly.{name}") for name in YEARLY)


def test_what_the_check_doubted_and_what_has_ended_are_warned_of_together(tmp_path):
    data = open_data_set(data_sets.write(tmp_path / "data"))
    doubt = "persons.birth_date: nobody is 126"
    snapshot = make(data, data_sets.AS_OF, tmp_path / "snap", warnings=[doubt])
    uncovered = [fault.sentence for fault in snapshot.coverage(data_sets.AS_OF).faults()]
    assert warnings_of(snapshot, Law(data_sets.AS_OF)) == [doubt, *uncovered]
    assert uncovered
    late = warnings_of(snapshot, Law(date(2031, 1, 1)))
    assert any(line.startswith("subsistence_minimum of 2026-01-01 is known until") for line in late)
