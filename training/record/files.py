"""What a run leaves behind for people and programs to read, beside the signed bundle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from training.evaluation import follow_ups, measures, review_load
from training.evaluation.measures import SLICED, table
from training.fitting.fit import Fitted
from training.fitting.tuning import Tuning
from training.report import curves
from training.report import page as report

SEEDS: Final = "seeds.json"


def write(
    folder: Path,
    fitted: Fitted,
    manifest: Mapping[str, Any],
    tuned: Tuning | None,
    seeds: Mapping[str, Any],
) -> None:
    """Write report, pictures, curves and tables into the folder.

    ``measures.csv`` holds every number with its interval, ``groups.csv`` those by groups of
    families (written where there are any), ``trials.csv`` the search for hyper-parameters,
    ``seeds.json`` what other seeds make of the same data (`training.evaluation.seed_spread`).
    The other JSON files are parts of the manifest, for those who want one part only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    metrics = manifest["metrics"]
    text = report.page(metrics, manifest, seeds) + review_load.section(manifest["review_load"])
    if manifest["follow_ups"] is not None:
        text += follow_ups.section(manifest["follow_ups"])
    (folder / "report.md").write_text(text, encoding="utf-8")
    page = report.html(metrics, manifest, fitted, seeds)
    (folder / "report.html").write_text(page, encoding="utf-8")
    _json(folder / SEEDS, seeds)
    report.draw(fitted, folder / "random_inspections.png")
    drawn = curves.curves(fitted.inspected, fitted.models.hidden_income.calibration.sensitivity)
    if drawn is not None:
        _json(folder / "curves.json", drawn)
        curves.draw(drawn, folder)
    numbers = table(measures.of_run(manifest, seeds))
    numbers.write_csv(folder / "measures.csv")
    groups = numbers.filter(pl.col("slice").is_not_null())
    if groups.height:
        groups.write_csv(folder / "groups.csv")
        _json(folder / "groups.json", {name: metrics[name] for name in SLICED if name in metrics})
    for part in (
        "metrics",
        "certificate",
        "features",
        "data",
        "law",
        "hyperparameters",
        "libraries",
        "preregistration",
        "review_load",
        "follow_ups",
    ):
        if manifest[part] is not None:
            _json(folder / f"{part}.json", manifest[part])
    if tuned is not None:
        tuned.table().write_csv(folder / "trials.csv")


def _json(path: Path, document: Any) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
