"""Help that a family may be offered: local programmes and the catalogue of actions.

An offer is never a refusal: where a fact is unknown nothing is offered by it, and nothing
is taken away. Offers follow from the family's features and the category of the rules
alone; no output of a model takes part.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from features.catalogue import FEATURES
from features.errors import DeclarationError
from models.law.files import plain
from models.law.parameters import Citation, Law, each_once
from models.rules import programmes
from models.rules.conditions import Requirement, compiled, requirement_met, requirements
from models.writing import in_languages

PROGRAMME: Final = "programme"
"""The kind of an offer that is a local programme; the other kinds are those of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing a family may be offered, with its texts in kk, ru and en.

    ``kind`` is ``programme`` or a kind of the catalogue (``material``, ``household``,
    ``psychological``, ``vocational``); ``why`` holds the texts of the conditions that the
    family meets; ``people`` is how many members it is for (None: the family as a whole);
    ``urgency`` and its name follow from the category (None for a programme); ``basis`` is
    ``published`` or ``assumed``.
    """

    code: str
    kind: str
    kind_name: Mapping[str, str]
    name: Mapping[str, str]
    text: Mapping[str, str]
    why: tuple[Mapping[str, str], ...]
    people: int | None
    urgency: str | None
    urgency_name: Mapping[str, str] | None
    basis: str
    source: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the offer ready for JSON."""
        fields: dict[str, Any] = plain({name: getattr(self, name) for name in self.__slots__})
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    code: str
    kind: str
    categories: tuple[int, ...]
    requires: tuple[Requirement, ...]
    for_each: str | None
    raw: Mapping[str, Any]


def offers(row: Mapping[str, Any], ruled: Mapping[str, Any], law: Law) -> list[Offer]:
    """Return everything that one family may be offered unasked: programmes first, then actions.

    Parameters
    ----------
    row
        The family's features by name, with its columns of `models.rules.programmes.eligibility`.
    ruled
        Its columns of `models.rules.category.rule_category` by name.
    law
        Of the decision date.

    Returns
    -------
    The programmes whose verdict is ``eligible``, by code, then the actions of `actions`.
    Nothing that is in review or not eligible is named: an offer that may be withdrawn is
    none.
    """
    facts = {**row, **ruled}
    granted = [
        p for p in programmes.eligibility_as_json(facts, law) if p["verdict"] == programmes.ELIGIBLE
    ]
    return [_programme(p) for p in granted] + actions(row, ruled, law)


def actions(row: Mapping[str, Any], ruled: Mapping[str, Any], law: Law) -> list[Offer]:
    """Return the actions of the catalogue for one family, in the order of their file.

    ``row``: the family's features by name; ``ruled``: its columns of the rules. An action
    is offered where the category of the rules is among its own and every condition is
    known to be met.
    """
    category = ruled["rule_category"]
    urgent = _urgency(category, law)
    kinds = law.actions["kinds"]
    offers = []
    for action in _in_force(law.folder, law.day):
        if category not in action.categories or not all(
            requirement_met(group, row) for group in action.requires
        ):
            continue
        raw = action.raw
        offers.append(
            Offer(
                code=action.code,
                kind=action.kind,
                kind_name=kinds[action.kind],
                name=raw["name"],
                text=raw["text"],
                why=tuple(c.name for group in action.requires for c in group if c.met_by(row)),
                people=None if action.for_each is None else row[action.for_each],
                urgency=urgent["code"],
                urgency_name=urgent["name"],
                basis="assumed" if raw["assumed"] else "published",
                source=programmes.cited(raw["source"], law),
            )
        )
    return offers


def cites(law: Law) -> tuple[Citation, ...]:
    """Return the editions of the legal values that price the actions of the day, each once."""
    groups = (group for action in _in_force(law.folder, law.day) for group in action.requires)
    return each_once(cited for group in groups for c in group for cited in c.cites)


def _programme(eligibility: Mapping[str, Any]) -> Offer:
    return Offer(
        code=eligibility["service"],
        kind=PROGRAMME,
        kind_name=in_languages("local programme"),
        name=eligibility["name"],
        text=eligibility["remains"],
        why=tuple(reason["text"] for reason in eligibility["reasons"]),
        people=None,
        urgency=None,
        urgency_name=None,
        basis=eligibility["basis"],
        source=eligibility["source"],
    )


def _urgency(category: int, law: Law) -> Mapping[str, Any]:
    for urgency in law.actions["urgency"]:
        if category in urgency["categories"]:
            declared: Mapping[str, Any] = urgency
            return declared
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
            in_force.append(
                _Action(
                    code=code,
                    kind=declared["kind"],
                    categories=tuple(declared["categories"]),
                    requires=requirements("actions.yaml", declared["requires"], conditions),
                    for_each=declared["for_each"],
                    raw=declared,
                )
            )
    return tuple(in_force)
