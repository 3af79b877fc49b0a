"""The newest inspections judged by a detector that learned from the older ones alone.

Cross-fitting mixes days: it says how well families are told apart, not whether what was
learned still holds next season. Here the detector alone is grown again, on inspections
before a day; expected consumption stays as it is (its survey is older, and blind to them).
"""

from typing import Any, Final

import numpy as np

from models.assessment import metrics
from models.learned import hidden_income, trees
from models.learned.arrays import Mask, Vector
from training.fitting.fit import Fitted
from training.labels import gather as label
from training.labels import inspection_chance, unmeasured_selection
from training.labels.gather import Labels

NEWEST: Final = 0.30
"""Share of the random inspections that count as the newest."""
FEWEST: Final = 30
"""Random inspections of the newest days below which nothing is said."""
FEWEST_OF_A_KIND: Final = 10

_SHORT: Final = (
    "too few inspections, or too few of a kind, on either side of a day: nothing can be said"
)


def table(labels: Labels, fitted: Fitted, generator: np.random.Generator) -> dict[str, Any]:
    """Return the AUC on the newest random inspections, beside that of cross-fitting.

    Returns
    -------
    ``since`` the first of the newest days; how many ``older`` inspections taught and how many
    ``newest`` random ones judge; ``auc`` and ``average_precision`` by the older detector;
    ``auc_cross_fitted`` on the same families, and ``auc_lost``, paired; the shares confirmed
    on both sides. ``why_not`` where the dates do not allow it. A family that was inspected
    on both sides is left out of the older: it never straddles.
    """
    inspected = fitted.inspected
    if not inspected.in_random_arm.any():
        return {"why_not": "no random inspections"}
    days = labels.inspections["inspected_on"].to_numpy().astype("datetime64[D]")
    of_arm = np.sort(days[inspected.in_random_arm])
    since = of_arm[min(int(len(of_arm) * (1 - NEWEST)), len(of_arm) - 1)]
    newest = inspected.in_random_arm & (days >= since)
    older = (days < since) & ~np.isin(inspected.households, inspected.households[newest])
    kinds = [
        int((mine & (inspected.confirmed == kind)).sum())
        for mine in (older, newest)
        for kind in (0, 1)
    ]
    if newest.sum() < FEWEST or min(kinds) < FEWEST_OF_A_KIND:
        return {"why_not": _SHORT}
    margin = _by_the_older(labels, fitted, older, newest)
    truth, weights = inspected.confirmed[newest], inspected.random[newest]
    drawn = metrics.draws(inspected.households[newest], generator)
    before = older & inspected.in_random_arm
    return {
        "why_not": None,
        "since": str(since),
        "older": int(older.sum()),
        "newest": int(newest.sum()),
        "auc": metrics.auc_with_interval(truth, margin, weights, drawn).as_json(),
        "average_precision": metrics.with_interval(
            lambda w: metrics.average_precision(truth, margin, w), weights, drawn[:300]
        ).as_json(),
        "auc_cross_fitted": metrics.auc_with_interval(
            truth, inspected.margin[newest], weights, drawn
        ).as_json(),
        "auc_lost": metrics.auc_difference(
            truth, inspected.margin[newest], margin, weights, drawn
        ).as_json(),
        "confirmed_before": metrics.share(
            int(inspected.confirmed[before].sum()), int(before.sum())
        ).as_json(),
        "confirmed_since": metrics.share(int(truth.sum()), len(truth)).as_json(),
    }


def _by_the_older(labels: Labels, fitted: Fitted, older: Mask, newest: Mask) -> Vector:
    """Return what a detector that learned from the older inspections says of the newest.

    The one place here that grows a detector, as large and as careful as the served one.
    """
    inspected, inputs = fitted.inspected, fitted.models.hidden_income.inputs
    seen = hidden_income.columns(inspected.gap, label.encoded(labels.inspections, inputs))
    offset = _selection_of_older(labels, fitted, older)
    booster = hidden_income.fit_detector(
        inputs,
        seen[older],
        inspected.confirmed[older],
        inspected.weights[older],
        seed=0,
        hyper=fitted.hyper.hidden_income,
        offset=offset,
    )
    return trees.margin(booster, seen[newest])


def _selection_of_older(labels: Labels, fitted: Fitted, older: Mask) -> Vector | None:
    """Return what is set beside the older findings, asked of no finding of the newest days."""
    inspected, inspections = fitted.inspected, labels.inspections.filter(older)
    margin, design = inspected.margin[older], unmeasured_selection.design(inspections)
    suspected = inspection_chance.suspected(
        inspections,
        inspected.random[older],
        margin,
        label.encoded(inspections, fitted.inputs),
        inspected.fold[older],
        seed=0,
    )
    return unmeasured_selection.seen(margin, inspected.confirmed[older], design, suspected).offset(
        design
    )
