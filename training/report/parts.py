"""What a training report is made of: sections, tables, and numbers as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models import writing
from models.assessment.groups import ATTRIBUTES
from models.assessment.metrics import Estimate

OPTIMISTIC: Final = "on the labels that set the threshold, so optimistic"
NAMES: Final = {
    "flag_precision": f"flag precision, {OPTIMISTIC}",
    "flag_recall": f"flag recall, {OPTIMISTIC}",
    "refuted_above": "unconfirmed share above which the certificate is refuted",
    "unconfirmed_in_random_arm": f"unconfirmed in random arm, {OPTIMISTIC}",
    "amounts_held": "amounts held by the 90 % interval, by construction (set on these amounts)",
    "amounts_below": "amounts below the 90 % interval, by construction",
    "amounts_above": "amounts above the 90 % interval, by construction",
}
RATES: Final = {
    "flag_rate": "Flag rate",
    "false_alarms": "False alarms among the clear",
    "unconfirmed": "Unconfirmed among the flagged",
    "missed_by_the_rules": "Poor families missed by the rules",
    "missed_by_the_model": "Poor families missed by the model category",
    "calibration_gap": "Calibration gap",
}
ABOUT: Final = {a.name: a.about for a in ATTRIBUTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text; ``long`` ones are folded away on a screen."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, what is said under it, and its tables; ``picture`` names one that belongs here."""

    title: str
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    tables: Sequence[Table] = field(default_factory=tuple)
    picture: str | None = None


def show(estimate: Mapping[str, Any] | None) -> str:
    """Return a measure with its interval, for reading."""
    if estimate is None:
        return "unknown"
    return str(Estimate(estimate["value"], estimate["low"], estimate["high"]))


def named(measure: str) -> str:
    """Return a measure's name for reading."""
    return NAMES.get(measure, measure.replace("_", " "))


def number(value: float | None) -> str:
    """Return a number with three digits; unknown where there is none."""
    return "unknown" if value is None else f"{value:.3f}"


def tenge(estimate: Mapping[str, Any]) -> str:
    """Return an amount with its interval in whole tenge."""
    if estimate["value"] is None:
        return "unknown"
    value, low, high = (writing.number(round(estimate[end])) for end in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
