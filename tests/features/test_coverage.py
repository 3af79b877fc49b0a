"""Which months a register covers: by all that arrived for them, never by the newest row."""

from datetime import date

import polars as pl
import pytest

from features.build import build
from features.catalogue import FEATURES
from features.checking.check import decision_date
from features.registers.coverage import COVERED, LOOKS_BACK
from features.registers.covered_months import gaps_as_faults, judged
from features.registers.reading.load import open_data_set
from features.registers.rows_arrived import rows_arrived
from features.registers.snapshot import make
from features.units import add_months
from tests.features import data_sets

DAY = date(2026, 1, 1)
FAMILIES = 24
YEAR = [add_months(DAY, -back) for back in range(12, 0, -1)]
WORKERS = list(range(1, FAMILIES + 1))


def coverage_of(data, day):
    return judged(rows_arrived(data), day)


def month(number, year=2025):
    return date(year, number, 1)


def paid(months=YEAR, workers=WORKERS, **more):
    """A wage of 100,000 tenge for each of the workers in each of the months."""
    rows = [(worker, each) for each in months for worker in workers]
    return pl.DataFrame(
        {
            "person_id": [worker for worker, _ in rows],
            "month": [each for _, each in rows],
            "source": ["wage"] * len(rows),
            "amount": [100_000] * len(rows),
        }
        | {name: [value] * len(rows) for name, value in more.items()},
        schema_overrides={"month": pl.Date},
    )


def country(folder, incomes, **registers):
    """One worker a family; the first half of the families live in Astana, the others in Abai."""
    half = FAMILIES // 2
    families = {
        "households": pl.DataFrame(
            {
                "household_id": WORKERS,
                "region": ["71"] * half + ["10"] * half,
                "settlement": ["urban"] * FAMILIES,
            }
        ),
        "persons": pl.DataFrame(
            {
                "person_id": WORKERS,
                "household_id": WORKERS,
                "birth_date": [date(1990, 1, 1)] * FAMILIES,
                "sex": ["f"] * FAMILIES,
            }
        ),
        "incomes": incomes,
    }
    nothing = dict.fromkeys(data_sets.GOOD)
    return open_data_set(data_sets.write(folder, nothing | families | registers))


def features_of(data, folder, day=DAY):
    snapshot = make(data, day, folder)
    return build(snapshot.registers(0, day), day)


# --- a month ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workers", "covered"),
    [(12, True), (11, False), (0, False)],
    ids=["half of the median month's rows", "one row less", "no row"],
)
def test_a_month_is_covered_from_half_of_the_rows_of_the_median_month_on(
    tmp_path, workers, covered
):
    # Every other worker, so that both regions miss as many.
    short = paid([month(11)], WORKERS[::2][:workers])
    others = paid([m for m in YEAR if m != month(11)])
    coverage = coverage_of(country(tmp_path, pl.concat([others, short])), DAY)
    assert (month(11) in coverage.covered("incomes")) is covered


def test_rows_of_the_decisions_own_month_and_later_ones_end_no_silence(tmp_path):
    late = pl.concat([paid(YEAR[:-1]), paid([DAY, month(2, 2026)])])
    assert coverage_of(country(tmp_path, late), DAY).silent == ("incomes",)


def test_rows_that_the_state_learned_after_the_day_end_no_silence(tmp_path):
    late = pl.concat([paid(YEAR[:-1], known_on=DAY), paid(YEAR[-1:], known_on=date(2026, 1, 20))])
    data = country(tmp_path, late)
    assert coverage_of(data, date(2026, 1, 19)).silent == ("incomes",)
    assert coverage_of(data, date(2026, 1, 20)).silent == ()


def test_one_late_row_of_a_month_ends_no_silence(tmp_path):
    late = pl.concat([paid(YEAR[:-1]), paid(YEAR[-1:], WORKERS[:1])])
    features = features_of(country(tmp_path / "data", late), tmp_path / "snap")
    assert features["income_quarter"].null_count() == FAMILIES


def test_twenty_mistyped_years_leave_the_median_month_as_it_is(tmp_path):
    slips = paid([date(1800 + n, 5, 1) for n in range(20)], WORKERS[:1])
    data = country(tmp_path, pl.concat([paid(), slips]))
    assert coverage_of(data, DAY).reach("incomes") == 12
    assert decision_date(data) == DAY


# --- what is unknown ----------------------------------------------------------------------------


def test_a_month_without_rows_makes_the_quarter_unknown_and_never_a_third_less(tmp_path):
    gone = paid([m for m in YEAR if m != month(11)])
    features = features_of(country(tmp_path / "data", gone), tmp_path / "snap")
    assert features["income_quarter"].null_count() == FAMILIES
    assert features["members"].null_count() == 0


@pytest.mark.parametrize(
    ("lost", "unknown"),
    [
        (month(9), {"income_previous_quarter", "targeted_assistance_half_year", "income_year"}),
        (month(6), {"income_year", "wage_year", "months_with_earnings"}),
    ],
    ids=["four months before", "seven months before"],
)
def test_only_what_looks_at_a_lost_month_or_past_it_is_unknown(tmp_path, lost, unknown):
    kept = paid([m for m in YEAR if m != lost])
    features = features_of(country(tmp_path / "data", kept), tmp_path / "snap")
    assert features["income_quarter"].to_list() == [300_000] * FAMILIES
    assert all(features[name].null_count() == FAMILIES for name in unknown)
    assert features["income_previous_quarter"].null_count() == (FAMILIES if lost.month > 6 else 0)


