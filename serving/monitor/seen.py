"""A snapshot as the monitor sees it: what models read of each family, and what is said of it.

Money is compared as models read it, in ПМ of its months: when all prices and the ПМ rise
together, nothing has drifted.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.build import visible
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.decision.pipeline import Decisions, decide
from models.law.parameters import Law
from models.learned.arrays import Matrix, Vector
from models.learned.hidden_income import GAP
from models.learned.inputs import Input, declared_inputs, encode
from models.learned.predict import Look, Models
from serving.audit.families import counted
from serving.shown import hash_order

SAMPLE: Final = 200_000
"""Families whose inputs are kept to be compared; all, if there are fewer."""
SCORES: Final = {
    "hidden_income_probability": "probability of hidden income",
    "hidden_income_estimate": "estimate of hidden income, ПМ a member a month",
    GAP: "expected consumption less declared income, ПМ a member a month",
}
"""What a model says of a family in numbers, and its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All families of a snapshot, and the inputs of (a sample of) them.

    ``table`` is one row a family, as `serving.audit.families.counted` makes it. ``inputs`` has
    one column a name, ``scores`` one a name of `SCORES` (none without a model); NaN is silence.
    ``applications``: household and service; None: the register was silent.
    """

    as_of: date
    digest: str
    silent: tuple[str, ...]
    table: pl.DataFrame
    names: tuple[str, ...]
    inputs: Matrix
    scores: Matrix
    applications: pl.DataFrame | None


def look(
    snapshot: Snapshot, *, as_of: date, models: Models | None, progress: Progress = silent
) -> Seen:
    """Decide for every family of a snapshot and keep what the monitor compares."""
    law = Law(as_of)
    read = inputs_of(models)
    tables: list[pl.DataFrame] = []
    inputs: list[Matrix] = []
    scores: list[Matrix] = []
    applied: list[pl.DataFrame] = []
    parts = snapshot.partitions
    for number in parts:
        progress("deciding", number, len(parts))
        registers = snapshot.registers(number, as_of)
        decisions = decide(registers, models, law)
        tables.append(counted(decisions, registers, as_of))
        kept = sampled(decisions.table["household_id"], snapshot.households)
        inputs.append(encode(decisions.features.filter(kept), read, law))
        if models is not None:
            scores.append(_scores(decisions, models, kept))
        if (rows := registers.get("applications")) is not None:
            known = visible("applications", rows, as_of).select("household_id", "service")
            applied.append(known.unique().collect())
    progress("deciding", len(parts), len(parts))
    return Seen(
        as_of=as_of,
        digest=snapshot.digest,
        silent=snapshot.silent_on(as_of),
        table=pl.concat(tables).sort("household_id"),
        names=tuple(each.name for each in read),
        inputs=np.concatenate(inputs),
        scores=np.concatenate(scores) if scores else np.empty((0, 0)),
        applications=pl.concat(applied) if applied else None,
    )


def inputs_of(models: Models | None) -> tuple[Input, ...]:
    """Return every input that a model reads, each once; without one, every declared input."""
    if models is None:
        return declared_inputs()
    groups = (models.consumption.inputs, models.hidden_income.inputs, models.welfare.inputs)
    return tuple({each.name: each for group in groups for each in group}.values())


def sampled(household_ids: pl.Series, households: int, most: int = SAMPLE) -> pl.Series:
    """Return which families are kept: about ``most``, by a hash of their key.

    So nobody chose them, and a family that is kept is kept in every snapshot of the size.
    """
    if households <= most:
        return pl.Series([True] * len(household_ids), dtype=pl.Boolean)
    return hash_order(household_ids) < np.uint64(most / households * 2**64)


def _scores(decisions: Decisions, models: Models, kept: pl.Series) -> Matrix:
    table = decisions.table.filter(kept)
    features = decisions.features.filter(kept)
    # As the models turned it into tenge: at the ПМ of the decision date (`inputs.in_tenge`).
    minimum = float(decisions.law.subsistence_minimum)
    members = _numbers(features["members"])
    divisor = minimum * np.where(members > 0, members, np.nan)
    gap = Look.at(models, features, decisions.law, decisions.silent).gap
    return np.column_stack(
        [
            _numbers(table["hidden_income_probability"]),
            _numbers(table["hidden_income_estimate"]) / divisor,
            gap,
        ]
    )


def _numbers(column: pl.Series) -> Vector:
    values: Vector = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values
