"""Errors by group: for each group of families its rates, their intervals, and a verdict.

Rates are declared below. Each is an error, or a burden, that hurts a family; what it is
counted on is said beside it. A flag that more families of a group get is no error by
itself, for groups differ in how many hide income: it is shown and judged, but blocks nothing.
"""

from collections.abc import Iterator, Sequence
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
    cells, secret = [], []
    for attribute in ATTRIBUTES:
        mine = [
            _Cell(attribute.name, value, name, _is(rate.groups[attribute.name], value))
            for value, name in _values(attribute)
        ]
        sizes = np.array([int((c.inside & rate.could).sum()) for c in mine], dtype=np.int64)
        gone = fairness.hidden(sizes)
        cells += [c for c, n, g in zip(mine, sizes, gone, strict=True) if n and not g]
        secret += [c for c, g in zip(mine, gone, strict=True) if g]
    return _rows(rate, cells, secret)


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


def _rows(rate: Rate, cells: Sequence[_Cell], secret: Sequence[_Cell]) -> list[dict[str, Any]]:
    found = _findings(rate, [c.inside & rate.could for c in cells])
    shown = [
        {"rate": rate.name, "by": c.by, "group": c.group, "name": c.name, **f.told()}
        for c, f in zip(cells, found, strict=True)
    ]
    return shown + [
        {"rate": rate.name, "by": c.by, "group": c.group, "name": c.name, "hidden": True,
         "verdict": str(Verdict.UNKNOWN)}
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
    """Return the ECE inside each group with labels enough for a resampled interval (E16).

    ``rate`` is the calibration gap; ``weights`` and ``drawn`` of the same families.
    """
    assert rate.said is not None
    truth = rate.has.astype(np.float64)
    return [
        {
            "by": cell.by, "group": cell.group, "name": cell.name, "of": int(cell.inside.sum()),
            **reliability.calibration_error(
                truth[cell.inside], rate.said[cell.inside], weights[cell.inside],
                drawn[:, cell.inside], generator,
            ).told(),
        }
        for cell in _every_group(rate)
        if cell.inside.sum() >= ECE_FROM
    ]  # fmt: skip


def precision_inside(unconfirmed: Rate, confirmed: Flags) -> list[dict[str, Any]]:
    """Compare the precision of flags with the prevalence inside each group (E11).

    ``unconfirmed`` is the rate of unconfirmed families among the flagged of the random arm;
    ``confirmed`` says of every family of the arm what inspectors found. Groups with fewer
    than ten flagged families, or that would give one away, are not shown.
    """
    told = []
    for attribute in ATTRIBUTES:
        cells = [c for c in _every_group(unconfirmed) if c.by == attribute.name]
        flagged = np.array(
            [int((c.inside & unconfirmed.could).sum()) for c in cells], dtype=np.int64
        )
        gone = fairness.hidden(flagged)
        for cell, n, secret in zip(cells, flagged, gone, strict=True):
            if not n or secret:
                continue
            right = int((cell.inside & unconfirmed.could & ~unconfirmed.has).sum())
            prevalence = metrics.share(int(confirmed[cell.inside].sum()), int(cell.inside.sum()))
            told.append(
                {"by": cell.by, "group": cell.group, "name": cell.name}
                | flags_against_prevalence(metrics.share(right, int(n)), prevalence)
            )
    return told


def _every_group(rate: Rate) -> Iterator[_Cell]:
    for attribute in ATTRIBUTES:
        for value, name in _values(attribute):
            yield _Cell(attribute.name, value, name, _is(rate.groups[attribute.name], value))


def _values(attribute: Attribute) -> list[tuple[str, str]]:
    return [*attribute.groups.items(), (UNKNOWN, "not known")]


def _is(groups: pl.Series, value: str) -> Flags:
    return np.asarray((groups == value).to_numpy(), dtype=bool)
