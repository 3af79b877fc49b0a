"""The kinds of columns that registers share: amounts, days, keys, closed lists."""

from typing import Any, Final

from features.registers.schema import (
    STATED,
    UNKNOWN,
    Column,
    Constraint,
    FirstOfMonth,
    InOrder,
    Key,
    Kind,
    NotAfterDecision,
    OneOf,
    Within,
)

SUMMABLE: Final = 10**15 - 1
"""Amounts and counts up to here can be added over a family, and tripled, in 64 bits."""
_SUMMABLE: Final = Within(
    rule=f"at most {SUMMABLE:,}", remedy="check the unit and the digits", most=SUMMABLE
)

_OUTGOINGS: Final = "send outgoings in their own register; correct the sign at the source"


def whole(
    name: str,
    about: str,
    *,
    least: int = 0,
    most: int | None = None,
    required: bool = False,
    null_means: Any = UNKNOWN,
) -> Column:
    """A whole number of things, with the least that there can be."""
    return Column(
        name=name,
        kind=Kind.COUNT,
        about=about,
        required=required,
        constraints=(
            Within(
                rule=f"at least {least}", remedy="correct the number at the source", least=least
            ),
            _SUMMABLE
            if most is None
            else Within(
                rule=f"at most {most}", remedy="correct the number at the source", most=most
            ),
        ),
        null_means=null_means,
    )


def money(name: str, about: str, *, required: bool = False, remedy: str = _OUTGOINGS) -> Column:
    """An amount in whole tenge; ``remedy`` where it may be negative for a reason of its own."""
    return Column(
        name=name,
        kind=Kind.AMOUNT,
        about=about,
        required=required,
        constraints=(
            Within(
                rule="whole tenge, not negative",
                remedy=remedy,
                least=0,
            ),
            _SUMMABLE,
        ),
    )


def enumeration(
    name: str,
    about: str,
    values: tuple[str, ...],
    *,
    required: bool = False,
    null_means: Any = UNKNOWN,
) -> Column:
    """One of a closed list of words."""
    return Column(
        name=name,
        kind=Kind.TEXT,
        about=about,
        required=required,
        null_means=null_means,
        constraints=(
            OneOf(
                rule=f"one of {', '.join(values)}",
                remedy="map the source's code to the contract's list",
                values=values,
            ),
        ),
    )


def past(
    name: str,
    about: str,
    *,
    required: bool = False,
    null_means: Any = UNKNOWN,
    also: Constraint | None = None,
) -> Column:
    """A day on or before the decision."""
    return Column(
        name=name,
        kind=Kind.DATE,
        about=about,
        required=required,
        null_means=null_means,
        constraints=(
            NotAfterDecision(
                rule="not after the decision date",
                remedy="correct the date at the source, or decide for the day the data are for",
            ),
            *(() if also is None else (also,)),
        ),
    )


def day(name: str, about: str) -> Column:
    """A day that may lie before or after the decision; its absence says something too."""
    return Column(name=name, kind=Kind.DATE, about=about, null_means=STATED)


def month(about: str, *, spans: str | None = None) -> Column:
    """The month that a row tells of."""
    return Column(
        name="month",
        kind=Kind.MONTH,
        about=about,
        required=True,
        constraints=(
            FirstOfMonth(
                rule="the first day of a month", remedy="write the month as its first day"
            ),
            NotAfterDecision(
                rule="not after the decision date",
                remedy="remove later months, or decide for the day that the data are for",
                spans=spans,
            ),
        ),
    )


def flag(name: str, about: str) -> Column:
    """Yes, no or unknown."""
    return Column(name=name, kind=Kind.FLAG, about=about)


def household() -> Column:
    """The key of the household that a row is about."""
    return Column(
        name="household_id",
        kind=Kind.IDENTIFIER,
        about="The household the row is about.",
        required=True,
        points_to="households",
    )


def person(about: str) -> Column:
    """The key of the person that a row is about."""
    return Column(
        name="person_id", kind=Kind.IDENTIFIER, about=about, required=True, points_to="persons"
    )


KNOWN_ON: Final = day(
    "known_on",
    "The day the state learned the row; a row learned after the decision is invisible.",
)
RECORD: Final = Column(
    name="record_id",
    kind=Kind.IDENTIFIER,
    about="The source's own key of the record: what a correction refers to.",
    null_means=STATED,
)
REMOVED: Final = day(
    "removed_on", "The day the record was struck off; from that day on it no longer counts."
)
REMOVED_BEFORE_ENTERED: Final = InOrder(
    earlier="registered_on",
    later="removed_on",
    rule="not before registered_on",
    remedy="one of the two days is wrong: correct it at the source",
)
OF_THINGS: Final = (
    RECORD,
    past("registered_on", "The day the record was entered."),
    REMOVED,
)
ONE_RECORD: Final = Key(
    columns=("record_id",),
    present=("record_id",),
    rule="the same record stands more than once",
    remedy="send each record once, as it stands now",
)
