"""Whether probabilities mean what they say: fifteen bins, and how far off chance alone would be.

With a few hundred labels even a perfect model misses its bins by some points. So beside the
expected calibration error (ECE) stands what a model with these very probabilities would
show if every one of them were right.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.assessment.metrics import CONFIDENCE, Estimate, share
from models.assessment.suppression import SHOWN_FROM
from models.learned.arrays import Codes, Matrix, Vector

BINS: Final = 15
_REPLICAS: Final = 1_000


def bins_of(predicted: Vector, weights: Vector) -> Codes:
    """Return the bin of each family: as many as hold ten families, fifteen at most.

    Bins of equal weight, in order of the probability; at least one.
    """
    count = max(1, min(BINS, len(predicted) // SHOWN_FROM))
    order = np.argsort(predicted, kind="stable")
    reached = np.cumsum(weights[order]) - weights[order] / 2
    placed = np.empty(len(predicted), dtype=np.int64)
    placed[order] = np.minimum((reached / weights.sum() * count).astype(np.int64), count - 1)
    return placed


def table(truth: Vector, predicted: Vector, weights: Vector) -> list[dict[str, Any]]:
    """Return for each bin what was said and what was found, with the exact interval of counts."""
    placed = bins_of(predicted, weights)
    rows = []
    for number in range(int(placed.max()) + 1 if len(placed) else 0):
        mine = placed == number
        observed = share(int(truth[mine].sum()), int(mine.sum()))
        rows.append(
            {
                "bin": number + 1,
                "families": int(mine.sum()),
                "said": round(float(np.average(predicted[mine], weights=weights[mine])), 6),
                **observed.as_json(),
            }
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationError:
    """The ECE with its bootstrap interval, and what chance alone would make of it.

    ``if_perfect`` is the mean, with the middle 95 %, of the ECE of a model whose every
    probability is right; ``chance`` how often such a model shows an ECE as large.
    """

    error: Estimate
    if_perfect: Estimate
    chance: float

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "ece": self.error.as_json(),
            "ece_if_perfect": self.if_perfect.as_json(),
            "chance_if_perfect": round(self.chance, 4),
        }


def calibration_error(
    truth: Vector, predicted: Vector, weights: Vector, drawn: Matrix, generator: np.random.Generator
) -> CalibrationError:
    """Return the mean distance of said and found over bins (Naeini et al. 2015).

    Parameters
    ----------
    truth, said, weights : what was found, its probability, and how much each family counts.
    drawn : bootstrap replicas as `models.assessment.metrics.draws` returns them; a replica's
        ECE is larger than the sample's by nature, so the interval leans upwards.
    generator : draws the findings of the perfect model.
    """
    placed = bins_of(predicted, weights)
    member = np.eye(int(placed.max()) + 1)[placed]
    value = float(_errors((truth - predicted)[None, :], weights[None, :], member)[0])
    replicas = _errors((truth - predicted)[None, :], weights * drawn, member)
    perfect = (generator.random((_REPLICAS, len(predicted))) < predicted).astype(np.float64)
    by_chance = _errors(perfect - predicted, weights[None, :], member)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(replicas, [tail, 100 - tail])
    least, most = np.percentile(by_chance, [tail, 100 - tail])
    return CalibrationError(
        error=Estimate(value, min(float(low), value), max(float(high), value)),
        if_perfect=Estimate(float(by_chance.mean()), float(least), float(most)),
        chance=float((by_chance >= value).mean()),
    )


def _errors(off: Matrix, weights: Matrix, member: Matrix) -> Vector:
    """ECE under each row of weights or of distances: |Σ w (found − said)| over bins ÷ Σ w."""
    apart = np.abs((off * weights) @ member).sum(axis=1)
    return np.asarray(apart / weights.sum(axis=1), dtype=np.float64)
