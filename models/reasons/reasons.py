"""A reason in full: its text with the facts of the family, the act it rests on, its days.

A reason quotes only what decided: features of the family, legal values of the day, the
decision itself. Amounts are written the same way everywhere, and what is unknown is said to
be unknown, by name where that is what a person must look at.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.units import Span, add_months, first_of_month, months_of
from models.answer import Act, Basis, Period, Reason, Texts
from models.law.files import plain
from models.law.parameters import Law
from models.reasons.facts import PAPERS, UNKNOWN, beside_the_card, unit_of, value_of
from models.reasons.wording import Wording, criteria_of, name_of, of_code, papers
from models.rules import red_flags
from models.rules.category import HardRule
from models.rules.scorecard import Criterion, Scorecard
from models.rules.sources import act_of
from models.writing import LANGUAGES, unknown, written


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
    facts = {name: value_of(fact, row, law) for name, fact in spoken.facts.items()}
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


def _judging(code: str, law: Law) -> tuple[Scorecard, Criterion]:
    """Return the card that judges by a criterion: the one that decides, or else another."""
    for card, criterion in criteria_of(law):
        if criterion.code == code:
            return card, criterion
    raise DeclarationError(f"No scorecard in force on {law.day} has a criterion {code}.")


def _basis(*, published: bool) -> Basis:
    return "published" if published else "assumed"


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


def _sentence(spoken: Wording, facts: Mapping[str, Any], language: str, law: Law) -> str:
    """Return the text of a reason with its facts written as people read them."""
    quoted = {
        name: (
            _named(facts.get(name), language, law)
            if fact in (UNKNOWN, PAPERS)
            else written(facts.get(name), unit_of(fact, law), language)
        )
        for name, fact in spoken.facts.items()
    }
    return spoken.text[language].format(**quoted)


def _named(codes: Sequence[str] | None, language: str, law: Law) -> str:
    """Return what is not known by its names: of the scorecard, or of the hard rule."""
    if not codes:
        return unknown(language)
    names = {c.code: c.name[language] for c in Scorecard.in_force(law).criteria}
    names |= {c.code: name_of(c, language) for c in beside_the_card(law)}
    names |= {key: texts[language] for key, texts in papers().items()}
    return "; ".join(names[code] for code in codes)
