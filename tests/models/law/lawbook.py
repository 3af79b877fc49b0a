"""Families described by their features, and copies of the law with one thing changed."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from features.catalogue import FEATURES
from models.law.files import LAW

# Two adults at work, one child, a flat of their own, one car: everything known.
ORDINARY: dict[str, Any] = {
    "members": 3,
    "children": 1,
    "children_and_students": 1,
    "adults": 2,
    "adults_of_working_age": 2,
    "working_members": 2,
    "dependants": 1,
    "dependency_ratio": 1 / 3,
    "work_intensity": 1.0,
    "adult_education": 3,
    "dwellings": 1,
    "living_area_per_member": 2000,
    "vehicles": 1,
    "cars": 1,
    "counted_income_quarter": 900_000,
    "income_per_member": 100_000,
    "wage_per_member": 100_000,
    "income_besides_benefits_per_member": 100_000,
}


def features(*families: Mapping[str, Any]) -> pl.DataFrame:
    """Return families as features; what is not told is as in the ordinary family, or nought."""
    nought = {pl.Boolean(): False, pl.Float64(): 0.0, pl.Int64(): 0}
    rows = []
    for number, feature_values in enumerate(families, start=1):
        assert feature_values.keys() <= FEATURES.keys(), feature_values.keys() - FEATURES.keys()
        row = {name: nought[f.dtype] for name, f in FEATURES.items()} | ORDINARY | feature_values
        rows.append({"household_id": number} | row)
    schema = {"household_id": pl.Int64(), **{name: f.dtype for name, f in FEATURES.items()}}
    return pl.DataFrame(rows, schema=schema)


def family(**feature_values: Any) -> pl.DataFrame:
    return features(feature_values)


def amended(folder: Path, file: str, change: Callable[[Any], None]) -> Path:
    """Copy the law into a folder and change one of its files."""
    copy = folder / "law"
    if not copy.exists():
        shutil.copytree(LAW, copy)
    path = copy / file
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    change(content)
    text = yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return copy
