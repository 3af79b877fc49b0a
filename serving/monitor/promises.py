"""Whether the live model keeps its promises: what inspectors found, and what that proves.

Only the random arm speaks of all families; targeted inspections and complaints were chosen because
somebody was suspected, and are shown beside it, no more. Three questions are watched at every
inspection (`models.assessment.sequential`), each with one chance in twenty, over a model's whole
life, of blaming it wrongly: are more flags unconfirmed than the certificate leaves possible, do
clear families of two groups bear false flags at different rates, are the probabilities off.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
from scipy.stats import binomtest

from features.registers.declared import REGIONS
from models.assessment import sequential
from models.assessment.metrics import UNKNOWN, share
from models.assessment.sequential import ERROR, Evidence
from models.learned.arrays import Vector
from serving.audit.comparison import GROUPS as NAMES
from serving.monitor.inspected import GROUPS
from serving.shown import SHOWN_FROM

DESIGNS: Final = ("random", "targeted", "complaint")
TOLERANCE: Final = 0.05
"""Points by which probabilities may be off on average; a convention."""
MATTERS: Final = 1.25
"""Ratio of two groups' error rates from which a proven difference takes a model back; ours."""
_NOT_TOLD: Final = {"value": None, "low": None, "high": None}

Line = Mapping[str, Any]


def kept(lines: Sequence[Line], promised: float | None) -> dict[str, Any]:
    """Return what inspectors found among the families the model had flagged, by arm and region.

    ``promised``: the share of flags that may stay unconfirmed; None: the model promised none.
    """
    random = [line for line in lines if line["design"] == "random"]
    flagged = [line for line in random if line["flagged"]]
    arms = {}
    for design in DESIGNS:
        mine = [line for line in lines if line["design"] == design]
        arms[design] = {"inspections": len(mine), **_precision([x for x in mine if x["flagged"]])}
    unconfirmed = share(sum(not line["confirmed"] for line in flagged), len(flagged))
    if len(flagged) < SHOWN_FROM:
        unconfirmed = UNKNOWN
    base = share(sum(line["confirmed"] for line in random), len(random))
    return {
        "promised": promised,
        "unconfirmed": unconfirmed.as_json(),
        "promise": _verdict(unconfirmed.low, unconfirmed.high, promised),
        "arms": arms,
        "base_rate": base.as_json(),
        "lift": _lift(flagged, random),
        "unequal_chances": len({line["probability"] for line in random}) > 1,
        "unconfirmed_weighted": _weighted(flagged),
        "regions": [
            {"region": code, "name": name, **precision}
            for code, name in REGIONS.items()
            if (precision := _precision([x for x in flagged if x["region"] == code]))["flagged"]
        ],
    }


def watched(
    lines: Sequence[Line], promised: float | None, refuted_above: float | None
) -> list[dict[str, Any]]:
    """Return what each question has seen so far, and whether it is proof against the model.

    ``promised`` holds on average over sets of labels; the share of this one model may lie as
    high as ``refuted_above`` before its certificate is refuted (`sequential.refuted_above`).
    ``act``: it is proof of something that matters, so the model goes back to shadow.
    """
    random = [line for line in lines if line["design"] == "random"]
    questions = [_promise(random, promised, refuted_above)]
    questions += [_groups(random, name, pair) for name, pair in GROUPS.items()]
    return [*questions, _calibration(random)]


def _promise(
    random: Sequence[Line], promised: float | None, refuted_above: float | None
) -> dict[str, Any]:
    mine = [line for line in random if line["flagged"]]
    entry = {"question": "unconfirmed_flags", "observations": len(mine)}
    if promised is None or refuted_above is None or not 0 < promised < 1:
        return entry | _nothing("the model's certificate promises nothing of its flags")
    if refuted_above >= 1:
        return entry | _nothing(
            "the certificate saw no confirmed flag in its random arm, so no share refutes it"
        )
    unconfirmed = np.array([not line["confirmed"] for line in mine], dtype=np.float64)
    seen = sequential.above(unconfirmed, refuted_above, weights=_weights(mine))
    return entry | {
        "promised": promised,
        "refuted_above": round(refuted_above, 6),
        "found": round(float(unconfirmed.mean()), 6) if mine else None,
        "needed": sequential.fewest_to_prove(refuted_above),
        **_evidence(seen, [line["inspected_on"] for line in mine]),
        "act": seen.crossed_at is not None,
    }


