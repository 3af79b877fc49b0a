"""How likely a family has income that no register shows, and how much it may be.

The detector reads the gap between what a family that lives like this one spends and what
it declares, and signs of means. It detects hidden income, not poverty: with the gap held
fixed, a lower declared income, a child, a disability, an asset less or a lost job never
raises the probability (monotone constraints on every input; `directions`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

import lightgbm as lgb
import numpy as np
import polars as pl

from models.learned import conformal, trees
from models.learned.arrays import Codes, Mask, Matrix, Vector
from models.learned.hyperparameters import SHIPPED, Boosting
from models.learned.inputs import Input, named
from models.learned.stage import Boosters

_DETECTOR: Final = "hidden_income.txt"
_AMOUNTS: Final = "hidden_amount.txt"
GAP: Final = "gap_per_member"
"""Expected consumption − declared income, ПМ a member a month: the first input."""


def hidden_income_inputs(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Keep the inputs that cannot turn the detector of hidden income into one of poverty.

    Amounts that were themselves declared may enter where they make a family look better
    off. What is *derived* from declared income (shares, workers without earnings) may
    not: it can rise when income falls, and then it would find the poor. Inputs without a
    direction (ages of the adults, loans owed) may enter as long as neither declared
    income nor a lost job moves them.
    """
    return tuple(i for i in inputs if _harmless(i))


def _harmless(each: Input) -> bool:
    if each.reads_declared_income:
        return each.direction > 0 and not each.derived
    return each.direction != 0 or not each.moved_by_work


LEANING: Final = 1 / 3
"""The estimate is what a family exceeds with two chances in three, and so nothing unless it
is twice as likely to hide as not. In the poorest tenth of a simulated country (90,000
families) declared income plus the mean or the middle was too high by a fifth more often
than too low (the middle: 34 % and 19 %); leaning so, 16 % and 29 %."""
PLACES: Final = ("city of republican significance", "other town", "village")
"""Kinds of place whose intervals are set apart (region type × settlement); none is an input."""


def places(features: pl.DataFrame) -> Codes:
    """Return the kind of place of each family, as its number in `PLACES`."""
    village = pl.col("lives_in_village").fill_null(value=False)
    city = pl.col("lives_in_republican_city").fill_null(value=False)
    kind = pl.when(village).then(2).when(city).then(0).otherwise(1)
    return features.select(kind.cast(pl.Int64).alias("place")).to_series().to_numpy()


def directions(inputs: Sequence[Input]) -> list[int]:
    """Return how the probability may move with each column: the gap first, then the inputs."""
    return [1, *(i.direction for i in inputs)]


def columns(gap: Vector, x: Matrix) -> Matrix:
    """Put the gap before the other inputs."""
    return np.hstack([gap[:, None], x])


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """From a raw score to a probability, allowing for what inspectors miss.

    An inspector confirms a hiding family with chance ``sensitivity`` and never a clear
    one, so P(confirmed) = sensitivity × P(hides).
    """

    intercept: float
    slope: float
    sensitivity: float

    def hides(self, margins: Vector) -> Vector:
        """Return P(the family hides income of the material size)."""
        return trees.logistic(self.intercept + self.slope * margins)

    def confirmed(self, margins: Vector) -> Vector:
        """Return P(an inspector would confirm it)."""
        return self.sensitivity * self.hides(margins)


def calibrate(
    margins: Vector, confirmed: Vector, weights: Vector, *, sensitivity: float
) -> Calibration:
    """Fit slope and intercept on families that the scoring model had not seen.

    Maximum likelihood of the inspectors' findings (Platt's line with a known miss
    rate). A weak prior of slope one, worth about four families, keeps a handful of
    labels from turning the line; a slope is never negative.
    """
    from scipy.optimize import minimize  # late: only training needs it, and it is slow to import

    share = weights / weights.mean()

    def loss(line: Vector) -> float:
        hides = 1.0 / (1.0 + np.exp(-np.clip(line[0] + line[1] * margins, -30, 30)))
        confirmable = np.clip(sensitivity * hides, 1e-9, 1 - 1e-9)
        likelihood = confirmed * np.log(confirmable) + (1 - confirmed) * np.log1p(-confirmable)
        return float(-(share * likelihood).sum() + 0.5 * (line[1] - 1.0) ** 2)

    best = minimize(
        loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(-20.0, 20.0), (0.05, 20.0)]
    )
    return Calibration(intercept=float(best.x[0]), slope=float(best.x[1]), sensitivity=sensitivity)


def missed(hides: Vector, sensitivity: float) -> Vector:
    """Return P(the family hides income although the inspector found none), by Bayes' rule."""
    unseen: Vector = hides * (1 - sensitivity) / (1 - hides * sensitivity)
    return unseen


def truth_weights(confirmed: Mask, hides: Vector, sensitivity: float) -> Vector:
    """Return weights under which findings stand for the truth.

    A confirmed family stands for 1 ÷ sensitivity hiding ones; an unconfirmed one counts
    by its chance to be really clear. It takes the miss rate to be the same for all.
    """
    return np.where(confirmed, 1.0 / sensitivity, 1.0 - missed(hides, sensitivity))


