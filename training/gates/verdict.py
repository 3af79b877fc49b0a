"""What a gate says: a verdict, its number and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What a gate says."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


_WORST_FIRST: Final = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)


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


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return FAIL if there is one, else UNKNOWN if there is one, else PASS."""
    said = set(verdicts)
    return next((v for v in _WORST_FIRST if v in said), Verdict.PASS)
