"""Columns and their types in MLflow's words: of what a run reads, and of what a model is asked."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from features.catalogue import FEATURES
from features.registers.declared import REGISTERS


def of_features() -> str:
    """Return the columns of a snapshot as a model meets it: one row a family, its features."""
    return _columns({"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()})


def of_register(name: str) -> str:
    """Return the columns of a register in the contract."""
    return _columns({column.name: column.kind.dtype for column in REGISTERS[name]})


def type_of(dtype: pl.DataType) -> Any:
    """Return MLflow's type for a column of this one."""
    from mlflow.types import DataType  # late: MLflow is slow to import
    from mlflow.types.schema import Array

    if isinstance(dtype, pl.List):
        return Array(DataType.long)
    if dtype.is_float():
        return DataType.double
    named = {
        pl.Boolean(): DataType.boolean,
        pl.String(): DataType.string,
        pl.Date(): DataType.datetime,
    }
    return named.get(dtype, DataType.long)


def _columns(types: Mapping[str, pl.DataType]) -> str:
    """Return names and types in the JSON that MLflow's pages read."""
    from mlflow.types import ColSpec, Schema

    columns = [ColSpec(type_of(t), name, required=False) for name, t in types.items()]
    return json.dumps({"mlflow_colspec": Schema(columns).to_dict()})
