"""Facts that contradict each other but may be true: counted and shown, never dropped or mended.

The same list is judged for a nation's registers and for each household of a request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from features.checking.household_counts import OLDEST, of_households
from features.registers.declared import REGISTERS
from features.registers.fault import EXAMPLES, Fault, keeper


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
        rule=f"a member born more than {OLDEST} years ago",
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
    counts = of_households(registers, as_of)
    if counts is None:
        return
    known = set(counts.collect_schema())
    judged = [c for c in CONTRADICTIONS if known.issuperset(c.needs)]
    table = counts.select("household_id", *(c.holds.alias(c.name) for c in judged)).collect(
        engine=engine
    )
    for c in judged:
        if len(shown := table.filter(pl.col(c.name))["household_id"]):
            yield c, shown
