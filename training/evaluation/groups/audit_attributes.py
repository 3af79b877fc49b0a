"""The store of audit attributes: who each judged family is, joined only when models are judged.

Nothing that learns imports this module or `models.assessment.groups` (an import contract
says so), and the attributes stand in a frame of their own: no label and no feature carries
them.
"""

from collections.abc import Sequence

import polars as pl

from features.registers.snapshot import Snapshot
from models.assessment import groups
from models.assessment.groups import ATTRIBUTES, UNKNOWN
from training.labels.gather import Labels

_KEYS = ("household_id", "as_of")


def read(snapshots: Sequence[Snapshot], labels: Labels) -> pl.DataFrame:
    """Return the groups of every family that a label or the population speaks of.

    Parameters
    ----------
    snapshots : those that ``labels`` was gathered from.

    Returns
    -------
    ``household_id``, ``as_of`` (the day of the snapshot), then the columns of
    `models.assessment.groups.of`. Registers are read a second time, here alone.
    """
    ordered = sorted(snapshots, key=lambda s: s.as_of)
    days = [labels.as_of] if len(ordered) == 1 else [s.as_of for s in ordered]
    wanted = pl.concat(
        [
            *(f.select(_KEYS) for f in (labels.inspections, labels.survey)),
            labels.population.select("household_id", as_of=pl.lit(labels.as_of)),
        ]
    ).unique()
    parts = [
        groups.of(snapshot.registers(number, day), day)
        .with_columns(as_of=pl.lit(day))
        .join(wanted, on=_KEYS, how="semi")
        for snapshot, day in zip(ordered, days, strict=True)
        for number in snapshot.partitions
    ]
    return pl.concat(parts).select(*_KEYS, *(a.name for a in ATTRIBUTES))


def beside(families: pl.DataFrame, attributes: pl.DataFrame) -> pl.DataFrame:
    """Return the groups of some families, row by row; unknown where the store has none.

    ``families`` has ``household_id`` and ``as_of``; the answer has one column an attribute.
    """
    return (
        families.select(_KEYS)
        .join(attributes, on=_KEYS, how="left", maintain_order="left")
        .select(pl.col(a.name).fill_null(UNKNOWN) for a in ATTRIBUTES)
    )
