"""Why this family is looked at this month, or why not: for whoever asks about one family."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from features.errors import InputError
from models.law.policy import REGISTER_SILENT
from training.inspections.month.policy import MonthPolicy
from training.inspections.month.selection import FOLLOW_UP, Month

Because = Literal[
    "listed",
    "not_asked",
    "below_the_bar",
    "no_room",
    "looked_at",
    "waits_for_a_person",
    "waits_for_a_register",
    "region_unknown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Whether a family is on the list of a month, and what that hangs on."""

    household_id: int
    listed: bool
    because: Because
    why: str

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def explained(month: Month, household_id: int, policy: MonthPolicy) -> Why:
    """Say why a family is on the list of the month, or why not.

    Raises InputError for a family that cannot be looked at: it is not there, or nobody is in it.
    """
    rows = month.families.filter(household_id=household_id).to_dicts()
    if not rows:
        raise InputError(
            f"Household {household_id} has no member in this snapshot, or is not in it: take a key "
            "from the column household_id of its register `households`."
        )
    listed = month.list.filter(household_id=household_id)
    if listed.height:
        sentence = listed["why_now"][0]
        return Why(household_id=household_id, listed=True, because="listed", why=sentence)
    because, sentence = _why_not(rows[0], month, policy)
    return Why(household_id=household_id, listed=False, because=because, why=sentence)


def _why_not(family: Mapping[str, Any], month: Month, policy: MonthPolicy) -> tuple[Because, str]:
    region = family["region"]
    if family["review_reasons"]:
        codes = ", ".join(family["review_reasons"])
        if REGISTER_SILENT in family["review_reasons"]:
            return "waits_for_a_register", f"Its decision waits for a register ({codes})."
        return "waits_for_a_person", f"Its decision waits for a person already ({codes})."
    if family["codes"] is None:
        return "not_asked", "Nothing in its decision asks for a look, and no lot drew it."
    codes = ", ".join(family["codes"])
    if not family["follow_up"]:
        return (
            "below_the_bar",
            f"A look ({codes}) is worth {family['worth']:.3f}: below the bar that training fixed "
            "for its region, so the decision does not ask for it.",
        )
    if family["quiet"]:
        day = family["looked_on"]
        return (
            "looked_at",
            f"It was listed on {day} for the same reasons ({codes}); without a new one it is not "
            f"listed again before {policy.quiet_until(day)}.",
        )
    if region is None:
        return "region_unknown", "Its region is not known, so no region has a place for it."
    worth = pl.col("worth") > family["worth"]
    asking = month.families.filter(pl.col("due") & ~pl.col("protected")).filter(region=region)
    places = month.list.filter(region=region, arm=FOLLOW_UP).height
    return (
        "no_room",
        f"No room: a look ({codes}) is worth {family['worth']:.3f}. Region {region} has "
        f"{month.capacities[region]:,} places this month; {places:,} went by worth, and of the "
        f"{asking.height:,} families that ask {asking.filter(worth).height:,} are worth more.",
    )
