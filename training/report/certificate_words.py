"""What the certificate of a flag says, in words: the report, the card and the register share it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

_CHOSEN_BY: Final = {"targeted": "suspicion", "complaint": "complaint"}


def promise(certificate: Mapping[str, Any]) -> str:
    """Return what is promised of the flag, and how far this one model may lie above it."""
    if certificate["nobody_flagged_because"]:
        return f"Nobody is flagged: {certificate['nobody_flagged_because']}"
    promised = certificate["unconfirmed_at_most"]
    sentence = (
        f"Of the families that it flags, at most {promised:.0%} would not be confirmed, on average."
    )
    possible = certificate.get("refuted_above")
    if possible is None or possible <= promised:
        return sentence
    if possible >= 1:
        return (
            f"{sentence} That is an average over sets of inspections: those by lot that it learned "
            "from confirmed no flag, so they cannot say how far this one model lies above it."
        )
    return (
        f"{sentence} That is an average over sets of inspections: for this one model up to "
        f"{possible:.1%} is possible, and only what lies above is held against it."
    )


def choices(certificate: Mapping[str, Any]) -> Iterator[str]:
    """Yield of suspicion and of complaints what it told to have been chosen so.

    A certificate of before this was asked says nothing.
    """
    for way, effect in (certificate.get("choice") or {}).items():
        if not effect["tells"]:
            yield (
                f"To have been chosen by {_CHOSEN_BY[way]} tells nothing beside the registers, as "
                f"far as {effect['inspections']:,} inspections can tell."
            )
            continue
        value, low, high = (math.exp(effect["log_odds"][end]) for end in ("value", "low", "high"))
        alone = " and no promise leans on them" if way == "targeted" else ""
        yield (
            f"Families chosen by {_CHOSEN_BY[way]} were confirmed at {value:.2f} (95 % interval "
            f"{low:.2f} to {high:.2f}) times the odds of those that look the same and were drawn "
            f"by lot. The detector learned with that set apart{alone}."
        )


def news(certificate: Mapping[str, Any]) -> list[str]:
    """Return of these sentences those that a run must tell first: where a choice tells more."""
    ways = certificate["choice"]
    return [
        sentence
        for sentence, effect in zip(choices(certificate), ways.values(), strict=True)
        if effect["tells"]
    ]
