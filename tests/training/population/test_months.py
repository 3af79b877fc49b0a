"""The same families month after month: they live on, registers learn late, levels stand."""

import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from features.build import build
from features.checking.check import faults
from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from features.units import add_months
from training.population import simulate, simulation
from training.population.people.columns import drifted
from training.population.people.lives import crossed
from training.population.registers.lags import LAGS, OF_THINGS

AS_OF = date(2026, 2, 1)
MONTHS = 14
FAMILIES = 2_500
DAYS = [add_months(AS_OF, -back) for back in range(MONTHS - 1, -1, -1)]


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    out = tmp_path_factory.mktemp("months") / "data"
    summary = simulate(out, households=FAMILIES, seed=11, as_of=AS_OF, months=MONTHS)
    return out, summary


@pytest.fixture(scope="module")
def read(country):
    def register(name, day):
        return pl.read_parquet(country[0] / day.isoformat() / name / "*.parquet")

    return register


@pytest.fixture(scope="module")
def through(read):
    """All rows that a register ever told, with the day of the data set."""

    def register(name):
        return pl.concat([read(name, day).with_columns(day=day) for day in DAYS], how="diagonal")

    return register


def seen(rows, day):
    return rows.filter(pl.col("known_on").is_null() | (pl.col("known_on") <= day))


def test_every_month_has_a_data_set_of_its_own_with_its_truth_apart(country):
    out, summary = country
    assert sorted(p.name for p in out.iterdir()) == [day.isoformat() for day in DAYS]
    assert all((out / day.isoformat() / "truth").is_dir() for day in DAYS)
    assert [line["as_of"] for line in summary["months"]] == [day.isoformat() for day in DAYS]
    assert summary["rows"] == summary["months"][-1]["rows"]


def test_one_month_is_one_data_set_as_ever(tmp_path):
    one = simulate(tmp_path / "one", households=40, seed=1, as_of=AS_OF)
    assert one["months"] == []
    assert (tmp_path / "one" / "households").is_dir()


@pytest.mark.parametrize("day", [DAYS[0], DAYS[1], DAYS[7], DAYS[-1]], ids=str)
def test_a_months_data_set_passes_the_check_and_becomes_a_snapshot(country, tmp_path, day):
    data = open_data_set(country[0] / day.isoformat())
    breaches = faults(data, day)
    assert [f.sentence for f in breaches if f.is_error] == []
    assert not {f.rule for f in breaches} & {
        "a household without persons",
        "a household with no adult",
        "a household with two heads or more",
    }
    snapshot = make(data, day, tmp_path / "snapshot")
    assert snapshot.silent == ()
    features = build(snapshot.registers(0), day)
    assert (features["members"] > 0).all()


def test_most_families_and_people_live_on_under_the_same_keys(read):
    first, last = (set(read("persons", day)["person_id"]) for day in (DAYS[0], DAYS[-1]))
    # Births of 18 and deaths of 6.6 in a thousand a year, over thirteen months.
    assert 0.985 < len(first & last) / len(first) < 0.999
    assert 0.010 < len(last - first) / len(last) < 0.030
    first, last = (set(read("households", day)["household_id"]) for day in (DAYS[0], DAYS[-1]))
    assert 0.98 < len(first & last) / len(first) < 1
    assert last - first  # young people left home


def test_a_key_never_comes_back_for_somebody_else(through):
    people = (
        through("persons")
        .group_by("person_id")
        .agg(
            pl.col("birth_date", "sex").n_unique(),
            pl.col("day").n_unique().alias("days"),
            span=pl.col("day").n_unique() - 1,
            first=pl.col("day").min(),
            last=pl.col("day").max(),
        )
    )
    assert (people["birth_date"] == 1).all()
    assert (people["sex"] == 1).all()
    place = {day: at for at, day in enumerate(DAYS)}
    for row in people.sample(500, seed=1).iter_rows(named=True):
        assert place[row["last"]] - place[row["first"]] == row["span"]


def test_records_keep_their_keys_and_never_share_them(read, through):
    for name in OF_THINGS:
        assert read(name, DAYS[-1])["record_id"].is_unique().all()
        issued = (
            through(name)
            .group_by("record_id")
            .agg(
                pl.col("kind" if name in ("properties", "vehicles", "loans") else "record_id")
                .n_unique()
                .alias("kinds")
            )
        )
        assert (issued["kinds"] == 1).all()
        first, last = (set(read(name, day)["record_id"]) for day in (DAYS[0], DAYS[-1]))
        assert first - last
        assert last - first


