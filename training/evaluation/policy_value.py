"""What inspecting by a score would bring, estimated on inspections made otherwise.

"Inspect the twentieth that looks most suspicious": how many of these families would an
inspector confirm, and how much income would be found? Random inspections answer without
a model, but few of them lie in that twentieth; targeted inspections of known probability
lie there often. Both are used, each weighted by its own inclusion probability.
Taking all inspections for one sample would praise whatever resembles the old suspicion.

The estimate is doubly robust (augmented inverse probability; Robins, Rotnitzky & Zhao 1994;
Dudík, Langford & Li 2011): what an outcome model expects of the chosen, plus the weighted
mean of its errors on the chosen that were inspected. It is right if either the
probabilities or the outcome model are. How the two samples share the work where both
could have drawn a family (a dual-frame sample, Hartley 1962) is estimated; for any such
split the answer is unbiased as long as targeting depends on what the inputs show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import metrics
from models.assessment.metrics import Estimate
from models.learned import trees
from models.learned.arrays import Codes, Matrix, Vector
from training.evaluation.baselines import Rival, ranked
from training.evaluation.served_scores import encoded_population
from training.fitting.evidence import FOLDS
from training.fitting.fit import Fitted
from training.labels import both_arms, inspection_chance
from training.labels import gather as label
from training.labels.gather import Labels

CAPACITY: Final = 0.05
"""What a district can inspect in a year: one family in twenty."""
LARGEST: Final = 0.10
"""No inspection carries more than a tenth of its policy's weight; heavier ones are clipped."""
FEWEST: Final = 20.0
"""Effective inspections among the chosen below which nothing is said of a policy."""
_REPLICAS: Final = 500
_TREES: Final = 60
_RATE: Final = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Inspections of known probability, and what a model blind to each expected of it.

    ``weights``: the inverse inclusion probability times the part of the work that falls to
    the inspection's design; ``value`` what was found; ``expected`` what was expected.
    """

    households: Codes
    weights: Vector
    value: Vector
    expected: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The value of a policy for each inspection, and how well the sample overlaps with it.

    ``effective``: Kish's number of equally weighted inspections among the chosen;
    ``clipped``: the share of them whose weight was cut; ``largest``: the largest share of
    the weight that one inspection carries.
    """

    value: Estimate
    effective: float
    clipped: float
    largest: float
    replicas: Vector

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return self.value.as_json() | {
            "effective": round(self.effective, 1),
            "clipped": round(self.clipped, 4),
            "largest": round(self.largest, 4),
        }


def estimate(
    sample: Sample, chosen: Vector, of_all: Vector, expected: Vector, drawn: Matrix
) -> Worth:
    """Return the doubly robust value of a policy with its bootstrap interval.

    Parameters
    ----------
    chosen, of_all : the chance (0 … 1) that the policy inspects each sampled family, and
        each family of the population; between the two where equals share the last places.
    expected : the outcome model's expectation of each family of the population.
    drawn : how often each sampled family stands in each replica (`metrics.draws`). The
        population and the models stay as they are: their chance is not in the interval.
    """
    mass = chosen * sample.weights
    total = float(mass.sum())
    bar = LARGEST * total
    clipped = np.minimum(mass, bar)
    effective = float(clipped.sum() ** 2 / (clipped**2).sum()) if total > 0 else 0.0
    share = float((mass[mass > 0] > bar).mean()) if total > 0 else 0.0
    largest = float(clipped.max() / clipped.sum()) if total > 0 else 0.0
    error = clipped * (sample.value - sample.expected)
    base = float(np.average(expected, weights=of_all)) if of_all.sum() > 0 else float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        replicas = base + (drawn @ error) / (drawn @ clipped)
        value = base + float(error.sum()) / float(clipped.sum()) if total > 0 else float("nan")
    known = effective >= FEWEST and np.isfinite(value)
    return Worth(
        value=metrics.percentiles(value, replicas) if known else metrics.UNKNOWN,
        effective=effective,
        clipped=share,
        largest=largest,
        replicas=replicas,
    )


def above(one: Worth, other: Worth) -> Estimate:
    """Return by how much one policy is worth more than another, paired on the same replicas."""
    if one.value.value is None or other.value.value is None:
        return metrics.UNKNOWN
    return metrics.percentiles(one.value.value - other.value.value, one.replicas - other.replicas)


