"""Facts that contradict each other but may be true: counted and shown, never dropped or mended.

The same list is judged for a nation's registers and for each household of a request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from features.checking.promises import in_sight, known
from features.facts.spread import by_month
from features.facts.standing import away, dead, no_longer, repaid
from features.registers.declared import REGISTERS
from features.registers.declared.income import MOST_MONTHS
from features.registers.fault import EXAMPLES, Fault, keeper
from features.units import Span, aged, months_of, years_before

ADULT: Final = 18
"""Age of majority (Code on marriage and the family, art. 1)."""
_OLDEST: Final = 115


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """One warning: which households it is about, and what to look at."""

    name: str
    register: str
    column: str | None
    rule: str
    remedy: str
    needs: tuple[str, ...]
    """Facts of the household it can only be told from."""
    holds: pl.Expr
    reads: tuple[str, ...] = ()
    """Registers beside its own that must have answered for the household."""

    @property
    def place(self) -> str:
        """Register and column, as in ``incomes.amount``."""
        return self.register if self.column is None else f"{self.register}.{self.column}"


_PEOPLED: Final = pl.col("members") > 0

CONTRADICTIONS: Final = (
    Contradiction(
        name="without_persons",
        register="households",
        column=None,
        rule="a household without persons",
        remedy="send its members, or remove the household if it was dissolved",
        needs=("members",),
        holds=pl.col("members") == 0,
    ),
    Contradiction(
        name="without_adult",
        register="persons",
        column="birth_date",
        rule="a household with no adult",
        remedy="check births and whether a guardian is missing from the family",
        needs=("adults",),
        holds=_PEOPLED & (pl.col("adults") == 0),
    ),
    Contradiction(
        name="too_old",
        register="persons",
        column="birth_date",
        rule=f"a member born more than {_OLDEST} years ago",
        remedy="check the year of birth, and whether a death was not entered",
        needs=("too_old",),
        holds=pl.col("too_old") > 0,
    ),
    Contradiction(
        name="two_heads",
        register="persons",
        column="relation",
        rule="a household with two heads or more",
        remedy="name one head; two families in one dwelling are two households",
        needs=("heads",),
        holds=pl.col("heads") > 1,
    ),
    Contradiction(
        name="two_spouses",
        register="persons",
        column="relation",
        rule="a household with two spouses of the head or more",
        remedy="name one spouse; the spouse of another member is `other`",
        needs=("spouses",),
        holds=pl.col("spouses") > 1,
    ),
    Contradiction(
        name="no_head",
        register="persons",
        column="relation",
        rule="a household with no head, though relations are told",
        remedy="name the head of the household",
        needs=("heads",),
        holds=(pl.col("related") > 0) & (pl.col("heads") == 0),
    ),
    Contradiction(
        name="older_than_parent",
        register="persons",
        column="birth_date",
        rule="a child older than its parent",
        remedy="check the births and the relations of the family",
        needs=("oldest_child", "head_born", "youngest_parent"),
        holds=(
            (pl.col("oldest_child") <= pl.col("head_born"))
            | (pl.col("youngest_parent") >= pl.col("head_born"))
        ).fill_null(value=False),
    ),
    Contradiction(
        name="away",
        register="persons",
        column="away",
        rule="a member away on the decision date",
        remedy="counted as the dated law says (members_while_away); correct it where the person "
        "has come back",
        needs=("away",),
        holds=pl.col("away") > 0,
    ),
    Contradiction(
        name="learned_later",
        register="persons",
        column="known_on",
        rule="a member whom the state learned of after the decision date",
        remedy="such a row counts on no earlier day; who moved has a row for each period of "
        "membership (joined_on, left_on)",
        needs=("learned_later",),
        holds=pl.col("learned_later") > 0,
    ),
    Contradiction(
        name="paid_to_the_dead",
        register="incomes",
        column="person_id",
        rule="income of a month after the person's death",
        remedy="it counts for nobody; stop the payment, or correct the day of death",
        needs=("paid_to_the_dead",),
        holds=pl.col("paid_to_the_dead") > 0,
    ),
    Contradiction(
        name="held_by_the_dead",
        register="persons",
        column="died_on",
        rule="things still registered to a person who died",
        remedy="they count for nobody; enter the heirs at the source",
        needs=("held_by_the_dead",),
        holds=pl.col("held_by_the_dead") > 0,
    ),
    Contradiction(
        name="one_record_of_several",
        register="properties",
        column="record_id",
        rule="one record of real estate under several owners of a family",
        remedy="send the object's key as property_id: without it each share counts as a dwelling "
        "of its own",
        needs=("one_record_of_several",),
        holds=pl.col("one_record_of_several") > 0,
    ),
    Contradiction(
        name="no_income",
        register="incomes",
        column="amount",
        rule="a household with no income at all",
        remedy="make sure that its sources answered; if so, it stays as it is",
        needs=("income",),
        holds=_PEOPLED & (pl.col("income") == 0),
    ),
    Contradiction(
        name="repaid_and_due",
        register="loans",
        column="monthly_payment",
        rule="a payment due on a loan that is repaid",
        remedy="it counts for nothing; correct the payment, what is owed or the day of repayment",
        needs=("repaid_and_due",),
        holds=pl.col("repaid_and_due") > 0,
    ),
    Contradiction(
        name="payments_above_income",
        register="loans",
        column="monthly_payment",
        rule="loan payments above income (mean of the three complete months before the decision)",
        remedy="make sure that both registers are complete; if so, it stays as it is",
        needs=("income", "payments"),
        reads=("incomes",),
        # Three months' payments against three months' income: no division, no rounding.
        holds=3 * pl.col("payments") > pl.col("quarter"),
    ),
)
_COUNTED: Final = (
    "members",
    "adults",
    "too_old",
    "heads",
    "spouses",
    "related",
    "away",
    "learned_later",
    "paid_to_the_dead",
    "held_by_the_dead",
    "one_record_of_several",
    "income",
    "quarter",
    "payments",
    "repaid_and_due",
)


def contradictions(registers: Mapping[str, pl.LazyFrame], as_of: date | None) -> list[Fault]:
    """Return the warnings: one for each kind of contradiction that some household shows.

    ``registers`` holds the frames that can be read, by name. What a silent register or
    a missing column would have to tell is not judged. Without ``as_of`` ages and the
    last quarter cannot be told; later knowledge is then left in.
    """
    return [
        Fault(
            register=c.register,
            column=c.column,
            rule=c.rule,
            rows=len(households),
            examples=tuple(households.bottom_k(EXAMPLES).sort().to_list()),
            remedy=c.remedy,
            owner=keeper(REGISTERS[c.register]),
            severity="warning",
        )
        for c, households in _judged(registers, as_of)
    ]


def by_household(
    registers: Mapping[str, pl.DataFrame | None], as_of: date
) -> dict[int, list[Contradiction]]:
    """Return the contradictions of each household of a request that shows any."""
    persons = registers.get("persons")
    died = persons is not None and "died_on" in _telling(persons)
    frames = {
        name: rows.select(_telling(rows) if rows.height else rows.columns).lazy()
        for name, rows in registers.items()
        if rows is not None
        and (name in _ALWAYS or (rows.height and (died or name in ("loans", "properties"))))
    }
    shown: dict[int, list[Contradiction]] = {}
    for contradiction, households in _judged(frames, as_of, "in-memory"):
        for household in households:
            shown.setdefault(household, []).append(contradiction)
    return shown


_ALWAYS: Final = ("households", "persons", "incomes")


def _telling(rows: pl.DataFrame) -> list[str]:
    """Columns in which something stands: of the others nothing can be said of a request."""
    return [name for name in rows.columns if rows[name].null_count() < rows.height]


def _judged(
    registers: Mapping[str, pl.LazyFrame],
    as_of: date | None,
    engine: Literal["in-memory", "streaming"] = "streaming",
) -> Iterator[tuple[Contradiction, pl.Series]]:
    """Yield each contradiction that some household shows, with the keys of those."""
    if not {"households", "persons"} <= registers.keys():
        return
    frames = {name: _Frame.of(name, frame, as_of) for name, frame in registers.items()}
    households, persons = frames["households"], frames["persons"]
    if not households.has("household_id") or not persons.has("person_id", "household_id"):
        return
    facts = households.rows.select("household_id").filter(pl.col("household_id").is_not_null())
    known_facts: set[str] = set()
    for names, fact in (
        _composition(persons, as_of),
        _learned_later(registers["persons"], persons, as_of),
        _of_the_dead(frames, as_of),
        _records(frames),
        _income(frames, as_of),
        _payments(frames, as_of),
    ):
        if fact is not None:
            facts = facts.join(fact, on="household_id", how="left", maintain_order="left")
            known_facts |= names
    judged = [c for c in CONTRADICTIONS if known_facts.issuperset(c.needs)]
    table = (
        facts.with_columns(pl.col(name).fill_null(0) for name in _COUNTED if name in known_facts)
        .select("household_id", *(c.holds.alias(c.name) for c in judged))
        .collect(engine=engine)
    )
    for c in judged:
        if len(shown := table.filter(pl.col(c.name))["household_id"]):
            yield c, shown


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


_Told = tuple[set[str], pl.LazyFrame | None]


def _composition(persons: _Frame, as_of: date | None) -> _Told:
    """What each row says is worked out before rows are grouped: several times faster."""
    born, relation = pl.col("birth_date"), pl.col("relation")
    counted: dict[str, pl.Expr] = {"members": pl.lit(value=True)}
    earliest: dict[str, pl.Expr] = {}
    latest: dict[str, pl.Expr] = {}
    if as_of is not None and persons.has("birth_date"):
        # An unknown age is no child's age.
        counted["adults"] = aged(born, as_of, ADULT).fill_null(value=True)
        counted["too_old"] = born < years_before(as_of, _OLDEST)
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
    rows = persons.standing.select(
        "household_id",
        *(test.cast(pl.Int64).alias(name) for name, test in counted.items()),
        *(day.alias(name) for name, day in (earliest | latest).items()),
    )
    table = rows.group_by("household_id").agg(
        pl.col(*counted).sum(),
        *(pl.col(name).min() for name in earliest),
        *(pl.col(name).max() for name in latest),
    )
    return {*counted, *earliest, *latest}, table


def _learned_later(rows: pl.LazyFrame, persons: _Frame, as_of: date | None) -> _Told:
    if as_of is None or not persons.has("known_on"):
        return set(), None
    later = rows.filter(~known(as_of)).group_by("household_id")
    return {"learned_later"}, later.agg(pl.len().cast(pl.Int64).alias("learned_later"))


def _of_the_dead(frames: Mapping[str, _Frame], as_of: date | None) -> _Told:
    """What the state still pays, and still has registered, to members who have died."""
    persons = frames["persons"]
    if as_of is None or not persons.has("died_on"):
        return set(), None
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
            fact = "paid_to_the_dead"
        elif "month" in REGISTERS[name]:
            continue
        else:
            rows = frame.standing.select("person_id").join(gone, on="person_id")
            fact = "held_by_the_dead"
        counted.append(rows.select("household_id", fact=pl.lit(fact)))
    names = ("paid_to_the_dead", "held_by_the_dead")
    if not counted:
        return set(), None
    table = (
        pl.concat(counted)
        .group_by("household_id")
        .agg((pl.col("fact") == name).sum().cast(pl.Int64).alias(name) for name in names)
    )
    return set(names), table


def _records(frames: Mapping[str, _Frame]) -> _Told:
    """Records of real estate that stand under several members, and whose object is not named."""
    properties = frames.get("properties")
    if properties is None or not properties.has("person_id", "record_id"):
        return set(), None
    unnamed = pl.col("record_id").is_not_null()
    if properties.has("property_id"):
        unnamed &= pl.col("property_id").is_null()
    table = (
        properties.standing.filter(unnamed)
        .select("person_id", "record_id")
        .join(frames["persons"].standing.select("person_id", "household_id"), on="person_id")
        .group_by("household_id", "record_id")
        .agg(pl.len().cast(pl.Int64).alias("owners"))
        .group_by("household_id")
        .agg((pl.col("owners") > 1).sum().cast(pl.Int64).alias("one_record_of_several"))
    )
    return {"one_record_of_several"}, table


def _income(frames: Mapping[str, _Frame], as_of: date | None) -> _Told:
    incomes = frames.get("incomes")
    if incomes is None or not incomes.has("person_id", "month", "amount"):
        return set(), None
    rows, amount = incomes.rows, pl.col("amount")
    if as_of is None:
        return {"income"}, _by_household(rows, frames["persons"], {"income": amount})
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
    facts = {"income": amount, "quarter": quarter}
    return set(facts), _by_household(rows, frames["persons"], facts)


def _within(span: Span, as_of: date) -> pl.Expr:
    months = months_of(span, as_of)
    return pl.col("month").is_between(months[0], months[-1])


def _payments(frames: Mapping[str, _Frame], as_of: date | None) -> _Told:
    loans = frames.get("loans")
    if as_of is None or loans is None or not loans.has("person_id", "monthly_payment"):
        return set(), None
    due = pl.col("monthly_payment")
    over = repaid(as_of, loans.columns)
    owed = pl.lit(value=True)
    if loans.has("role"):
        owed = (pl.col("role") != "guarantor").fill_null(value=True)
    facts = {
        "payments": pl.when(owed & ~over).then(due).otherwise(0),
        "repaid_and_due": (owed & over & (due > 0)).cast(pl.Int64),
    }
    return set(facts), _by_household(loans.rows, frames["persons"], facts)


def _by_household(rows: pl.LazyFrame, persons: _Frame, facts: dict[str, pl.Expr]) -> pl.LazyFrame:
    """Add up what rows say, per person first: the join to households then meets persons."""
    by_person = (
        rows.select("person_id", *(fact.alias(name) for name, fact in facts.items()))
        .group_by("person_id")
        .agg(pl.col(*facts).sum())
    )
    return (
        persons.standing.select("person_id", "household_id")
        .join(by_person, on="person_id")
        .group_by("household_id")
        .agg(pl.col(*facts).sum())
    )