def _groups(random: Sequence[Line], group: str, pair: tuple[str, str]) -> dict[str, Any]:
    """Compare the false flags that clear families of two groups bear."""
    mine = [
        line
        for line in random
        if not line["confirmed"] and line["flagged"] is not None and line[group] in pair
    ]
    flagged = np.array([line["flagged"] for line in mine], dtype=np.float64)
    first = np.array([line[group] == pair[0] for line in mine], dtype=np.bool_)
    batch = np.array([line["batch"] for line in mine], dtype=np.int64)
    # The pairs share one chance of blaming the model wrongly between them (Bonferroni).
    seen = sequential.apart(
        flagged, first, batch, weights=_weights(mine), error=ERROR / len(GROUPS)
    )
    sides = [flagged[first], flagged[~first]]
    rates = [share(int(side.sum()), len(side)) for side in sides]
    proven = seen.crossed_at is not None
    return {
        "question": f"false_flags_by_{group}",
        "groups": [NAMES[group].get(value, "fewer than four children") for value in pair],
        "observations": len(mine),
        "rates": [
            rate.as_json() if len(side) >= SHOWN_FROM else dict(_NOT_TOLD)
            for rate, side in zip(rates, sides, strict=True)
        ],
        **_evidence(seen, None),
        "act": proven and _ratio(*(rate.value for rate in rates)) > MATTERS,
    }


def _calibration(random: Sequence[Line]) -> dict[str, Any]:
    mine = [line for line in random if line["predicted"] is not None]
    observed = np.array([line["confirmed"] for line in mine], dtype=np.float64)
    predicted = np.array([line["predicted"] for line in mine], dtype=np.float64)
    seen = sequential.off(observed, predicted, TOLERANCE, weights=_weights(mine))
    return {
        "question": "calibration",
        "observations": len(mine),
        "tolerance": TOLERANCE,
        "found": round(float(observed.mean()), 6) if mine else None,
        "predicted": round(float(predicted.mean()), 6) if mine else None,
        **_evidence(seen, [line["inspected_on"] for line in mine]),
        "act": seen.crossed_at is not None,
    }


def _evidence(seen: Evidence, days: Sequence[str] | None) -> dict[str, Any]:
    crossed = seen.crossed_at
    return {
        "why_not": None,
        "evidence": _digits(seen.value),
        "highest": _digits(seen.highest),
        "proof": _digits(seen.proof),
        "proven": crossed is not None,
        "proven_after": crossed,
        "proven_on": days[crossed - 1] if days is not None and crossed is not None else None,
        "path": [_digits(float(value)) for value in _thinned(seen.path)],
    }


def _nothing(why: str) -> dict[str, Any]:
    return {
        "why_not": why,
        "evidence": None,
        "highest": None,
        "proof": 1 / ERROR,
        "proven": False,
        "proven_after": None,
        "proven_on": None,
        "path": [],
        "act": False,
    }


def _thinned(path: Vector, most: int = 400) -> Vector:
    """Return at most so many points of a path, its last among them, for the picture."""
    if len(path) <= most:
        return path
    kept: Vector = path[np.unique(np.linspace(0, len(path) - 1, most).astype(int))]
    return kept


def _precision(flagged: Sequence[Line]) -> dict[str, Any]:
    """Return how many flags inspectors confirmed; fewer than ten are counted, not told."""
    confirmed = sum(line["confirmed"] for line in flagged)
    shown = len(flagged) >= SHOWN_FROM
    return {
        "flagged": len(flagged),
        "confirmed": confirmed if shown else None,
        "precision": share(confirmed, len(flagged)).as_json() if shown else dict(_NOT_TOLD),
    }


def _verdict(low: float | None, high: float | None, promised: float | None) -> str:
    if promised is None or low is None or high is None:
        return "cannot be told"
    return "kept" if high <= promised else "broken" if low > promised else "cannot be told"


def _lift(flagged: Sequence[Line], random: Sequence[Line]) -> dict[str, float | None]:
    """Return how many times likelier a flag is confirmed than a family drawn at random.

    The ends are those of two exact intervals at 97.5 %, one divided by the other: together
    they hold in at least 95 of 100 cases (Bonferroni).
    """
    if len(flagged) < SHOWN_FROM:
        return dict(_NOT_TOLD)
    above, below = (
        binomtest(sum(line["confirmed"] for line in some), len(some)) for some in (flagged, random)
    )
    if not below.statistic:
        return dict(_NOT_TOLD)
    top, bottom = (test.proportion_ci(0.975) for test in (above, below))
    return {
        "value": round(above.statistic / below.statistic, 6),
        "low": round(top.low / bottom.high, 6),
        "high": round(top.high / bottom.low, 6) if bottom.low > 0 else None,
    }


def _weighted(flagged: Sequence[Line]) -> float | None:
    """Return the share unconfirmed with each family weighing what it stands for.

    Null where a family's chance to be drawn is not known.
    """
    if len(flagged) < SHOWN_FROM or not all(line["probability"] for line in flagged):
        return None
    unconfirmed = [not line["confirmed"] for line in flagged]
    stands_for = [1 / line["probability"] for line in flagged]
    return round(float(np.average(unconfirmed, weights=stands_for)), 6)


def _weights(random: Sequence[Line]) -> Vector:
    return np.array([line["weight"] for line in random], dtype=np.float64)


def _ratio(first: float | None, second: float | None) -> float:
    low, high = sorted((first or 0.0, second or 0.0))
    return high / low if low else float("inf") if high else 1.0


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


def last_day(lines: Sequence[Line]) -> date | None:
    """Return the day of the newest inspection that was counted; none yet: None."""
    return max((date.fromisoformat(line["inspected_on"]) for line in lines), default=None)
