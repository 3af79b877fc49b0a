"""What learning sees of hidden income: inspections after the day of the registers.

Inspectors come by three ways: drawn at random with a known probability, chosen by a
suspicion score with known probabilities, or called by a complaint with none. They miss
some, more often small amounts.
"""

from datetime import date
from typing import Final

import numpy as np
import polars as pl
from scipy.special import expit

from features.registers.declared import REGIONS
from training.population.chance import Floats, Ints, days_before, happens, tenge, words
from training.population.people.families import Families
from training.population.people.standing import Living
from training.population.worlds import Bias, Shifts

_RANDOM_AT_LEAST: Final = 600
_RANDOM_SHARE: Final = (0.015, 0.03)
_TARGETED_SHARE: Final = 0.020
_COMPLAINTS: Final = 0.004
HALF_A_YEAR: Final = 180
"""Days after the day of the registers over which inspections are dated."""
_MISSED_SLOPE: Final = 0.75
_MISSED_CENTRE: Final = 70_000.0


def random_share(households: int) -> float:
    """Inclusion probability of a random inspection in a country of that many families."""
    return float(np.clip(_RANDOM_AT_LEAST / max(households, 1), *_RANDOM_SHARE))


def suspicion(
    rng: np.random.Generator,
    families: Families,
    declared: Floats,
    cars: Floats,
    dwellings: Floats,
    payments: Floats,
    senders: Floats,
) -> Floats:
    """The inspectors' own score of each family: visible wealth against what it declares.

    All arguments are one entry a family, as the registers show them; money a month.
    """
    per_head = declared / families.size
    poor = per_head < 2 * 46_000
    score = (
        1.2 * (poor & (cars >= 2))
        + 0.7 * (poor & (cars == 1))
        + 0.9 * (poor & (dwellings >= 1.9))
        + 1.1 * (payments > 0.5 * declared + 20_000)
        + 1.3 * (senders >= 60)
        + 0.4 * poor
        + 0.5 * rng.standard_normal(len(families))
    )
    return np.asarray(score, dtype=np.float64)


def inspections(
    rng: np.random.Generator,
    families: Families,
    hidden: Floats,
    score: Floats,
    living: Living,
    households: int,
    as_of: date,
    shifts: Shifts,
    days: int = HALF_A_YEAR,
) -> pl.DataFrame:
    """Inspections of the ``days`` after ``as_of``, by ``family``; ``hidden`` is the truth."""
    count, part = len(families), days / HALF_A_YEAR
    # Sorted by place and drawn at equal steps: each place gets its share, each family the same p.
    order = np.lexsort((rng.random(count), families.urban, families.region))
    share = part * random_share(households)
    at_random = _systematic(rng, order, share)
    watched, zeal = _watched(families, shifts.bias)
    chance = np.exp(score + watched)
    chance = part * np.clip(_TARGETED_SHARE * chance / chance.mean(), 0.002, 0.30)
    targeted = np.flatnonzero(happens(rng, chance, count))
    shown = living.consumption / living.consumption.mean()
    complained = np.flatnonzero(
        happens(
            rng, part * np.clip(_COMPLAINTS * (0.4 + 1.1 * (hidden > 0)) * shown, 0, 0.2), count
        )
    )
    family = np.concatenate([at_random, targeted, complained])
    design = np.repeat([0, 1, 2], [len(at_random), len(targeted), len(complained)])
    probability = np.concatenate(
        [np.full(len(at_random), share), chance[targeted], np.full(len(complained), np.nan)]
    )
    harder = np.where(design == 1, zeal[family], 0.0)
    after = rng.integers(min(5, days - 1), days, len(family))
    return pl.DataFrame(
        {
            "family": family,
            "inspected_on": days_before(np.datetime64(as_of), -after),
            "design": words(("random", "targeted", "complaint"), design),
            "probability": pl.Series(probability).fill_nan(None),
            "hidden_income_monthly": verified_income(rng, hidden[family], harder),
        }
    )


def _watched(families: Families, bias: Bias | None) -> tuple[Floats, Floats]:
    """What inspectors add to their score for a family, and to their zeal when they chose it."""
    if bias is None:
        return np.zeros(len(families)), np.zeros(len(families))
    there = families.region == tuple(REGIONS).index(bias.region)
    return np.where(there, bias.suspicion, 0.0), np.where(there, bias.zeal, 0.0)


def verified_income(rng: np.random.Generator, hidden: Floats, zeal: Floats | float = 0.0) -> Ints:
    """What inspectors verify of hidden income, tenge a month: all missed, or nearly all seen."""
    seen = happens(rng, chance_to_find(hidden, zeal), len(hidden))
    verified = hidden * np.exp(0.18 * rng.standard_normal(len(hidden)) - 0.06)
    return np.where(seen & (hidden > 0), tenge(verified, 1000), 0)


def chance_to_find(hidden: Floats, zeal: Floats | float = 0.0) -> Floats:
    """Sensitivity of an inspection: about 0.6 for the smallest material sums, 0.93 for large.

    ``zeal`` shifts the log-odds below that ceiling; 0: as hard as everywhere.
    """
    size = np.log(np.maximum(hidden, 1.0) / _MISSED_CENTRE)
    return np.asarray(0.93 * expit(1.1 + _MISSED_SLOPE * size + zeal), dtype=np.float64)


def _systematic(rng: np.random.Generator, order: Ints, share: float) -> Ints:
    """Every 1/share-th family of the order, from a random start: inclusion exactly ``share``."""
    drawn = np.floor(np.arange(len(order) + 1) * share + rng.random())
    taken: Ints = order[np.diff(drawn) > 0]
    return taken
