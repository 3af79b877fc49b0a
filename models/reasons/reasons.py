"""What each reason code says: its text in three languages, its facts, its source, its remedy.

A reason quotes only what decided: features of the family, legal values of the day, the
decision itself. What the law's files compare is told from them, so that a new edition which
reads another feature is told by that feature. Amounts are written the same way everywhere,
and what is unknown is said to be unknown, by name where that is what a person must look at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from itertools import pairwise
from math import prod
from pathlib import Path
from string import Formatter
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.units import Span, Unit, add_months, first_of_month, months_of
from models.answer import Act, Basis, Period, Reason, Texts
from models.law.files import plain, read_exactly, read_law
from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.rules import red_flags
from models.rules.bounds import Bound
from models.rules.category import HardRule
from models.rules.conditions import Condition
from models.rules.scorecard import Criterion, Scorecard
from models.rules.sources import act_of
from models.writing import LANGUAGES, unknown, written

HARD_RULE: Final = "HARD_RULE_CATEGORY_6"
AT_MOST: Final = 4
"""Reasons a decision gives: more would hide what weighs."""
POOR: Final = 3
"""Up to this category what is missing explains it; above it, what is there."""

_UNKNOWN: Final = "unknown:criteria"
_WITH_A_TEXT: Final = ("criteria", "red_flags", "reviews")
"""Groups of `reasons.yaml` that hold a text for each code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A code with its texts, the facts they quote, and where to correct them."""

    code: str
    group: str
    facts: Mapping[str, str]
    register: str | None
    further: tuple[str, ...]
    act: str | None
    text: Texts
    remedy: Texts

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the texts quote."""
        factors = (
            factor.partition(":") for fact in self.facts.values() for factor in _factors(fact)
        )
        return tuple(dict.fromkeys(name for kind, _, name in factors if kind == "feature"))


@cache
def catalogue() -> Mapping[str, Wording]:
    """Return every reason that has a text of its own by code, in the order of `reasons.yaml`."""
    return {
        code: Wording(
            code=code,
            group=group,
            facts=entry["facts"],
            register=entry["register"],
            further=tuple(entry.get("further", ())),
            act=entry.get("act"),
            text=Texts(**{language: entry[language] for language in LANGUAGES}),
            remedy=remedies()[entry["remedy"]],
        )
        for group in _WITH_A_TEXT
        for code, entry in _file()[group].items()
    }


@cache
def remedies() -> Mapping[str, Texts]:
    """Return where and with what proof things are corrected, by key and language."""
    return {key: Texts(**texts) for key, texts in _file()["remedies"].items()}


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
    return _sentence(of_code(code, {}, law), facts, language, law)


def reason(code: str, row: Mapping[str, Any], law: Law) -> Reason:
    """Return a reason in full.

    Parameters
    ----------
    code : as `rank`, `models.rules.red_flags` or the review reasons give it.
    row : the family's features and whatever of its decision and of
        `models.rules.category.rule_category` the reason quotes; what is left out is unknown.
    law : of the decision date.

    Returns
    -------
    The reason as it is answered (`models.answer.Reason`), its facts as numbers; a rule that
    is proposed is assumed until it is law. Raises DeclarationError for a code that neither
    the law of the day nor `reasons.yaml` knows.
    """
    spoken = of_code(code, row, law)
    facts = {name: _value(fact, row, law) for name, fact in spoken.facts.items()}
    source, basis = _standing(code, spoken.group, spoken.act, law.folder, law.day)
    return Reason(
        code=code,
        basis=basis,
        source=source,
        facts=plain(facts),
        register=spoken.register,
        registers=(*([spoken.register] if spoken.register else []), *spoken.further),
        period=_period(spoken.features, law.day),
        text=Texts(**{name: _sentence(spoken, facts, name, law) for name in LANGUAGES}),
        remedy=spoken.remedy,
    )


def of_code(code: str, row: Mapping[str, Any], law: Law) -> Wording:
    """Return what a code says on the day: by the law in force where it tells of a comparison.

    ``row``: the family's columns of `models.rules.category.rule_category`, which say what of
    the hard rule is met. Raises DeclarationError as `reason` does.
    """
    if code == HARD_RULE:
        conditions = HardRule.in_force(law).conditions
        met = tuple(c.code for c in conditions if row.get(c.column))
        return _of_rule(law.folder, law.day, met or tuple(c.code for c in conditions))
    named = _named_by_card(law.folder, law.day)
    if code in named:
        return named[code]
    if code not in catalogue():
        raise DeclarationError(f"reasons.yaml has no text for {code}, and no scorecard names it.")
    return catalogue()[code]


