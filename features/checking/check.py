"""The validator: every fault of a data set at once, and of one request by the same promises.

Errors forbid the use of the data; warnings are contradictory but possible facts,
which stay as they are and are shown. No message holds a value of a family.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from features.checking import gaps, magnitude
from features.checking.contradictions import contradictions
from features.checking.currencies import without_rate
from features.checking.keys import rows_twice, twice
from features.checking.promises import NEVER_EMPTY, NOWHERE, Promise, promises
from features.errors import InputError
from features.facts.treatment import Treatment
from features.registers import deliveries
from features.registers.covered_months import HALF, gaps_as_faults, newest_month
from features.registers.declared import REGISTERS
from features.registers.fault import DATA_OWNER, EXAMPLES, Fault, show
from features.registers.owners import Owners, owners_of
from features.registers.reading.load import UNREADABLE, DataSet, unreadable
from features.registers.schema import Register
from features.units import add_months

__all__ = ["BrokenPlace", "Fault", "broken_places", "decision_date", "faults"]

_ORDER: Final = {name: place for place, name in enumerate(REGISTERS)}


def faults(
    data: DataSet,
    as_of: date | None,
    treatment: Treatment | None = None,
    least_share: float | None = None,
) -> list[Fault]:
    """Check a data set and return all its faults, errors first.

    Each register is streamed once for all its promises, once more for the examples of
    those that are broken, and once for its keys. Without ``as_of`` nothing that needs
    the decision date is judged; without ``treatment``, the law of that day, nothing about
    other currencies, and without ``least_share``, that of a covered month, nothing about months
    that are not covered: a snapshot tells those itself. Faults met while reading are included.
    """
    faults_of_all = list(data.faults)
    readable: dict[str, pl.LazyFrame] = {}
    for name, register in REGISTERS.items():
        frame = data.registers.get(name)
        if frame is None:
            continue
        try:
            faults_of_all += _broken_promises(register, frame, as_of, _unreadable_rows(data, name))
            faults_of_all += twice(register, frame)
        except UNREADABLE:
            faults_of_all.append(unreadable(register))
        else:
            readable[name] = frame
    owners = owners_of(readable)
    faults_of_all += _nowhere(owners)
    if treatment is not None and "deposits" in readable:
        faults_of_all += without_rate(readable["deposits"], treatment)
    faults_of_all += contradictions(readable, as_of)
    faults_of_all += magnitude.unlikely(readable)
    faults_of_all += gaps.warnings(readable, owners, as_of)
    if as_of is not None and least_share is not None:
        faults_of_all += gaps_as_faults(data, as_of, least_share, owners)
    faults_of_all += deliveries.disagreements(data.deliveries, data.folder, data.files)
    return in_order(faults_of_all)


def in_order(every_fault: Iterable[Fault]) -> list[Fault]:
    """Return faults as they are shown: errors first, then by the order of the registers."""
    return sorted(every_fault, key=lambda f: (not f.is_error, _ORDER.get(f.register, -1)))


def decision_date(data: DataSet, least_share: float = HALF) -> date:
    """Return the day a data set speaks for: the first after the newest covered month of incomes.

    A row beyond that month moves no day: it is a fault of its own. Raises InputError where the
    incomes are silent or cover no month.
    """
    try:
        newest = newest_month(data, REGISTERS["incomes"], least_share)
    except UNREADABLE as damaged:
        raise InputError(unreadable(REGISTERS["incomes"]).sentence) from damaged
    if newest is None:
        raise InputError(
            f"{data.folder}: 0 months of incomes to take the decision date from. Pass --as-of."
        )
    return add_months(newest, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPlace:
    """One cell of a request that breaks a promise; ``row`` counts from 0 as the request does."""

    register: str
    row: int
    column: str | None
    """None: the row as a whole."""
    rule: str
    remedy: str


def broken_places(registers: Mapping[str, pl.DataFrame | None], as_of: date) -> list[BrokenPlace]:
    """Return the cells of one request's frames that break the contract's promises.

    Frames are in contract types, those of `Register.schema`; a silent register is None
    or absent. ``household_id`` may be left out: all rows belong to the one household. A
    required column that a frame lacks is empty in every row of it.
    """
    persons = registers.get("persons")
    own: set[int] = set()
    if persons is not None and "person_id" in persons.columns:
        own = set(persons["person_id"].to_list())
    places: list[BrokenPlace] = []
    for name, register in REGISTERS.items():
        frame = registers.get(name)
        if frame is None or not frame.height:
            continue
        places += _broken_cells(register, frame, as_of)
        places += _broken_keys(register, frame, own)
        places += (
            BrokenPlace(register=name, row=row, column=column, rule=rule, remedy=remedy)
            for row, column, rule, remedy in rows_twice(register, frame)
        )
    return places


def _broken_promises(
    register: Register, frame: pl.LazyFrame, as_of: date | None, counted: Mapping[str, int]
) -> Iterator[Fault]:
    columns = tuple(frame.collect_schema().names())
    made = promises(register.name, columns, as_of)
    bare = set(columns) - {promise.column for promise in made}
    counts = frame.select(
        *(promise.broken.sum().alias(str(place)) for place, promise in enumerate(made)),
        # A column that promises nothing is read too: its pages may be damaged.
        *(pl.col(name).count().alias(f"{name} is read") for name in bare),
    ).collect(engine="streaming")
    broken: list[tuple[Promise, int]] = []
    for promise, (count,) in zip(made, counts.iter_columns(), strict=False):
        # A value that could not be read is null in the frame and was reported as such.
        known = counted.get(promise.column, 0) if promise.rule == NEVER_EMPTY[0] else 0
        if count > known:
            broken.append((promise, count - known))
    key = pl.col(register.key) if register.key in columns else pl.lit(None, pl.Int64)
    rows = frame.with_row_index("row")
    shown = pl.collect_all(
        [
            rows.filter(promise.broken).select(key.alias("key"), "row").head(EXAMPLES)
            for promise, _ in broken
        ],
        engine="streaming",
    )
    for (promise, count), sample in zip(broken, shown, strict=True):
        mixed = promise.rule == NEVER_EMPTY[0] and promise.column in counted
        yield Fault(
            register=register.name,
            column=promise.column,
            rule=promise.rule,
            rows=count,
            examples=() if mixed else show(sample.rows()),
            remedy=promise.remedy,
            owner=promise.owner,
        )


def _unreadable_rows(data: DataSet, register: str) -> dict[str, int]:
    """Rows by column that reading already reported, and that are null in the frame."""
    counted: dict[str, int] = {}
    for fault in data.faults:
        if fault.register == register and fault.column is not None:
            counted[fault.column] = counted.get(fault.column, 0) + fault.rows
    return counted


def _nowhere(owners: Owners) -> Iterator[Fault]:
    for key, rows in owners.by_key.items():
        lost = rows.filter(pl.col("known").is_null() & pl.col(key).is_not_null())
        for (name,), of_register in lost.group_by("register"):
            register = REGISTERS[str(name)]
            target = register[key].points_to
            rule, remedy = NOWHERE
            yield Fault(
                register=register.name,
                column=key,
                rule=rule.format(target),
                rows=int(of_register["rows"].sum()),
                examples=tuple(of_register[key].unique().bottom_k(EXAMPLES).sort().to_list()),
                remedy=remedy.format(target),
                owner=DATA_OWNER,
            )


def _broken_cells(register: Register, frame: pl.DataFrame, as_of: date) -> Iterator[BrokenPlace]:
    """Every expression costs as much as a hundred rows here: ask only where something stands."""
    given = dict(zip(frame.columns, frame.iter_columns(), strict=True))
    columns: list[str] = []
    for column in register:
        name, values = column.name, given.get(column.name)
        if values is None:
            if column.required and name != "household_id":
                yield from _cells(register, name, range(frame.height), NEVER_EMPTY)
            continue
        empty = values.null_count()
        if column.required and empty:
            yield from _cells(register, name, values.is_null().arg_true().to_list(), NEVER_EMPTY)
        if empty < frame.height:
            columns.append(name)
    made, expressions = _of_values(register.name, tuple(columns), as_of)
    if not made:
        return
    for promise, mark in zip(made, frame.select_seq(expressions).iter_columns(), strict=True):
        if mark.any():
            rows = mark.fill_null(value=False).arg_true().to_list()
            yield from _cells(register, promise.column, rows, (promise.rule, promise.remedy))


@lru_cache(maxsize=1024)
def _of_values(
    register: str, columns: tuple[str, ...], as_of: date
) -> tuple[tuple[Promise, ...], tuple[pl.Expr, ...]]:
    made = tuple(p for p in promises(register, columns, as_of) if p.rule != NEVER_EMPTY[0])
    return made, tuple(p.broken.alias(str(place)) for place, p in enumerate(made))


def _broken_keys(
    register: Register, frame: pl.DataFrame, persons: Collection[int]
) -> Iterator[BrokenPlace]:
    """Keys of a handful of rows: plain sets are quicker here than a join."""
    if "person_id" not in register or "person_id" not in frame.columns:
        return
    keys: list[int | None] = frame["person_id"].to_list()
    if register.name != "persons":
        lost = [row for row, key in enumerate(keys) if key is not None and key not in persons]
        rule, remedy = NOWHERE
        wording = rule.format("persons"), remedy.format("persons")
        yield from _cells(register, "person_id", lost, wording)


def _cells(
    register: Register, column: str, rows: Collection[int], promise: tuple[str, str]
) -> Iterator[BrokenPlace]:
    rule, remedy = promise
    for row in rows:
        yield BrokenPlace(register=register.name, row=row, column=column, rule=rule, remedy=remedy)
