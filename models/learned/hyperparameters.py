"""What may be tuned of the boosters, and the values that are shipped.

The shipped values are meant to stand without any tuning. The detector's trees grow with
its labels: on 846 inspections trees of eight leaves rank best, on 3,800 trees of fifteen
add 0.003 to the AUC (measured on a data set of others and on simulated worlds). Either
way exact contributions cost well under a millisecond a family.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """How one stage's boosters are grown: how many trees, how large, how careful.

    ``rate`` is the learning rate, ``l2`` the penalty on leaf values, ``feature_fraction``
    the share of the inputs that each tree may look at, ``leaf`` the fewest families that a
    leaf may speak for.
    """

    trees: int
    rate: float
    leaves: int = 8
    depth: int = 3
    l2: float = 5.0
    feature_fraction: float = 1.0
    leaf: int = 20

    def options(self) -> dict[str, Any]:
        """Return them as the arguments of `models.learned.trees.grow`, in LightGBM's words."""
        return {
            "trees": self.trees,
            "rate": self.rate,
            "num_leaves": self.leaves,
            "max_depth": self.depth,
            "lambda_l2": self.l2,
            "feature_fraction": self.feature_fraction,
            "leaf": self.leaf,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """The boosters of every stage; the defaults are what is shipped."""

    consumption: Boosting = field(
        default_factory=lambda: Boosting(
            trees=300, rate=0.05, leaves=15, depth=6, feature_fraction=0.5
        )
    )
    hidden_income: Boosting = field(
        default_factory=lambda: Boosting(trees=200, rate=0.04, feature_fraction=0.7)
    )
    hidden_amount: Boosting = field(default_factory=lambda: Boosting(trees=120, rate=0.05))
    welfare: Boosting = field(
        default_factory=lambda: Boosting(trees=200, rate=0.06, feature_fraction=0.7)
    )

    def as_json(self) -> dict[str, Any]:
        """Return them by stage, ready for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, stages: Mapping[str, Mapping[str, Any]]) -> "Hyperparameters":
        """Read what `told` returned."""
        return cls(**{stage: Boosting(**values) for stage, values in stages.items()})


SHIPPED: Final = Hyperparameters()
"""What is used unless a run was tuned."""
MANY: Final = 2_000
"""Inspections from which the detector's trees may be larger."""


def shipped(inspections: int) -> Hyperparameters:
    """Return what is shipped for so many inspections."""
    if inspections < MANY:
        return SHIPPED
    larger = Boosting(trees=150, rate=0.04, leaves=15, depth=5, leaf=30, feature_fraction=0.7)
    return replace(SHIPPED, hidden_income=larger)
