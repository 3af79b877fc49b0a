"""Shares and means of a complex survey, with intervals that know its strata and clusters.

Taylor linearisation with primary sampling units as if drawn with replacement within their
strata (Särndal, Swensson & Wretman 1992, section 5.5; Wolter 2007, chapter 6): what R's
`survey` and Stata's `svy` do by default. A stratum with one unit is compared with the mean of
all units, which errs on the side of width. No lot is drawn, so a page made twice is the same.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.stats import beta, t

from models.assessment.metrics import CONFIDENCE, UNKNOWN, Estimate
from models.learned.arrays import Codes, Vector

_TAIL: Final = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Design:
    """Weights, and for each row the number of its unit; for each unit that of its stratum."""

    weight: Vector
    unit: Codes
    stratum_of_unit: Codes

    @classmethod
    def of(cls, rows: pl.DataFrame, weight: Vector) -> "Design":
        """Read ``stratum`` and ``cluster`` from the survey's rows.

        Without a cluster every household is its own unit; without a stratum all stand in one.
        The same cluster number in two strata is two units.
        """
        keys = [
            rows[name].cast(pl.String).fill_null("?")
            if name in rows and rows[name].null_count() < rows.height
            else fallback
            for name, fallback in (
                ("stratum", pl.Series("stratum", ["all"] * rows.height)),
                ("cluster", rows["household_id"].cast(pl.String)),
            )
        ]
        frame = pl.DataFrame([keys[0].alias("stratum"), keys[1].alias("cluster")])
        units = frame.unique().sort("stratum", "cluster").with_row_index("unit")
        strata = units["stratum"].rank("dense").cast(pl.Int64).to_numpy() - 1
        unit = frame.join(units, on=["stratum", "cluster"], how="left", maintain_order="left")
        return cls(weight, unit["unit"].cast(pl.Int64).to_numpy(), strata)

    @property
    def degrees(self) -> int:
        """Degrees of freedom: units less strata, at least one."""
        return max(1, len(self.stratum_of_unit) - len(np.unique(self.stratum_of_unit)))

    def variance(self, influence: Vector) -> float:
        """Return the variance of a total of ``weight × influence``."""
        totals = np.bincount(
            self.unit, self.weight * influence, minlength=len(self.stratum_of_unit)
        )
        count = np.bincount(self.stratum_of_unit)
        mean = np.bincount(self.stratum_of_unit, totals) / np.maximum(count, 1)
        lone = count == 1
        mean[lone] = totals.mean()
        stretch = np.where(lone, 1.0, count / np.maximum(count - 1, 1))
        away = (totals - mean[self.stratum_of_unit]) ** 2
        return float((stretch[self.stratum_of_unit] * away).sum())


def ratio(above: Vector, below: Vector, design: Design) -> Estimate:
    """Return Σ w·above ÷ Σ w·below with its 95 % interval; unknown where nothing is below.

    For shares and means between 0 and 1; a domain is given by noughts outside it, so that
    the whole design stays in the variance.
    """
    mass = float(design.weight @ below)
    if mass <= 0:
        return UNKNOWN
    value = float(design.weight @ above) / mass
    return interval(value, (above - value * below) / mass, design, below)


def difference(
    first: tuple[Vector, Vector], second: tuple[Vector, Vector], design: Design
) -> Estimate:
    """Return how far the first ratio lies from the second, with its 95 % interval.

    Each is (above, below) as `ratio` takes them, between 0 and 1, of one and the same
    sample: what they share cancels out, so the interval is that of the pair (Kish 1965,
    section 4.6) and narrower than the two of the ratios suggest. Unknown where either is.
    Where no unit tells more than another the sample shows no spread: then the exact
    interval of as many draws as units have somebody below.
    """
    value, influence = 0.0, np.zeros_like(design.weight)
    for sign, (above, below) in ((1, first), (-1, second)):
        mass = float(design.weight @ below)
        if mass <= 0:
            return UNKNOWN
        share = float(design.weight @ above) / mass
        value += sign * share
        influence += sign * (above - share * below) / mass
    if influence.any():
        reach = float(t.ppf(1 - _TAIL, design.degrees)) * design.variance(influence) ** 0.5
    else:
        inside = len(np.unique(design.unit[(first[1] > 0) | (second[1] > 0)]))
        reach = float(beta.ppf(1 - _TAIL, 1, inside))
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach))


def interval(value: float, influence: Vector, design: Design, domain: Vector) -> Estimate:
    """Return a value between 0 and 1 with its interval on the log-odds (Korn & Graubard 1999).

    At exactly 0 or 1 the sample shows no spread: then the exact interval of as many draws
    as units have somebody in the domain.
    """
    inside = len(np.unique(design.unit[domain > 0]))
    if value <= 0 or value >= 1:
        end = float(beta.ppf(1 - _TAIL, 1, inside))
        return Estimate(0.0, 0.0, end) if value <= 0 else Estimate(1.0, 1 - end, 1.0)
    error = np.sqrt(design.variance(influence)) / (value * (1 - value))
    centre = np.log(value / (1 - value))
    reach = float(t.ppf(1 - _TAIL, design.degrees)) * error
    low, high = (float(1 / (1 + np.exp(-(centre + side * reach)))) for side in (-1, 1))
    return Estimate(value, low, high)


def median(values: Vector, weight: Vector) -> float:
    """Return the weighted median: the smallest value with half the weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def below_share_of_median(
    values: Vector, persons: Vector, share: float, design: Design
) -> tuple[Estimate, float]:
    """Return the share of persons below a share of the median, and the line.

    The line is estimated from the same sample: its influence is linearised as well, with
    densities from a Gaussian kernel (Deville 1999; Osier 2009).
    """
    mass = design.weight * persons
    middle = median(values, mass)
    line, total = share * middle, float(mass.sum())
    poor = values < line
    value = float(mass @ poor) / total
    at_line, at_middle = (_density(values, mass, point) for point in (line, middle))
    moved = share * at_line / at_middle if at_middle > 0 else 0.0
    influence = (poor - value - moved * ((values <= middle) - 0.5)) * persons / total
    return interval(value, influence, design, persons), line


def _density(values: Vector, mass: Vector, point: float) -> float:
    """Density at a point by a Gaussian kernel with Silverman's bandwidth."""
    centre = float(np.average(values, weights=mass))
    spread = float(np.sqrt(np.average((values - centre) ** 2, weights=mass)))
    width = 0.9 * spread * len(values) ** -0.2
    if width <= 0:
        return 0.0
    kernel = np.exp(-0.5 * ((values - point) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return float(np.average(kernel, weights=mass))
