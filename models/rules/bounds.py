"""Bounds as the law's files declare them: how a feature is compared, and with what.

The steps of a scorecard, the conditions of the hard rule and of the programmes, and the
yardsticks of poverty all compare one fact with one bound; here is the only place that does.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.units import Span, Unit
from models.law.parameters import Citation, Law

TESTS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "from": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
    "is": operator.eq,
}
"""The comparisons that a file of the law may ask for, by the word it uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a fact is compared with, and how; a fact that is not known is never beyond it.

    ``test`` is a word of `TESTS`. ``value`` is in whole units, money in whole tenge of the
    law's day; a share is a decimal, and what `is` compares with is true or false.
    ``priced_by``: the edition of the legal value that it is a multiple of; None: the file
    gives the number itself.
    """

    test: str
    value: int | float | bool
    priced_by: Citation | None = None

    def reached(self, fact: pl.Expr) -> pl.Expr:
        """Return whether a fact lies beyond the bound; null where the fact is unknown.

        A fact exactly on the bound of `above` or `below` does not.
        """
        # A share is a quotient rounded once, as is the bound's decimal: equal means equal.
        answer: pl.Expr = TESTS[self.test](fact, pl.lit(self.value))
        return answer

    def reached_by(self, fact: Any) -> bool | None:
        """Return the same of one known fact; None where it is unknown."""
        return None if fact is None else bool(TESTS[self.test](fact, self.value))


def bound_of(place: str, feature: str, raw: Mapping[str, Any], law: Law) -> Bound | None:
    """Return the bound that an entry of a file declares, as the feature counts it; None: none.

    Parameters
    ----------
    place
        Where the entry stands, for a fault's sentence.
    feature
        What is compared.
    raw
        The entry: one comparison of `TESTS` with its number, and ``unit`` where the number
        is a multiple of a legal value.
    law
        Of the day; it prices the multiples.

    Raises DeclarationError, naming ``place``, where there are several comparisons, and where
    the two are not of one measure: income of a year or a quarter is never compared with an
    amount a month, nor divided down to it.
    """
    tests = [test for test in TESTS if test in raw]
    if len(tests) > 1:
        raise DeclarationError(f"{place}: one comparison, not {' and '.join(tests)}.")
    if not tests:
        return None
    [test] = tests
    number: int | Decimal = raw[test]
    unit = raw.get("unit")
    if unit is None:
        return Bound(test=test, value=float(number) if isinstance(number, Decimal) else number)
    _refuse_another_measure(place, feature, unit, law)
    return Bound(test=test, value=law.amount(number, unit), priced_by=law.cite(unit))


def _refuse_another_measure(place: str, feature: str, unit: str, law: Law) -> None:
    priced, counted = law.parameter(unit).unit, FEATURES[feature]
    monthly, money = priced == "KZT/month", priced.startswith("KZT")
    if money != (counted.unit is Unit.TENGE) or monthly != (counted.span is Span.MONTH):
        raise DeclarationError(
            f"{place}: {feature} is counted in {counted.unit}, for {counted.span}; {unit} is in "
            f"{priced}. Compare like with like: no amount is spread over other months here."
        )
