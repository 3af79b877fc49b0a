"""For whom a region has room: only so many material flags may ask for a person's look.

A family asks when its raw score reaches the bar of its region. The bars are fixed at
training on the population, so that a family is treated alike alone and in company:
whoever is scored beside it neither takes its place nor gives it one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from models.learned.arrays import Mask, Vector
from models.learned.conformal import threshold_for


@dataclass(frozen=True, slots=True)
class ReviewBars:
    """The raw score of each region from which a material flag asks for a review.

    ``by_region``: two digits of KATO as a number; null: the region has no room for anybody.
    No region at all: nobody asks, which is what holds where nothing was fixed.
    """

    by_region: Mapping[int, float | None] = field(default_factory=dict)

    def reached(self, margin: Vector, region: pl.Series) -> Mask:
        """Return which families reach the bar of their region; a score unknown reaches none.

        A region that training did not meet has the strictest of all bars: nobody counted
        its families, so nobody knows for how many there is room.
        """
        known = {r: math.inf if b is None else b for r, b in self.by_region.items()}
        strictest = max(known.values(), default=math.inf)
        bars = [known.get(code, strictest) for code in region.to_list()]
        return np.asarray(margin >= np.array(bars, dtype=np.float64))

    def as_json(self) -> dict[str, float | None]:
        """Ready for JSON, whose keys are text."""
        return {str(code): bar for code, bar in sorted(self.by_region.items())}

    @classmethod
    def read(cls, by_code: Mapping[str, float | None]) -> "ReviewBars":
        """Read what `told` wrote."""
        return cls({int(code): bar for code, bar in by_code.items()})


def fix(
    margin: Vector,
    material: Mask,
    region: pl.Series,
    *,
    threshold: float | None,
    capacity: float | None,
) -> ReviewBars:
    """Fix the bars so that in no region more of the population ask than there is room for.

    Parameters
    ----------
    margin : raw score of each family of the population; NaN where it is unknown.
    material : whether its flag would change the category.
    region : two digits of KATO as a number; families without one make no bar.
    threshold : of the flag, the bar of a region that has room for all its material flags;
        null: nobody is flagged, and there are no bars.
    capacity : share of a region's families, flagged or not, that can be reviewed; null: all.

    Families of one score ask together or not at all, so a tie leaves room unused.
    """
    if threshold is None:
        return ReviewBars()
    codes = region.cast(pl.Float64).to_numpy()
    share = 1.0 if capacity is None else capacity
    bars: dict[int, float | None] = {}
    for code in region.drop_nulls().unique().sort().to_list():
        mine = codes == code
        asking = np.where(material[mine], margin[mine], -np.inf)
        fits = np.isfinite(asking).sum() <= share * mine.sum()
        bars[code] = threshold if fits else threshold_for(asking, share)
    return ReviewBars(bars)
