"""Registers in, one row a household out, seeing only what was known on the day.

The same function builds a partition of a country, one request of the API and a
notebook's frame. It aggregates whole numbers only, so neither the order of rows
nor the number of threads nor the company a family is in changes a byte.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import polars as pl
import polars.selectors as cs

from features.catalogue import FEATURES, VIEWS
from features.declare import Feature
from features.errors import InputError
from features.facts.in_force import Registers, in_force
from features.facts.standing import standing
from features.facts.treatment import Treatment
from features.registers.coverage import COVERED, QUARTER
from features.registers.declared import REGISTERS
from features.registers.schema import STATED

__all__ = [
    "Registers",
    "build",
    "combine",
    "count",
    "counted_in",
    "known_households",
    "silence",
    "unanswered",
    "visible",
]


def build(registers: Registers, as_of: date, treatment: Treatment | None = None) -> pl.DataFrame:
    """Compute every declared feature for every household that the state knew on the day.

    Parameters
    ----------
    registers : a frame for each register of the contract, each row carrying its
        ``household_id``. A register left out or None did not answer: every feature
        that reads it is null, never zero; so is, for a household, every feature that looks
        at a month which its register does not cover.
    as_of : the decision date; rows learned, or events dated, after it are invisible,
        and so are rows struck off on or before it.
    treatment : what the law of the day says about facts (`features.facts`); without it a
        fact that needs its word is an InputError.

    Returns
    -------
    One row a household, sorted by ``household_id``, then every feature in the order of
    its declaration. Null: the register was silent, or a value that the feature needs is
    unknown for the family.
    """
    return _combined(_counted(registers, as_of, treatment), as_of).collect()


def count(registers: Registers, as_of: date, treatment: Treatment | None = None) -> pl.DataFrame:
    """Compute the features that count rows, one row a household, without the derived ones."""
    return _counted(registers, as_of, treatment).collect()


def combine(counted: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Add the derived features to counted ones; also used to ask "what if income were higher?".

    ``counted`` may have been changed since `count`: the derived features follow.
    """
    return _combined(counted.lazy(), as_of).collect()


def visible(register: str, rows: pl.DataFrame, as_of: date) -> pl.LazyFrame:
    """Keep the rows that the state knew on the day, and that were neither struck off nor over.

    The builder, not each feature, hides later knowledge. Optional columns that the
    data set does not have are added as nulls, and a null that the contract gives a
    meaning (``null_means``) takes that meaning here.
    """
    filled = [
        value
        for column, value in _filled(register)
        if column not in rows.columns or rows[column].null_count()
    ]
    return (
        standing(register, rows, as_of)
        .with_columns(*(value for column, value in _absent(register) if column not in rows.columns))
        .with_columns(filled)
    )


def known_households(registers: Registers) -> pl.DataFrame:
    """Return the rows of the register that names the households; InputError where it is silent."""
    rows = registers.get("households")
    if rows is None:
        raise InputError("The register `households` did not answer: nobody is known. Ask it again.")
    return rows


def _counted(registers: Registers, as_of: date, treatment: Treatment | None) -> pl.LazyFrame:
    households = registers.get("households")
    if households is None:
        raise InputError("Register households did not answer: without it there is nobody to score.")
    table = visible("households", households, as_of).select("household_id").sort("household_id")
    facts = in_force(registers, as_of, treatment)
    covered = registers.get(COVERED)
    for counted in _plan(as_of):
        rows = facts.get(counted.register)
        if rows is None:
            table = table.with_columns(counted.silent)
            continue
        table = table.join(
            counted.aggregate(rows, as_of), on="household_id", how="left", maintain_order="left"
        ).with_columns(counted.emptied)
        if covered is not None and counted.register in covered.columns:
            table = _of_covered_months(table, counted, covered)
    return table.drop(cs.starts_with("_"))


def _of_covered_months(
    table: pl.LazyFrame, counted: "_Counted", covered: pl.DataFrame
) -> pl.LazyFrame:
    """Make unknown what looks at a month that the register does not cover for the household."""
    back = covered.lazy().select("household_id", _covered=counted.register)
    return (
        table.join(back, on="household_id", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("_covered").is_null() | (pl.col("_covered") >= f.months_back))
            .then(pl.col(f.name))
            .alias(f.name)
            for f in counted.features
        )
        .drop("_covered")
    )


def silence(registers: Registers) -> list[tuple[frozenset[str], pl.Series]]:
    """Return the households that are left without the same monthly registers, by their keys.

    A decision needs the three complete months before its day: a register that does not cover
    them for a household is silent for it. Empty: no household lacks what another has.
    """
    covered = registers.get(COVERED)
    if covered is None:
        return []
    names = [n for n in covered.columns if n != "household_id" and registers.get(n) is not None]
    behind = covered.select("household_id", *(pl.col(name) < QUARTER for name in names))
    if not names or not behind.select(pl.any_horizontal(pl.col(names).any())).item():
        return []
    return [
        (
            frozenset(n for n, lacks in zip(names, key, strict=True) if lacks),
            part["household_id"].sort(),
        )
        for key, part in behind.partition_by(names, as_dict=True).items()
    ]


