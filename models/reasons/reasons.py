"""What each reason code says: its text in three languages, its facts, its source, its remedy.

A reason quotes only what decided: features of the family, legal values of the day, the
decision itself. Amounts are written the same way everywhere, and what is unknown is
said to be unknown, by name where that is what a person must look at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.units import Span, Unit, add_months, months_of
from models.law.files import plain, read_exactly, read_law
from models.law.parameters import Law, parameters
from models.law.poverty_line import poverty_line
from models.reasons.writing import LANGUAGES, unknown, written
from models.rules import red_flags
from models.rules.category import HardRule
from models.rules.scorecard import Criterion, Scorecard

HARD_RULE: Final = "HARD_RULE_CATEGORY_6"
AT_MOST: Final = 4
"""Reasons a decision gives: more would hide what weighs."""
POOR: Final = 3
"""Up to this category what is missing explains it; above it, what is there."""

_UNKNOWN: Final = "unknown:criteria"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A code with its texts, the facts they quote, and where to correct them."""

    code: str
    group: str
    facts: Mapping[str, str]
    register: str | None
    further: tuple[str, ...]
    act: str | None
    text: Mapping[str, str]
    remedy: Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Reason]:
    """Return every reason by code, in the order of `reasons.yaml`."""
    raw = _file()
    return {
        code: Reason(
            code=code,
            group=group,
            facts=said["facts"],
            register=said["register"],
            further=tuple(said.get("further", ())),
            act=said.get("act"),
            text={language: said[language] for language in LANGUAGES},
            remedy={language: remedies()[said["remedy"]][language] for language in LANGUAGES},
        )
        for group, reasons in raw.items()
        if group not in ("conditions", "remedies")
        for code, said in reasons.items()
    }


def remedies() -> Mapping[str, Mapping[str, str]]:
    """Return where and with what proof things are corrected, by key and language."""
    told: Mapping[str, Mapping[str, str]] = _file()["remedies"]
    return told


@cache
def _file() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = read_exactly(Path(__file__).with_suffix(".yaml"))
    return raw


