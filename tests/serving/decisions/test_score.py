"""Decisions for all: what the invariants of the design promise, on a real trained model."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from features.errors import InputError
from features.registers.snapshot import Snapshot
from models.bundles.home import Home
from models.bundles.loading import load
from models.columns import SCORE_SCHEMA
from models.decision.outcome import MODEL_OUTPUTS
from models.decision.pipeline import decide
from models.explanation.explain import explained
from models.law.parameters import Law
from models.rules import programmes
from models.writing import LANGUAGES
from serving.decisions import batch
from serving.explanations.picture import draw
from serving.explanations.record import record
from serving.explanations.words import words

KEY = b"a home's secret"
MODEL_COLUMNS = (*MODEL_OUTPUTS, "material", "proposed_category", "model_version")


@pytest.fixture(scope="session")
def models(trained_home):
    return load(Home(trained_home), "champion")


@pytest.fixture(scope="session")
def registers(simulated_snapshot):
    return Snapshot.open(simulated_snapshot).registers(0)


@pytest.fixture(scope="session")
def as_of(simulated_snapshot):
    return Snapshot.open(simulated_snapshot).as_of


@pytest.fixture(scope="module")
def without(registers, models, as_of):
    """The decisions of all families while one register is silent, each decided once."""

    @cache
    def decisions_without(register):
        return decide({**registers, register: None}, models, Law(as_of)).table

    return decisions_without


def test_every_family_has_one_decision_with_the_columns_of_the_design(decisions, registers):
    assert dict(decisions.schema) == SCORE_SCHEMA
    assert decisions["household_id"].is_sorted()
    assert decisions["household_id"].n_unique() == registers["households"].height
    assert decisions["category"].is_between(1, 6).all()
    assert decisions["reasons"].list.len().is_between(1, 4).all()
    assert set(decisions["status"]) <= {"automatic", "review"}


def test_the_served_category_is_always_the_rules(decisions):
    assert (decisions["category"] == decisions["rule_category"]).all()
    assert decisions["proposed_category"].null_count() == decisions.height  # policy: advisory


def test_review_is_asked_for_exactly_where_there_is_a_reason_for_it(decisions):
    with_reasons = decisions["review_reasons"].list.len() > 0
    assert (with_reasons == (decisions["status"] == "review")).all()
    looked_at = decisions["follow_up_reasons"].list.len() > 0
    assert (looked_at == decisions["follow_up"]).all()
    assert not (looked_at & with_reasons).any()


def test_without_the_model_everything_else_is_byte_equal(
    in_process, trained_home, simulated_snapshot, decisions, tmp_path
):
    out = tmp_path / "rules.parquet"
    run = in_process(
        trained_home, "score", simulated_snapshot, "--out", out, "--model", "none", "--json"
    )
    assert run.code == 0, run.err
    alone = pl.read_parquet(out)
    assert run.json["households"] == alone.height
    of_looks = ("follow_up", "follow_up_reasons")
    same = [c for c in SCORE_SCHEMA if c not in (*MODEL_COLUMNS, *of_looks)]
    assert alone.select(same).equals(decisions.select(same))
    assert all(alone[c].null_count() == alone.height for c in MODEL_COLUMNS)
    assert not alone["follow_up_reasons"].list.contains("HIDDEN_INCOME_MATERIAL").any()


def test_services_are_listed_by_code_in_one_list_at_most(decisions, as_of):
    codes = {p.code for p in programmes.in_force(Law(as_of))}
    for may, asks in decisions.select("eligible_services", "services_in_review").iter_rows():
        assert may == sorted(may)
        assert asks == sorted(asks)
        assert not set(may) & set(asks)
        assert set(may) | set(asks) <= codes


def test_no_family_of_category_6_may_receive_anything_without_a_person(decisions):
    richest = decisions.filter(pl.col("category") == 6)
    assert richest.height > 0
    assert (richest["eligible_services"].list.len() == 0).all()
    assert (richest["status"] == "review").all()
    assert richest["review_reasons"].list.contains("CATEGORY_6_ADVERSE").all()


def test_the_summary_counts_the_families_of_each_service(decisions):
    summary = batch.Scored(Path("decisions.parquet"), decisions, 0).summary()
    for column in ("eligible_services", "services_in_review"):
        for code, count in summary[column].items():
            assert count == decisions[column].list.contains(code).sum()
    assert summary["eligible_services"]["sport_section"] > 0


def test_a_material_flag_is_a_flag_whose_low_end_changes_the_category(decisions):
    material = decisions.filter("material")
    assert material["model_flag"].all()
    assert (material["hidden_income_low"] > 0).all()
    assert decisions.filter(pl.col("model_flag").not_())["material"].not_().all()


def test_in_no_region_more_are_followed_up_than_it_has_room_for_whatever_the_reason(
    decisions, registers, models
):
    """The country is the one that the model was trained on: the bars were fixed on it."""
    flagged = pl.col("follow_up_reasons").list.contains("HIDDEN_INCOME_MATERIAL")
    assert decisions.filter(flagged)["material"].all()
    by_region = (
        decisions.select("household_id", "follow_up")
        .join(registers["households"].select("household_id", "region"), on="household_id")
        .group_by("region")
        .agg(pl.len().alias("families"), pl.col("follow_up").sum())
        .sort("region")
    )
    load = models.manifest["follow_ups"]
    assert 0 < by_region["follow_up"].sum() < load["asking"]
    assert (by_region["follow_up"] <= load["capacity"] * by_region["families"]).all()
    recorded = pl.DataFrame(load["by_region"]).sort("region")
    assert by_region["follow_up"].to_list() == recorded["followed_up"].to_list()


def test_a_silent_register_that_the_model_reads_makes_its_flag_null(models, without):
    assert "vehicles" in models.hidden_income_reads
    decided = without("vehicles")
    assert decided["model_flag"].null_count() == decided.height
    assert decided["category"].null_count() == 0


@pytest.mark.parametrize(
    "register", ["incomes", "properties", "vehicles", "livestock", "loans", "businesses"]
)
def test_blanking_a_register_never_narrows_the_mean_set_or_interval(decisions, without, register):
    def widths(table):
        wide = table["hidden_income_high"] - table["hidden_income_low"]
        return table["model_category_set"].list.len().mean(), wide.mean()

    whole = widths(decisions)
    blank = widths(without(register))
    assert blank[0] >= whole[0]
    assert blank[1] is None or blank[1] >= whole[1]


def test_silence_never_makes_a_family_richer_and_waits_for_the_register_where_it_matters(
    decisions, without
):
    for register in ("incomes", "properties", "vehicles", "loans", "businesses"):
        blank = without(register)
        assert (blank["category"] <= decisions["category"]).all(), register
        moved = blank.filter(blank["category"] != decisions["category"])
        assert (moved["status"] == "review").all(), register
        assert moved["review_reasons"].list.contains("REGISTER_SILENT").all(), register


def test_a_family_alone_gets_the_decision_it_has_in_company(registers, models, as_of, decisions):
    for household in decisions["household_id"].sample(25, seed=3):
        alone = {
            name: None if rows is None else rows.filter(pl.col("household_id") == household)
            for name, rows in registers.items()
        }
        table = decide(alone, models, Law(as_of)).table
        assert table.equals(decisions.filter(pl.col("household_id") == household))


def test_a_run_goes_on_where_it_was_stopped_and_gives_the_same_bytes(
    walk, simulated_snapshot, models, as_of, tmp_path, monkeypatch
):
    """The bytes of the walk's run, which was never stopped and took the country in one slice."""
    snapshot = Snapshot.open(simulated_snapshot)
    monkeypatch.setattr(batch, "HOUSEHOLDS_PER_SLICE", 3_000)
    calls = 0

    def dies(*arguments):
        nonlocal calls
        calls += 1
        if calls > 3:
            raise KeyboardInterrupt
        return decide(*arguments)

    monkeypatch.setattr(batch, "decide", dies)
    with pytest.raises(KeyboardInterrupt):
        batch.score(snapshot, as_of=as_of, models=models, out=tmp_path / "killed.parquet", key=KEY)
    assert not (tmp_path / "killed.parquet").exists()
    monkeypatch.setattr(batch, "decide", decide)
    resumed = batch.score(
        snapshot, as_of=as_of, models=models, out=tmp_path / "killed.parquet", key=KEY
    )
    assert resumed.resumed == 3
    whole = walk.folder / "decisions.parquet"
    assert (tmp_path / "killed.parquet").read_bytes() == whole.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["killed.parquet"]


