"""How a register is declared: described columns whose constraints validate and explain themselves.

One declaration feeds four readers: the reader of files (`load`), the validator
(`check`), the documentation (`document`, OpenAPI) and the feature builder, which
asks a column what its null means. Nothing about a column is written twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, Final

import polars as pl

from features.errors import DeclarationError


class Kind(StrEnum):
    """What a column holds, and so how it is stored."""

    IDENTIFIER = "identifier"
    COUNT = "whole number"
    AMOUNT = "whole tenge"
    DECIMAL = "decimal number"
    DATE = "date"
    MONTH = "month"
    TEXT = "text"
    FLAG = "yes/no"

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type in which the contract hands this kind over."""
        return _DTYPES[self]


_DTYPES: Final[dict[Kind, pl.DataType]] = {
    Kind.IDENTIFIER: pl.Int64(),
    Kind.COUNT: pl.Int64(),
    Kind.AMOUNT: pl.Int64(),
    Kind.DECIMAL: pl.Float64(),
    Kind.DATE: pl.Date(),
    Kind.MONTH: pl.Date(),
    Kind.TEXT: pl.String(),
    Kind.FLAG: pl.Boolean(),
}


class _Unknown:
    """The default meaning of a null: the state does not know."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = _Unknown()
STATED: Final = "stated"
"""A null that says something by itself, such as a closing date that never came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A promise about every non-null value of a column."""

    rule: str
    remedy: str

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr | None:
        """Return rows that break the promise as a boolean expression; None: cannot be told."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """Return the same promise in the words of JSON Schema, as far as it has any."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Constraint):
    """The value belongs to a closed list."""

    values: tuple[str, ...]

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr:  # noqa: ARG002 - the interface
        """A value outside the list; null is not a value."""
        return ~column.is_in(self.values)

    def json_schema(self) -> dict[str, Any]:
        """The list as an enumeration."""
        return {"enum": list(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Constraint):
    """The value lies between two bounds; ``open_below`` leaves the lower one out."""

    least: float | None = None
    most: float | None = None
    open_below: bool = False

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr:  # noqa: ARG002 - the interface
        """A value beyond a bound, or one that is no number."""
        beyond: list[pl.Expr] = []
        if self.least is not None:
            beyond.append(column <= self.least if self.open_below else column < self.least)
        if self.most is not None:
            beyond.append(column > self.most)
        return reduce(or_, beyond) if beyond else pl.lit(value=False)

    def json_schema(self) -> dict[str, Any]:
        """The bounds as minimum and maximum."""
        lower = (
            {}
            if self.least is None
            else {"exclusiveMinimum" if self.open_below else "minimum": self.least}
        )
        return lower | ({} if self.most is None else {"maximum": self.most})


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOfMonth(Constraint):
    """A month is named by its first day."""

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr:  # noqa: ARG002 - the interface
        """Any other day of the month."""
        return column.dt.day() != 1

    def json_schema(self) -> dict[str, Any]:
        """A date whose day is the first."""
        return {"pattern": "-01$"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAfterDecision(Constraint):
    """The event lies on or before the decision date.

    ``spans`` names the column that says how many months end with this one: what was paid in
    advance begins before the decision and ends after it.
    """

    spans: str | None = None

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr | None:
        """A later date; without a decision date it cannot be told."""
        return None if as_of is None else column > as_of

    def begun(self, column: pl.Expr, as_of: date) -> pl.Expr:
        """Whether the first of the spanned months lies on or before the decision date."""
        if self.spans is None:
            return pl.lit(value=False)
        back = pl.col(self.spans).fill_null(1) - 1
        last = column.dt.year().cast(pl.Int64) * 12 + column.dt.month()
        return (back > 0) & (last - back <= as_of.year * 12 + as_of.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBefore(Constraint):
    """The event lies on or after a fixed day."""

    day: date

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr:  # noqa: ARG002 - the interface
        """An earlier date."""
        return column < self.day


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAfterNextYear(Constraint):
    """The year is at most the one after the decision: cars are sold by the year to come."""

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr | None:
        """A later year; without a decision date it cannot be told."""
        return None if as_of is None else column > as_of.year + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches(Constraint):
    """The text has a given form."""

    pattern: str

    def broken(self, column: pl.Expr, as_of: date | None) -> pl.Expr:  # noqa: ARG002 - the interface
        """Any other form."""
        return ~column.str.contains(self.pattern)

    def json_schema(self) -> dict[str, Any]:
        """The pattern itself."""
        return {"pattern": self.pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a register: what it says, how it is stored, what it promises."""

    name: str
    kind: Kind
    about: str
    required: bool = False
    points_to: str | None = None
    null_means: Any = UNKNOWN
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        """A column without a description cannot be shown to an auditor."""
        if not self.about:
            raise DeclarationError(
                f"Column {self.name} needs a description: it is the auditors' text."
            )

    @property
    def null_is_unknown(self) -> bool:
        """Whether a null here means that the state does not know."""
        return self.null_means is UNKNOWN

    @property
    def enumeration(self) -> tuple[str, ...]:
        """The closed list of values, empty where the column has none."""
        return next((c.values for c in self.constraints if isinstance(c, OneOf)), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """A promise about several columns of one row; a rule about what is not told is kept."""

    rule: str
    remedy: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads; the last is the place of the fault."""
        raise NotImplementedError

    def broken(self) -> pl.Expr:
        """Return rows that break the promise as a boolean expression."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class InOrder(RowRule):
    """One day does not lie before another."""

    earlier: str
    later: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Both days."""
        return (self.earlier, self.later)

    def broken(self) -> pl.Expr:
        """The later day lies before the earlier one."""
        return pl.col(self.later) < pl.col(self.earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfWhole(RowRule):
    """A fraction has both its numbers and is no more than one."""

    part: str
    whole: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Both numbers."""
        return (self.part, self.whole)

    def broken(self) -> pl.Expr:
        """One number without the other, or a fraction above one."""
        alone = pl.col(self.part).is_null() != pl.col(self.whole).is_null()
        return alone | (pl.col(self.part) > pl.col(self.whole)).fill_null(value=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Columns that name a row: no two rows have the same.

    Two nulls are the same, unless ``present`` says that a row without these has no such key.
    ``apart`` names a column that keeps rows of one key apart where each has its own value.
    """

    columns: tuple[str, ...]
    present: tuple[str, ...] = ()
    apart: str | None = None
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePeriod(Key):
    """Rows of one key have periods, from ``since`` until the day before ``until``, one at a time.

    A missing day has no limit: two rows without periods overlap.
    """

    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreeing:
    """What all rows of one key say alike."""

    key: str
    columns: tuple[str, ...]
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register: its columns and how its rows belong to a household."""

    name: str
    about: str
    columns: tuple[Column, ...]
    required: bool = False
    learning: bool = False
    """Read by training only, never by a score."""
    optional: bool = False
    """The contract marks it optional: many data sets will not have it."""
    keeper: str = field(default="")
    """Who keeps the register: the state's system that a correction goes to."""
    keys: tuple[Key, ...] = ()
    """What names a row; rows equal in every column are a fault in any register."""
    agreeing: tuple[Agreeing, ...] = ()
    rules: tuple[RowRule, ...] = ()

    def __post_init__(self) -> None:
        """Two columns of one name, or no way to a household, is our mistake."""
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            raise DeclarationError(f"Register {self.name} declares a column twice.")
        if not {"household_id", "person_id"} & set(names[:1]):
            raise DeclarationError(
                f"Register {self.name} has no way to a household: its first column names the "
                "household or the person."
            )

    def __iter__(self) -> Iterator[Column]:
        """Iterate over the columns, in the order of the contract."""
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        """Return the column of that name."""
        return next(c for c in self.columns if c.name == name)

    def __contains__(self, name: object) -> bool:
        """Whether the register declares a column of that name."""
        return any(c.name == name for c in self.columns)

    @property
    def key(self) -> str:
        """The column that names the family or person of a row, for messages."""
        return self.columns[0].name

    @property
    def by_person(self) -> bool:
        """Whether rows belong to a person (and through them to a household)."""
        return "household_id" not in self

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names and types as the contract hands them over."""
        return {c.name: c.kind.dtype for c in self.columns}
