"""What the registers say of each household, counted: what its contradictions are read from.

Rows are counted as they are: nothing is dropped or mended but what was not known on the day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.checking.promises import in_sight, known
from features.facts.spread import by_month
from features.facts.standing import away, dead, no_longer, repaid
from features.registers.declared import REGISTERS
from features.registers.declared.income import MOST_MONTHS
from features.units import Span, aged, months_of, years_before

ADULT: Final = 18
"""Age of majority (Code on marriage and the family, art. 1)."""
OLDEST: Final = 115
"""Years; who was born earlier is likely an error, or died without an entry."""
_DAYS: Final = ("head_born", "oldest_child", "youngest_parent")
"""What is no count: unknown where nobody of the kind lives in the household."""


def of_households(registers: Mapping[str, pl.LazyFrame], as_of: date | None) -> pl.LazyFrame | None:
    """Return a row a household with all that can be counted of it; None: nothing can.

    What a silent register or a missing column would have to tell has no column. Counts and sums
    are 0 where no row says anything. A household that is not in its register is left out.
    """
    if not {"households", "persons"} <= registers.keys():
        return None
    frames = {name: _Frame.of(name, frame, as_of) for name, frame in registers.items()}
    households, persons = frames["households"], frames["persons"]
    if not households.has("household_id") or not persons.has("person_id", "household_id"):
        return None
    table = households.rows.select("household_id").filter(pl.col("household_id").is_not_null())
    few = [
        rows
        for rows in (
            _learned_later(registers["persons"], persons, as_of),
            _of_the_dead(frames, as_of),
            _records(frames),
        )
        if rows is not None
    ]
    counted = [_members(persons, as_of), *_money(frames, as_of)]
    if few:  # so few rows that they are added up before they meet the households
        counted.append(_added_up(pl.concat(few, how="diagonal"), "household_id"))
    for counts in counted:
        table = table.join(counts, on="household_id", how="left")
    return table.with_columns(pl.exclude("household_id", *_DAYS).fill_null(0))


def _added_up(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return rows.group_by(key).agg(pl.exclude(key).sum())


@dataclass(frozen=True, slots=True)
class _Frame:
    """A register's visible rows, with the columns it has; of them those that stand on the day."""

    rows: pl.LazyFrame
    standing: pl.LazyFrame
    columns: frozenset[str]

    @classmethod
    def of(cls, name: str, frame: pl.LazyFrame, as_of: date | None) -> "_Frame":
        columns = frozenset(frame.collect_schema().names())
        if as_of is None:
            return cls(frame, frame, columns)
        rows = in_sight(frame, tuple(columns), as_of)
        over = no_longer(name, columns, as_of)
        return cls(rows, frame.filter(~pl.any_horizontal(over)) if over else rows, columns)

    def has(self, *columns: str) -> bool:
        return set(columns) <= self.columns


def _members(persons: _Frame, as_of: date | None) -> pl.LazyFrame:
    """What each row says is worked out before rows are grouped: several times faster."""
    counted, earliest, latest = _composition(persons, as_of)
    rows = persons.standing.select(
        "household_id",
        *(test.cast(pl.Int64).alias(name) for name, test in counted.items()),
        *(day.alias(name) for name, day in (earliest | latest).items()),
    )
    return rows.group_by("household_id").agg(
        pl.col(*counted).sum(),
        *(pl.col(name).min() for name in earliest),
        *(pl.col(name).max() for name in latest),
    )


def _money(frames: Mapping[str, _Frame], as_of: date | None) -> Iterator[pl.LazyFrame]:
    """Add up incomes by person first: the join to households then meets persons."""
    by_person = [
        *(_added_up(rows, "person_id") for rows in _income(frames, as_of)),
        *_payments(frames, as_of),
    ]
    if by_person:
        where = frames["persons"].standing.select("person_id", "household_id")
        money = pl.concat(by_person, how="diagonal").join(where, on="person_id")
        yield _added_up(money.drop("person_id"), "household_id")


_Tests = dict[str, pl.Expr]


def _composition(persons: _Frame, as_of: date | None) -> tuple[_Tests, _Tests, _Tests]:
    """Return what is counted of members' rows, and the days of which the first or last matters."""
    born, relation = pl.col("birth_date"), pl.col("relation")
    counted: _Tests = {"members": pl.lit(value=True)}
    earliest: _Tests = {}
    latest: _Tests = {}
    if as_of is not None and persons.has("birth_date"):
        # An unknown age is no child's age.
        counted["adults"] = aged(born, as_of, ADULT).fill_null(value=True)
        counted["too_old"] = born < years_before(as_of, OLDEST)
    if persons.has("relation"):
        counted["heads"] = relation == "head"
        counted["spouses"] = relation == "spouse"
        counted["related"] = relation.is_not_null()
    if persons.has("relation", "birth_date"):
        earliest["head_born"] = pl.when(relation == "head").then(born)
        earliest["oldest_child"] = pl.when(relation == "child").then(born)
        latest["youngest_parent"] = pl.when(relation == "parent").then(born)
    if as_of is not None and persons.has("away"):
        counted["away"] = away(as_of, persons.columns)
    return counted, earliest, latest


