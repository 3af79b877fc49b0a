"""Which reasons a decision gives: what weighs most for its category, at most four."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from models.law.parameters import Law
from models.reasons.wording import HARD_RULE, of_code
from models.rules.scorecard import Criterion, Scorecard

AT_MOST: Final = 4
"""Reasons a decision gives: more would hide what weighs."""
POOR: Final = 3
"""Up to this category what is missing explains it; above it, what is there."""
_PLACES: Final = tuple(f"_place_{place}" for place in range(AT_MOST))
_CODES: Final = tuple(f"_code_{place}" for place in range(AT_MOST))


def rank(ruled: pl.DataFrame, law: Law) -> pl.Series:
    """Return at most four reason codes for every family, the weightiest first.

    Parameters
    ----------
    ruled : what `models.rules.category.rule_category` returns.
    law : of the decision date; it names the scorecard. Raises DeclarationError where a
        condition of its hard rule has no words: nothing is decided that could not be told.

    Returns
    -------
    A list column ``reasons``: only what decides the category. The hard rule alone where it
    is met, since no points decide then; else the criteria that weigh most: in categories 1 to
    3 those with the largest shortfall from their best points, in 4 to 6 those with most points.
    Ties stand in the order of the card; a criterion that is unknown, or weighs nothing, never
    stands. Red flags change no category, so they are reasons for a review alone.
    """
    plan = _ranking(law.folder, law.day)
    table = ruled.select("rule_category", "hard_rule_met", *plan.weights)
    for place in plan.places:
        table = table.with_columns(place)
    return (
        table.with_columns(plan.codes)
        .select(
            pl.when("hard_rule_met")
            .then(pl.concat_list(pl.lit(HARD_RULE)))
            .otherwise(pl.concat_list(*_CODES).list.drop_nulls())
            .alias("reasons")
        )
        .to_series()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    """How the criteria of a card are ranked, as expressions built once for a day."""

    weights: tuple[pl.Expr, ...]
    places: tuple[pl.Expr, ...]
    codes: tuple[pl.Expr, ...]


@lru_cache(maxsize=256)
def _ranking(folder: Path, day: date) -> _Ranking:
    card = Scorecard.in_force(Law(day, folder))
    of_code(HARD_RULE, {}, Law(day, folder))  # raises where it has no words
    size = len(card.criteria)
    columns = [f"_weight_{order}" for order in range(size)]
    places = [pl.max_horizontal(columns).alias(_PLACES[0])]
    for before, place in pairwise(_PLACES):
        # Weights differ all, so the next place is the heaviest below the one before.
        lighter = (pl.when(pl.col(c) < pl.col(before)).then(pl.col(c)) for c in columns)
        places.append(pl.max_horizontal(*lighter).alias(place))
    codes = dict(enumerate(card.codes))
    return _Ranking(
        weights=tuple(
            _weight(criterion, order, size).cast(pl.Int32).alias(column)
            for (order, criterion), column in zip(enumerate(card.criteria), columns, strict=True)
        ),
        places=tuple(places),
        codes=tuple(
            (size - 1 - pl.col(place) % size)
            .replace_strict(codes, default=None, return_dtype=pl.String)
            .alias(code)
            for place, code in zip(_PLACES, _CODES, strict=True)
        ),
    )


def _weight(criterion: Criterion, order: int, criteria: int) -> pl.Expr:
    """Return one whole number that sorts by weight, then by the order of the card."""
    points = pl.col(criterion.column)
    weight = (
        pl.when(pl.col("rule_category") <= POOR).then(criterion.most - points).otherwise(points)
    )
    return pl.when(weight > 0).then(weight * criteria + (criteria - 1 - order))