def rank(ruled: pl.DataFrame, law: Law) -> pl.Series:
    """Return at most four reason codes for every family, the weightiest first.

    Parameters
    ----------
    ruled : what `models.rules.category.rule_category` returns.
    law : of the decision date; it names the scorecard. Raises DeclarationError where a
        condition of its hard rule has no words: nothing is decided that could not be told.

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
    of_code(HARD_RULE, {}, Law(day, folder))  # raises where it has no words
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


def refuse_without_words(folder: Path) -> None:
    """Raise DeclarationError where an edition of the hard rule compares what has no words.

    For whoever changes a folder of law: a decision of that edition would be refused.
    """
    for edition in read_law(folder).rules["hard_rule"]["editions"]:
        of_code(HARD_RULE, {}, Law(edition["since"], folder))


@lru_cache(maxsize=256)
def _of_rule(folder: Path, day: date, met: tuple[str, ...]) -> Wording:
    """Return what the hard rule of the day says of a family that meets these conditions.

    Facts, registers and words are those of the features that the conditions compare. Raises
    DeclarationError where a feature, or the way it is compared, has no words.
    """
    rule, entry = HardRule.in_force(Law(day, folder)), _file()["rules"][HARD_RULE]
    deciding = [condition for condition in rule.conditions if condition.code in met]
    names = {condition.code: _fact(condition) for condition in deciding}
    values = {names[c.code]: f"feature:{c.feature}" for c in deciding}
    bounds = {f"{names[c.code]}_bound": f"bound:{c.code}" for c in deciding}
    registers = _registers(c.feature for c in deciding if c.feature)
    of_its_own = set(registers) <= set(entry["registers"])
    words = entry["all" if rule.needed == len(rule.conditions) else "some"]
    return Wording(
        code=HARD_RULE,
        group="rules",
        facts=values | bounds,
        register=registers[0],
        further=registers[1:],
        act=rule.act,
        text=Texts(
            **{
                language: words[language].format(
                    of=len(rule.conditions),
                    needed=rule.needed,
                    conditions="; ".join(
                        _phrase(condition, language, first=condition is deciding[0])
                        for condition in deciding
                    ),
                )
                for language in LANGUAGES
            }
        ),
        remedy=remedies()[entry["remedy"]] if of_its_own else _remedy(registers),
    )


def _phrase(condition: Condition, language: str, *, first: bool) -> str:
    """Return a condition as a part of a sentence, with places for its fact and its bound."""
    words = _file()
    if condition.feature not in words["measures"]:
        raise DeclarationError(_without_words(condition.code, "measures", condition.feature))
    test = condition.bound.test if condition.bound else None
    if test not in words["bounds"]:
        raise DeclarationError(_without_words(condition.code, "bounds", test))
    measure, fact = words["measures"][condition.feature][language], _fact(condition)
    phrase: str = words["rules"][HARD_RULE]["first" if first else "next"][language].format(
        measure=_capital(measure) if first else measure,
        value=f"{{{fact}}}",
        bound=words["bounds"][test][language].format(bound=f"{{{fact}_bound}}"),
    )
    return phrase


def _fact(condition: Condition) -> str:
    """Return what the answer calls the fact that a condition compares."""
    name: str = _file()["conditions"].get(condition.code, {}).get("fact", condition.code.lower())
    return name


def _without_words(code: str, section: str, name: str | None) -> str:
    return (
        f"hard_rule.yaml, {code}: reasons.yaml has no words for {name!r} under `{section}`, so no "
        f"letter could say what decided. Add them there in {', '.join(LANGUAGES)}."
    )


@lru_cache(maxsize=256)
def _named_by_card(folder: Path, day: date) -> Mapping[str, Wording]:
    """Return the criteria that have no text, or one that quotes what their card does not judge.

    Each is told by its own name in the card, with the values that the card compares.
    """
    criteria: dict[str, Criterion] = {}
    for _, criterion in _criteria(Law(day, folder)):
        criteria.setdefault(criterion.code, criterion)
    return {
        code: _by_name(criterion)
        for code, criterion in criteria.items()
        if not _has_true_text(criterion)
    }


def _has_true_text(criterion: Criterion) -> bool:
    """Whether the text of its code quotes only what it judges, or what that is made of."""
    judged = {part.feature for part in criterion.parts}
    made_of = {name for feature in judged for name in FEATURES[feature].reads}
    by_code = catalogue().get(criterion.code)
    return by_code is not None and set(by_code.features) <= judged | made_of


def _by_name(criterion: Criterion) -> Wording:
    """Return a criterion told by its name in the card, with the values that are compared."""
    judged = [part.feature for part in criterion.parts]
    registers = _registers(judged)
    return Wording(
        code=criterion.code,
        group="criteria",
        facts={name: f"feature:{name}" for name in judged},
        register=registers[0],
        further=registers[1:],
        act=None,
        text=Texts(
            **{
                language: f"{_literal(criterion.name[language])}: "
                f"{'; '.join(_measured(name, language) for name in judged)}."
                for language in LANGUAGES
            }
        ),
        remedy=_remedy(registers),
    )


def _measured(feature: str, language: str) -> str:
    """Return the place of a feature's value, after what it counts where there are words for it."""
    measure = _file()["measures"].get(feature)
    return f"{measure[language]}: {{{feature}}}" if measure else f"{{{feature}}}"


