"""A request may say for which months its registers answer; where it does not, its rows tell."""

from datetime import date

import pytest

from serving.decisions.answers import answers
from serving.requests.problems import Problem
from serving.requests.request import read_many, read_one

YEAR = ["2025-01-01", "2025-12-01"]


def family(**changes):
    household = {
        "region": "61",
        "settlement": "rural",
        "persons": [
            {"person_id": 1, "birth_date": "1990-02-01", "sex": "f", "relation": "head"},
            {"person_id": 2, "birth_date": "2015-06-30", "sex": "m", "relation": "child"},
        ],
        "incomes": [wage("2025-10-01"), wage("2025-11-01"), wage("2025-12-01")],
        "transfers": None,
        "utilities": None,
    }
    return household | changes


def wage(month, **more):
    return {"person_id": 1, "month": month, "source": "wage", "amount": 150_000, **more}


def ask(household, as_of="2026-01-01", **more):
    return read_one({"as_of": as_of, "household": household, **more})


def silent(household, as_of="2026-01-01", **more):
    return "incomes" in ask(household, as_of, **more).households[0].silent


def warnings(household, **more):
    return {w.place: w.problem for w in ask(household, **more).households[0].warnings}


# --- nothing is said of coverage ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest", "as_of", "is_silent"),
    [
        ("2025-12-01", "2026-01-31", False),
        ("2025-12-01", "2026-02-01", True),
        ("2025-11-01", "2026-01-01", True),
        ("2026-01-01", "2026-01-01", False),
    ],
)
def test_a_register_is_silent_whose_newest_row_lies_before_the_last_complete_month(
    newest, as_of, is_silent
):
    assert silent(family(incomes=[wage("2025-08-01"), wage(newest)]), as_of) is is_silent


def test_a_row_that_the_state_learned_after_the_day_ends_no_silence():
    late = wage("2025-12-01", known_on="2026-01-02")
    assert silent(family(incomes=[wage("2025-11-01"), late]))
    assert not silent(family(incomes=[wage("2025-11-01"), late]), "2026-01-02")


def test_who_earned_nothing_since_september_is_not_called_poor_by_a_register_that_may_lag():
    months = ["2025-07-01", "2025-08-01", "2025-09-01"]
    [answer] = answers(ask(family(incomes=[wage(m) for m in months])), None)
    assert answer.status == "review"
    assert "incomes" in answer.silent_registers
    assert "last complete month, 2025-12" in answer.warnings[0].problem


def test_a_register_sent_empty_counts_as_empty_and_is_warned_of():
    assert not silent(family(incomes=[]))
    assert "counts as empty" in warnings(family(incomes=[]))["incomes"]
    # That nobody has any income may be so, and is said whoever covers which months.
    assert set(warnings(family(incomes=[]), coverage={"incomes": YEAR})) == {"incomes.amount"}


# --- coverage is said -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "is_silent"),
    [
        ("2025-10-01", "2025-12-01", False),
        ("2025-11-01", "2025-12-01", True),
        ("2025-10-01", "2025-11-01", True),
        ("2025-10-01", "2026-06-01", False),
    ],
)
def test_a_register_must_cover_the_three_complete_months(first, last, is_silent):
    coverage = {"incomes": [first, last]}
    assert silent(family(incomes=[wage("2025-09-01")]), coverage=coverage) is is_silent
    assert silent(family(incomes=[], coverage=coverage)) is is_silent


def test_a_job_lost_in_a_register_that_covers_the_quarter_is_an_income_of_zero():
    lost = family(incomes=[wage("2025-09-01")])
    [answer] = answers(ask(lost, coverage={"incomes": YEAR}), None)
    assert answer.silent_registers.count("incomes") == 0
    assert answer.warnings == ()


def test_what_looks_past_the_first_covered_month_is_unknown_and_said():
    request = ask(family(), coverage={"incomes": ["2025-07-01", "2025-12-01"]})
    assert request.households[0].back == {"incomes": 6}
    assert "2025-01 to 2025-06" in request.households[0].warnings[0].problem


def test_what_a_household_says_of_its_registers_goes_before_what_the_request_says():
    own = family(coverage={"incomes": ["2025-01-01", "2025-10-01"]})
    body = {"as_of": "2026-01-01", "coverage": {"incomes": YEAR}, "households": [own, family()]}
    first, second = read_many(body).households
    assert "incomes" in first.silent
    assert "incomes" not in second.silent


def test_coverage_is_part_of_what_was_asked():
    [with_it] = answers(ask(family(), coverage={"incomes": YEAR}), None)
    [without] = answers(ask(family()), None)
    assert with_it.category == without.category
    assert with_it.decision_id != without.decision_id


@pytest.mark.parametrize(
    ("coverage", "place"),
    [
        ([], "coverage"),
        ({"vehicles": YEAR}, "coverage"),
        ({"incomes": "2025-01-01"}, "coverage.incomes"),
        ({"incomes": ["2025-01-01"]}, "coverage.incomes"),
        ({"incomes": ["2025-01-01", "2025-12-31"]}, "coverage.incomes"),
        ({"incomes": ["2025-12-01", "2025-01-01"]}, "coverage.incomes"),
        ({"incomes": [20250101, 20251201]}, "coverage.incomes"),
    ],
)
def test_coverage_that_names_no_months_is_a_fault_with_its_place(coverage, place):
    for body in (
        {"as_of": "2026-01-01", "household": family(), "coverage": coverage},
        {"as_of": "2026-01-01", "household": family(coverage=coverage)},
    ):
        with pytest.raises(Problem) as refused:
            read_one(body)
        assert [f.place.removeprefix("household.") for f in refused.value.faults] == [place]


@pytest.mark.parametrize("nothing", [{"coverage": None}, {"coverage": {}}, {}])
def test_coverage_may_be_left_out(nothing):
    assert ask(family(), **nothing).as_of == date(2026, 1, 1)
