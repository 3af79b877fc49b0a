"""What each column of each register says of a family: facts a learner could make of it.

A fact names the columns it is made of, so that a column can be taken away with everything
that leans on it. Facts are made without taste: sums, means, extremes, swings, counts of
each value, days of months, last digits, keys and the places of rows in their file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from features.registers.declared import REGISTERS, SCORING
from features.registers.schema import Kind

ORDER = "row order"
"""A column that no register declares and every file has."""
_KEYS = {"household_id", "person_id", "record_id"}


@dataclass(frozen=True)
class Fact:
    """A number for each family, and the columns (``register.column``) it is made of."""

    name: str
    of: frozenset[str]
    values: np.ndarray


def registers_of(country: Path) -> dict[str, pl.DataFrame]:
    """The scoring registers, every row with its household and its place in the file."""
    frames = {
        r.name: pl.read_parquet(country / r.name / "*.parquet").with_row_index(ORDER)
        for r in SCORING
    }
    owner = frames["persons"].select("person_id", "household_id")
    return {
        name: rows
        if "household_id" in rows.columns
        else rows.join(owner, on="person_id", maintain_order="left")
        for name, rows in frames.items()
    }


def facts(registers: dict[str, pl.DataFrame], families: pl.Series) -> Iterator[Fact]:
    """Every fact of every column, in the order of ``families``."""
    index = pl.DataFrame({"household_id": families})
    for name, rows in registers.items():
        made = dict(_of_register(name, rows))
        table = index.join(
            rows.group_by("household_id").agg(
                expression.alias(fact) for fact, (_, expression) in made.items()
            ),
            on="household_id",
            how="left",
            maintain_order="left",
        )
        for fact, (columns, _) in made.items():
            yield Fact(
                f"{name}: {fact}",
                frozenset(f"{name}.{column}" for column in columns),
                table[fact].cast(pl.Float64).to_numpy(),
            )


def _of_register(
    name: str, rows: pl.DataFrame
) -> Iterator[tuple[str, tuple[tuple[str, ...], pl.Expr]]]:
    owner = "person_id" if "person_id" in rows.columns else "household_id"
    yield "rows", ((owner,), pl.len())
    yield "place in the file", ((ORDER,), pl.col(ORDER).mean())
    words = []
    for column in REGISTERS[name]:
        if column.name not in rows.columns:
            continue
        value, own = pl.col(column.name), (column.name,)
        if column.kind is Kind.IDENTIFIER:
            yield f"{column.name} itself", (own, value.mean())
            yield f"{column.name} last bits", (own, (value % 64).mean())
        elif column.kind in (Kind.DATE, Kind.MONTH):
            days = value.cast(pl.Int32)
            yield f"{column.name} first", (own, days.min())
            yield f"{column.name} last", (own, days.max())
            yield f"{column.name} day of the month", (own, value.dt.day().mean())
            yield f"{column.name} day of the week", (own, value.dt.weekday().mean())
            yield f"{column.name} months", (own, value.dt.truncate("1mo").n_unique())
        elif column.kind in (Kind.COUNT, Kind.AMOUNT, Kind.DECIMAL):
            yield f"{column.name} sum", (own, value.sum())
            yield f"{column.name} mean", (own, value.mean())
            yield f"{column.name} least", (own, value.min())
            yield f"{column.name} most", (own, value.max())
            yield f"{column.name} swing", (own, value.std() / (value.mean() + 1))
            if column.kind is not Kind.DECIMAL:
                yield f"{column.name} last digits", (own, (value % 100).mean())
                yield f"{column.name} round", (own, (value % 1000 == 0).mean())
        else:
            yield f"{column.name} told", (own, value.is_not_null().mean())
            known = [True] if column.kind is Kind.FLAG else rows[column.name].drop_nulls().unique()
            for word in sorted(known):
                words.append((column.name, word))
                yield f"{column.name} = {word}", (own, (value == word).sum())
    yield from _together(name, rows, words)


def _together(
    name: str, rows: pl.DataFrame, words: list[tuple[str, object]]
) -> Iterator[tuple[str, tuple[tuple[str, ...], pl.Expr]]]:
    """Amounts by kind: what two columns say together and neither alone."""
    amounts = [
        column.name
        for column in REGISTERS[name]
        if column.kind in (Kind.COUNT, Kind.AMOUNT) and column.name in rows.columns
    ]
    if name == "households":
        return
    for column, word in words:
        if word is True:
            continue
        chosen = pl.col(column) == word
        for amount in amounts:
            value = pl.col(amount).filter(chosen)
            both = (column, amount)
            yield f"{amount} of {word}", (both, value.sum())
            if "month" in rows.columns:
                alone = ("person_id", "month", *both)
                yield f"steadiness of {word}", (alone, _swing(column, word, amount))
    if name == "transfers":
        yield "swing of senders", (("senders", "month"), pl.col("senders").std())


def _swing(column: str, word: object, amount: str) -> pl.Expr:
    """The least relative change from row to row of one person: how flat the flattest is."""
    value = pl.when(pl.col(column) == word).then(pl.col(amount)).cast(pl.Float64)
    same = pl.col("person_id") == pl.col("person_id").shift(1)
    change = pl.when(same).then((value / value.shift(1)).log().abs())
    return change.filter(change.is_not_null() & (change < 0.5)).median()