def _literal(text: str) -> str:
    """Return a text of the law as it stands in one that has places for facts."""
    return text.replace("{", "{{").replace("}", "}}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _registers(judged: Iterable[str]) -> tuple[str, ...]:
    """Return where features are corrected: the first register that each of them reads."""
    return tuple(dict.fromkeys(FEATURES[name].registers[0] for name in judged))


def _remedy(registers: Sequence[str]) -> Texts:
    """Return where and with what proof the facts of some registers are corrected."""
    keys = dict.fromkeys(_file()["registers"][name] for name in registers)
    return Texts(
        **{language: " ".join(remedies()[key][language] for key in keys) for language in LANGUAGES}
    )


@lru_cache(maxsize=4096)
def _standing(code: str, group: str, act: str | None, folder: Path, day: date) -> tuple[Act, Basis]:
    """Return the act that a reason rests on, and whether it is published or assumed."""
    law = Law(day, folder)
    if group == "criteria":
        card, criterion = _judging(code, law)
        return act_of(f"{card.act}:{criterion.block}", law), _basis(published=not criterion.assumed)
    if group == "rules":
        published = not law.hard_rule["assumed"]
        return act_of(HardRule.in_force(law).act, law), _basis(published=published)
    if group == "red_flags":
        for flag in red_flags.in_force(law):
            if flag.code == code:
                return act_of(flag.act, law), _basis(published=flag.status == "published")
        raise DeclarationError(f"red_flags.yaml has no flag {code} in force on {law.day}.")
    if act is None:
        raise DeclarationError(f"reasons.yaml, {code}: add `act`, what a review rests on.")
    return act_of(act, law), _basis(published=False)


@lru_cache(maxsize=4096)
def _period(quoted: tuple[str, ...], day: date) -> Period:
    """Return the days that features cover: every month before the decision that one of them counts.

    Where all of them say how things stood on the day, that day.
    """
    this = first_of_month(day)
    spans = {span for name in quoted for span in _spans(name)}
    months = sorted(month for span in spans for month in months_of(span, day) if month < this)
    if not months:
        return Period(first=day, last=day)
    return Period(first=months[0], last=add_months(months[-1], 1) - timedelta(days=1))


@cache
def _spans(feature: str) -> frozenset[Span]:
    """Return the spans of a feature and of the features it is made of."""
    declared = FEATURES[feature]
    made_of = [name for name in declared.reads if declared.is_derived]
    return frozenset({declared.span}.union(*(_spans(name) for name in made_of)))


def _criteria(law: Law) -> list[tuple[Scorecard, Criterion]]:
    """Return the criteria of every card begun by the day, those of the one that decides first."""
    names = dict.fromkeys((law.policy.scorecard, *law.cards))
    cards = (Scorecard.named(name, law) for name in names)
    return [(card, criterion) for card in cards for criterion in card.criteria]


def _judging(code: str, law: Law) -> tuple[Scorecard, Criterion]:
    """Return the card that judges by a criterion: the one that decides, or else another."""
    for card, criterion in _criteria(law):
        if criterion.code == code:
            return card, criterion
    raise DeclarationError(f"No scorecard in force on {law.day} has a criterion {code}.")


def _basis(*, published: bool) -> Basis:
    return "published" if published else "assumed"


def _sentence(spoken: Wording, facts: Mapping[str, Any], language: str, law: Law) -> str:
    """Return the text of a reason with its facts written as people read them."""
    quoted = {
        name: (
            _named(facts.get(name), language, law)
            if fact == _UNKNOWN
            else written(facts.get(name), _unit(fact, law), language)
        )
        for name, fact in spoken.facts.items()
    }
    return spoken.text[language].format(**quoted)


def _value(fact: str, row: Mapping[str, Any], law: Law) -> Any:
    """Return what a text quotes: a value, or a product of values; None where one is unknown.

    An amount of the law is whole tenge, halves up, before it is multiplied by what a family
    has: as the law itself reckons (`models.law.parameters.Law.amount`).
    """
    factors = _factors(fact)
    legal = [_legal(factor, law) for factor in factors if _is_legal(factor)]
    values = [_factor(factor, row, law) for factor in factors if not _is_legal(factor)]
    if None in legal or None in values:
        return None
    if legal:
        amount = prod(Decimal(value) for value in legal if value is not None)
        whole = Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        exact = _unit(fact, law) is not Unit.TENGE and amount != whole
        values.append(amount if exact else int(whole))
    return values[0] if len(values) == 1 else prod(values)


def _factors(fact: str) -> list[str]:
    return [factor.strip() for factor in fact.split("*")]


def _is_legal(factor: str) -> bool:
    return factor.partition(":")[0] in ("law", "line")


def _legal(factor: str, law: Law) -> int | Decimal | None:
    kind, _, name = factor.partition(":")
    if kind == "line":
        return poverty_line(law).amount
    return law.edition(name).number if law.has(name) else None


def _factor(factor: str, row: Mapping[str, Any], law: Law) -> Any:
    kind, _, name = factor.partition(":")
    if factor == _UNKNOWN:
        return _not_known(row, law)
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


def _not_known(row: Mapping[str, Any], law: Law) -> list[str]:
    """Return the criteria, and the open conditions of the hard rule, that are not known."""
    codes = [c.code for c in Scorecard.in_force(law).criteria if row.get(c.column) is None]
    if row.get("hard_rule_met") is None:
        codes += [c.code for c in _beside_the_card(law) if row.get(c.column) is None]
    return list(dict.fromkeys(codes))


def _beside_the_card(law: Law) -> list[Condition]:
    """Return the conditions of the hard rule whose feature no criterion of the card judges."""
    criteria = Scorecard.in_force(law).criteria
    judged = {part.feature for criterion in criteria for part in criterion.parts}
    return [c for c in HardRule.in_force(law).conditions if c.feature not in judged]


def _named(codes: Sequence[str] | None, language: str, law: Law) -> str:
    """Return what is not known by its names: of the scorecard, or of the hard rule."""
    if not codes:
        return unknown(language)
    names = {c.code: c.name[language] for c in Scorecard.in_force(law).criteria}
    names |= {c.code: _name(c, language) for c in _beside_the_card(law)}
    return "; ".join(names[code] for code in codes)


def _name(condition: Condition, language: str) -> str:
    """Return the name of a condition: by its code, or else by what it counts."""
    named = _file()["conditions"].get(condition.code)
    measure = _file()["measures"].get(condition.feature)
    if not named and not measure:
        raise DeclarationError(_without_words(condition.code, "measures", condition.feature))
    return str(named[language]) if named else _capital(measure[language])


def _unit(fact: str, law: Law) -> Unit:
    """Return how a fact is written: as money when any of its factors is money."""
    units = {_unit_of(factor, law) for factor in _factors(fact)}
    return Unit.TENGE if Unit.TENGE in units else next(iter(units - {Unit.COUNT}), Unit.COUNT)


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
