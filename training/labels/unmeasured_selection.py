"""What an inspector's choice tells beside all that a family shows.

Inspectors may know what no register shows, and whoever complains of a neighbour often does.
Then a family that was chosen hides income more often (or less) than one that looks the same
and was drawn by lot, and a detector that learned from both as if they were alike would suspect
whoever looks like the chosen. So it is asked, of suspicion and of complaints apart, whether
the choice tells anything. Where it does, what it tells is set beside the finding of each
chosen family while the detector grows (`SelectionEffects.offset`), and no promise leans on families
whom inspectors chose so (`training.fitting.certificate.certified`).

Measured in a simulated country (`python -m training.trials --regimes --variants`:
shipped against two_stage_gap), AUC of families that nobody inspected: where inspectors
act on what is hidden, 0.003 better with 3,600 inspections, a third by lot; with 850 no
better and no worse. Where they act on the registers alone the choice tells nothing and
all stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import ndtri

from models.assessment.metrics import Estimate
from models.learned.arrays import Vector

Design = npt.NDArray[np.str_]
"""How each family came to be inspected, in the words of the register."""

_BY_LOT: Final = "random"
_CHOSEN: Final = ("targeted", "complaint")
_STRETCHES: Final = 10
"""Stretches of the score within which families are taken to look the same."""
_FEWEST: Final = 100
"""Inspections of a kind, and by lot, below which it is not asked what the choice tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionEffect:
    """How much likelier a family so chosen is confirmed than one that looks the same.

    ``log_odds`` is the difference with its 95 % interval; ``inspections``, how many were so
    chosen.
    """

    log_odds: float
    low: float
    high: float
    inspections: int

    @property
    def tells(self) -> bool:
        """Whether the choice tells what the registers do not: the interval leaves zero out."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionEffects:
    """What each way of choosing tells; ways with too few inspections are left out."""

    ways: Mapping[str, SelectionEffect]

    def offset(self, design: Design) -> Vector | None:
        """Return what is set beside each finding, as log-odds; None where nothing is told."""
        shift = np.zeros(len(design))
        for way, effect in self.ways.items():
            if effect.tells:
                shift[design == way] = effect.log_odds
        return shift if shift.any() else None

    def knows_more(self, way: str) -> bool:
        """Say whether those who choose so know what the registers do not."""
        return way in self.ways and self.ways[way].tells

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            way: {
                "log_odds": Estimate(t.log_odds, t.low, t.high).as_json(),
                "inspections": t.inspections,
                "tells": t.tells,
            }
            for way, t in self.ways.items()
        }


NO_EFFECT_KNOWN: Final = SelectionEffects(ways={})
"""Too few inspections of any kind to know."""


def seen(
    margin: Vector, confirmed: Vector, design: Design, suspected: Vector | None
) -> SelectionEffects:
    """Ask whether families that were chosen were confirmed more often than their likes.

    Parameters
    ----------
    margin : what a detector says that had not seen the family, log-odds.
    confirmed : 1 where an inspector found hidden income of the material size, else 0.
    design : as `design` returns it.
    suspected : the chance of each to be targeted, as its looks let expect
        (`training.labels.inspection_chance.suspected`); None, where too few were:
        complaints alone are asked.

    A logistic regression of the finding on whether suspicion or a complaint chose the
    family, among families whose scores lie in the same tenth, on the score within it and on
    the log of the chance: whoever is chosen by what the registers show, even where the
    detector has not learned it, must not look as if the choice told more (the regression for
    differential item functioning, Swaminathan & Rogers 1990). Intervals are Wald's, from the
    Fisher information. At least a hundred inspections of a kind, and by
    lot, are asked. Where all of a kind were found alike, odds would have no bound and the
    interval no end: one of them, where it says least, is taken to have been the other.
    """
    from sklearn.linear_model import LogisticRegression  # late: slow to import

    ways = [way for way in _CHOSEN if (design == way).sum() >= _FEWEST]
    compared = np.isin(design, [_BY_LOT, *ways])
    by_lot = (design == _BY_LOT).sum()
    both_outcomes = len(np.unique(confirmed[compared])) == 2
    if not ways or by_lot < _FEWEST or not both_outcomes:
        return NO_EFFECT_KNOWN
    cuts = np.quantile(margin[compared], np.linspace(0, 1, _STRETCHES + 1)[1:-1])
    stretch = np.digitize(margin, cuts)[:, None] == np.arange(1, _STRETCHES)
    looks = [margin]
    if suspected is not None and (suspected > 0).any():
        looks.append(np.log(np.maximum(suspected, suspected[suspected > 0].min())))
    x = np.column_stack([*(design == way for way in ways), *looks, stretch])[compared]
    findings = _of_both_kinds(margin, confirmed, design, (_BY_LOT, *ways))
    line = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(x, findings[compared])
    p = line.predict_proba(x)[:, 1]
    full = np.column_stack([np.ones(len(x)), x])
    covariance = np.linalg.pinv((full * (p * (1 - p))[:, None]).T @ full)
    half = ndtri(0.975) * np.sqrt(np.diag(covariance)[1 : len(ways) + 1])
    return SelectionEffects(
        ways={
            way: SelectionEffect(
                log_odds=float(value),
                low=float(value - h),
                high=float(value + h),
                inspections=int((design == way).sum()),
            )
            for way, value, h in zip(ways, line.coef_[0, : len(ways)], half, strict=True)
        }
    )


def _of_both_kinds(
    margin: Vector, confirmed: Vector, design: Design, ways: tuple[str, ...]
) -> Vector:
    """Return the findings, one turned round in each way that found one kind only."""
    findings = confirmed.copy()
    for way in ways:
        mine = np.flatnonzero(design == way)
        if len(np.unique(findings[mine])) == 1:
            signed_margin = margin[mine] if findings[mine[0]] > 0 else -margin[mine]
            least = mine[signed_margin.argmax()]
            findings[least] = 1.0 - findings[least]
    return findings


def design(inspections: pl.DataFrame) -> Design:
    """Return how each family came to be inspected."""
    return inspections["design"].cast(pl.String).to_numpy().astype(np.str_)