def placeholders(text: str) -> set[str]:
    """Return the names of the facts that a text quotes.

    >>> sorted(placeholders("{income} of {line}"))
    ['income', 'line']
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def say(code: str, facts: Mapping[str, Any], language: str, law: Law) -> str:
    """Return the sentence of a reason; a fact left out or None is said to be unknown.

    ``law`` is that of the decision date: its scorecard names the criteria.

    >>> say("DWELLINGS", {"dwellings": 2}, "en", Law(date(2026, 1, 1)))
    'Apartments and houses owned by family members, shares included: 2.'
    """
    reason = _known(code)
    quoted = {
        name: (
            _named(facts.get(name), language, law)
            if expression == _UNKNOWN
            else written(facts.get(name), _unit(expression), language)
        )
        for name, expression in reason.facts.items()
    }
    return reason.text[language].format(**quoted)


def reason(code: str, row: Mapping[str, Any], law: Law) -> dict[str, Any]:
    """Return a reason in full, ready for JSON.

    Parameters
    ----------
    code : as `rank`, `models.rules.red_flags` or the review reasons give it.
    row : the family's features and whatever of its decision and of
        `models.rules.category.rule_category` the reason quotes; what is left out is unknown.
    law : of the decision date.

    Returns
    -------
    ``code``; ``basis``: published or assumed (a proposal is assumed until it is law);
    ``source``: the act with title, number, date, link and status; ``facts`` as numbers
    (what is not known, as a list of codes); ``register``: where the facts stand, null for
    none in particular; ``registers``: it and further ones that the facts come from;
    ``period``: first and last day that the facts cover, both the day of the decision for
    what stood so on it; ``text`` and ``remedy`` in kk, ru and en.
    """
    told = _known(code)
    facts = {name: _value(expression, row, law) for name, expression in told.facts.items()}
    act, basis = _standing(told, law)
    return {
        "code": code,
        "basis": basis,
        "source": _source(act, law),
        "facts": plain(facts),
        "register": told.register,
        "registers": [*([told.register] if told.register else []), *told.further],
        "period": plain(_period(told, law.day)),
        "text": {language: say(code, facts, language, law) for language in LANGUAGES},
        "remedy": dict(told.remedy),
    }


def rank(ruled: pl.DataFrame, law: Law) -> pl.Series:
    """Return at most four reason codes for every family, the weightiest first.

    Parameters
    ----------
    ruled : what `models.rules.category.rule_category` returns.
    law : of the decision date; it names the scorecard.

    Returns
    -------
    A list column ``reasons``: only what decides the category. First the hard rule where
    it decides, then the criteria that weigh most: in categories 1 to 3 those with the
    largest shortfall from their best points, in 4 to 6 those with most points. Ties stand
    in the order of the card; a criterion that is unknown, or weighs nothing, never
    stands. Red flags change no category, so they are reasons for a review alone.
    """
    plan = _ranking(law.folder, law.day)
    table = ruled.select("rule_category", "hard_rule_met", *plan.weights)
    for place in plan.places:
        table = table.with_columns(place)
    return (
        table.with_columns(plan.codes)
        .with_columns(_hard=pl.when("hard_rule_met").then(pl.lit(HARD_RULE)))
        .select(pl.concat_list("_hard", *_CODES).list.drop_nulls().list.head(AT_MOST))
        .to_series()
        .alias("reasons")
    )


_PLACES: Final = tuple(f"_place_{place}" for place in range(AT_MOST))
_CODES: Final = tuple(f"_code_{place}" for place in range(AT_MOST))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranking:
    """How the criteria of a card are ranked, as expressions built once for a day."""

    weights: tuple[pl.Expr, ...]
    places: tuple[pl.Expr, ...]
    codes: tuple[pl.Expr, ...]


@lru_cache(maxsize=256)
def _ranking(folder: Path, day: date) -> _Ranking:
    card = Scorecard.in_force(Law(day, folder))
    size = len(card.criteria)
    columns = [f"_weight_{order}" for order in range(size)]
    places = [pl.max_horizontal(columns).alias(_PLACES[0])]
    for before, place in pairwise(_PLACES):
        # Weights differ all, so the next place is the heaviest below the one before.
        lighter = (pl.when(pl.col(c) < pl.col(before)).then(pl.col(c)) for c in columns)
        places.append(pl.max_horizontal(*lighter).alias(place))
    codes = dict(enumerate(card.codes))
    return _Ranking(
        weights=tuple(
            _weight(criterion, order, size).cast(pl.Int32).alias(column)
            for (order, criterion), column in zip(enumerate(card.criteria), columns, strict=True)
        ),
        places=tuple(places),
        codes=tuple(
            (size - 1 - pl.col(place) % size)
            .replace_strict(codes, default=None, return_dtype=pl.String)
            .alias(code)
            for place, code in zip(_PLACES, _CODES, strict=True)
        ),
    )


def _weight(criterion: Criterion, order: int, criteria: int) -> pl.Expr:
    """Return one whole number that sorts by weight, then by the order of the card."""
    points = pl.col(criterion.column)
    weight = (
        pl.when(pl.col("rule_category") <= POOR).then(criterion.most - points).otherwise(points)
    )
    return pl.when(weight > 0).then(weight * criteria + (criteria - 1 - order))


def _known(code: str) -> Reason:
    reasons = catalogue()
    if code not in reasons:
        raise DeclarationError(f"reasons.yaml has no text for {code}.")
    return reasons[code]


def _standing(told: Reason, law: Law) -> tuple[str, str]:
    """Return the act that a reason rests on, and whether it is published or assumed."""
    if told.group == "criteria":
        card, criterion = _judging(told.code, law)
        return f"{card.act}:{criterion.block}", _basis(published=not criterion.assumed)
    if told.group == "rules":
        return HardRule.in_force(law).act, _basis(published=not law.hard_rule["assumed"])
    if told.group == "red_flags":
        flag = next(f for f in red_flags.in_force(law) if f.code == told.code)
        return flag.act, _basis(published=flag.status == "published")
    assert told.act is not None
    return told.act, _basis(published=False)


def _period(told: Reason, day: date) -> dict[str, date]:
    """Return the days that the facts cover: the longest span of what is quoted."""
    spans = {
        span
        for expression in told.facts.values()
        for factor in _factors(expression)
        if factor.startswith("feature:")
        for span in _spans(factor.removeprefix("feature:"))
    }
    for span in (Span.YEAR, Span.QUARTER):
        if span in spans:
            months = months_of(span, day)
            return {"from": months[0], "to": add_months(months[-1], 1) - timedelta(days=1)}
    return {"from": day, "to": day}


@cache
def _spans(feature: str) -> frozenset[Span]:
    """Return the spans of a feature and of the features it is made of."""
    declared = FEATURES[feature]
    made_of = [name for name in declared.reads if declared.is_derived]
    return frozenset({declared.span}.union(*(_spans(name) for name in made_of)))


def _judging(code: str, law: Law) -> tuple[Scorecard, Criterion]:
    """Return the card that judges by a criterion: the one that decides, or else another."""
    cards = (Scorecard.named(name, law) for name in (law.policy.scorecard, *law.cards))
    return next((card, c) for card in cards for c in card.criteria if c.code == code)


def _basis(*, published: bool) -> str:
    return "published" if published else "assumed"


def _source(key: str, law: Law) -> dict[str, Any]:
    act = law.acts[key.partition(":")[0]]
    cited = {name: act[name] for name in ("title", "number", "date", "url", "status")}
    told: dict[str, Any] = plain({"act": key, **cited})
    return told


def _value(expression: str, row: Mapping[str, Any], law: Law) -> Any:
    """Return what a text quotes: a value, or a product of values; None where one is unknown."""
    values = [_factor(factor, row, law) for factor in _factors(expression)]
    if len(values) == 1:
        return values[0]
    product = 1
    for value in values:
        if value is None:
            return None
        product *= value
    return product


def _factors(expression: str) -> list[str]:
    return [factor.strip() for factor in expression.split("*")]


def _factor(factor: str, row: Mapping[str, Any], law: Law) -> Any:
    kind, _, name = factor.partition(":")
    if factor == _UNKNOWN:
        return _not_known(row, law)
    if kind in ("feature", "decision"):
        return row.get(name)
    if kind == "law":
        return getattr(law, name) if law.has(name) else None
    if kind == "line":
        return poverty_line(law).tenge
    if kind == "rule":
        bounds = {c.code: c.bound for c in HardRule.in_force(law).conditions}
        return bounds.get(name)
    return int(factor)


def _not_known(row: Mapping[str, Any], law: Law) -> list[str]:
    """Return the criteria, and the open conditions of the hard rule, that are not known."""
    card = Scorecard.in_force(law)
    codes = [c.code for c in card.criteria if row.get(c.column) is None]
    if row.get("hard_rule_met") is None:
        judged = {part.feature for criterion in card.criteria for part in criterion.parts}
        conditions = HardRule.in_force(law).conditions
        codes += [
            c.code for c in conditions if c.feature not in judged and row.get(c.column) is None
        ]
    return codes


def _named(codes: Sequence[str] | None, language: str, law: Law) -> str:
    """Return what is not known by its names: of the scorecard, or of the hard rule."""
    if not codes:
        return unknown(language)
    names = _file()["conditions"] | {c.code: c.name for c in Scorecard.in_force(law).criteria}
    return "; ".join(names[code][language] for code in codes)


@cache
def _unit(expression: str) -> Unit:
    """Return how a fact is written: as money when any of its factors is money."""
    units = {_unit_of(factor) for factor in _factors(expression)}
    return Unit.TENGE if Unit.TENGE in units else next(iter(units - {Unit.COUNT}), Unit.COUNT)


def _unit_of(factor: str) -> Unit:
    kind, _, name = factor.partition(":")
    if kind == "feature":
        return FEATURES[name].unit
    if kind == "law":
        return Unit.TENGE if parameters()[name].unit.startswith("KZT") else Unit.COUNT
    if kind == "line":
        return Unit.TENGE
    if kind == "rule":
        return FEATURES[_feature_of_condition()[name]].unit
    return Unit.TENGE if name.startswith("hidden_income") else Unit.COUNT


def _feature_of_condition() -> dict[str, str]:
    editions = read_law().rules["hard_rule"]["editions"]
    return {c["code"]: c["feature"] for edition in editions for c in edition["conditions"]}
