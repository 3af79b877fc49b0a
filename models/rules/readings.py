"""What the hard rule's sentence leaves open: every reading of it, as a rule of its own.

The ministry's sentence does not say which subsistence minimum is meant, over what months
income is taken, whether a share of a dwelling, a dormant business or an old vehicle counts,
nor, beyond doubt, that all conditions must be met. `hard_rule.yaml` lists the questions with
their answers; each answer alone, under each combinator, is one reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from features.errors import DeclarationError, ParameterNotInForce
from models.law.parameters import Law, parameters
from models.rules.category import HardRule, enough

IN_FORCE: Final = "in_force"
"""The reading that the edition of the day has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that the sentence leaves open for one of its conditions."""

    code: str
    condition: str
    about: str
    answers: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read the rule: an answer to one question, and how conditions combine.

    ``question`` None: every answer is that of the law in force. ``minimum_of`` names the
    month whose subsistence minimum prices income, where it is not that of the day.
    """

    question: str | None
    answer: str
    combinator: str
    rule: HardRule
    minimum_of: str | None

    @property
    def name(self) -> str:
        """The name of its column."""
        return f"{self.combinator}:{self.question or ''}:{self.answer}"

    def met(self) -> pl.Expr:
        """Return whether a family is in category 6 by this reading; null: cannot be told."""
        answers = [condition.met() for condition in self.rule.conditions]
        return enough(answers, self.rule.needed).alias(self.name)


def questions(law: Law) -> tuple[Question, ...]:
    """Return the questions on file, in order."""
    return tuple(Question(**raw) for raw in law.files.rules["hard_rule"]["questions"])


def combinators(conditions: int) -> Mapping[str, tuple[str, int | None]]:
    """Return how many of the conditions may have to be met, from all of them to any one.

    >>> list(combinators(4))
    ['all', '3_of_4', '2_of_4', 'any']
    """
    some = {f"{k}_of_{conditions}": ("k_of_n", k) for k in range(conditions - 1, 1, -1)}
    return {"all": ("all", None), **some, "any": ("any", None)}


def readings(law: Law) -> tuple[Reading, ...]:
    """Return the reading in force and every other answer to one question, by each combinator.

    An answer that needs a value which has none on file by the day is left out. Raises
    ParameterNotInForce before the rule's first edition.
    """
    raw = law.hard_rule
    changes: list[tuple[str | None, str, Mapping[str, Any]]] = [(None, IN_FORCE, raw)]
    for question in questions(law):
        condition = _condition(raw, question)
        changes += [
            (question.code, name, _answered(raw, condition, answer))
            for name, answer in question.answers.items()
            if {**condition, **answer} != condition
        ]
    every = []
    for question_code, answer, edition in changes:
        for name, (combinator, k) in combinators(len(raw["conditions"])).items():
            priced = _priced({**edition, "combinator": combinator, "k": k}, law)
            if priced is not None:
                rule, minimum_of = priced
                every.append(
                    Reading(
                        question=question_code,
                        answer=answer,
                        combinator=name,
                        rule=rule,
                        minimum_of=minimum_of,
                    )
                )
    return tuple(every)


def by_reading(features: pl.DataFrame, every: tuple[Reading, ...]) -> pl.DataFrame:
    """Say of every family whether each reading leads it into category 6.

    Returns ``household_id`` and a column for each reading (Boolean, null: cannot be told),
    rows as given.
    """
    return features.select("household_id", *(reading.met() for reading in every))


def _condition(raw: Mapping[str, Any], question: Question) -> Mapping[str, Any]:
    for condition in raw["conditions"]:
        if condition["code"] == question.condition:
            return {k: v for k, v in condition.items() if k != "doubt"}
    raise DeclarationError(
        f"hard_rule.yaml, question {question.code}: the rule has no condition "
        f"{question.condition!r}."
    )


def _answered(
    raw: Mapping[str, Any], condition: Mapping[str, Any], answer: Mapping[str, Any]
) -> Mapping[str, Any]:
    return {
        **raw,
        "conditions": [
            {**c, **answer} if c["code"] == condition["code"] else c for c in raw["conditions"]
        ],
    }


def _priced(raw: Mapping[str, Any], law: Law) -> tuple[HardRule, str | None] | None:
    """Return the rule at the prices of the day, or at the newest ones published by it.

    What the statistics bureau works out comes month by month and late: the newest month
    on file by the day is taken, and named.
    """
    try:
        return HardRule.read(raw, law), None
    except ParameterNotInForce:
        pass
    published = [
        edition.since
        for unit in {c["unit"] for c in raw["conditions"] if "unit" in c}
        for edition in parameters(law.folder)[unit].editions
        if not law.has(unit) and edition.since <= law.day and edition.value is not None
    ]
    if not published:
        return None
    newest = max(published)
    return HardRule.read(raw, Law(newest, law.folder)), f"{newest:%Y-%m}"
