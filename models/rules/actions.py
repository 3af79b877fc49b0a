"""Help that a family may be offered: local programmes and the catalogue of actions.

An offer is never a refusal: where a fact is unknown nothing is offered by it, and nothing
is taken away. Offers follow from the family's features and the category of the rules
alone; no output of a model takes part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.answer import Eligibility, Offer, Source, Texts
from models.law.parameters import Citation, Law, each_once
from models.rules import programmes
from models.rules.conditions import Requirement, compiled, requirement_met, requirements
from models.rules.sources import source_of
from models.writing import in_languages

PROGRAMME: Final = "programme"
"""The kind of an offer that is a local programme; the other kinds are those of the catalogue."""
_KIND_NAME: Final = Texts(**in_languages("local programme"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    """One action of the catalogue as it is in force on a day, its texts made once."""

    code: str
    kind: str
    kind_name: Texts
    name: Texts
    text: Texts
    categories: tuple[int, ...]
    requires: tuple[Requirement, ...]
    why: Mapping[str, Texts]
    for_each: str | None
    assumed: bool
    source: Source


def offers(
    eligibility: Sequence[Eligibility], facts: Mapping[str, Any], law: Law
) -> tuple[Offer, ...]:
    """Return everything that one family may be offered unasked: programmes first, then actions.

    Parameters
    ----------
    eligibility
        What `models.rules.programmes.eligibility_of` says of the family and every programme.
    facts
        The family's features and its columns of `models.rules.category.rule_category`, by name.
    law
        Of the decision date.

    Returns
    -------
    The programmes whose verdict is ``eligible``, by code, then the actions of `actions`.
    Nothing that is in review or not eligible is named: an offer that may be withdrawn is
    none.
    """
    granted = (e for e in eligibility if e.verdict == programmes.ELIGIBLE)
    return (*map(_programme, granted), *actions(facts, law))


def actions(facts: Mapping[str, Any], law: Law) -> tuple[Offer, ...]:
    """Return the actions of the catalogue for one family, in the order of their file.

    ``facts``: the family's features and its columns of the rules, by name. An action is
    offered where the category of the rules is among its own and every condition is known
    to be met.
    """
    category = facts["rule_category"]
    urgency, urgency_name = _urgency(category, law)
    return tuple(
        Offer(
            code=action.code,
            kind=action.kind,
            kind_name=action.kind_name,
            name=action.name,
            text=action.text,
            why=tuple(
                action.why[c.code] for group in action.requires for c in group if c.met_by(facts)
            ),
            people=None if action.for_each is None else facts[action.for_each],
            urgency=urgency,
            urgency_name=urgency_name,
            basis="assumed" if action.assumed else "published",
            source=action.source,
        )
        for action in _in_force(law.folder, law.day)
        if category in action.categories
        and all(requirement_met(group, facts) for group in action.requires)
    )


def cites(law: Law) -> tuple[Citation, ...]:
    """Return the editions of the legal values that price the actions of the day, each once."""
    groups = (group for action in _in_force(law.folder, law.day) for group in action.requires)
    return each_once(cited for group in groups for c in group for cited in c.cites)


def _programme(eligibility: Eligibility) -> Offer:
    return Offer(
        code=eligibility.service,
        kind=PROGRAMME,
        kind_name=_KIND_NAME,
        name=eligibility.name,
        text=eligibility.remains,
        why=tuple(reason.text for reason in eligibility.reasons),
        people=None,
        urgency=None,
        urgency_name=None,
        basis=eligibility.basis,
        source=eligibility.source,
    )


def _urgency(category: int, law: Law) -> tuple[str, Texts]:
    """Return how soon help is due to a category: the code, and its name."""
    for urgency in law.actions["urgency"]:
        if category in urgency["categories"]:
            return urgency["code"], Texts(**urgency["name"])
    raise DeclarationError(f"actions.yaml gives no urgency for category {category}.")


@lru_cache(maxsize=256)
def _in_force(folder: Path, day: date) -> tuple[_Action, ...]:
    law = Law(day, folder)
    raw = law.actions
    conditions = compiled("actions.yaml", raw["conditions"], law)
    in_force = []
    for code, declared in raw["actions"].items():
        if declared["kind"] not in raw["kinds"]:
            raise DeclarationError(
                f"actions.yaml, {code}: {declared['kind']!r} is no kind of help."
            )
        if declared["for_each"] is not None and declared["for_each"] not in FEATURES:
            raise DeclarationError(
                f"actions.yaml, {code}: {declared['for_each']!r} is no declared feature."
            )
        if declared["since"] <= day and (declared["until"] is None or day < declared["until"]):
            requires = requirements("actions.yaml", declared["requires"], conditions)
            in_force.append(
                _Action(
                    code=code,
                    kind=declared["kind"],
                    kind_name=Texts(**raw["kinds"][declared["kind"]]),
                    name=Texts(**declared["name"]),
                    text=Texts(**declared["text"]),
                    categories=tuple(declared["categories"]),
                    requires=requires,
                    why={c.code: Texts(**c.name) for group in requires for c in group},
                    for_each=declared["for_each"],
                    assumed=declared["assumed"],
                    source=source_of(declared["source"], law),
                )
            )
    return tuple(in_force)
