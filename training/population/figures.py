"""What the simulated country is calibrated to, read from `figures.yaml` with its sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from features.errors import DeclarationError
from features.registers.declared import REGIONS
from training.population.chance import Floats

_FILE: Final = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number about the country: published with its source, or assumed with its reason."""

    name: str
    about: str
    unit: str
    value: float
    tolerance: float | None
    """Largest deviation, as a share of the value, that the world may show; None: no target."""
    source: str | None
    assumed: str | None

    def met_by(self, achieved: float) -> bool:
        """Whether an achieved value lies within the tolerance of this target."""
        return self.tolerance is None or abs(achieved / self.value - 1) <= self.tolerance


@cache
def _raw() -> Mapping[str, Any]:
    return dict(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


@cache
def figures() -> Mapping[str, Figure]:
    """Every figure by name; raises DeclarationError for one that is neither cited nor assumed."""
    sources = _raw()["sources"]
    found = {}
    for name, entry in _raw()["figures"].items():
        if ("source" in entry) == ("assumed" in entry):
            raise DeclarationError(f"figures.yaml: {name} needs either a source or `assumed`.")
        found[name] = Figure(
            name=name,
            about=entry["about"],
            unit=entry["unit"],
            value=float(entry["value"]),
            tolerance=entry.get("tolerance"),
            source=sources[entry["source"]] if "source" in entry else None,
            assumed=entry.get("assumed"),
        )
    return found


def figure(name: str) -> float:
    """The value of one figure."""
    return figures()[name].value


@cache
def by_region(column: str) -> Floats:
    """One column of the table of regions, in the order of the register contract."""
    table = _raw()["regions"]
    place = table["columns"].index(column)
    return np.array([float(table["rows"][code][place]) for code in REGIONS])


def law(name: str) -> Any:
    """A number of the law that the world pays or counts by."""
    return _raw()["law"][name]


def repulsion(service: str) -> float:
    """How strongly seen means keep families from asking for a service; below 0: they attract."""
    return float(_raw()["services"][service])


def is_law(name: str) -> bool:
    """Whether `figures.yaml` holds a number of the law of that name."""
    return name in _raw()["law"]


def car_ages() -> tuple[Floats, Floats]:
    """Bounds of age in years and the cumulated share of cars up to each bound."""
    table = _raw()["car_ages"]
    return np.array(table["bounds"], float), np.concatenate(([0.0], np.cumsum(table["shares"])))


def subsistence_minimum(as_of: date) -> int:
    """The subsistence minimum of the year of ``as_of``, the nearest year on file beyond its ends.

    Only used to count who hides income materially; never written into a register.
    """
    years: dict[int, int] = law("subsistence_minimum")
    return years[min(max(as_of.year, min(years)), max(years))]
