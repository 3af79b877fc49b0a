"""Columns of people and families: rows taken, joined and mixed, and frames that follow them."""

from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np
import polars as pl

from training.population.chance import Flags, Floats, Ints

T = TypeVar("T")
"""A dataclass whose fields are columns of one length."""


def taken(columns: T, place: Ints | Flags) -> T:
    """Keep the entries at ``place`` of every column of a dataclass of columns."""
    return _each(columns, lambda name: getattr(columns, name)[place])


def joined(first: T, second: T) -> T:
    """Put the entries of ``second`` behind those of ``first``."""
    return _each(first, lambda name: np.concatenate([getattr(first, name), getattr(second, name)]))


def mixed(where: Flags, fresh: T, old: T) -> T:
    """Take each entry from ``fresh`` where it is so, and else leave it as it was."""
    return _each(old, lambda name: np.where(where, getattr(fresh, name), getattr(old, name)))


def blank(columns: T) -> T:
    """The same columns with nothing in them: zeros, and nobody so."""
    return _each(columns, lambda name: np.zeros_like(getattr(columns, name)))


def _each(columns: T, column: Any) -> T:
    changed: dict[str, Any] = {f.name: column(f.name) for f in fields(columns)}  # type: ignore[arg-type]
    return replace(columns, **changed)  # type: ignore[type-var]


def followed(frame: pl.DataFrame, column: str, place: Ints) -> pl.DataFrame:
    """Rows of things whose owners moved to ``place`` in their columns; -1: the owner is no more."""
    return frame.with_columns(pl.Series(column, place[frame[column].to_numpy()])).filter(
        pl.col(column) >= 0
    )


def drifted(rng: np.random.Generator, now: Flags, before: Floats, after: Floats) -> Flags:
    """Move flags from one probability to another with the fewest changes.

    Who had it keeps it with ``after / before`` where that falls; who had it not gets it with
    the part by which it rises. Drawn with ``before``, flags are then distributed as ``after``.
    """
    draw = rng.random(len(now))
    kept = draw * np.maximum(before, 1e-12) < after
    begun = draw * np.maximum(1 - before, 1e-12) < after - before
    return np.where(now, kept, begun).astype(np.bool_)
