"""What the simulated country is calibrated to, read from `figures.yaml` and `regions.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from features.errors import DeclarationError
from features.registers.declared import REGIONS
from training.population.chance import Floats

_FOLDER: Final = Path(__file__).parent


class At(StrEnum):
    """Which side of a published value is a success."""

    ABOUT = "about"
    LEAST = "least"
    MOST = "most"


class Verdict(StrEnum):
    """What became of a target."""

    MET = "met"
    EXPLAINED = "explained"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number about the country: published with its source, or assumed with its reason."""

    name: str
    about: str
    unit: str
    value: float
    group: str = ""
    tolerance: float | None
    """Largest deviation, as a share of the value, that the world may show; None: no target."""
    at: At = At.ABOUT
    source: str | None
    assumed: str | None
    explained: str | None = None
    """Why the published number cannot be met; None: it must be."""

    def verdict(self, achieved: float, sampling_error: float = 0.0) -> Verdict:
        """What became of this target in a world whose figure has that standard error.

        A country of few families may miss by three standard errors more than the tolerance:
        of some two hundred figures hardly one is then missed by chance.
        """
        if self.tolerance is None:
            raise DeclarationError(f"{self.name} has no tolerance: it is no target.")
        slack = self.tolerance * abs(self.value) + 3 * sampling_error
        above, below = achieved - self.value, self.value - achieved
        off = {At.ABOUT: max(above, below), At.LEAST: below, At.MOST: above}[self.at]
        if off <= slack:  # never for NaN: a country without a case
            return Verdict.MET
        return Verdict.EXPLAINED if self.explained else Verdict.MISSED


@cache
def _raw(file: str) -> Mapping[str, Any]:
    return dict(yaml.safe_load((_FOLDER / file).read_text(encoding="utf-8")))


@cache
def figures() -> Mapping[str, Figure]:
    """Every figure by name; raises DeclarationError for one that is neither cited nor assumed."""
    sources = _raw("figures.yaml")["sources"]
    declared = {}
    for name, entry in _raw("figures.yaml")["figures"].items():
        if ("source" in entry) == ("assumed" in entry):
            raise DeclarationError(f"figures.yaml: {name} needs either a source or `assumed`.")
        declared[name] = Figure(
            name=name,
            about=entry["about"],
            unit=entry["unit"],
            value=float(entry["value"]),
            group=entry.get("group", ""),
            tolerance=entry.get("tolerance"),
            at=At(entry.get("at", At.ABOUT)),
            source=sources[entry["source"]] if "source" in entry else None,
            assumed=entry.get("assumed"),
            explained=entry.get("explained"),
        )
    return declared | {each.name: each for each in _of_regions(sources)}


def _of_regions(sources: Mapping[str, str]) -> Iterator[Figure]:
    """The figures of single regions, named by fact and code: ``wage.75``."""
    for fact, entry in _raw("regions.yaml")["facts"].items():
        values = by_region(fact)
        scale = {"total": 1 / np.nansum(values), "thousand": 1_000.0}.get(entry.get("scale", ""), 1)
        for code, value in zip(REGIONS, values * scale, strict=True):
            if np.isnan(value):
                continue
            estimated = code in entry.get("estimated", ())
            cited = entry.get("sources", {}).get(code, entry["source"])
            yield Figure(
                name=f"{fact}.{code}",
                about=f"{REGIONS[code]}: {entry['about']}",
                unit=entry["unit"],
                value=float(value),
                group="regions",
                tolerance=entry["tolerance"],
                source=None if estimated else sources[cited],
                assumed=f"estimated: {entry['reason']}" if estimated else None,
                explained=entry.get("explained", {}).get(code),
            )


def figure(name: str) -> float:
    """The value of one figure."""
    return figures()[name].value


@cache
def by_region(column: str) -> Floats:
    """One column of the tables of regions, in the order of the contract; NaN: not published."""
    tables = [_raw("regions.yaml")[name] for name in ("published", "levers")]
    table = next(table for table in tables if column in table["columns"])
    place = table["columns"].index(column)
    cells = [table["rows"][code][place] for code in REGIONS]
    return np.array([np.nan if cell is None else float(cell) for cell in cells])


def law(name: str) -> Any:
    """A number of the law that the world pays or counts by."""
    return _raw("figures.yaml")["law"][name]


def repulsion(service: str) -> float:
    """How strongly seen means keep families from asking for a service; below 0: they attract."""
    return float(_raw("figures.yaml")["services"][service])


def is_law(name: str) -> bool:
    """Whether `figures.yaml` holds a number of the law of that name."""
    return name in _raw("figures.yaml")["law"]


def car_ages() -> tuple[Floats, Floats]:
    """Bounds of age in years and the cumulated share of cars up to each bound."""
    table = _raw("figures.yaml")["car_ages"]
    return np.array(table["bounds"], float), np.concatenate(([0.0], np.cumsum(table["shares"])))


def subsistence_minimum(as_of: date) -> int:
    """The subsistence minimum of the year of ``as_of``, the nearest year on file beyond its ends.

    Only used to count who hides income materially; never written into a register.
    """
    years: dict[int, int] = law("subsistence_minimum")
    return years[min(max(as_of.year, min(years)), max(years))]
