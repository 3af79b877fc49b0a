"""What goes into the models and what comes out, as MLflow writes it; with made-up families.

MLflow can show it, and a client can be generated from it. It names no flavour, so
nothing can be loaded through MLflow: the bundle alone is what serves.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from features.catalogue import FEATURES
from models.learned.predict import COLUMNS

MODEL_FILE = "MLmodel"
EXAMPLE_FILE = "input_example.json"


def signature() -> Any:
    """Return the signature: every feature but the identifier may be unknown."""
    from mlflow.models import ModelSignature  # late: MLflow is slow to import
    from mlflow.types import ColSpec, Schema

    inputs = {name: f.dtype for name, f in FEATURES.items() if f.model_input}
    return ModelSignature(
        inputs=Schema(
            [ColSpec(_type(pl.Int64()), "household_id")]
            + [ColSpec(_type(t), name, required=False) for name, t in inputs.items()]
        ),
        outputs=Schema(
            [
                ColSpec(_type(t), name, required=name == "household_id")
                for name, t in COLUMNS.items()
            ]
        ),
    )


def example(made_up: pl.DataFrame) -> dict[str, Any]:
    """Return made-up families as an input example, in pandas' split orientation."""
    columns = ["household_id", *(name for name, f in FEATURES.items() if f.model_input)]
    return {"columns": columns, "data": [list(row) for row in made_up.select(columns).rows()]}


def write(folder: Path, made_up: pl.DataFrame, *, run: str, model: str) -> None:
    """Write the signature and the example into a folder, in the files that MLflow looks for."""
    from mlflow.models import Model

    (folder / EXAMPLE_FILE).write_text(
        json.dumps(example(made_up), ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    described = Model(
        run_id=run,
        model_id=model,
        signature=signature(),
        saved_input_example_info={
            "artifact_path": EXAMPLE_FILE,
            "type": "dataframe",
            "pandas_orient": "split",
        },
    )
    described.save(str(folder / MODEL_FILE))


def _type(dtype: pl.DataType) -> Any:
    from mlflow.types import DataType
    from mlflow.types.schema import Array

    if isinstance(dtype, pl.List):
        return Array(DataType.long)
    if dtype.is_float():
        return DataType.double
    return DataType.boolean if dtype == pl.Boolean() else DataType.long
