"""Every number of an evaluation with its interval, by name: what MLflow, tables and cards print.

One reading of the metrics for all of them, so that no two can differ.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

SLICED: Final = ("groups", "fairness", "deciles", "slices")
"""Parts of the metrics whose inner names are groups of families, not measures."""
_ENDS: Final = ("value", "low", "high")
_OF_SEEDS: Final = ("min", "median", "max")
HEADLINES: Final = (
    *(f"hidden_income.auc.{end}" for end in _ENDS),
    *(f"auc_above_logistic_regression.{end}" for end in _ENDS),
    *(f"auc_above_logistic_regression_strengthened.{end}" for end in _ENDS),
    *(f"seeds.auc.{end}" for end in _OF_SEEDS),
    *(f"seeds.auc_above_logistic_regression.{end}" for end in _OF_SEEDS),
    *(f"seeds.flagged_share.{end}" for end in _OF_SEEDS),
    "seeds.flagging",
    "baselines.logistic_regression.auc.value",
    "hidden_income.precision_at_capacity.value",
    "hidden_income.average_precision.value",
    "hidden_income.calibration_slope.value",
    "reliability.ece.value",
    "random_arm.labels",
    "random_arm.confirmed.value",
    "amounts.held.value",
    "certificate.flagged_share",
    "certificate.unconfirmed_at_most",
    "certificate.unconfirmed_in_random_arm.value",
    "review_load.asking",
    "review_load.person_days",
    "welfare.quadratic_kappa.value",
    "welfare.set_held.value",
    "welfare.mean_set_size",
)
"""What MLflow shows of a run: how well it ranks and by how much, what other seeds make of it,
whether its promises hold, and what it would cost. All other numbers are in its table."""
_WHAT: Final = ("rate", "measure", "error")
"""What in a row of a list names the measure …"""
_WHOM: Final = ("by", "attribute", "group", "cell", "decile", "name")
"""… and what names the families, in the order in which it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number of the metrics: ``name`` of what was measured, ``slice`` on whom (all: null).

    ``value`` is null where the labels cannot tell; ``interval`` says whether ends belong to
    it at all, for a count has none.
    """

    name: str
    slice: str | None
    value: float | None
    low: float | None = None
    high: float | None = None
    interval: bool = False
    verdict: str | None = None

    @property
    def path(self) -> str:
        """One name of both."""
        return self.name if self.slice is None else f"{self.name}.{self.slice}"


def measured(metrics: Mapping[str, Any]) -> list[Measure]:
    """Return every number of the metrics in their order; texts and verdicts alone are none."""
    return [_measure(path, leaf) for path, leaf in _leaves(metrics, ())]


def flat(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return names and numbers, intervals as ``….low`` and ``….high``.

    What is unknown has no number and is left out; a zero would be a lie.

    >>> flat({"auc": {"value": 0.8, "low": None}, "why": "text", "n": 3})
    {'auc.value': 0.8, 'n': 3.0}
    """
    numbers: dict[str, float] = {}
    for m in measured(metrics):
        if not m.interval:
            if m.value is not None:
                numbers[m.path] = m.value
            continue
        for end in ("value", "low", "high"):
            number = getattr(m, end)
            if number is not None:
                numbers[f"{m.path}.{end}"] = number
    return numbers


def table(metrics: Mapping[str, Any]) -> pl.DataFrame:
    """Return the numbers as a table: one row a measure and slice."""
    return pl.DataFrame(
        [
            {
                "measure": m.name,
                "slice": m.slice,
                "value": m.value,
                "low": m.low,
                "high": m.high,
                "verdict": m.verdict,
            }
            for m in measured(metrics)
        ],
        schema={
            "measure": pl.String,
            "slice": pl.String,
            "value": pl.Float64,
            "low": pl.Float64,
            "high": pl.Float64,
            "verdict": pl.String,
        },
    )


def of_run(manifest: Mapping[str, Any], seeds: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that a run measured, in one tree: what tables and MLflow are made of."""
    load = manifest["review_load"]
    return {
        **manifest["metrics"],
        "certificate": manifest["certificate"],
        "review_load": load["shares"] | {"person_days": load["person_days"]},
        "seeds": seeds,
    }


def headlines(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return of the numbers of a run (`flat`) those that stand for it where runs are compared.

    A number that the labels cannot tell is left out; the table of the run holds the rest.
    """
    return {name: numbers[name] for name in HEADLINES if name in numbers}


class _Label(str):
    """A part of a path that names a row of a list: a group of families, not a measure."""

    __slots__ = ()


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        if "value" in value:
            yield path, value
            value = {k: v for k, v in value.items() if k not in ("value", "low", "high")}
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, row in enumerate(value):
            if not isinstance(row, Mapping):
                continue
            inside = (*path, *(str(row[k]) for k in _WHAT if k in row), _label(row, number))
            if "value" in row:  # counts and tests behind an estimate stand in groups.json
                yield inside, row
            else:
                named = {*_WHAT, *_WHOM}
                yield from _leaves({k: v for k, v in row.items() if k not in named}, inside)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _label(row: Mapping[str, Any], number: int) -> _Label:
    named = [str(row[k]) for k in _WHOM if isinstance(row.get(k), str | int)]
    return _Label(" / ".join(named) if named else number + 1)


def _measure(path: tuple[str, ...], leaf: Any) -> Measure:
    name, group = _split(path)
    if not isinstance(leaf, Mapping):
        return Measure(name=name, slice=group, value=float(leaf))
    ends = {end: _number(leaf.get(end)) for end in ("value", "low", "high")}
    verdict_text = leaf.get("verdict")
    verdict = verdict_text if isinstance(verdict_text, str) else None
    return Measure(name=name, slice=group, interval=True, verdict=verdict, **ends)


def _split(path: tuple[str, ...]) -> tuple[str, str | None]:
    labels = [part for part in path if isinstance(part, _Label)]
    if labels:
        name = [p for p in path if not isinstance(p, _Label) and p != "rows"]
        return ".".join(name), " / ".join(labels)
    if path[0] in SLICED and len(path) > 2:
        return f"{path[0]}.{path[-1]}", " / ".join(path[1:-1])
    return ".".join(path), None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