def fit_detector(
    inputs: Sequence[Input],
    x: Matrix,
    confirmed: Vector,
    weights: Vector,
    *,
    seed: int,
    hyper: Boosting = SHIPPED.hidden_income,
    offset: Vector | None = None,
) -> lgb.Booster:
    """Grow the classifier on inspected families; ``x`` as `columns` makes it.

    ``offset`` is what moved the finding beside all that the family shows, as log-odds
    (`training.labels.unmeasured_selection`); the booster learns the rest.
    """
    if offset is not None:
        share = float(np.average(confirmed, weights=weights))
        offset = offset + np.log(share / (1.0 - share))
    return trees.grow(
        x,
        confirmed,
        weights=weights,
        directions=directions(inputs),
        names=[GAP, *(i.name for i in inputs)],
        objective="binary",
        seed=seed,
        offset=offset,
        **hyper.options(),
    )


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much a hiding family hides: log-normal around what the booster says.

    In ПМ a member a month. ``spread`` is the standard deviation of the logarithm.
    """

    booster: lgb.Booster
    spread: float

    def centre(self, x: Matrix) -> Vector:
        """Return the expected logarithm of the amount, given that the family hides income."""
        return trees.margin(self.booster, x)


def fit_amounts(
    inputs: Sequence[Input],
    x: Matrix,
    amount: Vector,
    weights: Vector,
    *,
    seed: int,
    hyper: Boosting = SHIPPED.hidden_amount,
) -> lgb.Booster:
    """Grow the booster of the logarithm of the amount on families found to hide income."""
    return trees.grow(
        x,
        np.log(amount),
        weights=weights,
        directions=directions(inputs),
        names=[GAP, *(i.name for i in inputs)],
        objective="regression",
        seed=seed,
        **hyper.options(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the detector says of each family; NaN where a register it reads was silent."""

    margin: Vector
    probability: Vector
    low: Vector
    estimate: Vector
    high: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenIncome:
    """The fitted detector with all that its promises rest on.

    ``tails`` make the interval hold the amount of nine families in ten, one for each of
    `PLACES`.
    ``unknown_high`` and ``unknown_estimate`` are what holds for any family, known or
    not: a family of whom a register is silent gets these, from zero upwards.
    """

    NAME: ClassVar[str] = "hidden_income"

    inputs: tuple[Input, ...]
    detector: lgb.Booster
    amounts: Amounts
    calibration: Calibration
    tails: tuple[float, ...]
    unknown_high: float
    unknown_estimate: float

    def files(self) -> dict[str, lgb.Booster]:
        """Return the boosters by the names of their files in a bundle."""
        return {_DETECTOR: self.detector, _AMOUNTS: self.amounts.booster}

    def numbers(self) -> dict[str, Any]:
        """Return what it needs besides, ready for the manifest."""
        return {
            "inputs": [i.name for i in self.inputs],
            "calibration": asdict(self.calibration),
            "spread": self.amounts.spread,
            "tails": list(self.tails),
            "unknown_high": self.unknown_high,
            "unknown_estimate": self.unknown_estimate,
        }

    @classmethod
    def read(cls, numbers: Mapping[str, Any], boosters: Boosters) -> "HiddenIncome":
        """Build it again from a bundle."""
        return cls(
            inputs=named(numbers["inputs"]),
            detector=boosters(_DETECTOR),
            amounts=Amounts(booster=boosters(_AMOUNTS), spread=numbers["spread"]),
            calibration=Calibration(**numbers["calibration"]),
            tails=tuple(numbers["tails"]),
            unknown_high=numbers["unknown_high"],
            unknown_estimate=numbers["unknown_estimate"],
        )

    def outcome(
        self,
        gap: Vector,
        x: Matrix,
        place: Codes,
        unknown: Mask,
    ) -> Outcome:
        """Answer for each family; ``unknown`` marks those with a silent register.

        Amounts are the income hidden, not what an inspector would find. The estimate
        leans to the family's side (`LEANING`). ``place`` widens or narrows the interval, and moves
        neither probability nor flag.
        """
        table = columns(gap, x)
        margins = trees.margin(self.detector, table)
        hides = self.calibration.hides(margins)
        centre = self.amounts.centre(table)
        tail = np.array(self.tails)[place]
        low, high = conformal.amount_bounds(hides, centre, self.amounts.spread, tail)
        estimate = conformal.amount_at(hides, centre, self.amounts.spread, LEANING)
        low = np.where(unknown, 0.0, low)
        high = np.where(unknown, self.unknown_high, high)
        estimate = np.where(unknown, self.unknown_estimate, estimate)
        return Outcome(
            margin=np.where(unknown, np.nan, margins),
            probability=np.where(unknown, np.nan, hides),
            low=low,
            estimate=np.clip(estimate, low, high),
            high=high,
        )
