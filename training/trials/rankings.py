"""Every way of ranking families by suspicion, and oracles that the truth has taught.

The oracle is the same learner under the same invariants, taught by the truth of the other
half of all families: what no detector of this kind can be expected to beat. Beside it one
without invariants shows what they cost.
"""

from collections.abc import Callable, Mapping
from typing import Final

import lightgbm as lgb
import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from models.assessment import metrics
from models.assessment.metrics import Estimate
from models.learned import hidden_income, trees
from models.learned.arrays import Mask, Matrix, Vector
from models.learned.hyperparameters import shipped
from models.learned.inputs import encode
from models.learned.predict import Look
from models.rules.red_flags import red_flags
from training.evaluation.evaluate import CAPACITY, payments_rule, regression
from training.fitting.evidence import findings
from training.labels import gather as label
from training.trials.country import Country, World

WAYS: Final = (
    "random",
    "payments_above_twice_income",
    "gap_above_20_percent",
    "red_flags",
    "gap_alone",
    "naive_boosting",
    "logistic_regression",
    "logistic_regression_with_gap",
    "tarazy",
    "oracle",
    "oracle_without_invariants",
)
"""From nothing known to everything known."""
_FREE: Final = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
}


def rankings(country: Country, of: Country | None = None) -> dict[str, Vector]:
    """Return how each way that needs no truth ranks families: higher is more suspicious.

    ``of`` : rank the random and other inspections of another country instead, at the prices
    of ``country``'s law.
    """
    features = country.features if of is None else of.labels.inspections
    look = (
        country.look
        if of is None
        else Look.at(country.fitted.models, features, country.law, country.silent)
    )
    x = encode(features, country.fitted.inputs, country.law)
    flags = red_flags(features, country.law)["rule_flag"]
    expected = country.fitted.models.consumption.expected(look.consumption)
    detector = country.fitted.models.hidden_income.detector
    return {
        "payments_above_twice_income": payments_rule(features),
        "gap_above_20_percent": (look.gap > 0.2 * expected).astype(np.float64),
        "red_flags": flags.fill_null(value=False).cast(float).to_numpy(),
        "gap_alone": look.gap,
        **{name: rank(x, look.gap) for name, rank in _pooled(country).items()},
        "tarazy": trees.margin(detector, hidden_income.columns(look.gap, look.detector)),
    }


def _pooled(country: Country) -> dict[str, Callable[[Matrix, Vector], Vector]]:
    """Fit what anybody would try first on the pooled inspections.

    Boosting as if all were drawn at random; regressions with the detector's weights.
    """
    x = label.encoded(country.labels.inspections, country.fitted.inputs)
    confirmed = findings(country.labels.inspections)[1]
    inspected = country.fitted.inspected
    booster = lgb.train(_FREE, lgb.Dataset(x, label=confirmed))
    weights = {"logisticregression__sample_weight": inspected.weights}
    line = regression().fit(x, confirmed, **weights)
    with_gap = regression().fit(np.column_stack([x, inspected.gap]), confirmed, **weights)
    return {
        "naive_boosting": lambda rows, _: trees.margin(booster, rows),
        "logistic_regression": lambda rows, _: line.decision_function(rows),
        "logistic_regression_with_gap": lambda rows, gap: with_gap.decision_function(
            np.column_stack([rows, gap])
        ),
    }


def oracles(country: Country, world: World, generator: np.random.Generator) -> dict[str, Vector]:
    """Rank by learners taught with the truth of the other half, with and without invariants."""
    hides = world.hides
    look = country.look
    table = hidden_income.columns(look.gap, look.detector)
    inputs = country.fitted.models.hidden_income.inputs
    free = np.column_stack([look.gap, encode(world.features, country.fitted.inputs, world.law)])
    half = generator.random(len(hides)) < 0.5
    bound, unbound = np.empty(len(hides)), np.empty(len(hides))
    for mine in (half, ~half):
        weights = np.ones(int((~mine).sum()))
        taught = hidden_income.fit_detector(
            inputs,
            table[~mine],
            hides[~mine],
            weights,
            seed=0,
            hyper=shipped(len(weights)).hidden_income,
        )
        bound[mine] = trees.margin(taught, table[mine])
        loose = lgb.train(
            _FREE | {"learning_rate": 0.05}, lgb.Dataset(free[~mine], label=hides[~mine]), 300
        )
        unbound[mine] = trees.margin(loose, free[mine])
    return {"oracle": bound, "oracle_without_invariants": unbound}


def compared(
    country: Country, world: World, best: Mapping[str, Vector], generator: np.random.Generator
) -> dict[str, dict[str, object]]:
    """Return AUC, lift at capacity and share of the oracle's distance of every way.

    Of families that no label speaks of, against the truth.
    """
    ways = rankings(country) | dict(best)
    ways["random"] = generator.random(len(world.hides))
    return against_truth(ways, world.hides, ~country.labelled)


def against_truth(
    ways: Mapping[str, Vector], hides: Vector, judged: Mask
) -> dict[str, dict[str, object]]:
    """Judge ways of ranking; those that are named like `WAYS` come in that order."""
    known = hides[judged]
    best = metrics.auc(known, ways["oracle"][judged])
    order = [w for w in WAYS if w in ways] + [w for w in ways if w not in WAYS]
    by_way: dict[str, dict[str, object]] = {}
    for name in order:
        score = ways[name][judged]
        auc = placed(known, score)
        by_way[name] = {
            "auc": auc.as_json(),
            "lift_at_5_percent": metrics.lift_at(known, score, CAPACITY),
            "share_of_the_oracles_distance": reached(auc, best),
        }
    return by_way


def placed(truth: Vector, score: Vector) -> Estimate:
    """Return the AUC with its 95 % interval by the placements of both kinds (DeLong 1988).

    For tens of thousands of families, each once, where resampling would only cost time.
    """
    if (truth > 0).all() or not (truth > 0).any():
        return metrics.UNKNOWN
    value, half = _with_half_width(*_placements(truth, score))
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def lost(truth: Vector, score: Vector, other: Vector) -> Estimate:
    """Return how much better ``score`` ranks than ``other`` the same families, as `placed` does.

    The families are in the interval; what another lot of labels would teach is not.
    """
    if (truth > 0).all() or not (truth > 0).any():
        return metrics.UNKNOWN
    pairs = zip(_placements(truth, score), _placements(truth, other), strict=True)
    value, half = _with_half_width(*(ours - theirs for ours, theirs in pairs))
    return Estimate(value, value - half, value + half)


def _placements(truth: Vector, score: Vector) -> tuple[Vector, Vector]:
    """Return of each hiding family the share of clear ones below it, and the other way round."""
    hiding, clear, both = truth > 0, truth <= 0, rankdata(score)
    above = (both[hiding] - rankdata(score[hiding])) / clear.sum()
    return above, 1 - (both[clear] - rankdata(score[clear])) / hiding.sum()


def _with_half_width(above: Vector, below: Vector) -> tuple[float, float]:
    spread = np.sqrt(above.var() / len(above) + below.var() / len(below))
    return float(above.mean()), float(ndtri(0.975) * spread)


def reached(auc: Estimate, oracle: float) -> float | None:
    """Return the share of the distance from 0.5 to the oracle's AUC that is covered."""
    return None if auc.value is None else (auc.value - 0.5) / (oracle - 0.5)
