"""Injected under-reporting: struck at random, told to nobody, and found by no leak."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from features.checking import check
from features.errors import InputError
from features.registers.reading.load import open_data_set
from training.under_reporting import __main__
from training.under_reporting.detection import _dealt_anew, _ranks
from training.under_reporting.inject import Injection, inject

AS_OF = date(2026, 1, 1)
MONTHS = [date(2025, month, 1) for month in range(1, 13)]


def filing_units(folder: Path, families: int, seed: int = 0) -> Path:
    """Couples and singles on wages; every fourth family lives on its own account, or partly."""
    rng = np.random.default_rng(seed)
    ids = np.arange(1, families + 1)
    born = [date(2025 - int(age), 5, 17) for age in rng.integers(20, 70, families)]
    wage = np.rint(np.exp(rng.normal(12.5, 0.6, families)))
    own = np.where(ids % 4 == 0, np.rint(np.exp(rng.normal(12.5, 0.9, families))), 0)
    wage = np.where((ids % 4 == 0) & (ids % 8 != 0), 0, wage)
    activity = np.where(own > wage, "self_employed", "employee")
    folder.mkdir(parents=True)
    pl.DataFrame(
        {
            "household_id": ids,
            "region": rng.choice(["71", "75", "31"], families),
            "settlement": rng.choice(["urban", "rural"], families),
        }
    ).write_parquet(folder / "households.parquet")
    pl.DataFrame(
        {
            "person_id": 1_000 + ids,
            "household_id": ids,
            "birth_date": born,
            "sex": rng.choice(["f", "m"], families),
            "relation": "head",
            "activity": activity,
        }
    ).write_parquet(folder / "persons.parquet")
    rows = [
        (1_000 + int(i), month, source, int(amount))
        for source, amounts in (("wage", wage), ("self_employment", own))
        for i, amount in zip(ids, amounts, strict=True)
        if amount
        for month in MONTHS
    ]
    pl.DataFrame(
        rows, schema=["person_id", "month", "source", "amount"], orient="row"
    ).write_parquet(folder / "incomes.parquet")
    return folder


def injected(tmp_path: Path, **how) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The truth, the incomes before and the incomes after."""
    data = filing_units(tmp_path / "data", 200)
    truth = inject(
        data, tmp_path / "out", Injection(**how), as_of=AS_OF, generator=np.random.default_rng(3)
    )
    before, after = (pl.read_parquet(f / "incomes.parquet") for f in (data, tmp_path / "out"))
    return truth, before, after


def test_part_of_what_the_chosen_earn_on_their_own_account_is_struck_and_nothing_else(tmp_path):
    truth, before, after = injected(tmp_path)
    assert truth["self_employed"].sum() == 50
    assert truth["under_reports"].sum() == 25
    assert truth.filter(~pl.col("self_employed"))["hidden_income_monthly"].sum() == 0
    assert before.drop("amount").equals(after.drop("amount"))
    both = before.with_columns(
        after["amount"].alias("left"), (pl.col("person_id") - 1_000).alias("household_id")
    ).join(truth, on="household_id")
    touched = pl.col("under_reports") & (pl.col("source") == "self_employment")
    assert both.filter(~touched)["amount"].equals(both.filter(~touched)["left"].alias("amount"))
    struck = both.filter(touched).with_columns((1 - pl.col("left") / pl.col("amount")).alias("s"))
    assert struck["s"].is_between(0.29, 0.91).all()
    by_family = struck.group_by("household_id").agg(
        pl.col("s").n_unique().alias("shares"),
        (pl.col("amount") - pl.col("left")).mean().alias("lost"),
        pl.col("hidden_income_monthly").first(),
    )
    assert (by_family["shares"] == 1).all()  # every month alike
    assert (by_family["lost"] == by_family["hidden_income_monthly"]).all()


def test_the_injected_data_set_keeps_the_contract_and_its_secret(tmp_path):
    truth, _, after = injected(tmp_path)
    opened = open_data_set(tmp_path / "out")
    assert not [f for f in check.faults(opened, AS_OF) if f.is_error]
    assert check.decision_date(opened) == AS_OF
    assert (after["amount"] >= 1).all()
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert written == {
        f"{n}.parquet" for n in ("households", "persons", "incomes", "inspections", "survey")
    }
    names = {c for n in written for c in pl.read_parquet_schema(tmp_path / "out" / n)}
    assert not names & {"under_reports", "self_employed", "struck", "share", "left"}
    inspections = pl.read_parquet(tmp_path / "out/inspections.parquet")
    assert inspections.height == 100
    joined = inspections.join(truth, on="household_id")
    assert (joined["hidden_income_monthly"] == joined["hidden_income_monthly_right"]).all()


