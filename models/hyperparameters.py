"""What may be tuned of the boosters, and the values that are shipped.

Small trees (eight leaves, depth three) detect as well on a few thousand labels as large
ones, and their exact contributions cost next to nothing: the shipped values are meant to
stand without any tuning.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Boosting:
    """How one stage's boosters are grown: how many trees, how large, how careful.

    ``rate`` is the learning rate, ``l2`` the penalty on leaf values, ``feature_fraction``
    the share of the inputs that each tree may look at.
    """

    trees: int
    rate: float
    leaves: int = 8
    depth: int = 3
    l2: float = 5.0
    feature_fraction: float = 1.0

    def options(self) -> dict[str, Any]:
        """Return them as the arguments of `models.trees.grow`, in LightGBM's words."""
        return {
            "trees": self.trees,
            "rate": self.rate,
            "num_leaves": self.leaves,
            "max_depth": self.depth,
            "lambda_l2": self.l2,
            "feature_fraction": self.feature_fraction,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """The boosters of every stage; the defaults are what is shipped."""

    consumption: Boosting = field(default_factory=lambda: Boosting(trees=300, rate=0.05))
    hidden_income: Boosting = field(
        default_factory=lambda: Boosting(trees=200, rate=0.04, feature_fraction=0.7)
    )
    hidden_amount: Boosting = field(default_factory=lambda: Boosting(trees=120, rate=0.05))
    welfare: Boosting = field(
        default_factory=lambda: Boosting(trees=200, rate=0.06, feature_fraction=0.7)
    )

    def told(self) -> dict[str, Any]:
        """Return them by stage, ready for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Mapping[str, Any]]) -> "Hyperparameters":
        """Read what `told` returned."""
        return cls(**{stage: Boosting(**values) for stage, values in told.items()})


SHIPPED: Final = Hyperparameters()
"""What is used unless a run was tuned."""