def test_a_newborn_is_registered_weeks_later_and_invisible_until_then(read):
    people = read("persons", AS_OF)
    born = people.filter(pl.col("birth_date") >= add_months(AS_OF, -1))
    assert born.height
    weeks = (born["known_on"] - born["birth_date"]).dt.total_days()
    assert weeks.min() >= 5
    assert weeks.max() <= 60
    assert seen(born, AS_OF).height < born.height


def test_the_dead_stay_in_the_register_for_a_while_without_an_income(through, read):
    people = through("persons").group_by("person_id").agg(last=pl.col("day").max())
    gone = people.filter(pl.col("last") < AS_OF)
    assert gone.height > 5
    # Nobody is paid a wage for the month in which the register still holds the dead.
    wages = through("incomes").filter(pl.col("source") == "wage")
    late = wages.join(gone, on="person_id").filter(
        (pl.col("day") == pl.col("last")) & (pl.col("month") == pl.col("last").dt.offset_by("-1mo"))
    )
    assert late.height == 0


def test_the_house_of_the_dead_reaches_the_heir_half_a_year_later(through):
    homes = through("properties").filter(pl.col("kind") == "house")
    owners = homes.group_by("record_id").agg(pl.col("person_id").n_unique().alias("owners"))
    inherited = homes.join(owners.filter(pl.col("owners") > 1), on="record_id").sort("day")
    assert inherited.height
    handed_on = inherited.group_by("record_id", "person_id", maintain_order=True).agg(
        pl.col("day", "known_on").first()
    )
    new = handed_on.group_by("record_id", maintain_order=True).agg(pl.all().last())
    wait = (new["known_on"] - new["day"]).dt.total_days()
    assert wait.min() >= 182
    assert wait.max() <= 270


def test_a_pension_starts_at_pension_age_and_not_before(read):
    drawn = read("incomes", AS_OF).filter(pl.col("source") == "pension")
    month = pl.col("month")
    first = drawn.group_by("person_id").agg(month.min().alias("first"))
    people = (
        read("persons", AS_OF)
        .filter(pl.col("sex") == "f")
        .with_columns(age=(pl.lit(AS_OF) - pl.col("birth_date")).dt.total_days() / 365.2425)
    )
    just = people.filter(pl.col("age").is_between(61.2, 61.9)).join(first, on="person_id")
    assert just.height > 3
    old = people.filter(pl.col("age") > 61.1)
    assert old.join(first, on="person_id", how="anti").height == 0


def test_a_wage_that_ends_is_followed_by_the_benefit_and_then_by_nothing(read):
    paid = read("incomes", AS_OF)
    wide = (
        paid.filter(pl.col("source").is_in(["wage", "allowance"]))
        .group_by("person_id", "source")
        .agg(last=pl.col("month").max(), first=pl.col("month").min(), months=pl.len())
    )
    wage = wide.filter((pl.col("source") == "wage") & (pl.col("last") < add_months(AS_OF, -1)))
    benefit = wide.filter(pl.col("source") == "allowance").select("person_id", "first")
    after = wage.join(benefit, on="person_id", suffix="_of_benefit")
    followed = after.filter(pl.col("first_of_benefit") == pl.col("last").dt.offset_by("1mo"))
    assert followed.height / wage.height > 0.25


def test_a_loan_is_paid_down_month_by_month_and_leaves_when_it_is_paid(read):
    before, after = read("loans", DAYS[-2]), read("loans", AS_OF)
    both = before.join(after, on="record_id", suffix="_now")
    assert both.height / before.height > 0.85
    paid = both.filter(pl.col("days_overdue_now") == 0)
    assert (paid["outstanding_now"] <= paid["outstanding"]).all()
    late = both.filter(pl.col("days_overdue_now") > 0)
    assert (late["outstanding_now"] == late["outstanding"]).all()
    new = after.join(before, on="record_id", how="anti")
    assert (new["issued_on"] >= DAYS[-2]).all()
    assert (new["known_on"] > new["issued_on"]).all()