def test_a_second_run_of_the_same_work_is_refused_and_a_neighbour_is_left_alone(
    simulated_snapshot, as_of, tmp_path, monkeypatch
):
    snapshot = Snapshot.open(simulated_snapshot)
    neighbour = tmp_path / ".out.parquet.mine"
    neighbour.mkdir()

    def meanwhile(*arguments):
        with pytest.raises(InputError, match="Another run"):
            batch.score(snapshot, as_of=as_of, models=None, out=tmp_path / "out.parquet", key=KEY)
        return decide(*arguments)

    monkeypatch.setattr(batch, "decide", meanwhile)
    batch.score(snapshot, as_of=as_of, models=None, out=tmp_path / "out.parquet", key=KEY)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.parquet.mine", "out.parquet"]


@pytest.mark.long
def test_kill_9_at_any_moment_loses_nothing(tarazy, simulated_data, trained_home, tmp_path):
    big = tmp_path / "big"
    shutil.copytree(simulated_data, big)
    command = [sys.executable, "-c", "from serving.commands import main; main()", "score", str(big)]
    environment = os.environ | {"TARAZY_HOME": str(trained_home)}
    subprocess.run(
        [*command, "--out", str(tmp_path / "whole.parquet")], check=True, env=environment
    )
    for delay in (0.5, 1.5, 2.5, 3.5):
        run = subprocess.Popen([*command, "--out", str(tmp_path / "k.parquet")], env=environment)
        time.sleep(delay)
        run.send_signal(signal.SIGKILL)
        run.wait()
    subprocess.run([*command, "--out", str(tmp_path / "k.parquet")], check=True, env=environment)
    assert (tmp_path / "k.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_is_explained_in_three_languages_and_drawn(
    simulated_snapshot, models, as_of, decisions, tmp_path, language
):
    row = decisions.row(17, named=True)
    snapshot = Snapshot.open(simulated_snapshot)
    registers = batch.one_household(snapshot, row["household_id"], as_of)
    explanation = explained(registers, models, Law(as_of))
    assert explanation.answer["category"] == row["category"]
    assert [r["code"] for r in explanation.answer["reasons"]] == row["reasons"]
    assert len(explanation.contributions()["points"]) == 23
    text = "\n".join(words(explanation, language, record(snapshot, row["household_id"])))
    for reason in explanation.answer["reasons"]:
        assert reason["text"][language] in text
    draw(explanation, tmp_path / "why.svg", language)
    assert (tmp_path / "why.svg").read_text().startswith("<?xml")


def test_a_household_that_is_nowhere_is_said_so(in_process, simulated_snapshot, tmp_path):
    words = ("explain", simulated_snapshot, 1, "--model", "none", "--unsigned")
    run = in_process(tmp_path / "home", *words)
    assert run.code == 1
    assert "not in" in run.err
