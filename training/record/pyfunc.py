"""A version as a notebook loads it from MLflow: the signed bundle, asked by the one function.

``mlflow.pyfunc.load_model("models:/tarazy@champion").predict(features.to_pandas())`` answers what
`models.learned.predict` answers, for it is what answers. The bundle is text: signature and
hashes are checked against this home's public key and another process reads it first, as
everywhere; nothing is unpickled. Serving never comes this way.

The files that MLflow keeps name this module, so where it lies is a part of them: a version that
was registered before it moved can be loaded from its bundle alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from features.catalogue import FEATURES
from models.bundles import aliases, bundle, trial
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned.predict import Models

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class NotebookModel:
    """What MLflow calls: families as pandas holds them, and back."""

    models: Models

    def predict(
        self, model_input: "pd.DataFrame", params: Mapping[str, Any] | None = None
    ) -> "pd.DataFrame":
        """Return what `Models.predict` says of each family, in the order of the rows.

        Parameters
        ----------
        model_input : features as `features.build.build` returns them, in pandas. A column that
            is absent, and a value that is NaN or None, is unknown.
        params : ``as_of``, the decision date, whose law turns amounts into inputs (default: the
            day of training); ``silent``, the registers that did not answer.
        """
        given = params or {}
        day = date.fromisoformat(given.get("as_of") or self.models.manifest["as_of"])
        predicted = self.models.predict(
            in_polars(model_input), Law(day), tuple(given.get("silent") or ())
        )
        return predicted.to_pandas()


def in_polars(families: "pd.DataFrame") -> pl.DataFrame:
    """Return features in the types of their declaration: pandas has no unknown whole number."""
    held = pl.from_pandas(families.reset_index(drop=True))
    columns = {"household_id": pl.Int64()} | {f.name: f.dtype for f in FEATURES.values()}
    return held.select(
        (pl.col(name) if name in held.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in columns.items()
    )


def _load_pyfunc(path: str) -> NotebookModel:
    """Read the bundle that lies among the files of a registered version; MLflow calls this.

    Raises ``NoSuchModel`` where TARAZY_HOME (default: var/) has no public key, or not the one
    that signed.
    """
    folder, home = Path(path), Home(os.environ.get("TARAZY_HOME", "var"))
    verified = bundle.verify(folder, home.public_key())
    trial.in_child(folder, verified.manifest_sha256)
    standing = aliases.read(home).standing(
        str(verified.manifest["version"]), verified.manifest_sha256
    )
    return NotebookModel(bundle.assemble(verified, override=standing.override))
