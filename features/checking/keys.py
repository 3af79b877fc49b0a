"""Rows that stand twice: by the register's own keys, or equal in every column.

A delivery that arrives twice, or a record that two feeds both send, doubles what a family
earns and owns. A nation's rows are compared by a hash of 64 bits each, and only those whose
hashes meet are compared in full; the rows of a request are compared as they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.registers.fault import DATA_OWNER, EXAMPLES, Fault, keeper
from features.registers.schema import Agreeing, Key, OnePeriod, Register

WHOLE_ROW: Final = ("rows equal in every column", "send each row once")
_COMPARED: Final = 1_000
"""Of keys of several columns whose hashes meet, so many are compared in full; more are counted by
their hashes."""


def twice(register: Register, frame: pl.LazyFrame) -> Iterator[Fault]:
    """Return the faults of a register's rows that stand more than once.

    ``frame`` is read once for each key. Rows equal in every column are looked for where no
    key of the register covers them.
    """
    columns = frame.collect_schema().names()
    apart = False
    for key in _keys(register, columns):
        if apart and key.rule == WHOLE_ROW[0]:
            continue
        repeated = _repeated(key, frame, columns)
        if repeated is None:
            apart |= _names_every_row(key, frame)
        else:
            yield Fault(
                register=register.name,
                column=_place(key),
                rule=key.rule,
                rows=repeated.rows,
                examples=_examples(register, key, repeated.sample, columns),
                remedy=key.remedy,
                owner=DATA_OWNER,
            )
    for one in register.agreeing:
        disagreeing = _disagreeing(one, frame, columns)
        if disagreeing is not None and disagreeing.height:
            yield Fault(
                register=register.name,
                column=one.key,
                rule=one.rule,
                rows=int(disagreeing["rows"].sum()),
                examples=tuple(disagreeing[one.key].bottom_k(EXAMPLES).sort().to_list()),
                remedy=one.remedy,
                owner=keeper(register),
            )


def rows_twice(
    register: Register, frame: pl.DataFrame
) -> Iterator[tuple[int, str | None, str, str]]:
    """Return (row, column, rule, remedy) of rows of a request that stand there already.

    Rows of one household are compared among themselves only: the keys of a request are its
    own. ``column`` None: the row as a whole.
    """
    if frame.height < 2:
        return
    columns = [name for name in frame.columns if frame[name].null_count() < frame.height]
    for key in _keys(register, columns):
        for row in _later_rows(key, frame, columns):
            yield row, _place(key), key.rule, key.remedy
    for one in register.agreeing:
        compared = [name for name in one.columns if name in columns]
        if one.key in columns and compared:
            first: dict[object, list[object]] = {}
            numbered = frame.with_row_index("_row")
            if "removed_on" in columns:  # a row struck off was mended by another
                numbered = numbered.filter(pl.col("removed_on").is_null())
            for row, *values in numbered.select("_row", one.key, *compared).rows():
                if values[0] is not None and first.setdefault(values[0], values) != values:
                    yield row, one.key, one.rule, one.remedy


@dataclass(frozen=True, slots=True)
class _Repeated:
    """How many rows share a key with another, and a few of them in full."""

    rows: int
    sample: pl.DataFrame


def _keys(register: Register, columns: Sequence[str]) -> Iterator[Key]:
    """The keys that can be judged, and the whole row where none of them covers it."""
    covered = False
    for key in register.keys:
        known = tuple(name for name in key.columns if name in columns)
        covered |= set(key.present) <= {c.name for c in register if c.required}
        # A column of a key that did not arrive keeps no two rows apart.
        if known and set(key.present) <= set(columns) and known[0] == key.columns[0]:
            yield key
    if not covered and columns:
        yield Key(columns=tuple(columns), rule=WHOLE_ROW[0], remedy=WHOLE_ROW[1])


def _names_every_row(key: Key, frame: pl.LazyFrame) -> bool:
    """Whether no row lacks the key: where none has it twice, no two rows are equal either."""
    lacking = frame.select(pl.sum_horizontal(0, pl.col(key.present).null_count()))
    return not lacking.collect(engine="streaming").item() if key.present else False


def _place(key: Key) -> str | None:
    """Name the column of a key of one column; a key of several is a matter of the row."""
    alone = key.present or key.columns
    return alone[0] if len(alone) == 1 else None


def _repeated(key: Key, frame: pl.LazyFrame, columns: Sequence[str]) -> _Repeated | None:
    names = [name for name in key.columns if name in columns]
    if isinstance(key, OnePeriod):
        names = names[:1]
    rows = frame
    for name in (*key.present, *(names if isinstance(key, OnePeriod) else ())):
        rows = rows.filter(pl.col(name).is_not_null())
    hashed = pl.struct(names).hash() if len(names) > 1 else pl.col(names[0]).hash()
    met, counts = _met(rows.select(hashed))
    if not met.size:
        return None
    exact = len(names) == 1 or key.apart is not None
    shown = met if exact else met[:_COMPARED]
    wanted = [*names, *(n for n in _beside(key) if n in columns and n not in names)]
    alike = (
        rows.with_columns(_row_hash=hashed)
        .filter(pl.col("_row_hash").is_in(pl.Series(shown, dtype=pl.UInt64).implode()))
        .select(wanted)
        .collect(engine="streaming")
    )
    sample = _clashing(key, names, alike)
    if sample.is_empty():
        return None
    beyond = 0 if exact else int(counts[_COMPARED:].sum())
    return _Repeated(sample.height + beyond, sample)


def _met(
    hashes: pl.LazyFrame,
) -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.uint64]]", "np.ndarray[tuple[int], np.dtype[np.intp]]"
]:
    """Return the hashes that stand more than once, and how often each does."""
    ordered = np.sort(hashes.collect(engine="streaming").to_series().to_numpy())
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    met, repeats = np.unique(again, return_counts=True)
    return met, repeats + 1


def _beside(key: Key) -> tuple[str, ...]:
    """Columns that decide whether rows of one key clash."""
    if isinstance(key, OnePeriod):
        return (key.since, key.until, "removed_on")
    return () if key.apart is None else (key.apart,)


def _clashing(key: Key, names: Sequence[str], alike: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows that really share a key, of those whose hashes are the same."""
    shared = alike.filter(pl.len().over(names) > 1)
    if isinstance(key, OnePeriod):
        return _overlapping(key, names, shared)
    if key.apart is not None and key.apart in shared.columns:
        own = pl.col(key.apart)
        return shared.filter(
            (own.null_count().over(names) > 0) | (own.n_unique().over(names) < pl.len().over(names))
        )
    return shared


