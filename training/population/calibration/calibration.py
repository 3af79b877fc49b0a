"""Target and achieved: how near the simulated country comes to the published one.

A partition hands over sums and counts that add up (`Sums`), so a country of any size is
judged without holding it, and two halves give what the whole gives. A quotient carries its
own sampling error; quantiles are read from merged counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np

from features.registers.declared import REGIONS
from training.population.calibration.figures import figures
from training.population.chance import Flags, Floats, Ints
from training.population.distributions import held, mode, quantile

_SOUTH: Final = ("31", "43", "61", "79")
_MOST_INFORMAL: Final = ("19", "61", "79")
_LARGER: Final = 0.045
"""Share of the country's people from which a region's rank can be told from a sample."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What one partition, or several, tell of every figure."""

    quotients: Mapping[str, Floats]
    """For each: the sums of y, x, y², xy and x² over its units; the figure is Σy / Σx."""
    counts: Mapping[str, Floats]
    """Each distribution's counts on its grid."""

    def __add__(self, other: "Sums") -> "Sums":
        """What two disjoint parts of a country tell together."""
        return Sums(
            {name: each + other.quotients[name] for name, each in self.quotients.items()},
            {name: each + other.counts[name] for name, each in self.counts.items()},
        )


def quotient(y: Floats | Ints | Flags, x: Floats | Ints | Flags | None = None) -> Floats:
    """The sums behind Σy / Σx; without ``x`` behind the mean of ``y``."""
    top = np.asarray(y, dtype=np.float64)
    if x is None:
        return np.array([top.sum(), len(top), top @ top, top.sum(), len(top)])
    bottom = np.asarray(x, dtype=np.float64)
    return np.array([top.sum(), bottom.sum(), top @ top, top @ bottom, bottom @ bottom])


def quotients_by_region(
    name: str, region: Ints, y: Floats | Ints | Flags, x: Floats | Ints | Flags
) -> dict[str, Floats]:
    """The same for each region, named ``name.code``; ``region`` is the place of each unit."""
    top, bottom = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    sums: Floats = np.stack(
        [
            np.bincount(region, each, minlength=len(REGIONS))
            for each in (top, bottom, top * top, top * bottom, bottom * bottom)
        ]
    )
    return {f"{name}.{code}": sums[:, place] for place, code in enumerate(REGIONS)}


def value(sums: Floats) -> float:
    """The quotient; NaN where nothing was counted."""
    return _quotient(float(sums[0]), float(sums[1]))


def _quotient(top: float, bottom: float) -> float:
    return top / bottom if bottom else float("nan")


def sampling_error(sums: Floats) -> float:
    """Standard error of the quotient over countries of this size (a ratio of sample sums)."""
    if not sums[1]:
        return float("nan")
    ratio = sums[0] / sums[1]
    spread = sums[2] - 2 * ratio * sums[3] + ratio**2 * sums[4]
    return float(np.sqrt(max(spread, 0.0)) / abs(sums[1]))


def _of_the_country(name: str) -> Callable[[Sums], tuple[float, float]]:
    """A region's quotient as a multiple of the country's, with its standard error."""
    fact, code = name.split(".")

    def multiple(sums: Sums) -> tuple[float, float]:
        here = sums.quotients[f"{fact}.{code}"]
        everywhere = value(np.sum([sums.quotients[f"{fact}.{each}"] for each in REGIONS], axis=0))
        return _quotient(value(here), everywhere), _quotient(sampling_error(here), everywhere)

    return multiple


def _dependency(codes: Iterable[str]) -> Callable[[Sums], tuple[float, float]]:
    def load(sums: Sums) -> tuple[float, float]:
        there = np.sum([sums.quotients[f"dependency.{code}"] for code in codes], axis=0)
        return 1_000 * value(there), 1_000 * sampling_error(there)

    return load


