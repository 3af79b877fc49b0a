"""What the dated law says about facts that no register can settle, for those who count them."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from features.facts.treatment import Treatment, rates_day
from models.law.parameters import Citation, Law

_READ = ("members_while_away", "one_off_income_counts")
_RATES = "official_exchange_rate"
"""In force on the last day of a month alone: it is cited by that day, not by the decision's."""


def treatment(law: Law) -> Treatment | None:
    """Return how the law of the day counts the absent, grants paid once and other currencies.

    None before its first edition: such a fact then cannot be counted at all.
    """
    return _treatment(law.day, law.folder)


def cites(law: Law) -> tuple[Citation, ...]:
    """Return the editions that facts are counted by on the law's day."""
    read = ((name, law.day) for name in _READ)
    rates = (_RATES, rates_day(law.day))
    return tuple(law.cite(name, on) for name, on in (*read, rates) if law.has(name, on))


@lru_cache(maxsize=64)
def _treatment(day: date, folder: Path) -> Treatment | None:
    law = Law(day, folder)
    if not all(law.has(name) for name in _READ):
        return None
    rates_of = rates_day(day)
    rates = law.edition(_RATES, rates_of).values if law.has(_RATES, rates_of) else {}
    members = law.edition("members_while_away").values
    return Treatment(
        members_while_away=frozenset(kind for kind, counted in members.items() if counted),
        one_off_counts=bool(law.one_off_income_counts),
        rates={currency.upper(): Decimal(rate) for currency, rate in rates.items()},
        rates_of=rates_of,
    )
