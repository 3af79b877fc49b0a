"""Cases of late and lost months, by the command and by the API: nobody is poorer in silence."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from features.registers.covered_months import HALF, gaps_as_faults
from models.law.parameters import Law
from serving.commands import main, sources
from serving.decisions.answers import answers
from serving.requests.problems import Problem
from serving.requests.request import read_one

CASES = Path(__file__).parents[2] / "cases" / "coverage"
DAY = "2026-01-01"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process; exit code, standard output, standard error."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        streams = capsys.readouterr()
        return left.value.code, streams.out, streams.err

    return call


@pytest.fixture
def score(run, tmp_path):
    def call(case, *words):
        out = tmp_path / "decisions.csv"
        code, shown, _ = run(
            "score", CASES / case, "--model", "none", "--json", "--out", out, *words
        )
        assert code == 0, shown
        with out.open(encoding="utf-8") as file:
            return json.loads(shown), list(csv.DictReader(file))

    return call


def answered(case, **changes):
    body = json.loads((CASES / f"{case}.json").read_text("utf-8"))
    [answer] = answers(read_one(body | changes), None)
    return answer.as_json()


@pytest.mark.parametrize("words", [(), ("--as-of", DAY)])
def test_a_month_that_no_family_has_a_row_of_makes_income_unknown_and_is_named(score, words):
    summary, rows = score("csv_month_missing", *words)
    assert summary["as_of"] == DAY
    assert {row["status"] for row in rows} == {"review"}
    [warning] = [line for line in summary["warnings"] if line.startswith("incomes")]
    assert "2025-11 are not covered in the whole country: the register counts as silent" in warning


def test_a_register_that_ends_early_is_silent(score):
    summary, rows = score("csv_register_ends_early", "--as-of", DAY)
    assert {row["status"] for row in rows} == {"review"}
    assert any("2025-10 to 2025-12" in line for line in summary["warnings"])


def test_warnings_stand_in_what_people_read_as_well(run, tmp_path):
    words = ("--as-of", DAY, "--model", "none", "--out", tmp_path / "d.csv")
    code, shown, aside = run("score", CASES / "csv_month_missing", *words)
    assert code == 0
    assert "warning: incomes.month" in shown
    assert "warning: incomes.month" in aside


def test_one_row_two_months_ahead_is_an_error_and_moves_no_day(run):
    code, shown, _ = run("check", CASES / "csv_one_row_two_months_ahead", "--json")
    report = json.loads(shown)
    assert (code, report["as_of"], report["errors"]) == (1, DAY, 1)
    [error] = [f for f in report["faults"] if f["severity"] == "error"]
    assert (error["register"], error["column"], error["rows"]) == ("incomes", "month", 1)


def test_check_names_the_months_that_are_not_covered(run):
    code, shown, _ = run("check", CASES / "csv_month_missing", "--json")
    faults = json.loads(shown)["faults"]
    assert code == 0
    assert any("2025-11 are not covered" in f["rule"] for f in faults)


def test_a_snapshot_says_what_it_does_not_cover(run, tmp_path):
    out = tmp_path / "snap"
    words = ("--as-of", DAY, "--out", out, "--json")
    code, shown, _ = run("snapshot", CASES / "csv_register_ends_early", *words)
    made = json.loads(shown)
    assert code == 0
    assert "incomes" in made["silent_registers"]
    assert any("2025-10 to 2025-12 are not covered" in line for line in made["warnings"])


def test_a_job_that_ended_in_september_is_no_income_of_zero_in_a_register_that_may_lag():
    answer = answered("employee_no_wage_quarter")
    assert answer["status"] == "review"
    assert "incomes" in answer["silent_registers"]


def test_the_same_job_in_a_register_that_covers_the_quarter_is_an_income_of_zero():
    year = {"incomes": ["2025-01-01", "2025-12-01"]}
    answer = answered("employee_no_wage_quarter", coverage=year)
    assert answer["status"] == "automatic"
    assert "incomes" not in answer["silent_registers"]


def test_income_of_the_decisions_own_month_does_not_count():
    answer = answered("inc_month_eq_asof")
    assert "incomes" not in answer["silent_registers"]
    facts = {name: value for r in answer["reasons"] for name, value in r["facts"].items()}
    assert facts.get("income_per_member", 0) == 0


def test_a_decision_of_2031_is_refused_with_the_values_that_nobody_knows():
    with pytest.raises(Problem) as refused:
        answered("api_year_2031_law")
    assert refused.value.kind.status == 422
    [fault] = refused.value.faults
    assert "subsistence_minimum" in fault.problem


def test_check_law_lists_what_ends_and_leaves_with_1_once_it_has(run):
    code, shown, _ = run("check-law", "--as-of", "2026-12-01", "--json")
    listed = json.loads(shown)
    assert (code, listed["ended"]) == (0, 0)
    assert {v["known_until"] for v in listed["values"]} == {"2026-12-31"}
    code, shown, _ = run("check-law", "--as-of", "2027-01-01")
    assert code == 1
    assert "subsistence_minimum" in shown
    code, shown, _ = run("check-law", "--as-of", "2026-03-01")
    assert (code, shown) == (0, "As of 2026-03-01: 0 ended, 0 end within 60 days.\n")


def test_a_batch_beyond_the_year_warns_and_a_far_later_one_is_refused(run, tmp_path):
    words = ("--model", "none", "--out", tmp_path / "d.csv", "--json")
    case = CASES / "csv_register_ends_early"
    code, shown, _ = run("score", case, "--as-of", "2027-01-10", *words)
    assert code == 0
    assert any("monthly_calculation_index" in line for line in json.loads(shown)["warnings"])
    code, shown, _ = run("score", case, "--as-of", "2027-06-01", *words)
    assert code == 1
    assert "lapsed_law_days" in json.loads(shown)["error"]


def test_check_judges_months_by_the_law_of_the_day_and_before_it_by_the_contract(run, monkeypatch):
    shares = []

    def judged(data, day, least_share, owners):
        shares.append(least_share)
        return gaps_as_faults(data, day, least_share, owners)

    monkeypatch.setattr("features.checking.check.gaps_as_faults", judged)
    monkeypatch.setattr(sources, "newest_share", lambda: 0.99)  # of a law that is yet to come
    for day in (DAY, "2018-12-31"):
        run("check", CASES / "csv_month_missing", "--as-of", day)
    assert shares == [Law(date.fromisoformat(DAY)).coverage_least_share, HALF]
