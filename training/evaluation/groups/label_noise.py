"""Would the groups stand in the same order if inspectors had erred more in one of them? (E18).

Five, ten or twenty in a hundred findings of one group are turned round, the others kept.
The models are not trained again: it is the out-of-fold flags that are counted anew. So this
tells how far the *table* can be trusted, not what noise does to learning.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment.fairness import Verdict
from models.assessment.groups import ATTRIBUTES
from models.assessment.suppression import SHOWN_FROM
from models.learned.arrays import Counts, Mask

SHARES: Final = (0.05, 0.10, 0.20)
REPLICAS: Final = 200
STABLE: Final = 0.95
"""In so many replicas the worst group must stay the worst, whichever group is disturbed."""
NOTE: Final = (
    "findings of one group at a time are turned round and the out-of-fold flags counted again, "
    "without training again; stable: the worst group stays the worst in 95 % of the replicas, "
    "whichever group is disturbed"
)


def stability(
    groups: pl.DataFrame, flagged: Mask, confirmed: Mask, generator: np.random.Generator
) -> dict[str, Any]:
    """Return for each attribute and rate whether the worst group stays the worst.

    Parameters
    ----------
    groups, flagged, confirmed : of the random arm, row by row.

    Returns
    -------
    ``rows``: attribute, rate (``false_alarms``: flagged among the clear; ``unconfirmed``:
    clear among the flagged), the worst group, and for each share of turned findings the
    least part of the replicas in which it stays the worst; verdict PASS (stable) or UNKNOWN.
    """
    rows: list[dict[str, Any]] = []
    for attribute in ATTRIBUTES:
        values = groups[attribute.name].to_numpy()
        names = [v for v in attribute.groups if (values == v).sum() >= SHOWN_FROM]
        counts = np.array([_counts(values == v, flagged, confirmed) for v in names])
        for rate in ("false_alarms", "unconfirmed"):
            entry = _kept(rate, names, counts, generator)
            if entry is not None:
                rows.append({"by": attribute.name, "rate": rate, **entry})
    return {"note": NOTE, "rows": rows}


def _counts(inside: Mask, flagged: Mask, confirmed: Mask) -> list[int]:
    """Flagged and confirmed, flagged and clear, unflagged and confirmed, unflagged and clear."""
    return [
        int((inside & one & other).sum())
        for one in (flagged, ~flagged)
        for other in (confirmed, ~confirmed)
    ]


def _kept(
    rate: str, names: Sequence[str], counts: Counts, generator: np.random.Generator
) -> dict[str, Any] | None:
    of = [_rate(rate, c)[1] for c in counts]
    shown = [place for place, n in enumerate(of) if n >= SHOWN_FROM]
    if len(shown) < 2:
        return None
    as_seen = np.array([_share(rate, counts[place]) for place in shown])
    worst = int(as_seen.argmax())
    if (as_seen == as_seen[worst]).sum() > 1:
        kept = dict.fromkeys((f"{s:.2f}" for s in SHARES), 0.0)
    else:
        kept = {}
        for share in SHARES:
            least = 1.0
            for disturbed in range(len(shown)):
                seen = np.repeat(as_seen[None, :], REPLICAS, axis=0)
                again = _turned(counts[shown[disturbed]], share, generator)
                seen[:, disturbed] = [_share(rate, c) for c in again]
                others = np.delete(seen, worst, axis=1).max(axis=1)
                least = min(least, float((seen[:, worst] > others).mean()))
            kept[f"{share:.2f}"] = round(least, 4)
    stable = min(kept.values()) >= STABLE
    return {
        "worst": names[shown[worst]],
        "stays_worst": kept,
        "verdict": str(Verdict.PASS if stable else Verdict.UNKNOWN),
    }


def _turned(counts: Counts, share: float, generator: np.random.Generator) -> Counts:
    """Return counts after a share of the findings was turned round, one row a replica."""
    turned = generator.multivariate_hypergeometric(
        counts, round(share * int(counts.sum())), size=REPLICAS
    )
    return np.asarray(counts - turned + turned[:, [1, 0, 3, 2]])


def _rate(rate: str, counts: Counts) -> tuple[int, int]:
    both, alarm, _, clear = (int(c) for c in counts)
    return (alarm, alarm + clear) if rate == "false_alarms" else (alarm, both + alarm)


def _share(rate: str, counts: Counts) -> float:
    count, of = _rate(rate, counts)
    return count / of if of else 0.0
