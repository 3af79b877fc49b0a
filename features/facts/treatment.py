"""What the law of a day says about facts: who is a member while away, what a currency is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from features.errors import InputError
from features.units import first_of_month

TENGE: Final = "KZT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """The dated law's word on facts that no register can settle.

    ``members_while_away``: kinds of absence whose person still counts as a member.
    ``one_off_counts``: whether a grant paid once counts as income of its month.
    ``rates``: tenge for one unit of each currency, of the day ``rates_of``.
    """

    members_while_away: frozenset[str] = frozenset()
    one_off_counts: bool = False
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    rates_of: date = date.min


def required(treatment: Treatment | None, what: str) -> Treatment:
    """Return the law's word; raise InputError where a fact needs it and none was passed."""
    if treatment is None:
        raise InputError(
            f"{what} is counted as the dated law says, and no law was passed. Pass "
            "`models.law.facts.treatment(Law(day))`."
        )
    return treatment


def rates_day(as_of: date) -> date:
    """Return the day of the official rates: the last of the month before the decision.

    >>> rates_day(date(2026, 1, 1))
    datetime.date(2025, 12, 31)
    """
    return date.fromordinal(first_of_month(as_of).toordinal() - 1)
