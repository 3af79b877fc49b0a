"""How often a red flag is right, of families inspected at random: by place and by category."""

from collections.abc import Iterator, Sequence

import polars as pl

from models.assessment.metrics import share
from models.learned.flag_evidence import Cell, FlagEvidence


def evidence(inspected: pl.DataFrame, codes: Sequence[str]) -> FlagEvidence:
    """Return what random inspections say of each flag.

    Parameters
    ----------
    inspected : one row a family inspected at random: ``place`` and ``category`` (whole numbers),
        ``confirmed`` (Boolean), and for each of ``codes`` whether the flag was raised on the day
        before the inspection (Boolean; null: unknown, left out of that flag's cells).

    Returns
    -------
    For each flag a cell for all families, then one for each kind of place, then one for each
    category that was met. Source of the interval: Clopper & Pearson 1934.
    """
    return FlagEvidence(tuple(cell for code in codes for cell in _cells(inspected, code)))


def _cells(inspected: pl.DataFrame, code: str) -> Iterator[Cell]:
    known = inspected.filter(pl.col(code).is_not_null())
    yield _cell(known, code, None, None)
    for place in known["place"].unique().sort().to_list():
        yield _cell(known.filter(place=place), code, place, None)
    for category in known["category"].unique().sort().to_list():
        yield _cell(known.filter(category=category), code, None, category)


def _cell(known: pl.DataFrame, code: str, place: int | None, category: int | None) -> Cell:
    raised = known.filter(code)
    confirmed = int(raised["confirmed"].sum())
    precision = share(confirmed, raised.height)
    return Cell(
        flag=code,
        place=place,
        category=category,
        inspected=known.height,
        raised=raised.height,
        confirmed=confirmed,
        prevalence=share(int(known["confirmed"].sum()), known.height).value,
        precision=precision.value,
        low=precision.low,
        high=precision.high,
    )
