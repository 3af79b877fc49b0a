"""The curves of the detector on the random inspections: as numbers, and as pictures.

Each family was judged by models that had not seen it, and stands for as many as the
design of the random arm says.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from models.learned.arrays import Vector
from training.fitting.hidden_income import Inspected

_DIGITS: Final = 6
_FEWEST: Final = 10
"""Families that a point of the calibration speaks for at least."""
_TITLES: Final = {
    "roc": ("clear families among them, of all clear", "hiding families among them, of all hiding"),
    "precision_recall": ("hiding families among them, of all hiding", "of them, hiding"),
    "calibration": ("said", "confirmed"),
}


def curves(inspected: Inspected, sensitivity: float) -> dict[str, Any] | None:
    """Return the curves as points, ready for JSON; null without a random arm of both kinds.

    ``roc`` and ``precision_recall`` go from the most suspicious family down, families of
    one score together. ``calibration`` compares, tenth by tenth of what was said, the
    chance that an inspector confirms with how often one did.
    """
    arm = inspected.in_random_arm
    truth, weights = inspected.confirmed[arm], inspected.random[arm]
    if not 0 < truth.sum() < len(truth):
        return None
    hits, alarms = _gathered(truth, weights, inspected.margin[arm])
    return {
        "on": "random inspections, by models that had not seen the family",
        "families": int(arm.sum()),
        "roc": _points(x=_share(alarms), y=_share(hits)),
        "precision_recall": _points(x=_share(hits)[1:], y=hits[1:] / (hits + alarms)[1:]),
        "calibration": _calibration(truth, weights, sensitivity * inspected.hides[arm]),
    }


def draw(drawn: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw each curve into the folder; returns the files."""
    files = []
    with mpl.rc_context({"svg.hashsalt": "tarazy"}):
        for name, (across, up) in _TITLES.items():
            figure = Figure(figsize=(4.5, 4.2), layout="constrained")
            axes = figure.subplots()
            points = drawn[name]
            x, y = [p["x"] for p in points], [p["y"] for p in points]
            if name == "calibration":
                axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
                axes.plot(x, y, "o-")
            else:
                axes.step(x, y, where="post")
            axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1))
            axes.set_title(f"{drawn['families']} random inspections", fontsize=9)
            files.append(folder / f"{name}.png")
            figure.savefig(files[-1], dpi=120, metadata={"Software": None})
    return files


def _gathered(truth: Vector, weights: Vector, score: Vector) -> tuple[Vector, Vector]:
    """Return hiding and clear weight among the most suspicious, at each score, from none on."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    start = np.zeros(1)
    hits, alarms = (
        np.concatenate([start, np.cumsum((weights * kind)[order])[last]])
        for kind in (truth, 1 - truth)
    )
    return hits, alarms


def _share(gathered: Vector) -> Vector:
    return np.asarray(gathered / gathered[-1], dtype=np.float64)


def _calibration(truth: Vector, weights: Vector, chance: Vector) -> list[dict[str, float]]:
    parts = max(1, min(10, len(truth) // _FEWEST))
    groups = np.array_split(np.argsort(chance, kind="stable"), parts)
    return [
        {
            "x": round(float(np.average(chance[g], weights=weights[g])), _DIGITS),
            "y": round(float(np.average(truth[g], weights=weights[g])), _DIGITS),
            "families": len(g),
        }
        for g in groups
    ]


def _points(*, x: Vector, y: Vector) -> list[dict[str, float]]:
    return [
        {"x": round(a, _DIGITS), "y": round(b, _DIGITS)}
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