def test_activity_follows_what_is_still_declared(tmp_path):
    _, _, after = injected(tmp_path, chosen=0.99, struck=(0.85, 0.9))
    persons = pl.read_parquet(tmp_path / "out/persons.parquet")
    before = pl.read_parquet(tmp_path / "data/persons.parquet")
    sums = after.group_by("person_id", "source").agg(pl.col("amount").sum())
    wide = sums.pivot("source", index="person_id", values="amount").fill_null(0)
    earners = persons.join(wide, on="person_id")
    larger = earners["self_employment"] > earners["wage"]
    assert (larger == (earners["activity"] == "self_employed")).all()
    # Some were self-employed by their true income, and would have told on themselves.
    assert (before["activity"] != persons["activity"]).sum() > 3


def test_in_a_placebo_nothing_is_struck_but_families_are_chosen_all_the_same(tmp_path):
    truth, before, after = injected(tmp_path, placebo=True)
    assert before.equals(after)
    assert truth["under_reports"].sum() == 25
    assert (truth.filter("under_reports")["hidden_income_monthly"] > 0).all()


def test_spending_comes_from_true_income(tmp_path):
    truth, before, _ = injected(tmp_path, surveyed=1.0, scatter=0.01, struck=(0.89, 0.9))
    survey = pl.read_parquet(tmp_path / "out/survey.parquet")
    earned = before.group_by((pl.col("person_id") - 1_000).alias("household_id")).agg(
        pl.col("amount").sum() / 12
    )
    both = survey.join(earned, on="household_id").join(truth, on="household_id")
    hiding = both.filter(pl.col("under_reports") & (pl.col("amount") > 100_000))
    assert hiding.height > 5
    assert (hiding["consumption_monthly"] / hiding["amount"]).is_between(0.95, 1.05).all()


def test_families_without_own_account_are_refused(tmp_path):
    data = filing_units(tmp_path / "data", 20)
    incomes = pl.read_parquet(data / "incomes.parquet").filter(pl.col("source") == "wage")
    incomes.write_parquet(data / "incomes.parquet")
    with pytest.raises(InputError, match="0 families have self-employment income"):
        inject(data, tmp_path / "out", Injection(), as_of=AS_OF, generator=np.random.default_rng(0))


def test_a_shuffled_truth_stays_among_the_self_employed():
    truth = pl.DataFrame(
        {
            "household_id": range(100),
            "self_employed": [k % 2 == 0 for k in range(100)],
            "under_reports": [k % 4 == 0 for k in range(100)],
            "hidden_income_monthly": [k if k % 4 == 0 else 0 for k in range(100)],
        }
    )
    anew = _dealt_anew(truth, np.random.default_rng(0))
    assert not anew.equals(truth)
    assert anew.filter("under_reports")["self_employed"].all()
    assert sorted(anew["hidden_income_monthly"]) == sorted(truth["hidden_income_monthly"])


def test_equal_scores_share_a_rank():
    assert _ranks(np.array([5.0, 1.0, 5.0, 7.0])).tolist() == [0.5, 0.125, 0.5, 0.875]


def test_what_is_too_good_to_be_true_is_a_leak():
    def runs(injected: float, shuffled: float = 0.45, placebo: float = 0.45):
        lows = zip(__main__._RUNS, (injected, shuffled, placebo), strict=True)
        return {
            run: {
                "under_reports_among_self_employed": {
                    "auc": {"tarazy": {"value": low + 0.05, "low": low, "high": low + 0.1}}
                }
            }
            for run, low in lows
        }

    assert __main__.leaks(runs(0.88)) == []
    assert __main__.leaks(runs(0.90)) == ["tarazy reaches 0.950, elsewhere 0.79"]
    assert __main__.leaks(runs(0.7, shuffled=0.54)) == []
    assert len(__main__.leaks(runs(0.7, shuffled=0.56, placebo=0.56))) == 2


@pytest.mark.long
def test_the_trial_finds_some_and_no_leak(tmp_path):
    data = filing_units(tmp_path / "data", 1_600)
    run = CliRunner().invoke(
        __main__.main,
        ["--data", str(data), "--out", str(tmp_path / "out"), "--seed", "1", "--json"],
    )
    assert run.exit_code == 0, run.output
    report = json.loads((tmp_path / "out/trial.json").read_text())
    assert json.loads(run.stdout) == report
    auc = report["runs"]["injected"]["under_reports_among_self_employed"]["auc"]
    assert auc["gap_alone"]["low"] > 0.5
    assert auc["random"]["low"] < 0.5 < auc["random"]["high"]
    assert "No leak was seen" in (tmp_path / "out/trial.md").read_text()
