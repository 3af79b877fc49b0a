"""Which of six welfare categories a family stands in, and which cannot be excluded.

Learned from the survey's own ladder (1 cannot afford food … 6 no material difficulty).
Five boosters answer "is the family above step k?"; none ever says "poorer" when a family
looks better off. Families are shown to them with registers blanked, so that silence is
something they have met; a silent register only ever widens the set.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import lightgbm as lgb
import numpy as np

from models.learned import conformal, trees
from models.learned.arrays import Codes, Matrix, Vector
from models.learned.hyperparameters import SHIPPED, Boosting
from models.learned.inputs import Input, named
from models.learned.stage import Boosters

CATEGORIES: Final = (1, 2, 3, 4, 5, 6)
STEPS: Final = len(CATEGORIES) - 1
_FILES: Final = tuple(f"welfare_{step}.txt" for step in range(1, STEPS + 1))
_SHOWN: Final = 2
"""Each family is shown twice, so a leaf needs twice the rows. A row's share of the hessian
is a quarter at most, so a quarter of that sum keeps leaves from being smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welfare:
    """The fitted model: five boosters, the bar for a category to stay in the set.

    ``bar`` is the least tail probability of a category that cannot be excluded at 90 %;
    ``silence`` multiplies it for each silent register (never above one: a lower bar
    keeps more categories).
    """

    NAME: ClassVar[str] = "welfare"

    inputs: tuple[Input, ...]
    boosters: tuple[lgb.Booster, ...]
    bar: float
    silence: Mapping[str, float]

    def files(self) -> dict[str, lgb.Booster]:
        """Return the boosters by the names of their files in a bundle."""
        return dict(zip(_FILES, self.boosters, strict=True))

    def numbers(self) -> dict[str, Any]:
        """Return what it needs besides, ready for the manifest."""
        return {
            "inputs": [i.name for i in self.inputs],
            "bar": self.bar,
            "silence": dict(self.silence),
        }

    @classmethod
    def read(cls, numbers: Mapping[str, Any], boosters: Boosters) -> "Welfare":
        """Build it again from a bundle."""
        return cls(
            inputs=named(numbers["inputs"]),
            boosters=tuple(boosters(name) for name in _FILES),
            bar=numbers["bar"],
            silence=numbers["silence"],
        )

    def exceeds(self, x: Matrix) -> Matrix:
        """Return P(category > k) for each family and k = 1 … 5."""
        return exceeds(self.boosters, x)

    def bar_when(self, silent: Collection[str]) -> float:
        """Return the bar while these registers are silent."""
        bar = self.bar
        for register in sorted(silent):
            bar *= self.silence.get(register, 1.0)
        return bar

    def bars(self, x: Matrix, silent: Collection[str], always_known: Collection[str]) -> Vector:
        """Return the bar of each family: lower still where single facts are unknown.

        A fact that training always knew and that is unknown of this family counts as
        if its whole register were silent; for a register whose silence was never
        measured (the two required ones) the widest measured silence stands in.
        """
        bar = np.full(len(x), self.bar_when(silent))
        widest = min(self.silence.values(), default=1.0)
        for register in sorted({r for i in self.inputs for r in i.registers} - set(silent)):
            needed = [
                place
                for place, i in enumerate(self.inputs)
                if register in i.registers
                and i.name in always_known
                and not set(i.registers) & set(silent)
            ]
            unknown = np.isnan(x[:, needed]).any(axis=1)
            bar = np.where(unknown, bar * self.silence.get(register, widest), bar)
        return bar


def exceeds(boosters: Sequence[lgb.Booster], x: Matrix) -> Matrix:
    """Return P(category > k) for each family and k, never rising in k.

    Where two steps cross, the lower of the two stands; a minimum of rising functions
    rises, so the directions hold.
    """
    steps = np.column_stack([trees.logistic(trees.margin(b, x)) for b in boosters])
    return np.asarray(np.minimum.accumulate(steps, axis=1), dtype=np.float64)


def fit_steps(
    inputs: Sequence[Input],
    x: Matrix,
    category: Codes,
    weights: Vector,
    *,
    seed: int,
    hyper: Boosting = SHIPPED.welfare,
) -> tuple[lgb.Booster, ...]:
    """Grow one booster for each step of the ladder (Frank & Hall 2001)."""
    return tuple(
        trees.grow(
            x,
            (category > step).astype(np.float64),
            weights=weights,
            directions=[i.direction for i in inputs],
            names=[i.name for i in inputs],
            objective="binary",
            seed=seed + step,
            min_sum_hessian_in_leaf=_SHOWN * hyper.leaf / 4,
            **hyper.options() | {"leaf": _SHOWN * hyper.leaf},
        )
        for step in range(1, STEPS + 1)
    )


def blanked(inputs: Sequence[Input], x: Matrix, registers: Collection[str]) -> Matrix:
    """Return the rows as they look while these registers are silent."""
    gone = [place for place, i in enumerate(inputs) if set(i.registers) & set(registers)]
    copy = x.copy()
    copy[:, gone] = np.nan
    return copy


def can_fall_silent(inputs: Iterable[Input]) -> tuple[str, ...]:
    """Return the registers whose silence the model must expect: all but the required two."""
    always = {"households", "persons"}
    return tuple(sorted({r for i in inputs for r in i.registers} - always))


def shown_with_silence(
    inputs: Sequence[Input], x: Matrix, generator: np.random.Generator
) -> Matrix:
    """Return the same families once more, each with one or several registers blanked.

    Half of them miss one register, half each register with chance one half: a data set
    that lacks most of them is as real as one that lacks a single one.
    """
    registers = can_fall_silent(inputs)
    copy = x.copy()
    if not registers:
        return copy
    one = generator.integers(0, len(registers), size=len(x))
    many = generator.random((len(x), len(registers))) < 0.5
    single = generator.random(len(x)) < 0.5
    for place, register in enumerate(registers):
        gone = np.where(single, one == place, many[:, place])
        copy[gone] = blanked(inputs, x[gone], (register,))
    return copy


def mean_size(exceeding: Matrix, bar: float, weights: Vector) -> float:
    """Return the mean number of categories that cannot be excluded."""
    first, last = conformal.category_bounds(exceeding, np.full(len(exceeding), bar))
    return float(np.average(last - first + 1, weights=weights))
