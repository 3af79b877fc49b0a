"""Golden predictions: made-up families whose predictions a bundle must repeat to the last bit."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from features.catalogue import FEATURES
from models.law.parameters import Law
from models.learned.predict import COLUMNS, Models


def golden(models: Models, rows: pl.DataFrame, as_of: date) -> dict[str, Any]:
    """Return synthetic families with what the models say of them, ready for the manifest."""
    cases = []
    for silent in ((), ("incomes",), ("loans", "vehicles")):
        predicted = models.predict(silenced(rows, silent), Law(as_of), silent)
        cases.append({"silent": list(silent), "expected": predicted.to_dicts()})
    return {"as_of": as_of.isoformat(), "rows": rows.to_dicts(), "cases": cases}


def differences(models: Models, kept: Mapping[str, Any]) -> int:
    """Return how many golden predictions the models do not repeat to the last bit."""
    schema = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    rows = pl.DataFrame(kept["rows"], schema=schema)
    law = Law(date.fromisoformat(kept["as_of"]))
    wrong = 0
    for case in kept["cases"]:
        predicted = models.predict(silenced(rows, case["silent"]), law, case["silent"])
        expected = pl.DataFrame(case["expected"], schema=COLUMNS)
        wrong += sum(a != b for a, b in zip(predicted.rows(), expected.rows(), strict=True))
    return wrong


def silenced(features: pl.DataFrame, silent: tuple[str, ...] | list[str]) -> pl.DataFrame:
    """Return the features as they are while these registers are silent."""
    gone = [f for f in FEATURES.values() if set(f.registers) & set(silent)]
    return features.with_columns(pl.lit(None, f.dtype).alias(f.name) for f in gone)
