"""Errors by group: for each group of families its rates, their intervals, and a verdict.

Rates are declared below. Each is an error, or a burden, that hurts a family; what it is
counted on is said beside it. A flag that more families of a group get is no error by
itself, for groups differ in how many hide income: it is shown and judged, but blocks nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import polars as pl

from features.errors import InputError
from models.assessment import fairness, metrics, reliability
from models.assessment.fairness import TWO_WAY_FROM, Finding, Verdict
from models.assessment.groups import ATTRIBUTES, PAIRS, UNKNOWN, Attribute
from models.assessment.suppression import SHOWN_FROM
from models.learned.arrays import Mask, Matrix, Vector
from training.evaluation.random_arm import flags_against_prevalence

ECE_FROM: Final = 200
"""Labels a group needs before a resampled interval is shown for it (trust.md, E4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One rate of a group table: who could have the error, who has it, and who they are.

    ``has`` and ``could`` are one entry a family; ``groups`` the families' groups, row by row.
    ``predicted``: P(confirmed), for the calibration gap alone. Rates with the same ``linked``
    hide the same groups, for the counts of one give away those of the other.
    """

    name: str
    about: str
    groups: pl.DataFrame
    could: Mask
    has: Mask
    blocks: bool = True
    predicted: Vector | None = None
    linked: str = ""


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
    report: dict[str, Any] = {"rates": {}, "rows": [], "suppressed_below": SHOWN_FROM}
    blocking: list[Verdict] = []
    gone = hidden_groups(rates)
    for rate in rates:
        mine = gone[rate.name]
        rows = _rows(rate, [c for c in _single(rate) if c.identity not in mine])
        secret = [c for c in _single(rate) if c.identity in mine]
        rows += [
            {"rate": rate.name, **c.as_json(), "hidden": True, "verdict": str(Verdict.UNKNOWN)}
            for c in secret
        ]
        pairs = _rows(rate, [c for c in _crossed(rate) if c.identity not in mine])
        verdicts = [Verdict(row["verdict"]) for row in rows]
        failed = [row for row in [*rows, *pairs] if row["verdict"] == Verdict.FAIL]
        verdict = Verdict.FAIL if failed else fairness.together(verdicts)
        if rate.blocks:
            blocking.append(verdict)
        report["rates"][rate.name] = {
            "about": rate.about,
            "blocks": rate.blocks,
            "count": int((rate.has & rate.could).sum()),
            "of": int(rate.could.sum()),
            "verdict": str(verdict),
            "groups": {str(v): verdicts.count(v) for v in Verdict},
            "failed": [f"{row['by']}: {row['group']}" for row in failed],
        }
        report["rows"] += [*rows, *pairs]
    report["verdict"] = str(fairness.together(blocking))
    return report


@dataclass(frozen=True, slots=True)
class _Cell:
    """Families of one group, or of two at once."""

    by: str
    group: str
    name: str
    inside: Mask

    @property
    def identity(self) -> tuple[str, str]:
        return self.by, self.group

    def as_json(self) -> dict[str, str]:
        return {"by": self.by, "group": self.group, "name": self.name}


Hidden = Mapping[str, frozenset[tuple[str, str]]]
"""For each rate the groups, as (by, group), that are not shown."""


def hidden_groups(rates: Sequence[Rate]) -> Hidden:
    """Return for each rate the groups that are not shown: too small, or giving one away."""
    gone = {rate.name: _too_small(rate) for rate in rates}
    linked = {
        link: frozenset().union(*(gone[r.name] for r in rates if r.linked == link))
        for link in {rate.linked for rate in rates if rate.linked}
    }
    # Hiding more never gives more away: the sums that are left tell of more unknowns.
    return {r.name: linked[r.linked] if r.linked else gone[r.name] for r in rates}


def _too_small(rate: Rate) -> frozenset[tuple[str, str]]:
    gone: list[tuple[str, str]] = []
    single, crossed = list(_single(rate)), list(_crossed(rate))
    for cells, least in ((single, SHOWN_FROM), (crossed, TWO_WAY_FROM)):
        for by in dict.fromkeys(c.by for c in cells):
            mine = [c for c in cells if c.by == by]
            sizes = np.array([int((c.inside & rate.could).sum()) for c in mine], dtype=np.int64)
            if "×" in by:
                # Every row of the table lists the same groups of the second attribute.
                columns = len({c.group.split(" × ")[1] for c in mine})
                sizes = sizes.reshape(-1, columns)
            secret = fairness.hidden(sizes, least).ravel()
            gone += [c.identity for c, g in zip(mine, secret, strict=True) if g]
    return frozenset(gone)


def _single(rate: Rate) -> Iterator[_Cell]:
    for attribute in ATTRIBUTES:
        for value, name in _values(attribute):
            inside = _is(rate.groups[attribute.name], value)
            yield _Cell(attribute.name, value, name, inside)


def _crossed(rate: Rate) -> Iterator[_Cell]:
    by_name = {a.name: a for a in ATTRIBUTES}
    for first, second in PAIRS:
        for (one, name), (other, other_name) in product(
            _values(by_name[first]), _values(by_name[second])
        ):
            inside = _is(rate.groups[first], one) & _is(rate.groups[second], other)
            yield _Cell(f"{first} × {second}", f"{one} × {other}", f"{name} × {other_name}", inside)


def _rows(rate: Rate, cells: Sequence[_Cell]) -> list[dict[str, Any]]:
    """Test every cell that holds somebody; the correction runs over all of them."""
    there = [c for c in cells if (c.inside & rate.could).any()]
    findings = _findings(rate, [c.inside & rate.could for c in there])
    return [
        {"rate": rate.name, **c.as_json(), **f.as_json()}
        for c, f in zip(there, findings, strict=True)
    ]


def _findings(rate: Rate, inside: Sequence[Mask]) -> list[Finding]:
    if rate.predicted is not None:
        truth = rate.has.astype(np.float64)
        return fairness.calibration([rate.predicted[i] for i in inside], [truth[i] for i in inside])
    of = np.array([int(i.sum()) for i in inside], dtype=np.int64)
    count = np.array([int((i & rate.has).sum()) for i in inside], dtype=np.int64)
    everybody = rate.could
    return fairness.against_rest(count, of, int((rate.has & everybody).sum()), int(everybody.sum()))


def calibration_inside(
    rate: Rate, gone: Hidden, weights: Vector, drawn: Matrix, generator: np.random.Generator
) -> list[dict[str, Any]]:
    """Return the ECE inside each shown group with labels enough for a resampled interval (E16).

    ``rate`` is the calibration gap; ``weights`` and ``drawn`` of the same families.
    """
    if rate.predicted is None:
        raise InputError(f"{rate.name} says no probabilities, so they cannot be calibrated.")
    truth = rate.has.astype(np.float64)
    rows = []
    for cell in _shown(rate, gone):
        inside = cell.inside
        if inside.sum() >= ECE_FROM:
            error = reliability.calibration_error(
                truth[inside], rate.predicted[inside], weights[inside], drawn[:, inside], generator
            )
            rows.append({**cell.as_json(), "of": int(inside.sum()), **error.as_json()})
    return rows


def precision_inside(unconfirmed: Rate, confirmed: Rate, gone: Hidden) -> list[dict[str, Any]]:
    """Compare the precision of flags with the prevalence inside each group (E11).

    ``unconfirmed`` is the rate of unconfirmed families among the flagged of the random arm,
    ``confirmed`` any rate of all its families whose error is a finding. Only groups that are
    shown in both tables are shown here.
    """
    of_arm = {c.identity for c in _shown(confirmed, gone)}
    rows = []
    for cell in _shown(unconfirmed, gone):
        if cell.identity in of_arm:
            flagged = cell.inside & unconfirmed.could
            precision = metrics.share(int((flagged & ~unconfirmed.has).sum()), int(flagged.sum()))
            prevalence = metrics.share(
                int((cell.inside & confirmed.has).sum()), int(cell.inside.sum())
            )
            rows.append({**cell.as_json(), **flags_against_prevalence(precision, prevalence)})
    return rows


def _shown(rate: Rate, gone: Hidden) -> list[_Cell]:
    return [
        c
        for c in _single(rate)
        if c.identity not in gone[rate.name] and (c.inside & rate.could).any()
    ]


def _values(attribute: Attribute) -> list[tuple[str, str]]:
    return [*attribute.groups.items(), (UNKNOWN, "not known")]


def _is(groups: pl.Series, value: str) -> Mask:
    return np.asarray((groups == value).to_numpy(), dtype=bool)
