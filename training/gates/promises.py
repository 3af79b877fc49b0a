"""Whether what the model promises is what the random inspections and the survey show.

A promise is refuted by an interval that excludes it, never by a point beside it: on 250
labels a perfect model misses any bound on its calibration *error* half the time. So no
such bound is used here; slope and intercept have intervals.
"""

from collections.abc import Mapping
from typing import Any, Final

from training.gates.verdict import Gate, Verdict, gate

_WIDEST: Final = 2.0
"""A calibration slope whose interval reaches beyond one half or two says too little; and so
does a share of unconfirmed flags that may be twice the promised one."""
_FARTHEST: Final = 0.10
"""An interval of a coverage that reaches ten points below the promise says too little."""


def calibration(metrics: Mapping[str, Any]) -> Gate:
    """Say whether the probabilities mean what they say."""
    detector = metrics["hidden_income"]
    if detector is None:
        return gate("calibration", Verdict.UNKNOWN, None, "no random inspections to tell")
    slope, intercept = detector["calibration_slope"], detector["calibration_intercept"]
    if slope["value"] is None or intercept["value"] is None:
        why = "the random inspections found one kind of family only"
        return gate("calibration", Verdict.UNKNOWN, None, why)
    why = (
        f"slope {slope['low']:.2f} to {slope['high']:.2f}, "
        f"intercept {intercept['low']:.2f} to {intercept['high']:.2f}"
    )
    honest = slope["low"] <= 1 <= slope["high"] and intercept["low"] <= 0 <= intercept["high"]
    if not honest:
        return gate("calibration", Verdict.FAIL, slope["value"], f"{why}: not 1 and 0")
    if slope["low"] < 1 / _WIDEST or slope["high"] > _WIDEST:
        return gate("calibration", Verdict.UNKNOWN, slope["value"], f"{why}: too wide to tell")
    return gate("calibration", Verdict.PASS, slope["value"], why)


def flags(certificate: Mapping[str, Any] | None) -> Gate:
    """Say whether as many of the flagged are confirmed as the certificate promises.

    The number is the unconfirmed share of the flagged in the random arm. Where nobody is
    flagged nothing is promised of a flag, so there is nothing to keep: not applicable.
    """
    name = "guarantee_flags"
    if certificate is None:
        return gate(name, Verdict.UNKNOWN, None, "the bundle holds no certificate: train it again")
    promised = certificate["unconfirmed_at_most"]
    if because := certificate["nobody_flagged_because"]:
        why = f"not applicable: nobody is flagged, so nothing is promised of a flag. {because}"
        return gate(name, Verdict.NOT_APPLICABLE, None, why)
    share = certificate["unconfirmed_in_random_arm"]
    seen = certificate["flagged_in_random_arm"]
    if share["value"] is None:
        why = "no flagged family stands in the random arm, so the promise cannot be looked at"
        return gate(name, Verdict.UNKNOWN, None, why)
    why = (
        f"unconfirmed among {seen} flagged families of the random arm: 95 % interval "
        f"{share['low']:.2f} to {share['high']:.2f}, promised {promised:.2f} at most, on average"
    )
    possible = certificate.get("refuted_above")
    if possible is not None and possible > promised:
        why += f"; up to {possible:.2f} is possible for this model and is not held against it later"
    if share["low"] > promised:
        return gate(name, Verdict.FAIL, share["value"], f"{why}: more than promised")
    if share["high"] > _WIDEST * promised:
        return gate(name, Verdict.UNKNOWN, share["value"], f"{why}: too wide to tell")
    return gate(name, Verdict.PASS, share["value"], why)


def amounts(metrics: Mapping[str, Any]) -> Gate:
    """Say whether the intervals of hidden income hold the verified amounts as promised."""
    coverage = metrics["amounts"]
    if coverage is None:
        why = "no random inspections to tell whether the intervals hold the amounts"
        return gate("guarantee_amounts", Verdict.UNKNOWN, None, why)
    what = "verified amounts inside their intervals"
    return _coverage("guarantee_amounts", coverage["held"], coverage["level"], what)


def categories(metrics: Mapping[str, Any]) -> Gate:
    """Say whether the sets of categories hold the surveyed one as promised."""
    welfare = metrics["welfare"]
    what = "surveyed categories inside their sets"
    return _coverage("guarantee_categories", welfare["set_held"], welfare["level"], what)


def _coverage(name: str, held: Mapping[str, Any], level: float, what: str) -> Gate:
    if held["value"] is None:
        return gate(name, Verdict.UNKNOWN, None, f"{what}: nobody to tell")
    why = f"{what}: 95 % interval {held['low']:.3f} to {held['high']:.3f}, promised {level:.2f}"
    if held["high"] < level:
        return gate(name, Verdict.FAIL, held["value"], f"{why}: fewer than promised")
    if held["low"] < level - _FARTHEST:
        return gate(name, Verdict.UNKNOWN, held["value"], f"{why}: too wide to tell")
    if held["low"] > level:
        why += ": more than promised, so they could be narrower"
    return gate(name, Verdict.PASS, held["value"], why)


def groups(metrics: Mapping[str, Any]) -> Gate:
    """Say whether some group of families is served worse than the others, as far as can be told.

    Reads ``groups`` of the metrics: either ``verdicts``, one entry a group and measure, or the
    tables of rates by group, of which those that do not ``block`` are information. The number
    is how many groups fail.
    """
    verdicts = _verdicts(metrics.get("groups") or {})
    if not verdicts:
        return gate("groups", Verdict.UNKNOWN, None, "not measured: train it again to see groups")
    by = {v: [name for name, verdict in verdicts if verdict == v] for v in Verdict}
    failed, unknown = by[Verdict.FAIL], by[Verdict.UNKNOWN]
    if failed:
        why = f"{len(failed)} of {len(verdicts)} groups and rates fail: {_named(failed)}"
        return gate("groups", Verdict.FAIL, len(failed), why)
    if unknown:
        why = (
            f"{len(unknown)} of {len(verdicts)} groups and rates cannot be told "
            f"({_named(unknown)}); of the {len(by[Verdict.PASS])} that can be told none fails"
        )
        return gate("groups", Verdict.UNKNOWN, 0, why)
    return gate("groups", Verdict.PASS, 0, f"none of {len(verdicts)} groups and rates fails")


def _verdicts(group_metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what every group's verdict on every rate that blocks is, by the name of both.

    Cells of two attributes are so many and so small that most cannot be told: they count
    where they fail.
    """
    if "verdicts" in group_metrics:
        return [
            (f"{e['measure']} of {e['group']}", e["verdict"]) for e in group_metrics["verdicts"]
        ]
    blocking = {name for name, rate in group_metrics.get("rates", {}).items() if rate["blocks"]}
    return [
        (f"{row['rate']} of {row['group']}", row["verdict"])
        for row in group_metrics.get("rows", ())
        if row.get("rate") in blocking and ("×" not in row["by"] or row["verdict"] == Verdict.FAIL)
    ]


def _named(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
