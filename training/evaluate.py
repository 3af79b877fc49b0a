"""How good the models are: measured on random inspections, by models blind to each family.

Families that were inspected because they looked suspicious say nothing about how well
suspicion works. Without a random arm no AUC and no precision is printed, only bounds,
and the report says why.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models import conformal
from models.assessment import metrics
from models.assessment.metrics import UNKNOWN, Estimate
from models.inputs import Matrix
from models.parameters import Law
from models.red_flags import red_flags
from training import labels as label
from training.fit import Fitted
from training.fit_hidden import FOLDS, Inspected
from training.fit_welfare import Surveyed
from training.labels import Labels

CAPACITY: Final = 0.05
"""What a district can inspect in a year: one family in twenty."""
AT_CAPACITY: Final = 10
"""Random inspections that must stand at capacity before their precision is a figure.

The resampled interval of a family or two at the top is a point, as if it were certain.
"""
SENSITIVITIES: Final = (0.75, 0.83, 0.90)
"""The plausible band of the share of hiding families that an inspection finds."""
_REPLICAS_OF_LINES: Final = 300
_NO_ARM: Final = (
    "no family was inspected at random: the inspected ones were chosen by suspicion, so no AUC, "
    "precision or calibration on them would speak of the population"
)


def evaluate(found: Labels, fitted: Fitted, generator: np.random.Generator) -> dict[str, Any]:
    """Return every measure with its interval, ready for JSON; null where nothing can be said.

    The baselines stand beside: a logistic regression of the same inputs on the same folds,
    another that is given the out-of-fold gap as well, published red flags, the payments
    rule, the gap alone, the 20 % gap rule, chance. ``auc_above_logistic_regression`` is
    the difference to whichever of the two regressions ranks better; ``than`` names it.
    """
    said = fitted.inspected
    told: dict[str, Any] = {
        "random_arm": _arm(said),
        "hidden_income": None,
        "baselines": None,
        "auc_above_logistic_regression": None,
        "amounts": None,
        "welfare": _welfare(fitted.surveyed, generator),
        "labels": {
            "inspections": found.inspections.height,
            "by_design": _by_design(found),
            "survey": found.survey.height,
            "late": found.late,
            "of_strangers": found.strangers,
        },
    }
    if not said.in_random_arm.any():
        return told
    arm = said.in_random_arm
    drawn = metrics.draws(said.households[arm], generator)
    truth, weights = said.confirmed[arm], said.random[arm]
    rivals = _rivals(found, fitted, generator)

    def ranking(score: Matrix) -> dict[str, Any]:
        mine = score[arm]

        def at_capacity(measure: Callable[..., float]) -> dict[str, Any]:
            if not tells_at_capacity(truth):
                return UNKNOWN.told()
            return metrics.with_interval(
                lambda w: measure(truth, mine, CAPACITY, w), weights, drawn
            ).told()

        return {
            "auc": metrics.auc_with_interval(truth, mine, weights, drawn).told(),
            "precision_at_capacity": at_capacity(metrics.precision_at),
            "lift_at_capacity": at_capacity(metrics.lift_at),
        }

    detector = ranking(said.margin)
    lines = drawn[:_REPLICAS_OF_LINES]
    chance = fitted.models.hidden_income.calibration.sensitivity * said.hides[arm]
    for name, measure in _of_probabilities(truth, chance, said.margin[arm]).items():
        detector[name] = metrics.with_interval(measure, weights, lines).told()
    told["hidden_income"] = detector | _flags(said, fitted.certificate["flagged_share"])
    told["baselines"] = {name: ranking(score) for name, score in rivals.items()}
    better = max(
        ("logistic_regression", "logistic_regression_with_gap"),
        key=lambda name: told["baselines"][name]["auc"]["value"] or 0.0,
    )
    told["auc_above_logistic_regression"] = metrics.auc_difference(
        truth, said.margin[arm], rivals[better][arm], weights, drawn
    ).told() | {"than": better}
    told["amounts"] = _amounts(said)
    return told


def tells_at_capacity(truth: Matrix) -> bool:
    """Say whether enough families stand at capacity, and both kinds were found at all."""
    return len(truth) * CAPACITY >= AT_CAPACITY and 0 < truth.sum() < len(truth)


def payments_rule(features: pl.DataFrame) -> Matrix:
    """Return 1 where loan payments exceed twice the declared income, 0 elsewhere."""
    due = features.select(3 * pl.col("loan_payments_month") > 2 * pl.col("income_quarter"))
    return due.to_series().fill_null(value=False).cast(pl.Float64).to_numpy()


def _rivals(found: Labels, fitted: Fitted, generator: np.random.Generator) -> dict[str, Matrix]:
    said = fitted.inspected
    x = label.encoded(found.inspections, fitted.inputs)
    return {
        "logistic_regression": _logistic(x, said),
        "logistic_regression_with_gap": _logistic(np.column_stack([x, said.gap]), said),
        "gap_alone": said.gap,
        "gap_above_20_percent": (said.gap > 0.2 * said.expected).astype(np.float64),
        "payments_above_twice_income": payments_rule(found.inspections),
        "red_flags": _red_flags(found.inspections),
        "random": generator.random(len(said.gap)),
    }


def signed_log(x: Matrix) -> Matrix:
    """Return sign(x) · log(1 + |x|): amounts a hundredfold apart end up a few steps apart."""
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)), dtype=np.float64)


def regression() -> Pipeline:
    """Return the rival, unfitted: a regression of inputs on a signed logarithmic scale.

    Medians stand for what is missing.
    """
    return make_pipeline(
        FunctionTransformer(signed_log),
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, max_iter=2_000),
    )


def _logistic(x: Matrix, said: Inspected) -> Matrix:
    """Return log-odds of a logistic regression that had not seen the family.

    It is given every input, and the detector's weights and folds. The gap between
    expected and declared income is withheld from it, unless the caller makes it one more
    column of ``x``: then it is the out-of-fold gap, by a model that had not seen the
    family either.
    """
    score = np.empty(len(x))
    for k in range(FOLDS):
        rest = said.fold != k
        model = regression().fit(
            x[rest], said.confirmed[rest], logisticregression__sample_weight=said.weights[rest]
        )
        score[~rest] = model.decision_function(x[~rest])
    return score


def _red_flags(inspections: pl.DataFrame) -> Matrix:
    raised = np.zeros(inspections.height)
    for day, rows in label.by_day(inspections):
        flags = red_flags(inspections[rows], Law(day))["rule_flag"]
        raised[rows] = flags.fill_null(value=False).cast(pl.Float64).to_numpy()
    return raised


def _of_probabilities(
    truth: Matrix, chance: Matrix, margin: Matrix
) -> dict[str, Callable[[Matrix], float]]:
    return {
        "average_precision": lambda w: metrics.average_precision(truth, margin, w),
        "brier": lambda w: metrics.brier(truth, chance, w),
        "calibration_intercept": lambda w: metrics.calibration_line(truth, chance, w)[0],
        "calibration_slope": lambda w: metrics.calibration_line(truth, chance, w)[1],
    }


def _flags(said: Inspected, flagged_share: float) -> dict[str, Any]:
    """Precision and recall of the flag on the random arm, with exact intervals.

    These are the labels that set the threshold, so both are optimistic.
    """
    arm = said.in_random_arm
    flagged = arm & (said.rank < flagged_share)
    hiding = arm & (said.confirmed > 0)
    both = int((flagged & hiding).sum())
    return {
        "flag_precision": metrics.share(both, int(flagged.sum())).told(),
        "flag_recall": metrics.share(both, int(hiding.sum())).told(),
    }


def _amounts(said: Inspected) -> dict[str, Any]:
    """Whether intervals hold the verified amounts on the random arm, and where they miss.

    Their tail was set on the same scores, so the level is reached by construction.
    """
    arm = said.in_random_arm
    amount, low, high = said.amount[arm], said.low[arm], said.high[arm]
    return {
        "level": 0.90,
        "held": metrics.share(int(((low <= amount) & (amount <= high)).sum()), len(amount)).told(),
        "below": metrics.share(int((amount < low).sum()), len(amount)).told(),
        "above": metrics.share(int((amount > high).sum()), len(amount)).told(),
    }


def _welfare(said: Surveyed, generator: np.random.Generator) -> dict[str, Any]:
    drawn = metrics.draws(said.households, generator, replicas=200)
    category = conformal.median_category(said.exceeds)
    first, last = conformal.category_bounds(said.exceeds, np.full(len(category), said.bar))
    held = ((first <= said.category) & (said.category <= last)).astype(np.float64)
    return {
        "families": len(category),
        "quadratic_kappa": metrics.with_interval(
            lambda w: metrics.quadratic_kappa(said.category, category, w), said.weights, drawn
        ).told(),
        "level": 0.90,
        "set_held": metrics.with_interval(lambda w: _mean(held, w), said.weights, drawn).told(),
        "mean_set_size": float(np.average(last - first + 1, weights=said.weights)),
        "mean_set_size_when_silent": dict(said.sizes_when_silent),
    }


def _arm(said: Inspected) -> dict[str, Any]:
    """What the random arm is, and what can be said of the population without a model.

    Without an arm the only honest figure is a bound: families found to hide income do.
    """
    arm = said.in_random_arm
    found = int(said.confirmed.sum())
    if not arm.any():
        return {"labels": 0, "why_no_auc": _NO_ARM, "at_least_hiding_among_inspected": found}
    confirmed = metrics.share(int(said.confirmed[arm].sum()), int(arm.sum()))
    return {
        "labels": int(arm.sum()),
        "why_no_auc": None,
        "confirmed": confirmed.told(),
        "hiding_by_sensitivity": {
            f"{sensitivity:.2f}": _scaled(confirmed, sensitivity).told()
            for sensitivity in SENSITIVITIES
        },
        "base_rate_of_other_inspections": metrics.share(
            int(said.confirmed[~arm].sum()), int((~arm).sum())
        ).told(),
    }


def _scaled(confirmed: Estimate, sensitivity: float) -> Estimate:
    if confirmed.value is None or confirmed.low is None or confirmed.high is None:
        return UNKNOWN
    ends = (min(v / sensitivity, 1.0) for v in (confirmed.value, confirmed.low, confirmed.high))
    return Estimate(*ends)


def _by_design(found: Labels) -> dict[str, int]:
    counts = found.inspections.group_by("design").len().sort("design")
    return {str(design): int(count) for design, count in counts.rows()}


def _mean(values: Matrix, weights: Matrix) -> float:
    return float(np.average(values, weights=weights))
