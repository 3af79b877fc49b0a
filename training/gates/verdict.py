"""What a gate says: a verdict, its number, and a sentence that is true without the number."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a gate says. NOT_APPLICABLE: there is nothing of the kind that it asks about."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def blocks(self) -> bool:
        """Whether it keeps a candidate from serving until a person says otherwise."""
        return self in (Verdict.FAIL, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One question that a candidate must answer, and its answer."""

    name: str
    verdict: Verdict
    number: float | None
    why: str
    may_be_overridden: bool = True


def gate(name: str, verdict: Verdict, number: float | None, why: str) -> Gate:
    """Return the answer of a gate that a person may pass by a recorded word."""
    return Gate(name=name, verdict=verdict, number=number, why=why)


def hard(name: str, verdict: Verdict, number: float | None, why: str) -> Gate:
    """Return the answer of a gate that nobody may pass by a word."""
    return Gate(name=name, verdict=verdict, number=number, why=why, may_be_overridden=False)
