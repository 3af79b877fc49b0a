"""How far off a run is about itself: what its own evaluation said, beside the truth.

A run sees what inspectors confirm, on a few hundred random families. The truth column is
the same measure on every family that no label speaks of, each visited once by inspectors
who miss as they always do; for the share that hides, it is the truth itself.
"""

from typing import Any

import numpy as np

from models.assessment import metrics
from models.learned import hidden_income, trees
from models.learned.arrays import Mask, Vector
from training.evaluation.evaluate import CAPACITY, evaluate
from training.trials.country import Country, World
from training.trials.judged import expected_error, flags
from training.trials.rankings import rankings


def beside_truth(
    country: Country, world: World, judgement: dict[str, Any], generator: np.random.Generator
) -> list[dict[str, Any]]:
    """Return a row a measure: what the run said with its interval, and the truth.

    ``judgement`` is what `judged.judged` found of the same country. ``held``: whether the truth
    lies in the interval; null where the run gave none.
    """
    evaluation = evaluate(country.labels, country.fitted, generator)
    true = _truth(country, world, judgement, generator, evaluation)
    rows = []
    for measure, (own, truth) in true.items():
        ends = own if isinstance(own, dict) else {"value": own, "low": None, "high": None}
        bounded = truth is not None and ends["low"] is not None
        rows.append(
            {
                "measure": measure,
                "said": ends["value"],
                "low": ends["low"],
                "high": ends["high"],
                "true": truth,
                "held": bool(ends["low"] <= truth <= ends["high"]) if bounded else None,
            }
        )
    return rows


def _truth(
    country: Country,
    world: World,
    judgement: dict[str, Any],
    generator: np.random.Generator,
    evaluation: dict[str, Any],
) -> dict[str, tuple[Any, float | None]]:
    among = ~country.labelled
    amount, verified = world.verified(generator)
    known = country.fitted.models.hidden_income
    margin = trees.margin(
        known.detector, hidden_income.columns(country.look.gap, country.look.detector)
    )
    outcome = country.fitted.models.predict(country.features, country.law, country.silent)
    low, high = (outcome[f"hidden_income_{end}"].to_numpy() for end in ("low", "high"))
    confirmed, score = verified[among], margin[among]
    chance = np.clip(known.calibration.confirmed(score), 1e-6, 1 - 1e-6)
    intercept, slope = metrics.calibration_line(confirmed, chance)
    detector, certificate = evaluation["hidden_income"] or {}, country.fitted.certificate
    pointed = flags(outcome, world, among, verified)
    unconfirmed = pointed["unconfirmed"]
    band = evaluation["random_arm"].get("hiding_by_sensitivity", {})
    of_truth = (evaluation["sensitivity_band"] or {}).get("0.83", {})
    rows: dict[str, tuple[Any, float | None]] = {
        "AUC": (detector.get("auc"), metrics.auc(confirmed, score)),
        "AUC above logistic regression": (
            evaluation["auc_above_logistic_regression"],
            _above_regression(country, confirmed, score, among, evaluation),
        ),
        "lift at 5 %": (
            detector.get("lift_at_capacity"),
            metrics.lift_at(confirmed, score, CAPACITY),
        ),
        "average precision": (
            detector.get("average_precision"),
            metrics.average_precision(confirmed, score),
        ),
        "Brier": (detector.get("brier"), metrics.brier(confirmed, chance)),
        "calibration intercept": (detector.get("calibration_intercept"), intercept),
        "calibration slope": (detector.get("calibration_slope"), slope),
        "share confirmed": (evaluation["random_arm"].get("confirmed"), float(confirmed.mean())),
        "share that hides, sensitivity 0.83": (band.get("0.83"), float(world.hides.mean())),
        "AUC against the truth, sensitivity 0.83": (
            of_truth.get("auc_against_the_truth"),
            metrics.auc(world.hides[among], score),
        ),
        "clear among the flagged, sensitivity 0.83": (
            of_truth.get("clear_among_flagged"),
            pointed["truly_clear"],
        ),
        "ECE of confirmation": (
            (evaluation["reliability"] or {}).get("ece"),
            expected_error(chance, confirmed),
        ),
        "precision of flags": (
            detector.get("flag_precision"),
            None if unconfirmed is None else 1 - unconfirmed,
        ),
        "recall of flags": (detector.get("flag_recall"), _recall(among, verified, outcome)),
        "unconfirmed, as promised": (certificate["unconfirmed_estimated"], unconfirmed),
        "verified amounts held": (
            (evaluation["amounts"] or {}).get("held"),
            float(((low <= amount) & (amount <= high))[among].mean()),
        ),
        "kappa with survey answers": (
            evaluation["welfare"]["quadratic_kappa"],
            judgement["welfare"]["answers_set_aside"]["kappa"]["tarazy"],
        ),
        "category sets held": (
            evaluation["welfare"]["set_held"],
            judgement["welfare"]["answers_set_aside"]["set_held"],
        ),
    }
    return {name: (own, truth) for name, (own, truth) in rows.items() if own is not None}


def _above_regression(
    country: Country, confirmed: Vector, score: Vector, among: Mask, evaluation: dict[str, Any]
) -> float | None:
    above = evaluation["auc_above_logistic_regression"]
    if above is None:
        return None
    rival = rankings(country)[above["than"]][among]
    return metrics.auc(confirmed, score) - metrics.auc(confirmed, rival)


def _recall(among: Mask, verified: Vector, outcome: Any) -> float:
    flagged = outcome["model_flag"].fill_null(value=False).to_numpy()
    would = among & (verified > 0)
    return float((flagged & would).sum() / would.sum())
