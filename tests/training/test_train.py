"""Training from snapshot to signed candidate: repeatable, and silent about what it cannot know."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from features.errors import InputError
from features.registers.snapshot import Snapshot
from models import aliases, bundle
from models.home import Home
from models.parameters import Law
from training import train as training
from training.evaluate import evaluate, payments_rule
from training.fit import fit, informative
from training.labels import gather
from training.registry import Registry
from training.report import page, words
from training.train import measures

LAW = Law(date(2026, 1, 1))
SEED = 4


def learned(snapshot, change=lambda found: found):
    generator = np.random.default_rng(SEED)
    found = change(gather([snapshot], generator=generator))
    return found, fit(found, law=LAW, seed=SEED, generator=generator), generator


@pytest.fixture(scope="module")
def snapshot(simulated_snapshot):
    return Snapshot.open(simulated_snapshot)


@pytest.fixture(scope="module")
def manifest(trained_home):
    home = Home(trained_home)
    version = aliases.read(home).names["champion"].version
    return bundle.verify(home.bundles / version, home.public_key()).manifest


@pytest.fixture(scope="module")
def without_arm(snapshot):
    """The same country, as if nobody had ever been inspected at random."""
    from dataclasses import replace

    def change(found):
        chosen = found.inspections.filter(pl.col("design").cast(pl.String) != "random")
        return replace(found, inspections=chosen)

    return learned(snapshot, change)


def test_the_same_data_and_seed_grow_the_same_bytes(snapshot, trained_home, manifest):
    home = Home(trained_home)
    generator = np.random.default_rng(manifest["seed"])
    found = gather([snapshot], generator=generator)
    again = fit(found, law=LAW, seed=manifest["seed"] % 2**31, generator=generator)
    files = bundle.verify(home.bundles / manifest["version"], home.public_key()).files
    assert bundle.texts(again.models) == files
    assert again.certificate == manifest["certificate"]


def test_the_candidate_tells_what_it_rests_on(manifest, snapshot):
    assert manifest["trained_on"][0]["digest"] == snapshot.digest
    assert manifest["law"]["version"] == LAW.version
    assert manifest["certificate"]["random_labels"] == manifest["metrics"]["random_arm"]["labels"]
    json.dumps(manifest["metrics"], allow_nan=False)


def test_every_measure_stands_between_its_ends(manifest):
    metrics = manifest["metrics"]
    measured = [metrics["hidden_income"], *metrics["baselines"].values()]
    for said in measured:
        for name, estimate in said.items():
            if estimate["value"] is not None:
                assert estimate["low"] <= estimate["value"] <= estimate["high"], name
    assert 0.5 < metrics["hidden_income"]["auc"]["value"] < 0.99
    assert 0.4 < metrics["baselines"]["random"]["auc"]["value"] < 0.6


def test_without_a_random_arm_no_auc_is_printed_and_the_report_says_why(without_arm):
    found, fitted, generator = without_arm
    metrics = evaluate(found, fitted, generator)
    assert metrics["hidden_income"] is None
    assert metrics["baselines"] is None
    assert metrics["auc_above_logistic_regression"] is None
    assert "random" in metrics["random_arm"]["why_no_auc"]
    told = page(metrics, {"certificate": fitted.certificate, "trained_on": []})
    assert "No AUC and no precision" in told
    assert not any("AUC on" in line for line in words(metrics, fitted.certificate))
    assert metrics["welfare"]["quadratic_kappa"]["value"] > 0.3


def test_without_a_random_arm_nobody_is_flagged(without_arm):
    _, fitted, _ = without_arm
    assert fitted.models.threshold is None
    assert "no random inspection" in fitted.certificate["nobody_flagged_because"]
    assert fitted.certificate["flagged_share"] == 0


def test_inspections_that_all_found_the_same_teach_nothing(snapshot):
    from dataclasses import replace

    def change(found):
        clear = found.inspections.with_columns(hidden_income_monthly=pl.lit(0, pl.Int64))
        return replace(found, inspections=clear)

    with pytest.raises(InputError, match="found the same"):
        learned(snapshot, change)


def test_an_input_that_nobody_has_or_everybody_shares_is_left_out():
    x = np.array([[1.0, np.nan, 2.0, np.nan], [1.0, np.nan, 3.0, 5.0]])
    from models.inputs import declared_inputs

    kept = informative(declared_inputs()[:4], x)[1]
    assert kept.tolist() == [2]


def test_the_payments_rule_compares_a_quarter_with_three_instalments():
    families = pl.DataFrame(
        {"loan_payments_month": [100, 67, 66, None], "income_quarter": [0, 100, 100, 100]}
    )
    # 300 > 0 · 201 > 200 · 198 is not · unknown raises nothing
    assert payments_rule(families).tolist() == [1, 1, 0, 0]


def test_what_is_unknown_is_no_measure():
    flat = measures({"auc": {"value": 0.8, "low": None}, "why": "text", "n": 3})
    assert flat == {"auc.value": 0.8, "n": 3.0}


def test_mlflow_that_is_down_is_told_at_once_and_without_its_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://someone:secret@127.0.0.1:9")
    with pytest.raises(InputError, match=r"MLflow at 127\.0\.0\.1:9") as told:
        training.train([tmp_path / "nowhere"], home=Home(tmp_path))
    assert "secret" not in str(told.value)
    assert not (tmp_path / "bundles").exists()


def test_a_run_is_kept_with_its_bundle_report_and_version(trained_home, manifest):
    home = Home(trained_home)
    registry = Registry(home)
    registry.knows(manifest["version"])
    kept = {p.name for p in home.artefacts.rglob("*") if p.is_file()}
    assert {"manifest.json", "manifest.sig", "hidden_income.txt", "report.md"} <= kept
    with pytest.raises(InputError):
        registry.knows("4711")
