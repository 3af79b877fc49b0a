"""The nearest correction that would change a family's category: recalculated, never guessed.

Each correction is made in a copy of the family's registers and the whole way is gone again,
features, rules and all: what a letter then says would happen has happened once. Only records
that may be wrong are corrected (`models.explanation.corrections`); what a family is stays as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import polars as pl

from features.build import Registers
from models.decision.pipeline import decide
from models.explanation.corrections import ROW, Correction, possible
from models.law.parameters import Law

AT_MOST: Final = 3
"""Changes that are named: the nearest, and the next of other kinds should it not apply."""
FACTS_AT_MOST: Final = 100
"""More facts are not recalculated one by one and two by two."""

_VARIANT: Final = "_variant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The category that a family would have with one fact, or two, put right."""

    category: int
    facts: tuple[Correction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What was found for a family: the changes, nearest first, and how much was tried.

    ``tried``: how often the category was recalculated; 0: there was nothing to correct.
    ``too_many``: the family has more records than are tried one by one.
    """

    category: int
    changes: tuple[Change, ...]
    tried: int
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class _Outcome:
    category: int
    points: int


def nearest(registers: Registers, law: Law) -> Corrections:
    """Find the fewest and smallest corrections that take a household to greater need.

    Parameters
    ----------
    registers : of one household, as `models.decision.pipeline.decide` takes them.
    law : of the day of the decision.

    Returns
    -------
    At most three changes of one fact each and of different kinds, the one that moves the
    fewest points first; where no single fact does, the nearest change of two; empty where
    two do not either. Ties stand in the order of `corrections.yaml`. Every change was
    recalculated by the rules and leads to a category of greater need.
    """
    corrections = possible(registers, law.day)
    if len({c.fact for c in corrections}) > FACTS_AT_MOST:
        [now] = _outcomes(registers, [()], law)
        return Corrections(category=now.category, changes=(), tried=0, too_many=True)
    singles = [(correction,) for correction in corrections]
    now, *outcomes = _outcomes(registers, [(), *singles], law)
    tried = len(singles)
    changes = _nearest(now, singles, outcomes)
    if not changes and now.category > 1:
        pairs = _of_two(corrections)
        outcomes = _outcomes(registers, pairs, law)
        tried += len(pairs)
        changes = _nearest(now, pairs, outcomes)[:1]
        if changes:
            milder = _milder(corrections, changes[0])
            outcomes = _outcomes(registers, milder, law)
            tried += len(milder)
            changes = _nearest(now, milder, outcomes)[:1]
    return Corrections(category=now.category, changes=tuple(changes), tried=tried)


def corrected(registers: Registers, facts: Sequence[Correction]) -> dict[str, pl.DataFrame | None]:
    """Return a household's registers with these facts put right, and nothing else changed."""
    return {
        name: None
        if rows is None
        else _edited(
            rows.with_row_index(ROW).with_columns(pl.lit(0, pl.Int64).alias(_VARIANT)),
            [(0, fact) for fact in facts if fact.register == name],
        ).drop(ROW, _VARIANT)
        for name, rows in registers.items()
    }


def _nearest(
    now: _Outcome, tried: Sequence[tuple[Correction, ...]], outcomes: Sequence[_Outcome]
) -> list[Change]:
    """Return what leads to greater need, fewest points moved first, once of each kind."""
    better = [
        (now.points - outcome.points, order, Change(category=outcome.category, facts=facts))
        for order, (facts, outcome) in enumerate(zip(tried, outcomes, strict=True))
        if outcome.category < now.category
    ]
    # The mildest correction of a fact comes first, so of equals the first is the mildest.
    kinds: dict[tuple[str, ...], Change] = {}
    for _, _, change in sorted(better, key=lambda one: one[:2]):
        kinds.setdefault(tuple(fact.code for fact in change.facts), change)
    return list(kinds.values())[:AT_MOST]


def _of_two(corrections: Sequence[Correction]) -> list[tuple[Correction, ...]]:
    """Return every two facts, each corrected as far as it can be."""
    furthest = {correction.fact: correction for correction in corrections}
    return list(combinations(furthest.values(), 2))


def _milder(corrections: Sequence[Correction], change: Change) -> list[tuple[Correction, ...]]:
    """Return the same two facts, corrected to every amount that each may have."""
    return list(
        product(*([c for c in corrections if c.fact == fact.fact] for fact in change.facts))
    )


def _outcomes(
    registers: Registers, tried: Sequence[tuple[Correction, ...]], law: Law
) -> list[_Outcome]:
    """Decide for the household once with each of the given corrections, all in one go."""
    if not tried:
        return []
    decisions = decide(_copies(registers, tried), None, law)
    points = decisions.ruled["points_poorest"]
    return [
        _Outcome(category, total)
        for category, total in zip(decisions.table["category"], points, strict=True)
    ]


def _copies(
    registers: Registers, tried: Sequence[tuple[Correction, ...]]
) -> dict[str, pl.DataFrame | None]:
    """Return the registers of as many households as there are attempts, numbered from 0.

    Members are numbered anew, for a person may be a member of one household alone.
    """
    known = [
        rows["person_id"]
        for rows in registers.values()
        if rows is not None and "person_id" in rows.columns
    ]
    keys = pl.concat(known).unique().drop_nulls().sort()
    number = dict(zip(keys, range(len(keys)), strict=True))
    attempts = pl.DataFrame({_VARIANT: range(len(tried))}, schema={_VARIANT: pl.Int64()})
    copies: dict[str, pl.DataFrame | None] = {}
    for name, rows in registers.items():
        if rows is None:
            copies[name] = None
            continue
        edits = [(n, c) for n, facts in enumerate(tried) for c in facts if c.register == name]
        numbered = rows.with_row_index(ROW)
        if "person_id" in rows.columns:
            numbered = numbered.with_columns(
                pl.col("person_id").replace_strict(number, return_dtype=pl.Int64)
            )
        copy = _edited(attempts.join(numbered, how="cross"), edits).with_columns(
            pl.col(_VARIANT).alias("household_id")
        )
        if "person_id" in copy.columns:
            copy = copy.with_columns(pl.col("person_id") + pl.col(_VARIANT) * len(keys))
        copies[name] = copy.drop(ROW, _VARIANT)
    return copies


def _edited(copy: pl.DataFrame, edits: Iterable[tuple[int, Correction]]) -> pl.DataFrame:
    """Return rows, by attempt and place, with the corrections of each attempt made in them."""
    place = [_VARIANT, ROW]
    keys = {_VARIANT: pl.Int64(), ROW: copy.schema[ROW]}
    columns: dict[str, list[tuple[int, int, object]]] = {}
    struck: list[tuple[int, int]] = []
    for attempt, correction in edits:
        if correction.column is None:
            struck += [(attempt, row) for row in correction.rows]
        else:
            columns.setdefault(correction.column, []).extend(
                (attempt, row, value)
                for row, value in zip(correction.rows, correction.values, strict=True)
            )
    for column, cells in columns.items():
        dtype = copy.schema.get(column, pl.String())
        right = pl.DataFrame(cells, schema={**keys, "_right": dtype}, orient="row")
        if column not in copy.columns:
            copy = copy.with_columns(pl.lit(None, dtype).alias(column))
        copy = (
            copy.join(right, on=place, how="left", maintain_order="left")
            .with_columns(pl.coalesce("_right", column).alias(column))
            .drop("_right")
        )
    if struck:
        gone = pl.DataFrame(struck, schema=keys, orient="row")
        copy = copy.join(gone, on=place, how="anti", maintain_order="left")
    return copy
