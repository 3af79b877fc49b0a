"""What goes into the models and what comes out, as MLflow writes it; with made-up families.

MLflow can show it, and a client can be generated from it. Its one flavour is for notebooks
(`training.record.pyfunc`), which read the bundle as serving does; serving never asks MLflow.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from features.catalogue import FEATURES
from models.learned.inputs import BESIDES_INPUTS
from models.learned.predict import COLUMNS
from training.record.schemas import type_of

LOADER = "training.record.pyfunc"
MODEL_FILE = "MLmodel"
EXAMPLE_FILE = "input_example.json"


def read() -> list[str]:
    """Return the features that a version may read of a family, in the order of declaration."""
    return [name for name, f in FEATURES.items() if f.model_input or name in BESIDES_INPUTS]


def signature(as_of: str) -> Any:
    """Return the signature: every feature but the identifier may be unknown.

    ``as_of`` is the day of training, whose law applies where a caller names none.
    """
    from mlflow.models import ModelSignature  # late: MLflow is slow to import
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

    return ModelSignature(
        inputs=Schema(
            [ColSpec(type_of(pl.Int64()), "household_id")]
            + [ColSpec(_unknowable(FEATURES[n].dtype), n, required=False) for n in read()]
        ),
        params=ParamSchema(
            [
                ParamSpec("as_of", DataType.string, as_of),
                ParamSpec("silent", DataType.string, [], shape=(-1,)),
            ]
        ),
        outputs=Schema(
            [
                ColSpec(type_of(t), name, required=name == "household_id")
                for name, t in COLUMNS.items()
            ]
        ),
    )


def example(made_up: pl.DataFrame) -> dict[str, Any]:
    """Return made-up families as an input example, in pandas' split orientation."""
    columns = ["household_id", *read()]
    return {"columns": columns, "data": [list(row) for row in made_up.select(columns).rows()]}


def write(folder: Path, made_up: pl.DataFrame, *, run: str, model: str, as_of: str) -> None:
    """Write signature, example and flavour into a folder, in the files that MLflow looks for.

    The files of the bundle come to lie beside them.
    """
    from mlflow import pyfunc
    from mlflow.models import Model

    (folder / EXAMPLE_FILE).write_text(
        json.dumps(example(made_up), ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    described = Model(
        run_id=run,
        model_id=model,
        signature=signature(as_of),
        saved_input_example_info={
            "artifact_path": EXAMPLE_FILE,
            "type": "dataframe",
            "pandas_orient": "split",
        },
    )
    pyfunc.add_to_model(described, loader_module=LOADER)
    described.save(str(folder / MODEL_FILE))


def _unknowable(dtype: pl.DataType) -> Any:
    """Return the type of a column that may hold unknown values.

    pandas keeps whole numbers as floats as soon as one of them is unknown; MLflow converts
    neither way, so a column of such numbers promises no type.
    """
    from mlflow.types.schema import AnyType

    return AnyType() if dtype.is_integer() else type_of(dtype)
