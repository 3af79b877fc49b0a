"""What random inspections say of each red flag: whether it finds more than looking at anybody.

Fixed at training, so that a family is treated alike alone and in company. A flag may ask for a
look only where its precision lies above the prevalence, its interval included; what cannot
be told is information and sends nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

Verdict = Literal["supported", "refuted", "untold"]
SUPPORTED: Final = "supported"
REFUTED: Final = "refuted"
UNTOLD: Final = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Families inspected at random in one kind of place, one category, or anywhere.

    ``place``: republican city, town or village as its number in
    `models.learned.hidden_income.PLACES`; ``category``: the rules'; None: any. ``precision``
    with ``low`` and ``high``, its exact 95 % interval, and ``prevalence`` among all inspected
    in the cell; None: nobody was.
    """

    flag: str
    place: int | None
    category: int | None
    inspected: int
    raised: int
    confirmed: int
    prevalence: float | None
    precision: float | None
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Verdict:
        """Whether the flag finds surely more, surely less, or it cannot be told."""
        if self.prevalence is None or self.low is None or self.high is None:
            return UNTOLD
        if self.low > self.prevalence:
            return SUPPORTED
        return REFUTED if self.high < self.prevalence else UNTOLD

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class FlagEvidence:
    """The cells of every flag; none at all, and no flag asks for anything."""

    cells: Sequence[Cell] = field(default_factory=tuple)

    def precision(self) -> Mapping[str, float]:
        """Return the precision anywhere of each flag that is supported."""
        return {c.flag: c.precision for c in self._anywhere() if c.precision is not None}

    def asks(self, flags: pl.DataFrame) -> pl.Series:
        """Return whether each raised flag may ask for a look at its family.

        ``flags``: rows with ``code``, ``place`` and ``category``. It is supported anywhere, and
        refuted neither for such places nor for the category.
        """
        supported = [c.flag for c in self._anywhere()]
        refuted = [c for c in self.cells if c.verdict == REFUTED]
        refuses = [
            (pl.col("code") == c.flag)
            & (pl.lit(value=True) if c.place is None else pl.col("place") == c.place)
            & (pl.lit(value=True) if c.category is None else pl.col("category") == c.category)
            for c in refuted
        ]
        refused = pl.any_horizontal(refuses) if refuses else pl.lit(value=False)
        return flags.select(asks=pl.col("code").is_in(supported) & ~refused)["asks"]

    def _anywhere(self) -> list[Cell]:
        return [
            c
            for c in self.cells
            if c.place is None and c.category is None and c.verdict == SUPPORTED
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """Ready for JSON."""
        return [cell.as_json() for cell in self.cells]

    @classmethod
    def read(cls, cells: Sequence[Mapping[str, Any]]) -> "FlagEvidence":
        """Read what `as_json` wrote."""
        return cls(tuple(Cell(**cell) for cell in cells))
