"""What a reason quotes: values of the family, of the law of the day, and products of them.

A fact is named in `reasons.yaml` as ``feature:NAME``, ``law:NAME``, ``line``, ``bound:CODE``,
``decision:NAME`` or a number, or as several of these multiplied.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import prod
from typing import Any, Final

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.units import Unit
from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.rules.bounds import Bound
from models.rules.category import HardRule
from models.rules.conditions import Condition
from models.rules.scorecard import Scorecard

UNKNOWN: Final = "unknown:criteria"
PAPERS: Final = "unknown:papers"
"""What a family can show of the facts that are not known."""


def value_of(fact: str, row: Mapping[str, Any], law: Law) -> Any:
    """Return what a text quotes: a value, or a product of values; None where one is unknown.

    An amount of the law is whole tenge, halves up, before it is multiplied by what a family
    has: as the law itself reckons (`models.law.parameters.Law.amount`).
    """
    factors = factors_of(fact)
    legal = [_legal(factor, law) for factor in factors if _is_legal(factor)]
    values = [_factor(factor, row, law) for factor in factors if not _is_legal(factor)]
    if None in legal or None in values:
        return None
    if legal:
        amount = prod(Decimal(value) for value in legal if value is not None)
        whole = Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        exact = unit_of(fact, law) is not Unit.TENGE and amount != whole
        values.append(amount if exact else int(whole))
    return values[0] if len(values) == 1 else prod(values)


def factors_of(fact: str) -> list[str]:
    """Return what is multiplied to make a fact.

    >>> factors_of("feature:members * law:loan_principal_limit")
    ['feature:members', 'law:loan_principal_limit']
    """
    return [factor.strip() for factor in fact.split("*")]


def unit_of(fact: str, law: Law) -> Unit:
    """Return how a fact is written: as money when any of its factors is money."""
    units = {_unit_of(factor, law) for factor in factors_of(fact)}
    return Unit.TENGE if Unit.TENGE in units else next(iter(units - {Unit.COUNT}), Unit.COUNT)


def beside_the_card(law: Law) -> list[Condition]:
    """Return the conditions of the hard rule whose feature no criterion of the card judges."""
    criteria = Scorecard.in_force(law).criteria
    judged = {part.feature for criterion in criteria for part in criterion.parts}
    return [c for c in HardRule.in_force(law).conditions if c.feature not in judged]


def _unit_of(factor: str, law: Law) -> Unit:
    kind, _, name = factor.partition(":")
    if kind == "feature":
        return FEATURES[name].unit
    if kind == "law":
        return Unit.TENGE if law.parameter(name).unit.startswith("KZT") else Unit.COUNT
    if kind == "line":
        return Unit.TENGE
    if kind == "bound":
        return FEATURES[_compared(name, law)[0]].unit
    return Unit.TENGE if name.startswith("hidden_income") else Unit.COUNT


def _is_legal(factor: str) -> bool:
    return factor.partition(":")[0] in ("law", "line")


def _legal(factor: str, law: Law) -> int | Decimal | None:
    kind, _, name = factor.partition(":")
    if kind == "line":
        return poverty_line(law).amount
    return law.edition(name).number if law.has(name) else None


def _factor(factor: str, row: Mapping[str, Any], law: Law) -> Any:
    kind, _, name = factor.partition(":")
    if factor == UNKNOWN:
        return _not_known(row, law)
    if factor == PAPERS:
        return _papers(row, law)
    if kind in ("feature", "decision"):
        return row.get(name)
    if kind == "bound":
        return _compared(name, law)[1].value
    return int(factor)


def _compared(code: str, law: Law) -> tuple[str, Bound]:
    """Return the feature that a condition of the hard rule compares, and with what."""
    for condition in HardRule.in_force(law).conditions:
        if condition.code == code and condition.feature and condition.bound:
            return condition.feature, condition.bound
    raise DeclarationError(f"hard_rule.yaml has no condition {code} in force on {law.day}.")


def _papers(row: Mapping[str, Any], law: Law) -> list[str]:
    """Return the papers by which unknown facts of the category could be settled."""
    criteria = Scorecard.in_force(law).criteria
    read = [part.feature for criterion in criteria for part in criterion.parts]
    papers = law.policy.papers
    return list(dict.fromkeys(papers[n] for n in read if n in papers and row.get(n) is None))


def _not_known(row: Mapping[str, Any], law: Law) -> list[str]:
    """Return the criteria, and the open conditions of the hard rule, that are not known."""
    codes = [c.code for c in Scorecard.in_force(law).criteria if row.get(c.column) is None]
    if row.get("hard_rule_met") is None:
        codes += [c.code for c in beside_the_card(law) if row.get(c.column) is None]
    return list(dict.fromkeys(codes))
