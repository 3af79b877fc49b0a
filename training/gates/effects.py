"""Whether a candidate changes too much for too many, and nothing that law decides."""

from typing import Final

from models.writing import version_shown
from training.gates.blast_radius import Radius
from training.gates.verdict import Gate, Verdict, gate, hard

MOST_NEWLY_IN_REVIEW: Final = 0.005
"""Share of families newly sent to a person by the model, above which it is blocked.

Proposed [P] by the check R8 of trust.md, for families moved to a worse place by a change;
here the worse place is a review. Assumed until an authority sets its own.
"""


def blast_radius(radius: Radius | None, missing: str) -> Gate:
    """Say whether the candidate newly sends too many families to a person.

    Beside the champion, more than the share allowed is FAIL. Where there is no champion the
    whole load is new: it is compared with rules alone, and more than the share allowed is
    UNKNOWN, for no model has shown yet that the districts can carry it; a person may say so.
    ``missing`` says why nothing was measured.
    """
    name = "blast_radius"
    if radius is None:
        return gate(name, Verdict.UNKNOWN, None, missing)
    report = radius.as_json()
    changes, load = report["changes"], report["review"]["after"]
    share = changes["newly_in_review"]["share"]
    if share is None:
        return gate(name, Verdict.UNKNOWN, None, "the snapshot holds no family")
    against = (
        "beside rules alone, for there is no champion"
        if radius.before is None
        else f"beside version {version_shown(radius.before, radius.before_override)}"
    )
    flagged, dropped = (changes[n]["families"] for n in ("newly_flagged", "no_longer_flagged"))
    poorer, richer = (changes[n]["families"] for n in ("poorer_by_model", "richer_by_model"))
    placed = "" if radius.before is None else f"; placed poorer {poorer:,} and richer {richer:,}"
    why = (
        f"share of {report['families']:,} families newly sent to a person {against} "
        f"({changes['newly_in_review']['families']:,}; {MOST_NEWLY_IN_REVIEW:.1%} at most); newly "
        f"flagged {flagged:,}, no longer {dropped:,}{placed}; in review by the model alone "
        f"{load['by_model_alone']['families']:,} of {load['all']['families']:,}"
    )
    if share <= MOST_NEWLY_IN_REVIEW:
        return gate(name, Verdict.PASS, share, why)
    if radius.before is None:
        why += ": somebody must say that the districts can carry it"
        return gate(name, Verdict.UNKNOWN, share, why)
    return gate(name, Verdict.FAIL, share, why)


def off_switch(radius: Radius | None, missing: str) -> Gate:
    """Say whether switching the model off leaves everything that law decides as it is (E19).

    The number counts families for whom something differs; nobody may pass it by a word.
    """
    if radius is None:
        return gate("off_switch", Verdict.UNKNOWN, None, missing)
    who = f"{radius.touched:,} of {radius.table.height:,} families have"
    if not radius.touched:
        who = f"none of {radius.table.height:,} families has"
    why = (
        f"{who} another category, reason, entitlement or published flag with the model than "
        "without it"
    )
    verdict = Verdict.FAIL if radius.touched else Verdict.PASS
    return hard("off_switch", verdict, radius.touched, why)