def chance_of_inspection(above: Vector, beside: Vector, capacity: float) -> Vector:
    """Return the chance of each family to be among the first ``capacity`` of all.

    One with fewer families above it than fit; families level with each other share what is
    left, so ties favour nobody.
    """
    room = np.where(beside > 0, (capacity - above) / np.where(beside > 0, beside, 1.0), np.inf)
    return np.where(beside > 0, np.clip(room, 0.0, 1.0), (above < capacity).astype(np.float64))


def table(
    labels: Labels,
    fitted: Fitted,
    ours: Rival,
    others: Mapping[str, Rival],
    capacity: float,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """Return what every policy is worth: confirmed, and KZT a month found, for each inspection.

    Returns
    -------
    ``policies``: for each name ``confirmed`` and ``amount`` (value, interval, overlap);
    ``above_random`` and ``above_best_regression``: our confirmed rate less theirs, paired;
    ``inspections`` used by design; ``why_not`` where there is no random arm.
    """
    probability = labels.inspections["probability"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    design = labels.inspections["design"].cast(pl.String).to_numpy()
    random = fitted.inspected.in_random_arm
    if not random.any():
        return {"why_not": "no random inspections: families that nobody suspected have no weight"}
    known = np.isfinite(probability) & (probability > 0)
    evenly = float(random.sum()) / labels.households
    own = np.where(known, probability, np.where(random, evenly, np.nan))
    usable = np.isfinite(own) & (random | ((design == "targeted") & known))
    x, x_all = label.encoded(labels.inspections, fitted.inputs), encoded_population(labels, fitted)
    inverse = np.where(random, 1.0 / own, 0.0)
    targeted = inspection_chance.targeted_chance(
        usable & ~random, inverse, x, fitted.inspected.fold, seed=0
    )
    arm = both_arms.usual_chance(inverse)
    weights = np.where(usable, both_arms.shared(own, random, arm, targeted), 0.0)[usable]
    drawn = metrics.draws(
        labels.inspections["household_id"].to_numpy()[usable], generator, replicas=_REPLICAS
    )
    policies = {"tarazy": ours, **others}
    chances = {
        name: (
            chance_of_inspection(p.above, p.beside, capacity)[usable],
            chance_of_inspection(*ranked(p.population, p.population), capacity),
        )
        for name, p in policies.items()
        if name != "random"
    }
    everybody = np.ones(int(usable.sum())), np.ones(len(x_all))
    chances["random"] = everybody
    amount = labels.inspections["hidden_income_monthly"].cast(pl.Float64).to_numpy()
    worth: dict[str, dict[str, Worth]] = {}
    for outcome, value, objective in (
        ("confirmed", fitted.inspected.confirmed, "binary"),
        ("amount", amount, "regression"),
    ):
        expected, expected_all = outcome_model(x, value, fitted.inspected.fold, x_all, objective)
        sample = Sample(
            households=labels.inspections["household_id"].to_numpy()[usable],
            weights=weights,
            value=value[usable],
            expected=expected[usable],
        )
        for name, (chosen, of_all) in chances.items():
            worth.setdefault(name, {})[outcome] = estimate(
                sample, chosen, of_all, expected_all, drawn
            )
    mine = worth["tarazy"]["confirmed"]
    regressions = [n for n in worth if n.startswith("logistic")]
    best = max(regressions, key=lambda n: worth[n]["confirmed"].value.value or 0.0)
    return {
        "why_not": None,
        "capacity": capacity,
        "inspections": {
            "random": int((usable & random).sum()),
            "targeted": int((usable & ~random).sum()),
        },
        "policies": {
            name: {outcome: w.as_json() for outcome, w in both.items()}
            for name, both in worth.items()
        },
        "above_random": above(mine, worth["random"]["confirmed"]).as_json(),
        "above_best_regression": above(mine, worth[best]["confirmed"]).as_json() | {"than": best},
    }


def outcome_model(
    x: Matrix, value: Vector, fold: Codes, x_all: Matrix, objective: str
) -> tuple[Vector, Vector]:
    """Return what is expected of each inspected family, blindly, and of each of the population.

    A small booster of its own on every inspection, so that no policy is judged by itself;
    the population's expectation is the mean of the folds.
    """
    blind, of_all = np.empty(len(x)), np.zeros(len(x_all))
    for k in range(FOLDS):
        rest = fold != k
        booster = trees.auxiliary(
            x[rest], value[rest], objective=objective, trees=_TREES, rate=_RATE, lambda_l2=5.0
        )
        blind[~rest] = booster.predict(x[~rest])
        of_all += booster.predict(x_all) / FOLDS
    return blind, of_all