def test_a_decision_before_the_first_month_of_incomes_knows_nothing_of_income(tmp_path):
    data = country(tmp_path / "data", paid(YEAR))
    day = date(2025, 3, 1)  # January and February are there, December 2024 is not
    features = features_of(data, tmp_path / "snap", day)
    assert features["income_quarter"].null_count() == FAMILIES
    assert coverage_of(data, date(2025, 4, 1)).reach("incomes") == 3


def test_a_region_that_did_not_deliver_is_silent_and_the_others_are_not(tmp_path):
    half = WORKERS[: FAMILIES // 2]
    incomes = pl.concat([paid(YEAR[:-1]), paid(YEAR[-1:], half)])
    data = country(tmp_path / "data", incomes)
    features = features_of(data, tmp_path / "snap")
    known = features.filter(pl.col("income_quarter").is_not_null())["household_id"]
    assert known.to_list() == half
    [fault] = gaps_as_faults(data, DAY)
    assert "2025-12 is not covered in region 10" in fault.rule


def test_a_region_of_which_nothing_ever_came_is_silent(tmp_path):
    data = country(tmp_path, paid(YEAR, WORKERS[: FAMILIES // 2]))
    coverage = coverage_of(data, DAY)
    assert coverage.reach("incomes", "71") == 12
    assert coverage.reach("incomes", "10") == 0


def test_a_region_too_small_to_tell_is_judged_with_the_country(tmp_path):
    # Eight workers of one region: that all of them lost their wage is as likely.
    few = WORKERS[:20]
    incomes = pl.concat([paid(YEAR[:-1], few), paid(YEAR[-1:], WORKERS[:12])])
    assert coverage_of(country(tmp_path, incomes), DAY).reach("incomes", "10") == 12


@pytest.mark.parametrize("register", ["transfers", "utilities"])
def test_an_optional_register_without_a_row_counts_as_empty_with_a_warning(tmp_path, register):
    empty = {
        "transfers": {"person_id": pl.Int64, "month": pl.Date, "senders": pl.Int64},
        "utilities": {"household_id": pl.Int64, "month": pl.Date},
    }[register] | {"amount": pl.Int64}
    data = country(tmp_path, paid(), **{register: pl.DataFrame(schema=empty)})
    assert register not in coverage_of(data, DAY).silent
    [fault] = gaps_as_faults(data, DAY)
    assert fault.register == register
    assert "holds no row" in fault.rule


def test_incomes_without_a_row_are_silent_for_nobody_earns_is_no_country(tmp_path):
    assert coverage_of(country(tmp_path, paid([])), DAY).silent == ("incomes",)


def test_months_that_features_look_back_are_those_that_are_warned_of():
    looks = {
        register: max(
            f.months_back for f in FEATURES.values() if f.source and f.registers == (register,)
        )
        for register in LOOKS_BACK
    }
    assert looks == LOOKS_BACK


def test_whole_months_leave_the_registers_of_a_snapshot_as_they_are(tmp_path):
    snapshot = make(country(tmp_path / "data", paid()), DAY, tmp_path / "snap")
    assert COVERED not in snapshot.registers(0, DAY)
    assert gaps_as_faults(open_data_set(tmp_path / "data"), DAY) == []


@pytest.mark.parametrize(
    ("workers", "warned"),
    [(1_080, False), (1_079, True)],
    ids=["a tenth fewer", "a row less"],
)
def test_a_covered_month_with_over_a_tenth_fewer_rows_is_warned_of(tmp_path, workers, warned):
    # 1,200 rows a month, √1200 = 35: a tenth fewer are no chance.
    many = pl.concat([paid(YEAR[:-1])] * 50)
    last = pl.concat([paid(YEAR[-1:])] * 50)[:workers]
    data = country(tmp_path, pl.concat([many, last]))
    rules = [fault.rule for fault in gaps_as_faults(data, DAY)]
    assert any("2025-12 has over a tenth fewer rows" in rule for rule in rules) is warned
    assert coverage_of(data, DAY).reach("incomes") == 12


# --- the day ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [DAY, month(2, 2026), date(2062, 1, 1), date(9999, 12, 1)])
def test_no_single_row_moves_the_day(tmp_path, ahead):
    incomes = pl.concat([paid(), paid([ahead], WORKERS[:1])])
    assert decision_date(country(tmp_path, incomes)) == DAY


def test_rows_of_the_month_that_begins_on_the_day_are_a_fault(tmp_path):
    incomes = pl.concat([paid(), paid([DAY], WORKERS[:2])])
    [fault] = gaps_as_faults(country(tmp_path, incomes), DAY)
    assert (fault.rows, fault.severity) == (2, "warning")
    assert "2026-01 had not begun" in fault.rule


def test_a_partly_delivered_december_leaves_the_day_in_december(tmp_path):
    incomes = pl.concat([paid(YEAR[:-1]), paid(YEAR[-1:], WORKERS[::3])])
    assert decision_date(country(tmp_path, incomes)) == month(12)
