"""What a training run tells a person: one page of text and one picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from models.assessment.metrics import Estimate
from models.inputs import Matrix
from training.fit import Fitted

OPTIMISTIC: Final = "on the labels that set the threshold, so optimistic"
_NAMES: Final = {
    "flag_precision": f"flag precision, {OPTIMISTIC}",
    "flag_recall": f"flag recall, {OPTIMISTIC}",
    "unconfirmed_in_random_arm": f"unconfirmed in random arm, {OPTIMISTIC}",
    "amounts_held": "amounts held by the 90 % interval, by construction (set on these amounts)",
    "amounts_below": "amounts below the 90 % interval, by construction",
    "amounts_above": "amounts above the 90 % interval, by construction",
}


def words(metrics: Mapping[str, Any], certificate: Mapping[str, Any]) -> list[str]:
    """Return the findings in sentences, most important first."""
    arm, detector = metrics["random_arm"], metrics["hidden_income"]
    told = []
    if detector is None:
        told.append(f"No AUC and no precision: {arm['why_no_auc']}.")
    else:
        told.append(
            f"Hidden income, AUC on {arm['labels']} random inspections: {show(detector['auc'])}; "
            f"logistic regression {show(metrics['baselines']['logistic_regression']['auc'])}, "
            "given the gap as well "
            f"{show(metrics['baselines']['logistic_regression_with_gap']['auc'])}; "
            f"difference to the better {show(metrics['auc_above_logistic_regression'])}."
        )
        told.append(
            f"Precision among the most suspicious 5 %: {show(detector['precision_at_capacity'])}, "
            f"where {show(arm['confirmed'])} of all are confirmed."
        )
    if certificate["nobody_flagged_because"]:
        told.append(f"Nobody is flagged: {certificate['nobody_flagged_because']}")
    else:
        told.append(
            f"{certificate['flagged_share']:.1%} of {certificate['population']} families are "
            f"flagged; at most {certificate['unconfirmed_at_most']:.0%} of them would not be "
            "confirmed, on average."
        )
    welfare = metrics["welfare"]
    told.append(
        f"Welfare category: agreement with the survey's ladder (quadratic kappa) "
        f"{show(welfare['quadratic_kappa'])}; the sets hold it for {show(welfare['set_held'])}, "
        "by construction (set on the same families), and have "
        f"{welfare['mean_set_size']:.1f} categories on the mean."
    )
    if late := metrics["labels"]["late"]:
        told.append(f"{late} labels are older than every snapshot: their features may know more.")
    return told


def show(estimate: Mapping[str, Any]) -> str:
    """Return a measure with its interval, for reading."""
    return str(Estimate(estimate["value"], estimate["low"], estimate["high"]))


def page(metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return the report of a run in Markdown."""
    lines = ["# Training report", "", *(f"* {w}" for w in words(metrics, manifest["certificate"]))]
    lines += ["", "## On the random inspections", ""]
    if metrics["baselines"] is None:
        lines += [metrics["random_arm"]["why_no_auc"]]
    else:
        lines += ["| | AUC | precision at 5 % | lift at 5 % |", "|---|---|---|---|"]
        ranked = {"Tarazy": metrics["hidden_income"], **metrics["baselines"]}
        lines += [
            f"| {name.replace('_', ' ')} | {show(said['auc'])} | "
            f"{show(said['precision_at_capacity'])} | {show(said['lift_at_capacity'])} |"
            for name, said in ranked.items()
        ]
        others = [k for k in metrics["hidden_income"] if "capacity" not in k and k != "auc"]
        lines += ["", "| measure | value |", "|---|---|"]
        lines += [f"| {_name(name)} | {show(metrics['hidden_income'][name])} |" for name in others]
        lines += [
            f"| {_name(f'amounts_{name}')} | {show(metrics['amounts'][name])} |"
            for name in ("held", "below", "above")
        ]
        lines += [
            f"| families that hide income, if inspectors find {sensitivity} of them | "
            f"{show(share)} |"
            for sensitivity, share in metrics["random_arm"]["hiding_by_sensitivity"].items()
        ]
    lines += ["", "Intervals are 95 %. Every family was judged by models that had not seen it.", ""]
    lines += ["## The promise of the flag", ""]
    lines += [
        f"* {_NAMES.get(key, key)}: {value}" for key, value in manifest["certificate"].items()
    ]
    lines += ["", "## What it was trained on", ""]
    lines += [
        f"* snapshot {s['digest'][:12]} of {s['as_of']}, {s['households']} families"
        for s in manifest["trained_on"]
    ]
    lines += [f"* {key}: {value}" for key, value in metrics["labels"].items()]
    return "\n".join(lines) + "\n"


def _name(measure: str) -> str:
    return _NAMES.get(measure, measure.replace("_", " "))


def draw(fitted: Fitted, path: Path) -> None:
    """Draw the curve of hits against false alarms and the calibration, on the random arm."""
    arm = fitted.inspected.in_random_arm
    with mpl.rc_context({"svg.hashsalt": "tarazy"}):
        figure = Figure(figsize=(9, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        if arm.any():
            truth, margin = fitted.inspected.confirmed[arm], fitted.inspected.margin[arm]
            left.step(*_curve(truth, margin), where="post", label="Tarazy")
            left.step(*_curve(truth, fitted.inspected.gap[arm]), where="post", label="gap alone")
            sensitivity = fitted.models.hidden_income.calibration.sensitivity
            said, found = _tenths(truth, sensitivity * fitted.inspected.hides[arm])
            right.plot(said, found, "o-")
            left.legend()
        else:
            left.text(0.5, 0.5, "no random inspections", ha="center")
        for axes in (left, right):
            axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        left.set(xlabel="false alarms", ylabel="hits", title="Random inspections")
        right.set(xlabel="said", ylabel="confirmed", title="Calibration, by tenths")
        figure.savefig(path, dpi=120, metadata={"Software": None})


def _curve(truth: Matrix, score: Matrix) -> tuple[Matrix, Matrix]:
    order = np.argsort(-score, kind="stable")
    hits, alarms = np.cumsum(truth[order]), np.cumsum(1 - truth[order])
    start = np.zeros(1)
    return (
        np.concatenate([start, alarms / max(alarms[-1], 1)]),
        np.concatenate([start, hits / max(hits[-1], 1)]),
    )


def _tenths(truth: Matrix, chance: Matrix) -> tuple[list[float], list[float]]:
    groups = [g for g in np.array_split(np.argsort(chance, kind="stable"), 10) if len(g)]
    return [float(chance[g].mean()) for g in groups], [float(truth[g].mean()) for g in groups]
