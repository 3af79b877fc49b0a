"""Facts that contradict each other but may be true: counted and shown, never dropped or mended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from features.registers.declared import REGISTERS
from features.registers.fault import EXAMPLES, Fault, keeper
from features.registers.promises import in_sight
from features.units import Span, aged, months_of

ADULT: Final = 18
"""Age of majority (Code on marriage and the family, art. 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contradiction:
    """One warning: which households it is about, and what to look at."""

    name: str
    register: str
    column: str | None
    rule: str
    remedy: str
    needs: tuple[str, ...]
    """Facts of the household it can only be told from."""
    holds: pl.Expr


_PEOPLED: Final = pl.col("members") > 0

_CONTRADICTIONS: Final = (
    _Contradiction(
        name="without_persons",
        register="households",
        column=None,
        rule="a household without persons",
        remedy="send its members, or remove the household if it was dissolved",
        needs=("members",),
        holds=pl.col("members") == 0,
    ),
    _Contradiction(
        name="without_adult",
        register="persons",
        column="birth_date",
        rule="a household with no adult",
        remedy="check births and whether a guardian is missing from the family",
        needs=("adults",),
        holds=_PEOPLED & (pl.col("adults") == 0),
    ),
    _Contradiction(
        name="two_heads",
        register="persons",
        column="relation",
        rule="a household with two heads or more",
        remedy="name one head; two families in one dwelling are two households",
        needs=("heads",),
        holds=pl.col("heads") > 1,
    ),
    _Contradiction(
        name="no_head",
        register="persons",
        column="relation",
        rule="a household with no head, though relations are told",
        remedy="name the head of the household",
        needs=("heads",),
        holds=(pl.col("related") > 0) & (pl.col("heads") == 0),
    ),
    _Contradiction(
        name="no_income",
        register="incomes",
        column="amount",
        rule="a household with no income at all",
        remedy="make sure that its sources answered; if so, it stays as it is",
        needs=("income",),
        holds=_PEOPLED & (pl.col("income") == 0),
    ),
    _Contradiction(
        name="payments_above_income",
        register="loans",
        column="monthly_payment",
        rule="loan payments above income (mean of the three complete months before the decision)",
        remedy="make sure that both registers are complete; if so, it stays as it is",
        needs=("income", "payments"),
        # Three months' payments against three months' income: no division, no rounding.
        holds=3 * pl.col("payments") > pl.col("quarter"),
    ),
)


def contradictions(registers: Mapping[str, pl.LazyFrame], as_of: date | None) -> list[Fault]:
    """Return the warnings: one for each kind of contradiction that some household shows.

    ``registers`` holds the frames that can be read, by name. What a silent register or
    a missing column would have to tell is not judged. Without ``as_of`` ages and the
    last quarter cannot be told; later knowledge is then left in.
    """
    if not {"households", "persons"} <= registers.keys():
        return []
    frames = {name: _Frame.of(frame, as_of) for name, frame in registers.items()}
    households, persons = frames["households"], frames["persons"]
    if not households.has("household_id") or not persons.has("person_id", "household_id"):
        return []
    facts = households.rows.select("household_id").filter(pl.col("household_id").is_not_null())
    known: set[str] = set()
    for names, fact in (
        _composition(persons, as_of),
        _income(frames, as_of),
        _payments(frames, as_of),
    ):
        if fact is not None:
            facts = facts.join(fact, on="household_id", how="left", maintain_order="left")
            known |= names
    judged = [c for c in _CONTRADICTIONS if known.issuperset(c.needs)]
    counted = ["members", "adults", "heads", "related", "income", "quarter", "payments"]
    table = (
        facts.with_columns(pl.col(name).fill_null(0) for name in counted if name in known)
        .select("household_id", *(c.holds.alias(c.name) for c in judged))
        .collect(engine="streaming")
    )
    return [
        Fault(
            register=c.register,
            column=c.column,
            rule=c.rule,
            rows=len(shown),
            examples=tuple(shown.bottom_k(EXAMPLES).sort().to_list()),
            remedy=c.remedy,
            owner=keeper(REGISTERS[c.register]),
            severity="warning",
        )
        for c in judged
        if len(shown := table.filter(pl.col(c.name))["household_id"])
    ]


@dataclass(frozen=True, slots=True)
class _Frame:
    """A register's visible rows, with the columns it has."""

    rows: pl.LazyFrame
    columns: tuple[str, ...]

    @classmethod
    def of(cls, frame: pl.LazyFrame, as_of: date | None) -> "_Frame":
        columns = tuple(frame.collect_schema().names())
        rows = frame if as_of is None else in_sight(frame, columns, as_of)
        return cls(rows, columns)

    def has(self, *columns: str) -> bool:
        return set(columns) <= set(self.columns)


_Told = tuple[set[str], pl.LazyFrame | None]


def _composition(persons: _Frame, as_of: date | None) -> _Told:
    facts = {"members": pl.len()}
    if as_of is not None and persons.has("birth_date"):
        # An unknown age is no child's age.
        grown = aged(pl.col("birth_date"), as_of, ADULT).fill_null(value=True)
        facts["adults"] = grown.sum()
    if persons.has("relation"):
        facts["heads"] = (pl.col("relation") == "head").sum()
        facts["related"] = pl.col("relation").count()
    table = persons.rows.group_by("household_id").agg(
        fact.cast(pl.Int64).alias(name) for name, fact in facts.items()
    )
    return set(facts), table


def _income(frames: Mapping[str, _Frame], as_of: date | None) -> _Told:
    incomes = frames.get("incomes")
    if incomes is None or not incomes.has("person_id", "month", "amount"):
        return set(), None
    facts = {"income": pl.col("amount").sum()}
    if as_of is not None:
        quarter = pl.col("month").is_in(months_of(Span.QUARTER, as_of))
        facts["quarter"] = pl.col("amount").filter(quarter).sum()
    return set(facts), _by_household(incomes, frames["persons"], facts)


def _payments(frames: Mapping[str, _Frame], as_of: date | None) -> _Told:
    loans = frames.get("loans")
    if as_of is None or loans is None or not loans.has("person_id", "monthly_payment"):
        return set(), None
    facts = {"payments": pl.col("monthly_payment").sum()}
    return set(facts), _by_household(loans, frames["persons"], facts)


def _by_household(things: _Frame, persons: _Frame, facts: dict[str, pl.Expr]) -> pl.LazyFrame:
    """Sum per person first: the join to households then meets persons, not rows."""
    by_person = things.rows.group_by("person_id").agg(
        fact.alias(name) for name, fact in facts.items()
    )
    return (
        persons.rows.select("person_id", "household_id")
        .join(by_person, on="person_id")
        .group_by("household_id")
        .agg(pl.col(*facts).sum())
    )
