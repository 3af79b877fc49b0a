"""What a fit learns from: distinct rows in one fixed order, dealt into folds.

LightGBM counts rows, not weights, where it bounds leaves and cuts values into bins. Three
equal rows of weight one would so be another sample than one row of weight three, and a
row of weight zero would still hold a leaf up. Equal rows are therefore merged, their
weights added, rows without weight left out and the rest sorted: however a weight is split
and whatever the order, the learner sees the same bytes. A leaf of twenty distinct rows
speaks for at least twenty families where each family has one row.

Equal rows are one family's as far as anybody told us. Where inputs are few and coarse,
different families look alike; told whose row each is, we keep them apart.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.learned.arrays import Codes, Matrix, Vector

_ALIKE: Final = 4
"""So many rows for each distinct one are hardly copies: they are families that look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Distinct labelled rows; unknown inputs are NaN.

    ``weights`` are what trees are grown with, ``judged`` what calibration and promises
    rest on. ``group`` is a code; ``fold`` numbers the part of the rows that one blind
    model predicts: no family of it stands in another.
    """

    x: Matrix
    y: Vector
    weights: Vector
    judged: Vector
    group: Codes
    fold: Codes

    @property
    def folds(self) -> range:
        """Numbers of the folds."""
        return range(int(self.fold.max()) + 1)


def distinct(
    x: Matrix,
    y: Vector,
    weights: Vector,
    judged: Vector,
    *,
    families: Codes | None,
    group: Codes,
    kinds: Codes,
    folds: int,
    seed: int,
) -> Rows:
    """Merge equal rows and deal them into folds, kind by kind.

    Parameters
    ----------
    families : rows of one family share a fold, equal rows of two families stay two; None:
        every distinct row is a family.
    group : equal rows of different groups stay apart.
    kinds : what each fold should hold its share of, such as both findings.

    Raises
    ------
    ValueError
        Fewer than two families have any weight.

    """
    whose = np.zeros(len(y), dtype=np.int64) if families is None else families
    heavy = weights > 0
    table = np.column_stack([x, y, whose, group, kinds])[heavy] + 0.0  # −0.0 is 0.0
    keys = np.where(np.isnan(table), np.inf, table)
    # Equal rows stand lightest first, so that no order of theirs changes a bit of the sum.
    order = np.lexsort((judged[heavy], weights[heavy], *keys.T[::-1]))
    ordered = keys[order]
    first = np.flatnonzero(np.r_[True, (ordered[1:] != ordered[:-1]).any(axis=1)])
    if families is None and len(order) > _ALIKE * len(first):
        warnings.warn(
            f"{len(order)} rows hold {len(first)} different ones, and equal rows count as one "
            "family. If they are several, say whose row each is: fit(..., families=...).",
            stacklevel=4,
        )
    kept = table[order[first]]
    family = kept[:, -3].astype(np.int64) if families is not None else np.arange(len(first))
    if len(np.unique(family)) < 2:
        raise ValueError(
            "Only one sample has any weight (n_samples = 1): what is said of a family must come "
            "from a model that had not seen it, so give at least two."
        )
    return Rows(
        x=np.ascontiguousarray(kept[:, : x.shape[1]]),
        y=kept[:, x.shape[1]].astype(np.float64),
        weights=np.add.reduceat(weights[heavy][order], first),
        judged=np.add.reduceat(judged[heavy][order], first),
        group=kept[:, -2].astype(np.int64),
        fold=_dealt(family, kept[:, -1].astype(np.int64), folds, seed),
    )


def _dealt(family: Codes, kinds: Codes, folds: int, seed: int) -> Codes:
    """Shuffle the families, sort them by kind, and deal them out like cards."""
    each, place = np.unique(family, return_inverse=True)
    kind = np.zeros(len(each), dtype=np.int64)
    np.maximum.at(kind, place, kinds)
    shuffled = np.random.default_rng(seed).permutation(len(each))
    dealt = np.empty(len(each), dtype=np.int64)
    dealt[shuffled[np.argsort(kind[shuffled], kind="stable")]] = np.arange(len(each)) % folds
    return dealt[place]
