"""From snapshots to a signed candidate: fit, judge, record, bundle.

A candidate serves nobody: `training.promote` decides whether it may. The same
snapshots and the same seed grow the same boosters, byte for byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import polars as pl

from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import drift
from models.assessment.metrics import CONFIDENCE
from models.bundles import bundle, golden, signing
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned.hyperparameters import shipped
from models.learned.inputs import BESIDES_INPUTS
from training.evaluation import follow_ups, review_load, seed_spread
from training.evaluation.evaluate import evaluate
from training.evaluation.measures import flat, headlines, of_run
from training.fitting import tuning
from training.fitting.fit import Fitted, fit
from training.fitting.tuning import Tuning
from training.labels.gather import Labels, gather
from training.record import editions, files, provenance, signature, synthetic
from training.registry import CANDIDATE, Registry
from training.report import page as report

SEED: Final = 20_260_101
_WORDS: Final = 4_000
"""Letters of the findings that MLflow shows; all of them stand in the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What a training run left behind."""

    version: str
    metrics: dict[str, Any]
    certificate: dict[str, Any]
    bundle: Path
    run_id: str
    report: Path
    review_load: dict[str, Any]
    seeds: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """Everything but the version, ready for JSON."""
        return {
            "run_id": self.run_id,
            "bundle": str(self.bundle),
            "report": str(self.report),
            "metrics": self.metrics,
            "certificate": self.certificate,
            "review_load": self.review_load,
            "seeds": self.seeds,
        }

    def words(self) -> list[str]:
        """The findings in sentences."""
        return _words(self.metrics, self.certificate, self.review_load, self.seeds)


def train(
    snapshots: Sequence[Path],
    *,
    home: Home,
    as_of: date | None = None,
    seed: int = SEED,
    tune: int = 0,
    refits: int = seed_spread.REFITS,
    preregistration: Path | None = None,
    progress: Progress = silent,
) -> TrainingResult:
    """Train on one or several snapshots and register a signed candidate version.

    Parameters
    ----------
    snapshots : folders made by `features.registers.snapshot`.
    home : where the bundle, the run and the keys go.
    as_of : look at a single snapshot as of an earlier day; default: its own.
    seed : of everything that is drawn.
    refits : how many other seeds the detector is grown with, to see how far the outcome hangs
        on this one (`training.evaluation.seed_spread`). They are measured beside the bundle,
        which is the same bytes whatever their number.
    tune : trials of the search for hyper-parameters, for each stage; 0: the shipped ones.
    preregistration : what was promised before the run. Its hash is written to the run
        before a single register is read, and to the signed manifest.

    Raises ``InputError`` before any work when MLflow does not answer, and when a
    learning register is missing or too small.
    """
    promised = provenance.preregistered(preregistration)
    registry = Registry(home)
    opened = [Snapshot.open(folder) for folder in snapshots]
    code = provenance.code()
    day = as_of or max((snapshot.as_of for snapshot in opened), default=None)
    run = registry.start(_tags(code, seed, promised), f"as of {day}, seed {seed}")
    finished = False
    try:
        registry.read_from(run, provenance.data(opened))
        generator = np.random.default_rng(seed)
        labels = gather(opened, generator=generator, as_of=as_of, progress=progress)
        law = Law(labels.as_of)
        tuned = None
        if tune:
            tuned = tuning.tune(labels, law=law, trials=tune, seed=seed % 2**31, progress=progress)
        hyper = shipped(labels.inspections.height) if tuned is None else tuned.chosen
        fitted = fit(
            labels, law=law, seed=seed % 2**31, generator=generator, hyper=hyper, progress=progress
        )
        fitted, load = review_load.limited(labels, fitted, law)
        newest = max(opened, key=lambda snapshot: snapshot.as_of)
        fitted, looks = follow_ups.fixed(labels, fitted, newest, law, progress=progress)
        progress("judging", 0, 1)
        metrics = evaluate(labels, fitted, generator, opened)
        progress("judging", 1, 1)
        made_up = synthetic.families(labels.population, generator)
        manifest = _manifest(opened, labels, fitted, metrics, law, seed) | {
            "code": code,
            "code_version": code["version"],
            "hyperparameters": hyper.as_json(),
            "review_load": load,
            "follow_ups": None if looks is None else looks.as_json(),
            "tuning": None if tuned is None else tuned.as_json(),
            "preregistration": promised,
            "labels_until": str(labels.inspections["inspected_on"].cast(pl.String).max()),
            "reference": drift.reference(labels.population, fitted.inputs, law),
            "golden": golden.golden(fitted.models, made_up, labels.as_of),
        }
        seeds = seed_spread.measured(
            labels,
            seed_spread.of_run(metrics, fitted.certificate),
            law=law,
            hyper=hyper,
            generators=generator.spawn(refits),
            progress=progress,
        )
        result = _recorded(registry, run, home, fitted, manifest, made_up, tuned, seeds.as_json())
        finished = True
        return result
    finally:
        registry.finish(run, failed=not finished)


def _recorded(
    registry: Registry,
    run: str,
    home: Home,
    fitted: Fitted,
    manifest: Mapping[str, Any],
    made_up: pl.DataFrame,
    tuned: Tuning | None,
    seeds: dict[str, Any],
) -> TrainingResult:
    """Record the run, write the signed bundle under the version that MLflow gives it."""
    parameters = _parameters(manifest)
    law = manifest["law"]["version"]
    load = manifest["review_load"]
    registry.log(run, parameters, headlines(flat(of_run(manifest, seeds))))
    sentences = _words(manifest["metrics"], manifest["certificate"], load, seeds)
    words = "\n".join(f"* {line}" for line in sentences)
    number, model = registry.register(
        run, parameters, {"stage": CANDIDATE, "law": law}, words[:_WORDS]
    )
    folder = home.bundles / number
    if folder.exists():
        raise InputError(
            f"{folder} exists, but MLflow gave out version {number} just now: this home and "
            "this MLflow do not belong together. Use the home that MLflow was filled from."
        )
    bundle.write(folder, replace(fitted.models, version=number), manifest, home.signing_key())
    kept = home.artefacts / f"version-{number}"
    files.write(kept, fitted, manifest, tuned, seeds)
    spread = kept / files.SEEDS
    signing.sign(spread.read_bytes(), spread.with_suffix(".sig"), home.signing_key())
    registry.keep(run, kept, "report")
    with TemporaryDirectory() as described:
        signature.write(Path(described), made_up, run=run, model=model, as_of=manifest["as_of"])
        registry.hand_in(model, folder, Path(described))
    return TrainingResult(
        version=number,
        metrics=manifest["metrics"],
        certificate=manifest["certificate"],
        bundle=folder,
        run_id=run,
        report=kept / "report.md",
        review_load=load,
        seeds=seeds,
    )


def _words(
    metrics: Mapping[str, Any],
    certificate: Mapping[str, Any],
    load: Mapping[str, Any],
    seeds: Mapping[str, Any],
) -> list[str]:
    return [*report.words(metrics, certificate, seeds), *review_load.words(load)]


def _manifest(
    opened: Sequence[Snapshot],
    labels: Labels,
    fitted: Fitted,
    metrics: dict[str, Any],
    law: Law,
    seed: int,
) -> dict[str, Any]:
    read = sorted({i.name for i in fitted.inputs} | BESIDES_INPUTS)
    return {
        "trained_on": [
            {"digest": s.digest, "as_of": s.as_of.isoformat(), "households": s.households}
            for s in opened
        ],
        "data": provenance.data(opened),
        "features": provenance.features(read),
        "libraries": provenance.libraries(),
        "as_of": labels.as_of.isoformat(),
        "seed": seed,
        "law": {
            "version": law.version,
            "subsistence_minimum": law.subsistence_minimum,
            "hidden_income_materiality": law.hidden_income_materiality,
            "inspection_sensitivity": law.inspection_sensitivity,
            "flag_error_rate": law.flag_error_rate,
            "review_capacity": law.review_capacity,
            "review_days": law.review_days,
            "editions": editions.used(labels),
        },
        "calibration": {
            "on": "random inspections"
            if metrics["hidden_income"]
            else "pooled inspections, so nothing is promised of the probabilities",
            "corrected_for_sensitivity": law.inspection_sensitivity,
        },
        "certificate": fitted.certificate,
        "metrics": metrics,
        "interval_level": CONFIDENCE,
    }


def _tags(code: Mapping[str, Any], seed: int, promised: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what the run says of itself before it has read anything."""
    tags = {
        "stage": CANDIDATE,
        "seed": str(seed),
        "code": code["version"],
        "mlflow.source.name": "tarazy train",
        "mlflow.source.type": "LOCAL",
    }
    if code["commit"]:
        # MLflow's own name for it, so that its pages link the commit.
        tags |= {"mlflow.source.git.commit": code["commit"], "code_changed": str(code["changed"])}
    if promised:
        tags["preregistration_sha256"] = promised["sha256"]
    return tags


def _parameters(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that was chosen or given, one name and one value each."""
    snapshots, law = manifest["trained_on"], manifest["law"]
    return {
        "seed": manifest["seed"],
        "as_of": manifest["as_of"],
        "snapshots": ",".join(s["digest"][:16] for s in snapshots),
        "features_digest": manifest["features"]["digest"],
        "features": len(manifest["features"]["features"]),
        **{f"law.{name}": value for name, value in law.items() if name != "editions"},
        **{f"law.{e['name']} since {e['since']}": e["value"] for e in law["editions"]},
        **{
            f"{stage}.{name}": value
            for stage, values in manifest["hyperparameters"].items()
            for name, value in values.items()
        },
        "tuning_trials": manifest["tuning"]["trials_a_stage"] if manifest["tuning"] else 0,
    }
