"""Registers in, one row a household out, seeing only what was known on the day.

The same function builds a partition of a country, one request of the API and a
notebook's frame. It aggregates whole numbers only, so neither the order of rows
nor the number of threads nor the company a family is in changes a byte.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from features.catalogue import FEATURES, VIEWS
from features.declare import Feature
from features.errors import InputError
from features.registers.declared import REGISTERS
from features.registers.schema import NotAfterDecision

Registers = Mapping[str, pl.DataFrame | None]
"""A frame for each register, every row with its ``household_id``; None: did not answer."""

_ROWS = "_rows"


def build(registers: Registers, as_of: date) -> pl.DataFrame:
    """Compute every declared feature for every household that the state knew on the day.

    Parameters
    ----------
    registers : a frame for each register of the contract, each row carrying its
        ``household_id``. A register left out or None did not answer: every feature
        that reads it is null, never zero.
    as_of : the decision date; rows learned, or events dated, after it are invisible,
        and so are rows struck off on or before it.

    Returns
    -------
    One row a household, sorted by ``household_id``, then every feature in the order of
    its declaration. Null: the register was silent, or a value that the feature needs is
    unknown for the family.
    """
    return combine(count(registers, as_of), as_of)


def count(registers: Registers, as_of: date) -> pl.DataFrame:
    """Compute the features that count rows, one row a household, without the derived ones."""
    households = registers.get("households")
    if households is None:
        raise InputError("Register households did not answer: without it there is nobody to score.")
    table = visible("households", households, as_of).select("household_id").sort("household_id")
    for source, mine in _by_source().items():
        register = mine[0].registers[0]
        rows = registers.get(register)
        if rows is None:
            table = table.with_columns(pl.lit(None, f.dtype).alias(f.name) for f in mine)
            continue
        seen = visible(register, rows, as_of)
        if source in VIEWS:
            seen = VIEWS[source].regroup(seen.lazy(), as_of).collect()
        table = table.join(
            _aggregate(register, seen, mine, as_of),
            on="household_id",
            how="left",
            maintain_order="left",
        )
        table = table.with_columns(
            pl.when(pl.col(_ROWS).is_null())
            .then(pl.lit(f.empty, f.dtype))
            .otherwise(pl.col(f.name))
            .alias(f.name)
            for f in mine
        ).drop(_ROWS)
    return table


def combine(counted: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Add the derived features to counted ones; also used to ask "what if income were higher?".

    ``counted`` may have been changed since `count`: the derived features follow.
    """
    table = counted
    for f in FEATURES.values():
        if f.is_derived:
            table = table.with_columns(f.expression(as_of).cast(f.dtype).alias(f.name))
    return table.select("household_id", *FEATURES)


def visible(register: str, rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Keep the rows that the state knew on the day and that had not been struck off.

    The builder, not each feature, hides later knowledge. Optional columns that the
    data set does not have are added as nulls, and a null that the contract gives a
    meaning (``null_means``) takes that meaning here.
    """
    declared = REGISTERS[register]
    missing = [c for c in declared if c.name not in rows.columns]
    if missing:
        rows = rows.with_columns(pl.lit(None, c.kind.dtype).alias(c.name) for c in missing)
    hidden = []
    for column in declared:
        values = pl.col(column.name)
        if column.name == "known_on" or any(
            isinstance(c, NotAfterDecision) for c in column.constraints
        ):
            hidden.append(values > as_of)
        elif column.name == "removed_on":
            hidden.append(values <= as_of)
    if hidden:
        rows = rows.filter(~pl.any_horizontal(h.fill_null(value=False) for h in hidden))
    meant = [
        pl.col(c.name).fill_null(c.null_means)
        for c in declared
        if not c.null_is_unknown and c.null_means != "stated"
    ]
    return rows.with_columns(meant) if meant else rows


def _aggregate(
    register: str, rows: pl.DataFrame, mine: list[Feature], as_of: date
) -> pl.DataFrame:
    """Return one row a household that has rows: its features, null where a value is unknown."""
    declared = REGISTERS[register]
    uncertain = {
        c.name
        for c in declared
        if c.null_is_unknown and c.name in rows.columns and rows[c.name].null_count()
    }
    counts = {name: pl.col(name).null_count().alias(f"_unknown_{name}") for name in uncertain}
    table = rows.group_by("household_id").agg(
        pl.len().alias(_ROWS),
        *(f.expression(as_of).cast(f.dtype).alias(f.name) for f in mine),
        *counts.values(),
    )
    return table.with_columns(
        pl.when(pl.all_horizontal(pl.col(f"_unknown_{name}") == 0 for name in needed))
        .then(pl.col(f.name))
        .alias(f.name)
        for f in mine
        if (needed := uncertain & set(f.reads))
    ).drop(f"_unknown_{name}" for name in uncertain)


def _by_source() -> dict[str, list[Feature]]:
    """Group the counting features by the register or view that they read."""
    groups: dict[str, list[Feature]] = {}
    for f in FEATURES.values():
        if f.source is not None:
            groups.setdefault(f.source, []).append(f)
    return groups
