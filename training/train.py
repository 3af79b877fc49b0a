"""From snapshots to a signed candidate: fit, judge, record, bundle.

A candidate serves nobody: `training.promote` decides whether it may. The same
snapshots and the same seed grow the same boosters, byte for byte.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models import bundle
from models.assessment.metrics import LEVEL
from models.home import Home
from models.parameters import Law
from training import report, synthetic
from training.evaluate import evaluate
from training.fit import Fitted, fit
from training.labels import Labels, gather
from training.registry import Registry

SEED: Final = 20_260_101


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What a training run left behind."""

    version: str
    metrics: dict[str, Any]
    certificate: dict[str, Any]
    bundle: Path
    run_id: str
    report: Path

    def summary(self) -> dict[str, Any]:
        """Everything but the version, ready for JSON."""
        return {
            "run_id": self.run_id,
            "bundle": str(self.bundle),
            "report": str(self.report),
            "metrics": self.metrics,
            "certificate": self.certificate,
        }

    def words(self) -> list[str]:
        """The findings in sentences."""
        return report.words(self.metrics, self.certificate)


def train(
    snapshots: Sequence[Path],
    *,
    home: Home,
    as_of: date | None = None,
    seed: int = SEED,
    progress: Progress = silent,
) -> TrainingResult:
    """Train on one or several snapshots and register a signed candidate version.

    Parameters
    ----------
    snapshots : folders made by `features.registers.snapshot`.
    home : where the bundle, the run and the keys go.
    as_of : look at a single snapshot as of an earlier day; default: its own.
    seed : of everything that is drawn.

    Raises ``InputError`` before any work when MLflow does not answer, and when a
    learning register is missing or too small.
    """
    registry = Registry(home)
    opened = [Snapshot.open(folder) for folder in snapshots]
    generator = np.random.default_rng(seed)
    found = gather(opened, generator=generator, as_of=as_of, progress=progress)
    law = Law(found.as_of)
    fitted = fit(found, law=law, seed=seed % 2**31, generator=generator, progress=progress)
    progress("judging", 0, 1)
    metrics = evaluate(found, fitted, generator, opened)
    progress("judging", 1, 1)
    told = _told(opened, found, fitted, metrics, law, seed)
    told["golden"] = bundle.golden(
        fitted.models, synthetic.families(found.population, generator), found.as_of
    )
    return _recorded(registry, home, fitted, told)


def _recorded(
    registry: Registry, home: Home, fitted: Fitted, told: Mapping[str, Any]
) -> TrainingResult:
    """Record the run, write the signed bundle under the version that MLflow gives it."""
    run = registry.start({"law_version": told["law"]["version"], "code": told["code_version"]})
    finished = False
    try:
        registry.log(run, _parameters(told), measures(told["metrics"]))
        number = registry.register(run, {"stage": "candidate", "law": told["law"]["version"]})
        folder = home.bundles / number
        if folder.exists():
            raise InputError(
                f"{folder} exists, but MLflow gave out version {number} just now: this home and "
                "this MLflow do not belong together. Use the home that MLflow was filled from."
            )
        models = replace(fitted.models, version=number)
        bundle.write(folder, models, told, home.signing_key())
        kept = home.artefacts / f"version-{number}"
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "report.md").write_text(report.page(told["metrics"], told), encoding="utf-8")
        page = report.html(told["metrics"], told, fitted)
        (kept / "report.html").write_text(page, encoding="utf-8")
        report.draw(fitted, kept / "random_inspections.png")
        registry.keep(run, kept, "report")
        registry.keep(run, folder, "bundle")
        finished = True
    finally:
        registry.finish(run, failed=not finished)
    return TrainingResult(
        version=number,
        metrics=told["metrics"],
        certificate=told["certificate"],
        bundle=folder,
        run_id=run,
        report=kept / "report.md",
    )


def measures(metrics: Mapping[str, Any], name: str = "") -> dict[str, float]:
    """Flatten the metrics to names and numbers, intervals as ``…_low`` and ``…_high``.

    What is unknown has no number and is left out; a zero would be a lie. Lists are tables
    for people, and stand in the report.
    """
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        path = f"{name}.{key}" if name else key
        if isinstance(value, Mapping):
            flat |= measures(value, path)
        elif value is None or isinstance(value, bool | str | list):
            continue
        else:
            flat[path] = float(value)
    return flat


def _told(
    opened: Sequence[Snapshot],
    found: Labels,
    fitted: Fitted,
    metrics: dict[str, Any],
    law: Law,
    seed: int,
) -> dict[str, Any]:
    return {
        "trained_on": [
            {"digest": s.digest, "as_of": s.as_of.isoformat(), "households": s.households}
            for s in opened
        ],
        "as_of": found.as_of.isoformat(),
        "seed": seed,
        "law": {
            "version": law.version,
            "subsistence_minimum": law.subsistence_minimum,
            "hidden_income_materiality": law.hidden_income_materiality,
            "inspection_sensitivity": law.inspection_sensitivity,
            "flag_error_rate": law.flag_error_rate,
        },
        "calibration": {
            "on": "random inspections"
            if metrics["hidden_income"]
            else "pooled inspections, so nothing is promised of the probabilities",
            "corrected_for_sensitivity": law.inspection_sensitivity,
        },
        "certificate": fitted.certificate,
        "metrics": metrics,
        "interval_level": LEVEL,
        "code_version": _code_version(),
    }


def _parameters(told: Mapping[str, Any]) -> dict[str, Any]:
    snapshots = told["trained_on"]
    return {
        "seed": told["seed"],
        "as_of": told["as_of"],
        "snapshots": ",".join(s["digest"][:16] for s in snapshots),
        **{f"law.{name}": value for name, value in told["law"].items()},
    }


def _code_version() -> str:
    try:
        return version("tarazy")
    except PackageNotFoundError:
        return "not installed"
