"""How far the outcome hangs on the seed: the run's own way with other seeds, told plainly."""

import json
from datetime import date

import numpy as np
import pytest

from features.errors import InputError
from features.registers.snapshot import Snapshot
from models.bundles import aliases, bundle, signing
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned.hyperparameters import Hyperparameters
from tests.training.test_train import few_trees, part
from training.evaluation import seed_spread
from training.evaluation.evaluate import evaluate
from training.evaluation.seed_spread import (
    MEASURES,
    NO_ARM,
    NOT_MEASURED,
    Outcome,
    SeedSpread,
    measured,
    of_run,
)
from training.evaluation.strengthened import ALONE
from training.fitting import fit
from training.labels.gather import gather
from training.report.page import page, words

LAW = Law(date(2026, 1, 1))


def spread(*shares, aucs=(0.79, 0.76, 0.78), gains=(0.03, -0.005, 0.006)):
    outcomes = (
        Outcome(auc=auc, gain=gain, flagged_share=share)
        for auc, gain, share in zip(aucs, gains, shares, strict=True)
    )
    return SeedSpread(outcomes=tuple(outcomes))


def sentences(spread):
    seeds = json.loads(json.dumps(spread.as_json()))
    return " ".join([*seed_spread.of_ranking(seeds), *seed_spread.of_flags(seeds)])


def test_ends_and_middle_stand_beside_what_the_run_came_to():
    seeds = spread(0.06, 0.0, 0.02).as_json()
    assert seeds["auc"] == {"this_run": 0.79, "min": 0.76, "median": 0.78, "max": 0.79}
    assert seeds[ALONE] == {"this_run": 0.03, "min": -0.005, "median": 0.006, "max": 0.03}
    assert seeds["flagged_share"] == {"this_run": 0.06, "min": 0.0, "median": 0.02, "max": 0.06}
    assert (seeds["seeds"], seeds["flagging"], seeds["flags_come_and_go"]) == (3, 2, True)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ((0.06, 0.0, 0.02), "The flags come and go with the seed: of 3 seeds on the same data 2 "
                            "would flag families, up to 6.0% of all, and 1 nobody"),
        ((0.0, 0.0, 0.02), "The flags come and go with the seed: of 3 seeds on the same data 1 "),
        ((0.06, 0.01, 0.02), "Each of the 3 seeds flags families: 1.0% to 6.0%"),
        ((0.0, 0.0, 0.0), "None of the 3 seeds flags anybody."),
    ],
)  # fmt: skip
def test_it_is_said_plainly_whether_the_flags_come_and_go(shares, sentence):
    assert sentence in sentences(spread(*shares))


@pytest.mark.parametrize(
    ("aucs", "place"),
    [
        ((0.79, 0.76, 0.78), "; this run's AUC is the highest of them."),
        ((0.75, 0.76, 0.78), "; this run's AUC is the lowest of them."),
        ((0.77, 0.76, 0.78), "(median 0.006)."),
    ],
)
def test_a_run_that_was_lucky_says_so(aucs, place):
    assert place in sentences(spread(0.1, 0.1, 0.1, aucs=aucs))


def test_without_other_seeds_it_is_said_that_nothing_was_measured():
    own = Outcome(auc=0.79, gain=0.03, flagged_share=0.06)
    alone = measured(None, own, law=LAW, hyper=Hyperparameters(), generators=[])
    assert alone.why_not == NOT_MEASURED
    assert "was not measured: no other seed was asked for" in sentences(alone)
    assert not set(MEASURES) & alone.as_json().keys()


def test_without_a_random_arm_there_is_no_outcome_to_spread():
    nothing = measured(None, None, law=LAW, hyper=Hyperparameters(), generators=[1, 2])
    assert (nothing.outcomes, nothing.why_not) == ((), NO_ARM)
    assert sentences(nothing) == ""
    assert nothing.as_json()["seeds"] == 0
    assert of_run({"hidden_income": None}, {}) is None


def test_a_seed_whose_folds_hold_one_kind_alone_is_counted_and_not_judged(monkeypatch):
    def one_kind(*_, **__):
        raise InputError("all of one kind fell into one of 5 folds")

    monkeypatch.setattr(fit.Encoded, "of", lambda *_: None)
    monkeypatch.setattr(fit, "detect", one_kind)
    own = Outcome(auc=0.79, gain=0.03, flagged_share=0.06)
    generators = np.random.default_rng(1).spawn(2)
    counted = measured(None, own, law=LAW, hyper=Hyperparameters(), generators=generators)
    assert (counted.outcomes, counted.not_grown) == ((own,), 2)


@pytest.mark.long
def test_another_seed_comes_to_what_a_run_with_that_seed_comes_to(simulated_snapshot):
    """Not an imitation of training but its own steps: the numbers are those of a whole run."""
    snapshot, hyper = Snapshot.open(simulated_snapshot), few_trees()
    labels = part(gather([snapshot], generator=np.random.default_rng(0)))
    own = Outcome(auc=0.5, gain=0.0, flagged_share=0.0)
    other, twin = (np.random.default_rng(5).spawn(1) for _ in range(2))
    again = measured(labels, own, law=LAW, hyper=hyper, generators=other).outcomes[1]
    [generator] = twin
    run = fit.fit(
        labels, law=LAW, seed=int(generator.integers(2**31)), generator=generator, hyper=hyper
    )
    assert again == of_run(evaluate(labels, run, generator), run.certificate)


def test_the_run_keeps_it_signed_and_shows_it_wherever_it_is_read(trained_home):
    home = Home(trained_home)
    version = aliases.read(home).names["champion"].version
    kept = home.artefacts / f"version-{version}"
    path = kept / "seeds.json"
    signing.check_signature(path.read_bytes(), path.with_suffix(".sig"), home.public_key())
    seeds = json.loads(path.read_bytes())
    manifest = bundle.verify(home.bundles / version, home.public_key()).manifest
    assert seeds["seeds"] == 1 + seed_spread.REFITS
    assert seeds["auc"]["this_run"] == manifest["metrics"]["hidden_income"]["auc"]["value"]
    assert len({row["auc"] for row in seeds["rows"]}) > 1, "another seed changes nothing?"
    for name in ("auc", ALONE, "flagged_share"):
        assert seeds[name]["min"] <= seeds[name]["median"] <= seeds[name]["max"]
    assert "seeds" not in manifest  # the bundle is the same whatever their number
    shown = page(manifest["metrics"], manifest, seeds)
    section = shown[shown.index("## The same data, other seeds") :].split("\n## ")[0]
    assert len(section.splitlines()) > seeds["seeds"]
    assert section in (kept / "report.md").read_text()
    assert "The same data, other seeds" in (kept / "report.html").read_text()
    assert seed_spread.of_flags(seeds)[0] in words(
        manifest["metrics"], manifest["certificate"], seeds
    )
