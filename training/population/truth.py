"""The truth of a simulated country: what its families really live on, apart from the registers.

It is for judging a world and what was learned in it, and for nothing else: no feature, no
model, no training may import this module (`pyproject.toml`), and the reader of registers
refuses its folder and its columns (`features.registers.reading.sealed`).
"""

from pathlib import Path

import polars as pl

from features.errors import InputError
from features.registers.reading.sealed import FOLDER

__all__ = ["FOLDER", "read"]


def read(data: Path) -> pl.DataFrame:
    """One row a family, sorted by ``household_id``: true income by source, tenge a month.

    Beside it `hidden_income_monthly`, the sum of the hidden parts; `consumption_monthly`;
    and `ladder`, 1 to 6. Raises InputError for data without truth, as real data are.
    """
    parts = sorted((data / FOLDER).glob("*.parquet"))
    if not parts:
        raise InputError(
            f"{data} holds no truth: only a country made by `tarazy simulate` does. What is true "
            "of real families nobody knows; judge by random inspections."
        )
    return pl.concat([pl.read_parquet(part) for part in parts]).sort("household_id")