def _learned_later(rows: pl.LazyFrame, persons: _Frame, as_of: date | None) -> pl.LazyFrame | None:
    if as_of is None or not persons.has("known_on"):
        return None
    later = rows.filter(~known(as_of))
    return later.select("household_id", learned_later=pl.lit(1, pl.Int64))


def _of_the_dead(frames: Mapping[str, _Frame], as_of: date | None) -> pl.LazyFrame | None:
    """What the state still pays, and still has registered, to members who have died."""
    persons = frames["persons"]
    if as_of is None or not persons.has("died_on"):
        return None
    gone = persons.rows.filter(dead(as_of))
    if persons.has("left_on"):  # who had left before is another family's dead
        gone = gone.filter((pl.col("left_on") >= pl.col("died_on")).fill_null(value=True))
    gone = gone.select("person_id", "household_id", "died_on")
    counted = []
    for name, frame in frames.items():
        if not REGISTERS[name].by_person or not frame.has("person_id"):
            continue
        if name == "incomes":
            if not frame.has("month"):
                continue
            after = pl.col("month") > pl.col("died_on")
            rows = frame.rows.select("person_id", "month").join(gone, on="person_id").filter(after)
            paid = 1
        elif "month" in REGISTERS[name]:
            continue
        else:
            rows = frame.standing.select("person_id").join(gone, on="person_id")
            paid = 0
        counted.append(
            rows.select(
                "household_id",
                paid_to_the_dead=pl.lit(paid, pl.Int64),
                held_by_the_dead=pl.lit(1 - paid, pl.Int64),
            )
        )
    return pl.concat(counted) if counted else None


def _records(frames: Mapping[str, _Frame]) -> pl.LazyFrame | None:
    """Records of real estate that stand under several members, and whose object is not named."""
    properties = frames.get("properties")
    if properties is None or not properties.has("person_id", "record_id"):
        return None
    unnamed = pl.col("record_id").is_not_null()
    if properties.has("property_id"):
        unnamed &= pl.col("property_id").is_null()
    return (
        properties.standing.filter(unnamed)
        .select("person_id", "record_id")
        .join(frames["persons"].standing.select("person_id", "household_id"), on="person_id")
        .group_by("household_id", "record_id")
        .agg(owners=pl.len())
        .filter(pl.col("owners") > 1)
        .select("household_id", one_record_of_several=pl.lit(1, pl.Int64))
    )


def _income(frames: Mapping[str, _Frame], as_of: date | None) -> Iterator[pl.LazyFrame]:
    """Yield what each row of income adds, altogether and in the last quarter."""
    incomes = frames.get("incomes")
    if incomes is None or not incomes.has("person_id", "month", "amount"):
        return
    rows, amount = incomes.rows, pl.col("amount")
    if as_of is None:
        yield rows.select("person_id", income=amount)
        return
    if incomes.has("months"):
        known_columns = [n for n in ("person_id", "month", "amount", "source") if incomes.has(n)]
        # Rows that break the promise of their months are errors already, and may say anything.
        promised = pl.col("months").fill_null(1).is_between(1, MOST_MONTHS)
        rows = rows.filter(promised).select(*known_columns, "months")
        rows = by_month(rows, rows.collect_schema())
    regular = _within(Span.QUARTER, as_of)
    if incomes.has("source"):
        regular &= pl.col("source") != "one_off"
    quarter = pl.when(regular).then(amount).otherwise(0)
    yield rows.select("person_id", income=amount, quarter=quarter)


def _within(span: Span, as_of: date) -> pl.Expr:
    months = months_of(span, as_of)
    return pl.col("month").is_between(months[0], months[-1])


def _payments(frames: Mapping[str, _Frame], as_of: date | None) -> Iterator[pl.LazyFrame]:
    """Yield what each loan takes a month, and whether it takes it though it is repaid."""
    loans = frames.get("loans")
    if as_of is None or loans is None or not loans.has("person_id", "monthly_payment"):
        return
    due = pl.col("monthly_payment")
    over = repaid(as_of, loans.columns)
    owed = pl.lit(value=True)
    if loans.has("role"):
        owed = (pl.col("role") != "guarantor").fill_null(value=True)
    yield loans.rows.select(
        "person_id",
        payments=pl.when(owed & ~over).then(due).otherwise(0),
        repaid_and_due=(owed & over & (due > 0)).cast(pl.Int64),
    ).filter((pl.col("payments") != 0) | (pl.col("repaid_and_due") != 0))
