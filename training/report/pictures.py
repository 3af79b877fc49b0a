"""The pictures of a training report: hits against false alarms, calibration, errors by group."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.assessment.groups import ATTRIBUTES
from models.learned.arrays import Vector
from training.fitting.fit import Fitted
from training.report import looks
from training.report.parts import ABOUT, RATES

FOREST: Final = ("false_alarms", "unconfirmed", "calibration_gap")
"""The rates that block, drawn beside each other."""
_COLOURS: Final = {"PASS": "#2a7f3f", "FAIL": "#b3261e", "UNKNOWN": "#6b7280"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as PNG, and what it shows in words for those who do not see it."""

    png: bytes
    about: str


def pictures(
    metrics: Mapping[str, Any], fitted: Fitted, follow_ups: Mapping[str, Any] | None = None
) -> dict[str, Drawn]:
    """Return the pictures that there are labels for: ``roc``, ``calibration``, and the like."""
    drawn: dict[str, Drawn] = {}
    if fitted.inspected.in_random_arm.any():
        drawn["roc"] = Drawn(
            _png((5.0, 4.4), lambda figure: _hits(figure.subplots(), fitted)),
            "Hits against false alarms on the random inspections; the numbers are in the table.",
        )
    if metrics.get("reliability") is not None:
        drawn["calibration"] = Drawn(
            _png((5.0, 4.4), lambda figure: _bins(figure.subplots(), metrics["reliability"])),
            "Share confirmed against probability said, by bins; the numbers are in the table.",
        )
    if (caught := looks.drawn(follow_ups)) is not None:
        drawn[looks.PICTURE] = Drawn(
            _png((6.0, 4.4), lambda figure: looks.draw(figure.subplots(), caught)),
            "Confirmed families against looks, in three orders; the numbers are in the table.",
        )
    groups = metrics.get("groups")
    rates = [] if groups is None else [r for r in FOREST if r in groups["rates"]]
    if rates and groups is not None:
        names = _rows_of(groups["rows"], rates)
        drawn["groups"] = Drawn(
            _png((11.0, 1.2 + 0.21 * len(names)), lambda f: _forest(f, groups, rates, names)),
            "Rates of each group with their intervals and verdicts; the numbers are in the tables.",
        )
    return drawn


def draw(fitted: Fitted, path: Path) -> None:
    """Draw the curve of hits against false alarms and the calibration, on the random arm."""
    arm = fitted.inspected.in_random_arm
    with mpl.rc_context({"svg.hashsalt": "tarazy"}):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        if arm.any():
            _hits(left, fitted)
            sensitivity = fitted.models.hidden_income.calibration.sensitivity
            truth = fitted.inspected.confirmed[arm]
            predicted, observed = _tenths(truth, sensitivity * fitted.inspected.hides[arm])
            right.plot(predicted, observed, "o-")
        else:
            left.text(0.5, 0.5, "no random inspections", ha="center")
            left.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        right.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        right.set(xlabel="said", ylabel="confirmed", title="Calibration, by tenths")
        figure.savefig(path, dpi=120, metadata={"Software": None})


def _hits(axes: Axes, fitted: Fitted) -> None:
    inspected = fitted.inspected
    arm = inspected.in_random_arm
    truth = inspected.confirmed[arm]
    axes.step(*_curve(truth, inspected.margin[arm]), where="post", label="Tarazy")
    axes.step(*_curve(truth, inspected.gap[arm]), where="post", label="gap alone")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.legend()
    axes.set(xlabel="false alarms", ylabel="hits", title="Random inspections")


def _bins(axes: Axes, reliability: Mapping[str, Any]) -> None:
    bins = reliability["bins"]
    predicted, observed = ([b[key] for b in bins] for key in ("said", "value"))
    ends = [
        [b["value"] - b["low"] for b in bins],
        [b["high"] - b["value"] for b in bins],
    ]
    axes.errorbar(predicted, observed, yerr=ends, fmt="o", capsize=2, linewidth=1)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.set(xlabel="said", ylabel="confirmed", title=f"Calibration, {len(bins)} bins")


def _forest(
    figure: Figure, groups: Mapping[str, Any], rates: Sequence[str], names: Sequence[str]
) -> None:
    place = {name: -number for number, name in enumerate(names)}
    many = figure.subplots(1, len(rates), sharey=True, squeeze=False)[0]
    for axes, rate in zip(many, rates, strict=True):
        for row in groups["rows"]:
            if row["rate"] != rate or row.get("hidden") or "×" in row["by"]:
                continue
            at, colour = place[_label(row)], _COLOURS[row["verdict"]]
            axes.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1.4)
            axes.plot(row["value"], at, "o", color=colour, markersize=3.5)
        if rate == "calibration_gap":
            axes.axvline(0, color="grey", linewidth=0.8)
        else:
            whole = groups["rates"][rate]
            if whole["of"]:
                axes.axvline(whole["count"] / whole["of"], color="grey", linewidth=0.8)
        axes.set_title(RATES[rate], fontsize=9)
        axes.tick_params(labelsize=7)
    many[0].set_yticks(list(place.values()), list(place))
    for verdict, colour in _COLOURS.items():
        many[0].plot([], [], color=colour, label=verdict)
    figure.legend(
        *many[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8
    )


def _rows_of(rows: Sequence[Mapping[str, Any]], rates: Sequence[str]) -> list[str]:
    shown = [
        _label(r) for r in rows if r["rate"] in rates and not r.get("hidden") and "×" not in r["by"]
    ]
    order = {a.about: number for number, a in enumerate(ATTRIBUTES)}
    return sorted(dict.fromkeys(shown), key=lambda name: order[name.split(": ")[0]])


def _label(row: Mapping[str, Any]) -> str:
    return f"{ABOUT[row['by']]}: {row['name']}"


def _png(size: tuple[float, float], fill: Any) -> bytes:
    figure = Figure(figsize=size, layout="constrained")
    fill(figure)
    kept = io.BytesIO()
    figure.savefig(kept, format="png", dpi=110, metadata={"Software": None})
    return kept.getvalue()


def _curve(truth: Vector, score: Vector) -> tuple[Vector, Vector]:
    order = np.argsort(-score, kind="stable")
    hits, alarms = np.cumsum(truth[order]), np.cumsum(1 - truth[order])
    start = np.zeros(1)
    return (
        np.concatenate([start, alarms / max(alarms[-1], 1)]),
        np.concatenate([start, hits / max(hits[-1], 1)]),
    )


def _tenths(truth: Vector, chance: Vector) -> tuple[list[float], list[float]]:
    groups = [g for g in np.array_split(np.argsort(chance, kind="stable"), 10) if len(g)]
    return [float(chance[g].mean()) for g in groups], [float(truth[g].mean()) for g in groups]
