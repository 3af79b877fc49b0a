"""How chance is drawn: a few distributions over whole columns, from a passed generator."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit, logit, ndtr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]

_KEY_BITS: Final = 52
"""Keys stay below 2^52, so that they survive JSON readers that keep numbers as doubles."""
_MASK: Final = np.uint64((1 << _KEY_BITS) - 1)


def pick(rng: np.random.Generator, weights: Floats, count: int | None = None) -> Ints:
    """Draw one column per row of ``weights`` (n × k), or ``count`` times from one row (k)."""
    rows = np.broadcast_to(weights, (count, weights.shape[-1])) if count is not None else weights
    cumulated = rows.cumsum(axis=1)
    at = rng.random(len(rows)) * cumulated[:, -1]
    return np.asarray((at[:, None] >= cumulated[:, :-1]).sum(axis=1), dtype=np.int64)


def happens(rng: np.random.Generator, probability: Floats | float, count: int) -> Flags:
    """Whether each of ``count`` independent events happens."""
    drawn: Flags = rng.random(count) < probability
    return drawn


def tilted(probability: Floats | float, shift: Floats | float) -> Floats:
    """Probabilities whose log-odds are moved by ``shift``."""
    moved: Floats = np.asarray(expit(logit(probability) + shift), dtype=np.float64)
    return moved


def lognormal(rng: np.random.Generator, median: Floats | float, sigma: float, count: int) -> Floats:
    """Log-normal amounts around a median."""
    return np.asarray(median * np.exp(sigma * rng.standard_normal(count)), dtype=np.float64)


def linked(rng: np.random.Generator, standing: Floats, correlation: float) -> Floats:
    """Standard normal draws correlated with a standard normal ``standing`` (Gaussian copula)."""
    own = rng.standard_normal(len(standing))
    return np.asarray(correlation * standing + np.sqrt(1 - correlation**2) * own, dtype=np.float64)


def rank(normal: Floats) -> Floats:
    """The rank between 0 and 1 of standard normal draws."""
    return np.asarray(ndtr(normal), dtype=np.float64)


def tenge(amount: Floats, step: int = 1) -> Ints:
    """Whole tenge, rounded to ``step``, never below zero."""
    return (np.maximum(np.rint(amount / step), 0) * step).astype(np.int64)


def opaque(seed: int, kind: int, partition: int, count: int, first: int = 0) -> Ints:
    """Unique positive keys that tell nothing: a secret permutation of a running number.

    Each step (adding, multiplying by an odd number, folding high bits onto low ones)
    permutes the numbers below 2^52, so keys of one ``kind`` never collide, in whatever
    partition they are made. Up to 2^24 keys of a kind in each of 2^28 partitions;
    ``first`` is the number of keys that the partition made before.
    """
    salt = np.random.SeedSequence([seed, kind]).generate_state(2, np.uint64)
    value = (np.uint64(partition) << np.uint64(24)) + np.arange(
        first, first + count, dtype=np.uint64
    )
    with np.errstate(over="ignore"):
        for shift, odd in ((25, 0xD6E8FEB86659FD93), (27, 0xCA5A826395121157)):
            value = ((value + salt[0]) * (np.uint64(odd) | np.uint64(1))) & _MASK
            value = (value ^ (value >> np.uint64(shift)) ^ (salt[1] & np.uint64(0xFFF))) & _MASK
    return value.astype(np.int64)


def words(names: tuple[str, ...], index: Ints, *, null: Flags | None = None) -> pl.Series:
    """The names at ``index`` as a text column; null where ``null``."""
    chosen = index if null is None else np.where(null, len(names), index)
    return pl.Series([*names, None], dtype=pl.String).gather(chosen)


def days_before(day: np.datetime64, days: Floats | Ints) -> Dates:
    """The dates that many whole days before ``day``."""
    return day - np.asarray(days).astype(np.int64).astype("timedelta64[D]")