def test_arrears_count_from_the_day_on_which_a_payment_was_due(read):
    before, after = read("loans", DAYS[-2]), read("loans", AS_OF)
    both = before.join(after, on="record_id", suffix="_now")
    new = both.filter((pl.col("days_overdue") == 0) & (pl.col("days_overdue_now") > 0))
    month = (AS_OF - DAYS[-2]).days
    due = new["issued_on"].dt.day()
    # Not paid in January: due on the 10th, 22 days late on 1 February.
    assert (new["days_overdue_now"] == month - (due - 1) % month).all()
    assert new["days_overdue_now"].is_between(1, month).all()
    assert new["days_overdue_now"].n_unique() > 15
    older = both.filter((pl.col("days_overdue") > 0) & (pl.col("days_overdue_now") > 0))
    assert (older["days_overdue_now"] == older["days_overdue"] + month).all()
    age = (pl.Series([AS_OF] * after.height) - after["issued_on"]).dt.total_days()
    assert (after["days_overdue"] <= age).all()


def test_arrears_of_later_months_look_like_those_of_the_first(read):
    first, last = (
        read("loans", day).filter(pl.col("days_overdue") > 0)["days_overdue"]
        for day in (DAYS[0], AS_OF)
    )
    for days in (15, 31, 62, 93):
        assert (last <= days).mean() == pytest.approx((first <= days).mean(), abs=0.16)


def test_a_sold_car_may_stay_with_the_seller_and_a_bought_one_arrives_late(through, read):
    cars = through("vehicles").filter(pl.col("kind") == "car")
    flagged = cars.group_by("record_id", maintain_order=True).agg(pl.col("status"))
    sold = flagged.filter(
        pl.col("status").list.contains("sold_not_reregistered")
        & pl.col("status").list.contains("normal")
    )
    assert sold.height
    rows = read("vehicles", AS_OF)
    assert rows.filter(pl.col("removed_on") > AS_OF).height  # sold, the buyer has not called
    assert rows.filter(pl.col("known_on") > AS_OF).height  # bought, no plates yet


def test_payments_of_a_month_never_change_once_told(read):
    keys = ["person_id", "month", "source"]
    before, after = read("incomes", DAYS[-2]), read("incomes", AS_OF)
    both = before.join(after, on=keys, suffix="_now")
    assert (both["amount"] == both["amount_now"]).all()
    assert (both["known_on"] == both["known_on_now"]).all()
    assert after["month"].unique().sort().to_list() == [add_months(AS_OF, b) for b in range(-12, 0)]


def test_some_wages_are_reported_late_but_the_last_month_is_never_silent(read):
    wages = read("incomes", AS_OF).filter(
        (pl.col("source") == "wage") & (pl.col("month") == add_months(AS_OF, -1))
    )
    late = 1 - seen(wages, AS_OF).height / wages.height
    assert 0.02 < late < 0.07


def test_inspections_of_a_month_end_with_it_and_the_last_take_half_a_year(read):
    for day, following in pairwise(DAYS):
        days = read("inspections", day)["inspected_on"]
        assert days.len() == 0 or day <= days.min() <= days.max() < following
    last = read("inspections", AS_OF)["inspected_on"]
    assert last.min() >= AS_OF
    assert (last.max() - AS_OF).days < 180


def test_a_quarters_survey_is_told_by_the_month_after_it_and_by_the_last_day(country, read):
    quarters = {
        day: read("survey", day)["quarter"].unique().to_list()
        for day in DAYS
        if (country[0] / day.isoformat() / "survey").is_dir()
    }
    assert quarters == {
        date(2025, 1, 1): ["2024Q4"],
        date(2025, 4, 1): ["2025Q1"],
        date(2025, 7, 1): ["2025Q2"],
        date(2025, 10, 1): ["2025Q3"],
        date(2026, 1, 1): ["2025Q4"],
        AS_OF: ["2025Q4"],
    }
    # The answers given again are the same ones, of families that are still there.
    first, again = read("survey", date(2026, 1, 1)), read("survey", AS_OF)
    assert again.height > 0.97 * first.height
    assert again.join(first, on=again.columns, how="anti").height == 0


