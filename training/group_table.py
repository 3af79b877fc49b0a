"""Errors by group: for each group of families its rates, their intervals, and a verdict.

Rates are declared below. Each is an error, or a burden, that hurts a family; what it is
counted on is said beside it. A flag that more families of a group get is no error by
itself, for groups differ in how many hide income: it is shown and judged, but blocks nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from models.assessment import fairness, metrics, reliability
from models.assessment.fairness import SUPPRESSED_BELOW, TWO_WAY_FROM, Finding, Verdict
from models.assessment.groups import ATTRIBUTES, PAIRS, UNKNOWN, Attribute
from models.inputs import Matrix
from training.random_arm import flags_against_prevalence

ECE_FROM: Final = 200
"""Labels a group needs before a resampled interval is shown for it (trust.md, E4)."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rate of a group table: who could have the error, who has it, and who they are.

    ``has`` and ``could`` are one entry a family; ``groups`` the families' groups, row by row.
    ``said``: P(confirmed), for the calibration gap alone.
    """

    name: str
    about: str
    groups: pl.DataFrame
    could: Flags
    has: Flags
    blocks: bool = True
    said: Matrix | None = None


def table(rates: Sequence[Rate]) -> dict[str, Any]:
    """Return every rate of every group, ready for JSON.

    Returns
    -------
    ``verdict`` over the rates that block; ``rates``: for each its words, its overall count,
    its verdict and the groups that failed; ``rows``: one row a rate and group (``by`` names
    one attribute or two), with count, of, value, low, high, rest, ratio, p, p_adjusted,
    power, verdict. Of a group below ten families, or one that would give it away, only
    ``hidden`` is told. Two-way cells stand where they hold thirty families.
    """
    told: dict[str, Any] = {"rates": {}, "rows": [], "suppressed_below": SUPPRESSED_BELOW}
    blocking: list[Verdict] = []
    for rate in rates:
        rows = _one_way(rate)
        verdicts = [Verdict(row["verdict"]) for row in rows]
        verdict = fairness.together(verdicts)
        pairs = _two_way(rate)
        failed = [row for row in [*rows, *pairs] if row["verdict"] == Verdict.FAIL]
        blocking += (
            [verdict, *(Verdict.FAIL for row in pairs if row["verdict"] == Verdict.FAIL)]
            if rate.blocks
            else []
        )
        told["rates"][rate.name] = {
            "about": rate.about,
            "blocks": rate.blocks,
            "count": int((rate.has & rate.could).sum()),
            "of": int(rate.could.sum()),
            "verdict": str(fairness.together([verdict, *(Verdict.FAIL for _ in failed[:1])])),
            "groups": {str(v): verdicts.count(v) for v in Verdict},
            "failed": [f"{row['by']}: {row['group']}" for row in failed],
        }
        told["rows"] += [*rows, *pairs]
    told["verdict"] = str(fairness.together(blocking))
    return told


def _one_way(rate: Rate) -> list[dict[str, Any]]:
    """Test every group of every attribute; the correction runs over all of them."""
    return _rows(rate, *_cells(rate))


def _cells(rate: Rate) -> tuple[list["_Cell"], list["_Cell"]]:
    """Return the groups of every attribute that are shown, and those that are hidden."""
    shown, secret = [], []
    for attribute in ATTRIBUTES:
        mine = [
            _Cell(attribute.name, value, name, _is(rate.groups[attribute.name], value))
            for value, name in _values(attribute)
        ]
        sizes = np.array([int((c.inside & rate.could).sum()) for c in mine], dtype=np.int64)
        gone = fairness.hidden(sizes)
        shown += [c for c, n, g in zip(mine, sizes, gone, strict=True) if n and not g]
        secret += [c for c, g in zip(mine, gone, strict=True) if g]
    return shown, secret


def _two_way(rate: Rate) -> list[dict[str, Any]]:
    cells: list[_Cell] = []
    by_name = {a.name: a for a in ATTRIBUTES}
    for first, second in PAIRS:
        rows, columns = _values(by_name[first]), _values(by_name[second])
        mine = [
            _Cell(
                f"{first} × {second}",
                f"{one} × {other}",
                f"{name} × {other_name}",
                _is(rate.groups[first], one) & _is(rate.groups[second], other),
            )
            for (one, name), (other, other_name) in product(rows, columns)
        ]
        sizes = np.array([int((c.inside & rate.could).sum()) for c in mine], dtype=np.int64)
        gone = fairness.hidden(sizes.reshape(len(rows), len(columns)), TWO_WAY_FROM).ravel()
        cells += [c for c, n, g in zip(mine, sizes, gone, strict=True) if n and not g]
    return _rows(rate, cells, [])


@dataclass(frozen=True, slots=True)
class _Cell:
    by: str
    group: str
    name: str
    inside: Flags

    def told(self) -> dict[str, str]:
        return {"by": self.by, "group": self.group, "name": self.name}


def _rows(rate: Rate, cells: Sequence[_Cell], secret: Sequence[_Cell]) -> list[dict[str, Any]]:
    found = _findings(rate, [c.inside & rate.could for c in cells])
    shown = [{"rate": rate.name, **c.told(), **f.told()} for c, f in zip(cells, found, strict=True)]
    return shown + [
        {"rate": rate.name, **c.told(), "hidden": True, "verdict": str(Verdict.UNKNOWN)}
        for c in secret
    ]  # fmt: skip


def _findings(rate: Rate, inside: Sequence[Flags]) -> list[Finding]:
    if rate.said is not None:
        truth = rate.has.astype(np.float64)
        return fairness.calibration([rate.said[i] for i in inside], [truth[i] for i in inside])
    of = np.array([int(i.sum()) for i in inside], dtype=np.int64)
    count = np.array([int((i & rate.has).sum()) for i in inside], dtype=np.int64)
    everybody = rate.could
    return fairness.against_rest(count, of, int((rate.has & everybody).sum()), int(everybody.sum()))


def calibration_inside(
    rate: Rate, weights: Matrix, drawn: Matrix, generator: np.random.Generator
) -> list[dict[str, Any]]:
    """Return the ECE inside each shown group with labels enough for a resampled interval (E16).

    ``rate`` is the calibration gap; ``weights`` and ``drawn`` of the same families.
    """
    assert rate.said is not None
    truth = rate.has.astype(np.float64)
    told = []
    for cell in _cells(rate)[0]:
        inside = cell.inside
        if inside.sum() >= ECE_FROM:
            error = reliability.calibration_error(
                truth[inside], rate.said[inside], weights[inside], drawn[:, inside], generator
            )
            told.append({**cell.told(), "of": int(inside.sum()), **error.told()})
    return told


def precision_inside(unconfirmed: Rate, found: Rate) -> list[dict[str, Any]]:
    """Compare the precision of flags with the prevalence inside each group (E11).

    ``unconfirmed`` is the rate of unconfirmed families among the flagged of the random arm,
    ``found`` any rate of all its families whose error is a finding. Only groups that are
    shown in both tables are shown here.
    """
    of_arm = {(c.by, c.group) for c in _cells(found)[0]}
    told = []
    for cell in _cells(unconfirmed)[0]:
        if (cell.by, cell.group) in of_arm:
            flagged = cell.inside & unconfirmed.could
            precision = metrics.share(int((flagged & ~unconfirmed.has).sum()), int(flagged.sum()))
            prevalence = metrics.share(int((cell.inside & found.has).sum()), int(cell.inside.sum()))
            told.append({**cell.told(), **flags_against_prevalence(precision, prevalence)})
    return told


def _values(attribute: Attribute) -> list[tuple[str, str]]:
    return [*attribute.groups.items(), (UNKNOWN, "not known")]


def _is(groups: pl.Series, value: str) -> Flags:
    return np.asarray((groups == value).to_numpy(), dtype=bool)
