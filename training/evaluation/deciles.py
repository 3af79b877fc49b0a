"""By tenths of true consumption: whose income is thought too high, and who is missed (E7).

Overall figures hide it: a means test can be right on the mean and take four of five of
the poorest tenth for richer than they are. What a family truly has, only the survey tells.
"""

from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import survey_design
from models.assessment.fairness import Verdict
from models.assessment.metrics import Estimate
from models.assessment.survey_design import Design
from models.law.parameters import Law
from models.learned import conformal
from models.learned.arrays import Mask, Vector
from models.rules.category import rule_category
from training.evaluation.served_scores import SurveyedIncome
from training.fitting.fit import Fitted, survey_weights
from training.labels import gather as label
from training.labels.gather import Labels

TENTHS: Final = 10
APART: Final = 0.20
"""A prediction more than a fifth above or below the surveyed consumption is off."""
POOREST: Final = 2
"""Tenths in which too much must not be said of more families than too little."""
CUTS: Final = {"left_out": 5, "not_among_the_poorest": 3}
"""A family above the category is missed: left out in 6, not among the poorest from 4 on."""
COMPARED: Final = {
    "expected": "consumption expected of a family that lives like this one, by a model that had "
    "not seen its answer",
    "declared": "declared income alone: what the state counts without any model, and so what the "
    "next two must be compared with",
    "declared_and_estimate": "declared income plus the estimate of hidden income, given the gap to "
    "that expectation: what the system believes the family has",
    "declared_and_low": "declared income plus the low end of hidden income: all that a proposal "
    "may ever count",
}
AGAINST: Final = (
    "surveyed consumption, ПМ a member a month. The survey asks for no income that can be "
    "trusted, and the poor spend what they have; the rich save, so in the upper tenths "
    "consumption is less than income. Tenths are of the same consumption, measured once: of "
    "two families alike, the one that spent less by chance stands lower, so that even a "
    "perfect expectation is above consumption in the lowest tenths and below in the highest."
)


def poorest(spent: Vector, weights: Vector, share: float) -> Mask:
    """Return True for the families that spend least, up to a share of all by weight."""
    return np.asarray(_reached(spent, weights) < share, dtype=bool)


def rules_say(survey: pl.DataFrame) -> Vector:
    """Return the rules' category of each surveyed family, by the law of its snapshot's day."""
    category = np.empty(survey.height)
    for day, rows in label.by_day(survey):
        category[rows] = rule_category(survey[rows], Law(day))["rule_category"].to_numpy()
    return category


def model_says(labels: Labels, fitted: Fitted) -> Vector:
    """Return the model category of each surveyed family by models blind to it; 0: not judged."""
    answered = labels.survey["subjective_level"].is_not_null().to_numpy()
    category = np.zeros(labels.survey.height)
    category[answered] = conformal.median_category(fitted.surveyed.exceeds)
    return category


def table(labels: Labels, fitted: Fitted, income: SurveyedIncome, rules: Vector) -> dict[str, Any]:
    """Return errors by tenth of surveyed consumption, with intervals that respect the survey.

    Parameters
    ----------
    income : what is thought of each surveyed family by models blind to its answers.
    rules : their categories, as `rules_say` returns them.

    Returns
    -------
    ``rows``: ten, each with the mean spent and, for every prediction of `COMPARED`, the share
    said too high (by more than a fifth) and too low; ``verdicts`` for the poorest two tenths
    (too high not above too low); ``missed`` in the poorest tenth by the rules and by the model
    at both cuts, with the difference and its verdict. Families that were inspected too are
    left out: the detector had seen them.
    """
    seen = (
        labels.survey["household_id"]
        .is_in(labels.inspections["household_id"].unique().implode())
        .to_numpy()
    )
    weights = survey_weights(labels)
    tenth = np.minimum((_reached(income.spent, weights) * TENTHS).astype(int), TENTHS - 1)
    design = Design.of(labels.survey, weights)
    judged = (~seen).astype(np.float64)
    predictions = {
        "expected": income.expected,
        "declared": income.declared,
        "declared_and_estimate": income.declared + income.estimate,
        "declared_and_low": income.declared + income.low,
    }
    rows: list[dict[str, Any]] = []
    verdicts: dict[str, Any] = {name: {} for name in predictions}
    for number in range(TENTHS):
        inside = judged * (tenth == number)
        row: dict[str, Any] = {
            "tenth": number + 1,
            "families": int(inside.sum()),
            "spent": round(float(np.average(income.spent, weights=weights * inside)), 4)
            if inside.any()
            else None,
        }
        for name, predicted in predictions.items():
            known = inside * ~np.isnan(predicted)
            high = known * (predicted > (1 + APART) * income.spent)
            low = known * (predicted < (1 - APART) * income.spent)
            row[name] = {
                "too_high": survey_design.ratio(high, known, design).as_json(),
                "too_low": survey_design.ratio(low, known, design).as_json(),
            }
            if number < POOREST:
                verdicts[name][str(number + 1)] = _not_above(high, low, known, design)
        rows.append(row)
    return {
        "compared": dict(COMPARED),
        "against": AGAINST,
        "left_out_as_inspected": int(seen.sum()),
        "rows": rows,
        "verdicts": verdicts,
        "missed_in_the_poorest_tenth": _missed(fitted, labels, rules, tenth == 0, design),
    }


def _missed(
    fitted: Fitted, labels: Labels, rules: Vector, poor: Mask, design: Design
) -> dict[str, Any]:
    """Exclusion error of the rules and of the model category, among families with both."""
    model = model_says(labels, fitted)
    both = (poor & (model > 0)).astype(np.float64)
    missed: dict[str, Any] = {"families": int(both.sum())}
    for name, cut in CUTS.items():
        by_rules, by_model = both * (rules > cut), both * (model > cut)
        missed[name] = {
            "rules": survey_design.ratio(by_rules, both, design).as_json(),
            "model": survey_design.ratio(by_model, both, design).as_json(),
            "model_above_rules": _not_above(by_model, by_rules, both, design),
        }
    return missed


def _not_above(one: Vector, other: Vector, of: Vector, design: Design) -> dict[str, Any]:
    """Return the difference of two shares of the same families, paired, and whether it is > 0.

    PASS: the interval ends at zero or below, or nobody is counted by either; FAIL: it begins
    above zero; UNKNOWN: it holds zero.
    """
    difference = _difference(one - other, of, design)
    if difference.low is None or difference.high is None:
        verdict = Verdict.UNKNOWN
    elif difference.high <= 0:
        verdict = Verdict.PASS
    else:
        verdict = Verdict.FAIL if difference.low > 0 else Verdict.UNKNOWN
    return difference.as_json() | {"verdict": str(verdict)}


def _difference(apart: Vector, of: Vector, design: Design) -> Estimate:
    mass = float(design.weight @ of)
    if mass <= 0:
        return Estimate(None, None, None)
    value = float(design.weight @ apart) / mass
    spread = 1.96 * float(np.sqrt(design.variance((apart - value * of) / mass)))
    return Estimate(value, value - spread, value + spread)


def _reached(spent: Vector, weights: Vector) -> Vector:
    """Return the share of all families, by weight, that spend less than each one."""
    order = np.argsort(spent, kind="stable")
    reached = np.empty(len(spent))
    reached[order] = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return reached
