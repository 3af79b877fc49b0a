"""What each reason code says: its text in three languages, the facts it quotes, its remedy.

The texts stand in `reasons.yaml`. What the law's files compare is told from them, so that a
new edition which reads another feature is told by that feature.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.answer import Texts
from models.law.files import read_exactly, read_law
from models.law.parameters import Law
from models.reasons.facts import factors_of
from models.rules.category import HardRule
from models.rules.conditions import Condition
from models.rules.scorecard import Criterion, Scorecard
from models.writing import LANGUAGES

HARD_RULE: Final = "HARD_RULE_CATEGORY_6"
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
            factor.partition(":") for fact in self.facts.values() for factor in factors_of(fact)
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
def papers() -> Mapping[str, Texts]:
    """Return what a family can show where the registers lack a fact, by key and language."""
    return {key: Texts(**texts) for key, texts in _file()["papers"].items()}


def placeholders(text: str) -> set[str]:
    """Return the names of the facts that a text quotes.

    >>> sorted(placeholders("{income} of {line}"))
    ['income', 'line']
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name}


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


def refuse_without_words(folder: Path) -> None:
    """Raise DeclarationError where an edition of the hard rule compares what has no words.

    For whoever changes a folder of law: a decision of that edition would be refused.
    """
    for edition in read_law(folder).rules["hard_rule"]["editions"]:
        of_code(HARD_RULE, {}, Law(edition["since"], folder))


def criteria_of(law: Law) -> list[tuple[Scorecard, Criterion]]:
    """Return the criteria of every card begun by the day, those of the one that decides first."""
    names = dict.fromkeys((law.policy.scorecard, *law.cards))
    cards = (Scorecard.named(name, law) for name in names)
    return [(card, criterion) for card in cards for criterion in card.criteria]


def name_of(condition: Condition, language: str) -> str:
    """Return the name of a condition: by its code, or else by what it counts."""
    named = _file()["conditions"].get(condition.code)
    measure = _file()["measures"].get(condition.feature)
    if not named and not measure:
        raise DeclarationError(_without_words(condition.code, "measures", condition.feature))
    return str(named[language]) if named else _capital(measure[language])


@cache
def _file() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = read_exactly(Path(__file__).with_name("reasons.yaml"))
    return raw


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
    for _, criterion in criteria_of(Law(day, folder)):
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