def test_published_levels_stand_still_over_the_months(country):
    first, last = country[1]["months"][0], country[1]["months"][-1]
    before = {line["figure"]: line for line in first["calibration"]}
    after = {line["figure"]: line for line in last["calibration"]}
    steady = {
        "people_per_family": 0.03,
        "people_under_18": 0.06,
        "urban_people": 0.03,
        "employment": 0.03,
        "self_employment": 0.08,
        "informal_work": 0.08,
        "wage_mean": 0.06,
        "wage_median": 0.06,
        "pension_mean": 0.04,
        "hiding_families": 0.08,
        "hidden_share": 0.08,
        "income_per_head": 0.06,
        "dwellings": 0.05,
        "cars": 0.06,
        "owner_families": 0.03,
        "borrowers": 0.06,
        "higher_education": 0.06,
    }
    for name, most in steady.items():
        moved = abs(after[name]["achieved"] / before[name]["achieved"] - 1)
        assert moved <= most, f"{name}: {before[name]['achieved']} to {after[name]['achieved']}"


def test_partitions_pass_their_months_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "FAMILIES_OF_A_PARTITION", 60)
    simulate(tmp_path / "two", households=120, seed=5, as_of=AS_OF, months=3)
    day = AS_OF.isoformat()
    parts = sorted((tmp_path / "two" / day / "persons").iterdir())
    ids = pl.concat([pl.read_parquet(p) for p in parts])["person_id"]
    assert len(parts) == 2
    assert ids.is_unique().all()
    breaches = faults(open_data_set(tmp_path / "two" / day), AS_OF)
    assert [f.sentence for f in breaches if f.is_error] == []


@pytest.mark.parametrize("households", [1, 2, 6])
def test_a_country_of_a_few_families_lives_on(tmp_path, households):
    for seed in range(2):
        out = tmp_path / str(seed)
        simulate(out, households=households, seed=seed, as_of=AS_OF, months=7)
        data = open_data_set(out / AS_OF.isoformat())
        assert [f.sentence for f in faults(data, AS_OF) if f.is_error] == []


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_threads(tmp_path):
    code = (
        "import sys; from datetime import date; from pathlib import Path; "
        "from training.population import simulate; "
        "simulate(Path(sys.argv[1]), households=300, seed=3, as_of=date(2026, 2, 1), months=3)"
    )
    for threads in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / threads)],
            check=True,
            cwd=Path(__file__).parents[3],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
        )
    one, two = (
        {
            str(p.relative_to(tmp_path / t)): p.read_bytes()
            for p in (tmp_path / t).rglob("*.parquet")
        }
        for t in ("1", "2")
    )
    assert one
    assert one == two


@pytest.mark.parametrize(("months", "as_of"), [(0, AS_OF), (3, date(2019, 2, 1))])
def test_months_that_cannot_be_told_are_refused(tmp_path, months, as_of):
    with pytest.raises(InputError, match="months"):
        simulate(tmp_path / "out", households=10, seed=1, as_of=as_of, months=months)
    assert not list(tmp_path.iterdir())


def test_every_lag_gives_its_reason_and_delays_nothing_backwards():
    day = np.full(1_000, np.datetime64("2025-05-01"))
    for lag in LAGS:
        assert lag.why
        known = lag.known_on(np.random.default_rng(1), day)
        wait = (known - day).astype(int)
        assert wait.min() >= 0
        assert wait.max() <= lag.days[1]
        assert (wait > 0).mean() == pytest.approx(lag.share, abs=0.05)


def test_flags_drift_to_a_new_probability_with_the_fewest_changes():
    rng = np.random.default_rng(1)
    before, after = np.full(50_000, 0.4), np.full(50_000, 0.55)
    now = rng.random(50_000) < before
    then = drifted(rng, now, before, after)
    assert then.mean() == pytest.approx(0.55, abs=0.01)
    assert (then | ~now).all()  # nobody loses it while it becomes more common
    back = drifted(rng, then, after, before)
    assert back.mean() == pytest.approx(0.4, abs=0.01)
    assert (then | ~back).all()


def test_a_birthday_is_crossed_once():
    age = np.array([17.99, 18.0, 18.05, 18.2])
    assert crossed(age, (18.0,), 0.08).tolist() == [False, True, True, False]


def test_another_world_passes_its_months_too(tmp_path):
    summary = simulate(
        tmp_path / "out", households=300, seed=2, as_of=AS_OF, months=3, world="register_faults"
    )
    made = [sum(line["rows"] for line in month["faults"]) for month in summary["months"]]
    assert min(made) > 0
    assert not (tmp_path / "out" / "2025-12-01" / "survey").exists()