def unanswered(registers: Registers, households: pl.Series) -> pl.DataFrame:
    """Say which registers did not answer for a household: for all it asks, or for some months.

    A register that was not handed over is silent for everybody; one that does not cover the
    months that a counted feature looks at, for the households of its region. What is unknown
    for any other reason is a value of the family itself.

    Returns one row a household, in the order of ``households``, with ``household_id`` and a
    Boolean column for each counted feature, never null.
    """
    table = pl.DataFrame({"household_id": households})
    covered = registers.get(COVERED)
    if covered is not None:
        table = table.join(covered, on="household_id", how="left", maintain_order="left")
    monthly = set(table.columns) - {"household_id"}
    answers = {}
    for counted in (f for f in FEATURES.values() if not f.is_derived):
        (register,) = counted.registers
        behind = pl.lit(value=registers.get(register) is None)
        if register in monthly:
            behind |= (pl.col(register) < counted.months_back).fill_null(value=False)
        answers[counted.name] = behind
    return table.select("household_id", **answers)


@cache
def counted_in(name: str) -> tuple[str, ...]:
    """Return the counted features that a feature is, or is made of."""
    declared = FEATURES[name]
    if not declared.is_derived:
        return (name,)
    return tuple(dict.fromkeys(part for read in declared.reads for part in counted_in(read)))


def _combined(counted: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    for level in _levels(as_of):
        counted = counted.with_columns(level)
    return counted.select("household_id", *FEATURES)


@dataclass(frozen=True, slots=True)
class _Counted:
    """All features that count the rows of one register or view, as expressions of one day."""

    source: str
    register: str
    features: tuple[Feature, ...]
    values: tuple[pl.Expr, ...]
    silent: tuple[pl.Expr, ...]
    emptied: tuple[pl.Expr, ...]

    def aggregate(self, rows: pl.DataFrame, as_of: date) -> pl.LazyFrame:
        """Return one row a household that has rows; null where a needed value is unknown."""
        seen = visible(self.register, rows, as_of)
        if self.source in VIEWS:
            seen = VIEWS[self.source].regroup(seen, as_of)
        unknown = {
            c.name
            for c in REGISTERS[self.register]
            if c.null_is_unknown and (c.name not in rows.columns or rows[c.name].null_count())
        } & {name for f in self.features for name in f.reads}
        table = seen.group_by("household_id").agg(
            pl.len().alias(f"_rows_{self.source}"),
            *self.values,
            *(pl.col(name).null_count().alias(f"_unknown_{name}") for name in unknown),
        )
        return table.with_columns(
            pl.when(pl.all_horizontal(pl.col(f"_unknown_{name}") == 0 for name in needed))
            .then(pl.col(f.name))
            .alias(f.name)
            for f in self.features
            if (needed := unknown.intersection(f.reads))
        ).drop(f"_unknown_{name}" for name in unknown)


@lru_cache(maxsize=16)
def _plan(as_of: date) -> tuple[_Counted, ...]:
    """Group the counting features by what they read; their expressions for the day."""
    groups: dict[str, list[Feature]] = {}
    for f in FEATURES.values():
        if f.source is not None:
            groups.setdefault(f.source, []).append(f)
    return tuple(
        _Counted(
            source=source,
            register=mine[0].registers[0],
            features=tuple(mine),
            values=tuple(f.expression(as_of).cast(f.dtype).alias(f.name) for f in mine),
            silent=tuple(pl.lit(None, f.dtype).alias(f.name) for f in mine),
            emptied=tuple(
                pl.when(pl.col(f"_rows_{source}").is_null())
                .then(pl.lit(f.empty, f.dtype))
                .otherwise(pl.col(f.name))
                .alias(f.name)
                for f in mine
            ),
        )
        for source, mine in groups.items()
    )


@lru_cache(maxsize=16)
def _levels(as_of: date) -> tuple[tuple[pl.Expr, ...], ...]:
    """Derived features in steps: each step needs only counted features and earlier steps."""
    depth: dict[str, int] = {}
    for f in FEATURES.values():
        if f.is_derived:
            depth[f.name] = 1 + max((depth.get(part, 0) for part in f.reads), default=0)
    return tuple(
        tuple(
            FEATURES[name].expression(as_of).cast(FEATURES[name].dtype).alias(name)
            for name, at in depth.items()
            if at == level
        )
        for level in range(1, max(depth.values(), default=0) + 1)
    )


@lru_cache(maxsize=64)
def _absent(register: str) -> tuple[tuple[str, pl.Expr], ...]:
    return tuple((c.name, pl.lit(None, c.kind.dtype).alias(c.name)) for c in REGISTERS[register])


@lru_cache(maxsize=64)
def _filled(register: str) -> tuple[tuple[str, pl.Expr], ...]:
    return tuple(
        (c.name, pl.col(c.name).fill_null(c.null_means))
        for c in REGISTERS[register]
        if not c.null_is_unknown and c.null_means != STATED
    )