def _informal_order(sums: Sums) -> tuple[float, float]:
    people = {code: sums.quotients[f"people.{code}"][0] for code in REGIONS}
    all_people = sum(people.values())
    rest = [c for c in REGIONS if c not in _MOST_INFORMAL and people[c] >= _LARGER * all_people]
    shares = {code: value(sums.quotients[f"informal_work.{code}"]) for code in REGIONS}
    errors = [
        sampling_error(sums.quotients[f"informal_work.{code}"]) for code in (*_MOST_INFORMAL, *rest)
    ]
    highest = max((shares[code] for code in rest), default=np.nan)
    least = min(shares[code] for code in _MOST_INFORMAL)
    return _quotient(least, highest), 2 * _quotient(max(errors), highest)


def _over(sums: Sums, upper: str, lower: str) -> tuple[float, float]:
    top, bottom = sums.quotients[upper], sums.quotients[lower]
    ratio = _quotient(value(top), value(bottom))
    above, below = (_quotient(sampling_error(each), value(each)) for each in (top, bottom))
    return ratio, ratio * float(np.hypot(above, below))


def _read(
    distribution: str, how: Callable[[Floats], float]
) -> Callable[[Sums], tuple[float, float]]:
    return lambda sums: (how(sums.counts[distribution]), 0.0)


def _tenths_ratio(counts: Floats) -> float:
    return _quotient(held(counts, 0.9, 1.0)[1], held(counts, 0.0, 0.1)[1])


_DERIVED: Final[Mapping[str, Callable[[Sums], tuple[float, float]]]] = {
    "dependency": _dependency(REGIONS),
    "dependency_south": _dependency(_SOUTH),
    **{f"dependency.{code}": _dependency([code]) for code in REGIONS},
    **{
        f"{fact}.{c}": _of_the_country(f"{fact}.{c}")
        for fact in ("cars", "sheep", "survey")
        for c in REGIONS
    },
    "informal_order": _informal_order,
    "poverty_rural_to_urban": lambda sums: _over(sums, "poverty_rural", "poverty_urban"),
    "wage_median": _read("wages", lambda c: quantile(c, 0.5)),
    "wage_mode": _read("wages", mode),
    "survey_top_tenth": _read("survey_per_head", lambda c: held(c, 0.9, 1.0)[0]),
    "survey_top_tenth_mean": _read("survey_per_head", lambda c: held(c, 0.9, 1.0)[1]),
    "survey_top_tenth_entry": _read("survey_per_head", lambda c: quantile(c, 0.9)),
    "survey_bottom_half": _read("survey_per_head", lambda c: held(c, 0.0, 0.5)[0]),
    "survey_fifth_tenth": _read("survey_per_head", lambda c: held(c, 0.4, 0.5)[1]),
    "survey_tenths_ratio": _read("survey_per_head", _tenths_ratio),
    "unsecured_debt_median": _read("unsecured_debt", lambda c: quantile(c, 0.5)),
}
"""Figures that are no quotient of sums, but follow from several, or from counts."""


def merged(parts: Iterable[Sums]) -> Sums:
    """What all parts of a country tell together."""
    return reduce(Sums.__add__, parts)


def estimate(sums: Sums, name: str) -> tuple[float, float]:
    """One figure or measure, and its standard error; NaN where the country has no case."""
    if name in _DERIVED:
        return _DERIVED[name](sums)
    return value(sums.quotients[name]), sampling_error(sums.quotients[name])


def compare(sums: Sums) -> list[dict[str, object]]:
    """Target, achieved value, tolerance and verdict of every figure that has a target."""
    lines: list[dict[str, object]] = []
    for name, figure in figures().items():
        if figure.tolerance is None:
            continue
        achieved, error = estimate(sums, name)
        lines.append(
            {
                "group": figure.group,
                "figure": name,
                "about": figure.about,
                "unit": figure.unit,
                "target": figure.value,
                "at": figure.at.value,
                "achieved": _rounded(achieved),
                "sampling_error": _rounded(error),
                "tolerance": figure.tolerance,
                "verdict": figure.verdict(achieved, error).value,
                "source": figure.source,
                "assumed": figure.assumed,
                "explained": figure.explained,
            }
        )
    return lines


def _rounded(number: float) -> float | None:
    return None if not np.isfinite(number) else round(number, 5 if abs(number) < 100 else 0)
