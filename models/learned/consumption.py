"""What a family that lives like this one can be expected to spend, whatever it declares.

Learned from the household budget survey, a random sample, from living standards and
composition alone. Declared income, and anything computed from it, is no input: the gap
between this expectation and the declaration is what the detector of hidden income reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import lightgbm as lgb
import numpy as np

from models.learned import trees
from models.learned.arrays import Matrix, Vector
from models.learned.hyperparameters import SHIPPED, Boosting
from models.learned.inputs import Input, named
from models.learned.stage import Boosters

_FILE: Final = "consumption.txt"
_LEAST: Final = 0.02
"""Consumption below a fiftieth of a ПМ a member is a slip of the pen: read as that much."""


def consumption_inputs(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Keep what shows how a family lives, and nothing that its declarations have a part in."""
    return tuple(i for i in inputs if not i.reads_declared_income)


def directions(inputs: Sequence[Input]) -> list[int]:
    """Return how the expectation may move with each input; 0: the survey alone decides.

    A child, a disability or a possession less never raises it. What a lost job alone
    moves (how many work, seek work or care) is left to the survey: declared income falls
    with the job as well, and only the gap between the two counts. To bind them cost
    0.006 of the detector's AUC on the random inspections of a data set of others.
    """
    return [0 if i.moved_by_work and not i.moved_by_size else i.direction for i in inputs]


@dataclass(frozen=True, slots=True)
class ExpectedConsumption:
    """A fitted model of consumption in ПМ a member a month."""

    NAME: ClassVar[str] = "consumption"

    inputs: tuple[Input, ...]
    booster: lgb.Booster

    def files(self) -> dict[str, lgb.Booster]:
        """Return the booster by the name of its file in a bundle."""
        return {_FILE: self.booster}

    def numbers(self) -> dict[str, Any]:
        """Return what it needs besides, ready for the manifest."""
        return {"inputs": [i.name for i in self.inputs]}

    @classmethod
    def read(cls, numbers: Mapping[str, Any], boosters: Boosters) -> "ExpectedConsumption":
        """Build it again from a bundle."""
        return cls(named(numbers["inputs"]), boosters(_FILE))

    def expected(self, x: Matrix) -> Vector:
        """Return the expected consumption of each row of ``x`` (columns as ``inputs``).

        It moves only the way `directions` allow.
        """
        return trees.exponential(trees.margin(self.booster, x))


def fit(
    inputs: Sequence[Input],
    x: Matrix,
    consumption: Vector,
    weights: Vector,
    *,
    seed: int,
    hyper: Boosting = SHIPPED.consumption,
) -> ExpectedConsumption:
    """Learn the logarithm of consumption (ПМ a member a month) from surveyed families.

    On the log scale a mistake is a share, not a sum, and a few rich families do not rule.
    """
    booster = trees.grow(
        x,
        np.log(np.maximum(consumption, _LEAST)),
        weights=weights,
        directions=directions(inputs),
        names=[i.name for i in inputs],
        objective="regression",
        seed=seed,
        **hyper.options(),
    )
    return ExpectedConsumption(tuple(inputs), booster)
