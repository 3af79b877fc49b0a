"""Small data sets on disk: three families whose registers keep every promise."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

AS_OF = date(2026, 1, 1)

# Family 1: two adults and a child. Family 2: a mother and a child. Family 3: one pensioner.
HOUSEHOLDS = pl.DataFrame(
    {
        "household_id": [1, 2, 3],
        "region": ["71", "75", "61"],
        "settlement": ["urban", "urban", "rural"],
        "tenure": ["owned", "rented", None],
        "living_area_m2": [62.5, None, 40.0],
        "rooms": [3, None, 2],
        "piped_water": [True, True, False],
    }
)
PERSONS = pl.DataFrame(
    {
        "person_id": [11, 12, 13, 21, 22, 31],
        "household_id": [1, 1, 1, 2, 2, 3],
        "birth_date": [
            date(1985, 3, 1),
            date(1987, 7, 9),
            date(2015, 1, 30),
            date(1990, 5, 5),
            date(2019, 2, 28),
            date(1955, 12, 31),
        ],
        "sex": ["m", "f", "f", "f", "m", "f"],
        "relation": ["head", "spouse", "child", "head", "child", "head"],
    }
)
INCOMES = pl.DataFrame(
    {
        "person_id": [11, 12, 21, 31],
        "month": [date(2025, 12, 1), date(2025, 11, 1), date(2025, 10, 1), date(2025, 12, 1)],
        "source": ["wage", "wage", "allowance", "pension"],
        "amount": [300_000, 150_000, 90_000, 110_000],
    }
)
LOANS = pl.DataFrame(
    {
        "person_id": [11, 21],
        "kind": ["mortgage", "consumer"],
        "monthly_payment": [90_000, 30_000],
        "issued_on": [date(2024, 2, 1), None],
    }
)
VEHICLES = pl.DataFrame({"person_id": [11], "kind": ["car"], "model_year": [2012]})
INSPECTIONS = pl.DataFrame(
    {
        "household_id": [1],
        "inspected_on": [date(2026, 4, 2)],
        "design": ["random"],
        "probability": [0.01],
        "hidden_income_monthly": [0],
    }
)
GOOD: dict[str, pl.DataFrame] = {
    "households": HOUSEHOLDS,
    "persons": PERSONS,
    "incomes": INCOMES,
    "loans": LOANS,
    "vehicles": VEHICLES,
    "inspections": INSPECTIONS,
}


def write(folder: Path, registers: Mapping[str, pl.DataFrame | None] | None = None) -> Path:
    """Write the good data set with some registers replaced; None leaves one out."""
    folder.mkdir(exist_ok=True)
    for name, frame in (GOOD | dict(registers or {})).items():
        if frame is not None:
            frame.write_parquet(folder / f"{name}.parquet")
    return folder


def with_row(frame: pl.DataFrame, **row: object) -> pl.DataFrame:
    """Add one row; columns not named stay null."""
    return pl.concat([frame, pl.DataFrame([row], schema_overrides=None)], how="diagonal_relaxed")


def with_cell(frame: pl.DataFrame, column: str, row: int, value: object) -> pl.DataFrame:
    """Change one cell, keeping the column's type."""
    cells = frame[column].to_list()
    cells[row] = value
    return frame.with_columns(pl.Series(column, cells, dtype=frame[column].dtype))
