"""Whom a version sends somebody to, and what that catches: as its signed manifest tells it."""

from collections.abc import Mapping
from typing import Any, Final

SHARES: Final = {
    "waiting": "waiting",
    "asking": "giving a reason to look later",
    "followed_up": "followed up, within capacity",
    "waited_before": "waiting by the policy before",
}
"""Of the families that the version was fixed on."""
CONFIRMED: Final = {
    "confirmed": "confirmed of the followed up",
    "confirmed_before": "confirmed of the queue before",
    "confirmed_of_all": "confirmed of all",
}
SEEN: Final = (
    "Counted when each was trained, on its own families; confirmed by random inspections that the "
    "version has learned from, so what its model asks for looks better than it is."
)


def figures(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return load and catch of a version, ready for JSON; null: it knows no follow-ups.

    Shares of all families; estimates with their 95 % interval; ``ratio``: how many times as often
    a look within capacity confirms as one of the queue before (null: it cannot be told).
    """
    looks = (manifest.get("follow_ups") or {}).get("looks")
    if looks is None or not looks["families"]:
        return None
    made = looks["followed_up"]
    counts = {name: looks[name] for name in SHARES if name != "followed_up"}
    return {
        "families": looks["families"],
        **{
            name: round(count / looks["families"], 6)
            for name, count in (counts | {"followed_up": made["families"]}).items()
        },
        "days": looks["days"],
        "inspected": made["known"],
        "confirmed": made["changed"],
        "confirmed_before": looks["before"]["changed"],
        "confirmed_of_all": looks["changed"],
        "ratio": looks["ratio"],
    }
