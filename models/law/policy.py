"""The decision policy: what each reason to look at a family leads to, and what a look is worth.

A reason has one of three consequences. *wait*: nothing follows before a person decides, or
before a register answers. *follow_up*: the decision is in force; a person looks later, as far
as there is room. *information*: it is shown, and nobody is sent. A file that would let an
adverse effect run without waiting, or make a family in need wait for a look, is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from features.errors import DeclarationError
from models.answer import Adverse
from models.law.lines import line_of

NO_MEMBERS: Final = "NO_MEMBERS"
NO_ADULT: Final = "NO_ADULT"
DEPENDS_ON_UNKNOWN: Final = "CATEGORY_DEPENDS_ON_UNKNOWN"
"""Of editions that do not ask whose the unknown is: a register's, or the family's own."""
REGISTER_SILENT: Final = "REGISTER_SILENT"
VALUE_UNKNOWN: Final = "VALUE_UNKNOWN"
ADVERSE_CATEGORY: Final = "CATEGORY_6_ADVERSE"
RED_FLAG: Final = "RED_FLAG"
"""Stands for every red flag that the policy does not name itself."""
MATERIAL_HIDDEN_INCOME: Final = "HIDDEN_INCOME_MATERIAL"
MAY_WAIT: Final = frozenset({NO_MEMBERS, NO_ADULT, ADVERSE_CATEGORY, REGISTER_SILENT})
"""An adverse effect, nobody who could act, a register without which nothing can be decided."""
_KNOWN: Final = MAY_WAIT | {
    DEPENDS_ON_UNKNOWN,
    VALUE_UNKNOWN,
    RED_FLAG,
    MATERIAL_HIDDEN_INCOME,
}


class Consequence(StrEnum):
    """What a reason to look at a family leads to."""

    WAIT = "wait"
    FOLLOW_UP = "follow_up"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a look at a family is worth, in parts of finding a category too poor for its family.

    Chance that the answer changes × what changes × how urgent, minus the burden on a family
    for whom nothing does. All assumed.
    """

    into_need: float
    too_rich: float
    too_poor: float
    urgency: tuple[float, ...]
    """For the categories 1 to 6, in this order."""
    burden: float
    chance_of_unknown: float

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Worth":
        """Read what an edition of the policy says."""
        urgency = tuple(float(times) for times in raw["urgency"])
        return cls(urgency=urgency, **{n: float(v) for n, v in raw.items() if n != "urgency"})

    @property
    def urgency_of_category(self) -> Mapping[int, float]:
        """How urgent help is for each category, 1 to 6."""
        return dict(enumerate(self.urgency, start=1))

    def urgency_of(self, now: int, then: int) -> float:
        """How urgent a look is that may change one category to another: 1, unless help must come.

        Nothing is urgent about finding a family better off than its category says.
        """
        return self.urgency_of_category[then] if then < now else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The decision policy of a day: what a model may do, and what asks for a person.

    ``awaited_registers`` (those that a decision waits for), ``papers`` (by feature, what a
    family can show where it is unknown), ``worth`` and ``kept_months`` (for which a decision
    stays in force while a register is silent) are of editions that tell the three consequences
    apart; before, all wait.
    """

    since: date
    policy: str
    scorecard: str
    category_6_by_score: bool
    consequences: Mapping[str, Consequence]
    adverse: Adverse
    beyond_capacity: frozenset[str] = field(default_factory=frozenset)
    awaited_registers: frozenset[str] = field(default_factory=frozenset)
    papers: Mapping[str, str] = field(default_factory=dict)
    worth: Worth | None = None
    kept_months: int = 0

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Policy":
        """Read an edition of the file."""
        named = raw.get("consequences", ())
        consequences = {entry["reason"]: Consequence(entry["consequence"]) for entry in named}
        return cls(
            since=raw["since"],
            policy=raw["policy"],
            scorecard=raw["scorecard"],
            category_6_by_score=raw["category_6_by_score"],
            consequences=consequences or dict.fromkeys(raw["review_on"], Consequence.WAIT),
            beyond_capacity=frozenset(e["reason"] for e in named if e.get("beyond_capacity")),
            awaited_registers=frozenset(raw.get("awaited_registers", ())),
            papers=raw.get("papers", {}),
            worth=Worth.read(raw["worth"]) if "worth" in raw else None,
            kept_months=raw.get("kept_months", 0),
            adverse=Adverse(**raw["category_6"]),
        )

    def of(self, code: str, *, red_flag: bool = False) -> Consequence | None:
        """Return what a reason leads to; None: the policy names it nowhere, and nothing follows."""
        own = self.consequences.get(code)
        return self.consequences.get(RED_FLAG) if own is None and red_flag else own


def refuse_unsafe(editions: list[Mapping[str, Any]], red_flags: frozenset[str], file: Path) -> None:
    """Raise DeclarationError for a policy that could harm, naming its lines.

    An adverse effect must wait in every edition. Where consequences are told apart, only the
    reasons of `MAY_WAIT` may wait: any other would let a look delay a family in need.
    """
    faults: list[str] = []
    for number, edition in enumerate(editions):
        place = ("editions", number)
        if "consequences" not in edition:
            if any("consequences" in earlier for earlier in editions[:number]):
                faults.append(_at(file, place, "needs `consequences`, as the edition before it"))
                continue
            if ADVERSE_CATEGORY not in edition["review_on"]:
                faults.append(_at(file, (*place, "review_on"), _ADVERSE))
            faults += [
                _at(file, (*place, "review_on", at), f"{reason} {_UNKNOWN}")
                for at, reason in enumerate(edition["review_on"])
                if reason not in _KNOWN | red_flags
            ]
            continue
        named = [entry["reason"] for entry in edition["consequences"]]
        for at, entry in enumerate(edition["consequences"]):
            reason, waits = entry["reason"], entry["consequence"] == Consequence.WAIT
            where = (*place, "consequences", at)
            if reason not in _KNOWN | red_flags:
                faults.append(_at(file, where, f"{reason} {_UNKNOWN}"))
            elif named.index(reason) < at:
                faults.append(_at(file, where, f"{reason} is named twice"))
            elif waits and reason not in MAY_WAIT:
                faults.append(_at(file, where, f"{reason} {_DELAYS}"))
            elif reason == ADVERSE_CATEGORY and not waits:
                faults.append(_at(file, where, _ADVERSE))
        if ADVERSE_CATEGORY not in named:
            faults.append(_at(file, (*place, "consequences"), _ADVERSE))
    if faults:
        raise DeclarationError(f"{file.name} is refused: {'; '.join(faults)}.")


_ADVERSE: Final = f"{ADVERSE_CATEGORY} must wait: nobody loses support before a person has decided"
_DELAYS: Final = (
    "may not wait: a look would delay a family of category 1 or 2. Make it follow_up or information"
)
_UNKNOWN: Final = "is no reason that decisions know: correct the code, or remove it"


def _at(file: Path, place: tuple[str | int, ...], fault: str) -> str:
    return f"line {line_of(file, place)}: {fault}"
