"""The simulated country keeps the register contract, the published figures and its secrets."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from features.checking.check import faults
from features.errors import InputError
from features.registers.declared import LEARNING, REGISTERS, SCORING
from features.registers.reading.load import open_data_set
from features.registers.schema import Kind
from training.population import simulate, simulation
from training.population.calibration.figures import figure
from training.population.chance import opaque
from training.population.property.debts import annuity
from training.population.registers.labels import chance_to_find, random_share, verified_income
from training.population.registers.survey import quarter_before, survey_share

AS_OF = date(2026, 1, 1)
FAMILIES = 16_000
MATERIAL = 0.25 * 50_851  # of the subsistence minimum of 2026, per member


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    out = tmp_path_factory.mktemp("country") / "data"
    summary = simulate(out, households=FAMILIES, seed=7, as_of=AS_OF)
    return out, summary


@pytest.fixture(scope="module")
def families(country):
    """One row a family: the truth, its size, and some of what the registers show."""
    out, _ = country
    persons = read(out, "persons")
    quarter = read(out, "incomes").filter(pl.col("month") >= date(2025, 10, 1))
    cars = read(out, "vehicles").filter(pl.col("kind") == "car")

    def of_family(rows, value):
        return (
            rows.join(persons.select("person_id", "household_id"), on="person_id")
            .group_by("household_id")
            .agg(value)
        )

    table = persons.group_by("household_id").agg(size=pl.len())
    for facts in (
        read(out, "truth"),
        of_family(quarter, (pl.col("amount").sum() / 3).alias("declared")),
        of_family(cars, pl.len().alias("cars")),
        of_family(read(out, "loans"), pl.col("monthly_payment").sum().alias("payments")),
    ):
        table = table.join(facts, on="household_id", how="left")
    return table.with_columns(
        pl.col("declared", "cars", "payments").fill_null(0),
        hides=pl.col("hidden_income_monthly") >= MATERIAL * pl.col("size"),
    )


def read(out, register):
    return pl.read_parquet(out / register / "*.parquet")


def contents(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*.parquet"))}


def test_every_register_of_the_contract_is_told_and_breaks_no_promise(country):
    out, summary = country
    data = open_data_set(out)
    assert not data.faults
    assert not data.warnings
    assert all(data.registers[name] is not None for name in REGISTERS)
    assert all(summary["rows"][name] > 0 for name in REGISTERS)
    assert [f.sentence for f in faults(data, AS_OF) if f.is_error] == []


@pytest.mark.parametrize("register", REGISTERS.values(), ids=lambda r: r.name)
def test_columns_have_the_declared_types_and_the_required_ones_are_there(country, register):
    written = read(country[0], register.name).schema
    assert all(written[column] == register.schema[column] for column in written)
    assert {c.name for c in register if c.required} <= set(written)


@pytest.mark.parametrize("register", SCORING, ids=lambda r: r.name)
def test_no_date_that_is_known_lies_after_the_day_of_the_registers(country, register):
    rows = read(country[0], register.name)
    if "known_on" in rows.columns:
        rows = rows.filter(pl.col("known_on").is_null() | (pl.col("known_on") <= AS_OF))
    for column in register:
        if column.kind in (Kind.DATE, Kind.MONTH) and column.name in rows.columns:
            latest = rows[column.name].max()
            assert latest is None or latest <= AS_OF, column.name


def test_incomes_cover_the_twelve_complete_months_before_the_day(country):
    months = read(country[0], "incomes")["month"].unique().sort().to_list()
    assert months == [date(2025, month, 1) for month in range(1, 13)]


def test_inspections_come_after_the_day_and_the_survey_speaks_of_the_quarter_before(country):
    inspected = read(country[0], "inspections")["inspected_on"]
    assert inspected.min() > AS_OF
    assert inspected.max() <= date(2026, 6, 30)
    assert read(country[0], "survey")["quarter"].unique().to_list() == ["2025Q4"]


@pytest.mark.parametrize(
    ("as_of", "quarter"),
    [
        (date(2025, 12, 31), "2025Q3"),  # the fourth quarter is not complete on its last day
        (date(2026, 1, 1), "2025Q4"),
        (date(2026, 3, 31), "2025Q4"),
        (date(2026, 4, 1), "2026Q1"),
    ],
)
def test_the_survey_quarter_is_the_last_complete_one(as_of, quarter):
    assert quarter_before(as_of) == quarter


def test_the_summary_tells_the_truth_about_the_truth(country, families):
    achieved = {line["figure"]: line["achieved"] for line in country[1]["calibration"]}
    declared = families.select(
        "official_wage", "declared_business", "pension", "benefits", "alimony", "declared_rent"
    ).sum_horizontal()
    hidden = families["hidden_income_monthly"]
    share = hidden.sum() / (hidden.sum() + declared.sum())
    assert 0.15 <= share <= 0.20
    assert achieved["hidden_share"] == pytest.approx(share, abs=1e-4)
    assert achieved["hiding_families"] == pytest.approx(families["hides"].mean(), abs=1e-4)
    parts = families.select(pl.col("^hidden_(wage|business|side_job|rent|farm)$"))
    assert (parts.sum_horizontal() == hidden).all()


def test_truth_lies_apart_from_the_registers(country):
    out, _ = country
    assert {p.name for p in out.iterdir()} == {*REGISTERS, "truth"}
    assert not any(p.is_relative_to(out / "truth") for p in open_data_set(out).files)
    only_true = set(read(out, "truth").columns) - {"household_id"}
    learning = {column.name for register in LEARNING for column in register}
    assert only_true & learning == {"hidden_income_monthly", "consumption_monthly"}
    for register in SCORING:
        assert not only_true & set(read(out, register.name).columns)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path):
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        simulate(tmp_path / name, households=1_500, seed=seed, as_of=AS_OF)
    first, again, other = (contents(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first["households/part-00000.parquet"] != other["households/part-00000.parquet"]


def test_partitions_share_no_key_and_add_up_to_the_country(tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "FAMILIES_OF_A_PARTITION", 400)
    seen = []
    simulate(
        tmp_path / "out",
        households=1_000,
        seed=1,
        as_of=AS_OF,
        progress=lambda what, done, total: seen.append((done, total)),
    )
    assert seen == [(0, 1_000), (400, 1_000), (800, 1_000), (1_000, 1_000)]
    assert len(list((tmp_path / "out" / "persons").iterdir())) == 3
    assert read(tmp_path / "out", "households")["household_id"].n_unique() == 1_000
    persons = read(tmp_path / "out", "persons")
    assert persons["person_id"].is_unique().all()
    assert not [f for f in faults(open_data_set(tmp_path / "out"), AS_OF) if f.is_error]


@pytest.mark.parametrize("households", [1, 5])
def test_even_a_country_of_a_few_families_keeps_the_contract(tmp_path, households):
    for seed in range(4):
        out = tmp_path / str(seed)
        simulate(out, households=households, seed=seed, as_of=date(2025, 5, 17))
        every_fault = faults(open_data_set(out), date(2025, 5, 17))
        assert not [f.sentence for f in every_fault if f.is_error]


def test_a_folder_that_holds_something_is_refused_and_left_as_it_was(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        simulate(tmp_path, households=10, seed=1, as_of=AS_OF)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    simulate(tmp_path / "out", households=10, seed=1, as_of=AS_OF)
    assert (tmp_path / "out" / "households").is_dir()


@pytest.mark.parametrize(
    "wrong", [{"households": 0}, {"seed": -1}, {"as_of": date(2018, 12, 31)}], ids=str
)
def test_an_impossible_country_is_refused_in_one_sentence(tmp_path, wrong):
    with pytest.raises(InputError):
        simulate(tmp_path / "out", **{"households": 10, "seed": 1, "as_of": AS_OF} | wrong)
    assert not list(tmp_path.iterdir())


def test_a_run_that_breaks_off_leaves_nothing(tmp_path):
    def stop(what, done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "out", households=20, seed=1, as_of=AS_OF, progress=stop)
    assert not list(tmp_path.iterdir())


def test_keys_tell_nothing_and_never_meet():
    first, second = opaque(5, 0, 0, 50_000), opaque(5, 0, 1, 50_000)
    both = np.concatenate([first, second])
    assert len(np.unique(both)) == 100_000
    assert both.min() >= 0
    assert both.max() < 2**53  # a JSON number
    assert abs(np.corrcoef(first, np.arange(50_000))[0, 1]) < 0.02
    assert not np.array_equal(first, opaque(6, 0, 0, 50_000))


def test_one_head_a_family_and_no_family_without_an_adult(country):
    warnings = {f.rule for f in faults(open_data_set(country[0]), AS_OF)}
    assert not {r for r in warnings if "head" in r or "adult" in r or "persons" in r}


def test_a_loan_agrees_with_itself(country):
    loans = read(country[0], "loans")
    assert (loans["outstanding"] <= loans["principal"] + 10).all()
    assert (
        loans["days_overdue"]
        <= (pl.Series([AS_OF] * loans.height) - loans["issued_on"]).dt.total_days()
    ).all()
    # Without interest a whole number of payments is left.
    instalment = loans.filter(pl.col("kind") == "instalment")
    months_left = instalment["outstanding"] / instalment["monthly_payment"]
    assert ((months_left - months_left.round()).abs() < 0.02).all()


@pytest.mark.parametrize("rate", [0.0, 0.02])
def test_an_annuity_is_paid_off_exactly_at_its_end(rate):
    principal, months = np.array([120_000.0]), np.array([12])
    payment, left = annuity(principal, np.array([rate]), months, np.array([0.0]))
    assert left[0] == pytest.approx(120_000)
    # 120,000 / 12; with 2 % a month the annuity table gives 0.0945596 of the principal.
    assert payment[0] == pytest.approx(10_000 if rate == 0 else 11_347.15, abs=0.01)
    assert annuity(principal, np.array([rate]), months, np.array([12.0]))[1][0] == pytest.approx(
        0, abs=1e-6
    )


def test_random_inspections_have_one_known_probability_and_complaints_none(country):
    inspected = read(country[0], "inspections")
    by_design = {name: rows for (name,), rows in inspected.group_by("design")}
    share = random_share(FAMILIES)
    assert by_design["random"]["probability"].unique().to_list() == [share]
    assert by_design["random"].height == pytest.approx(FAMILIES * share, abs=1)
    assert by_design["complaint"]["probability"].null_count() == by_design["complaint"].height
    targeted = by_design["targeted"]
    assert targeted["probability"].null_count() == 0
    # Weighted by their probabilities the targeted ones stand for the country, as they must.
    assert (1 / targeted["probability"]).sum() == pytest.approx(FAMILIES, rel=0.25)


@pytest.mark.parametrize(
    ("households", "share"), [(20_000, 0.03), (24_000, 0.025), (40_000, 0.015), (10**6, 0.015)]
)
def test_a_larger_country_draws_a_smaller_share_but_never_fewer_families(households, share):
    assert random_share(households) == pytest.approx(share)
    assert households * random_share(households) >= 600


def test_the_survey_is_a_quarter_of_a_small_country_and_never_above_its_size():
    assert survey_share(20_000) == 0.25
    assert survey_share(1_000_000) * 1_000_000 == 12_000


def test_survey_weights_stand_for_the_whole_country(country):
    survey = read(country[0], "survey")
    assert survey["weight"].sum() == pytest.approx(FAMILIES, rel=0.06)
    assert (survey["food_consumption_monthly"] <= survey["consumption_monthly"]).all()
    assert set(survey["subjective_level"].unique()) == {1, 2, 3, 4, 5, 6}


def test_targeting_and_complaints_find_hiding_families_more_often_than_chance(country, families):
    by_design = (
        read(country[0], "inspections")
        .join(families.select("household_id", "hides"), on="household_id")
        .group_by("design")
        .agg(pl.col("hides").mean())
    )
    share = dict(by_design.iter_rows())
    assert share["random"] == pytest.approx(families["hides"].mean(), abs=0.07)
    assert share["targeted"] > share["random"] + 0.1
    assert share["complaint"] > share["random"] + 0.1


def test_inspectors_miss_small_sums_more_often_and_never_find_what_is_not_there(families):
    small, large = chance_to_find(np.array([15_000.0, 500_000.0]))
    assert small < 0.75
    assert large > 0.85
    material = families.filter("hides")["hidden_income_monthly"].to_numpy().astype(float)
    assert chance_to_find(material).mean() == pytest.approx(
        figure("inspection_sensitivity"), abs=0.03
    )
    generator = np.random.default_rng(1)
    verified = verified_income(generator, np.repeat([0.0, 300_000.0], 2_000))
    assert (verified[:2_000] == 0).all()
    assert 0 < (verified[2_000:] == 0).mean() < 0.25


def test_visible_signs_help_to_detect_but_none_gives_hiding_away(families):
    signs = families.select(
        gap=pl.col("consumption_monthly") - pl.col("declared"),
        payments=pl.col("payments") / (pl.col("declared") + 1),
        cars=pl.col("cars"),
        poverty=-pl.col("declared") / pl.col("size"),
    )
    for sign in signs:
        auc = roc_auc_score(families["hides"], sign)
        assert 0.5 < auc < 0.9, sign.name
    assert roc_auc_score(families["hides"], signs["gap"]) > 0.7


def test_the_world_confuses(families, country):
    """Honest families that look guilty, and guilty ones that look honest, are all there."""
    poor_on_paper = pl.col("declared") < 50_000 * pl.col("size")
    loud = families.filter((pl.col("cars") >= 2) & poor_on_paper)
    assert 0.15 < 1 - loud["hides"].mean() < 0.6
    quiet = families.filter((pl.col("cars") == 0) & (pl.col("declared") > 0) & ~poor_on_paper)
    assert quiet["hides"].mean() > 0.12
    rich = families.filter(pl.col("declared") > 300_000 * pl.col("size"))
    assert 0.6 < 1 - rich["hides"].mean() < 0.95
    status = read(country[0], "vehicles")["status"]
    assert 0.005 < (status == "sold_not_reregistered").mean() < 0.04
    idle = read(country[0], "businesses").filter(pl.col("closed_on").is_null())
    assert 0.1 < (idle["turnover_12m"] == 0).mean() < 0.45
