"""Why a family is on the month's list, and why not: a sentence of codes and numbers.

Nothing stands in it that the decision of this very family does not say.
"""

from collections.abc import Mapping
from typing import Any

from models.law.policy import NO_ADULT, Worth


def why_now(row: Mapping[str, Any], worth: Worth, learn: str | None) -> str:
    """Say why a family is looked at this month.

    ``row``: the columns of `month_list.FAMILIES`, with ``arm``, ``probability`` and
    ``position``, ``room`` of its region. ``learn``: the flag that the arm learns about.
    """
    match row["arm"]:
        case "random":
            return (
                f"Drawn by lot, with a chance of {row['probability']:.2%}, from all families of "
                f"region {row['region']}, whatever its decision says."
            )
        case "learning":
            return (
                f"Drawn by lot, with a chance of {row['probability']:.2%}, from the families of "
                f"region {row['region']} for which {learn} is raised: to learn how often it is "
                "right."
            )
        case "protected":
            return f"{', '.join(row['codes'])}: looked at first, whatever the room."
        case _:
            return f"{_look(row, worth)} Position {row['position']} in region {row['region']}."


def _look(row: Mapping[str, Any], worth: Worth) -> str:
    """Say what a look is worth, and by what."""
    now, then = row["category"], row["category_then"]
    if row["best"] == NO_ADULT:
        changes = "children without an adult are looked at for their own sake"
    elif now == then:
        changes = f"a look changes an entitlement with a chance of {row['chance']:.0%}"
    else:
        changes = f"a look changes category {now} to {then} with a chance of {row['chance']:.0%}"
    others = [code for code in row["codes"] if code != row["best"]]
    beside = f" ({', '.join(others)} as well)" if others else ""
    return (
        f"{row['best']}{beside}: {changes}; urgency {worth.urgency_of(now, then):g}, "
        f"worth {row['worth']:.3f}."
    )