def _overlapping(key: OnePeriod, names: Sequence[str], shared: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of keys any two of whose periods have a day in common."""
    first, last = pl.lit(date.min), pl.lit(date.max)
    since = pl.col(key.since).fill_null(first) if key.since in shared.columns else first
    ends = [
        pl.col(name).fill_null(last) for name in (key.until, "removed_on") if name in shared.columns
    ]
    dated = shared.with_columns(
        since.alias("_since"), pl.min_horizontal(last, *ends).alias("_until")
    ).filter(pl.col("_since") < pl.col("_until"))
    ended = pl.col("_until").cum_max().shift(1)
    overlap = (pl.col("_since") < ended).any().over(names)
    return dated.sort(*names, "_since").filter(overlap).drop("_since", "_until")


def _later_rows(key: Key, frame: pl.DataFrame, columns: Sequence[str]) -> Iterable[int]:
    """Return the rows of a request that have the key of an earlier one, household by household."""
    known = {"household_id", "person_id"} & set(key.columns)
    own = ["household_id"] if not known and "household_id" in frame.columns else []
    names = list(dict.fromkeys((*own, *(name for name in key.columns if name in columns))))
    if isinstance(key, OnePeriod):
        names = [*own, key.columns[0]]
    places = [names.index(name) for name in key.present]
    seen: dict[tuple[object, ...], int] = {}
    several: dict[tuple[object, ...], list[int]] = {}
    for row, values in enumerate(frame.select(names).rows()):
        if any(values[place] is None for place in places):
            continue
        if (earlier := seen.setdefault(values, row)) != row:
            several.setdefault(values, [earlier]).append(row)
    if not several:
        return []
    if not _beside(key):
        return sorted(row for rows in several.values() for row in rows[1:])
    wanted = [*names, *(n for n in _beside(key) if n in columns and n not in names)]
    return sorted(
        row
        for rows in several.values()
        if not _clashing(key, names, frame.select(wanted)[rows]).is_empty()
        for row in rows[1:]
    )


def _disagreeing(one: Agreeing, frame: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame | None:
    """Return the keys whose rows say different things; a key of one row agrees with itself."""
    compared = [name for name in one.columns if name in columns]
    if one.key not in columns or not compared:
        return None
    if "removed_on" in columns:  # a row struck off was mended by another
        frame = frame.filter(pl.col("removed_on").is_null())
    met, _ = _met(frame.select(pl.col(one.key).hash()))
    if not met.size:
        return None
    met_hashes = pl.Series(met, dtype=pl.UInt64).implode()
    return (
        frame.filter(pl.col(one.key).is_not_null() & pl.col(one.key).hash().is_in(met_hashes))
        .group_by(one.key)
        .agg(pl.len().alias("rows"), *(pl.col(name).n_unique() for name in compared))
        .filter(pl.any_horizontal(pl.col(name) > 1 for name in compared))
        .collect(engine="streaming")
    )


def _examples(
    register: Register, key: Key, sample: pl.DataFrame, columns: Sequence[str]
) -> tuple[int | str, ...]:
    """Show keys of the contract: that of the record, or else that of the family or person."""
    shown = _place(key) or register.key
    if shown not in sample.columns or shown not in columns:
        return ()
    keys = sample[shown].unique().drop_nulls()
    return tuple(keys.bottom_k(EXAMPLES).sort().to_list())
