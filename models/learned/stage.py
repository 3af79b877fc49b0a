"""A stage of the model: what it owns in a bundle, written and read in one place.

Consumption, hidden income and welfare are stages. A new one declares the same three functions
and stands among `models.learned.predict.Models.stages`; the bundle knows nothing else of it.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, Self

import lightgbm as lgb

from models.learned.inputs import Input

Boosters = Callable[[str], lgb.Booster]
"""Reads a booster of a verified bundle by the name of its file."""


class Stage(Protocol):
    """What a bundle needs of each stage."""

    NAME: ClassVar[str]
    """Under which its numbers stand in the manifest."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What it reads of a family."""
        ...

    def files(self) -> Mapping[str, lgb.Booster]:
        """Return its boosters by the name of their file."""
        ...

    def numbers(self) -> dict[str, Any]:
        """Return what it needs besides the boosters, ready for the manifest."""
        ...

    @classmethod
    def read(cls, numbers: Mapping[str, Any], boosters: Boosters) -> Self:
        """Build it again from both."""
        ...
