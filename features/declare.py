"""How a feature is declared: one function, one column, one page for the auditor.

`@feature` counts or sums the rows of one register for a family; `@derived` combines
features that stand already; `@view` regroups a register's rows (by member, say)
before they are counted. The declaration is read by the builder, the documentation,
the API and the models alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from features.errors import DeclarationError
from features.registers.coverage import QUARTER
from features.registers.declared import REGISTERS
from features.units import Span, Unit, months_of


class Block(StrEnum):
    """The blocks of the scoring model (ministry release, 12 November 2025)."""

    MATERIAL = "material"
    NON_MATERIAL = "non-material"
    DEPENDENCY = "dependency"
    SELF_REALISATION = "self-realisation"
    HIDDEN_INCOME = "hidden income"


Expression = Callable[[date], pl.Expr]
Regroup = Callable[[pl.LazyFrame, date], pl.LazyFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One declared number about a family.

    ``direction`` says how well off the family looks when the number rises, all else
    equal: +1 better, -1 poorer, 0 not said. ``empty`` is the value when the register
    answered and holds no row for the family; a register that did not answer always
    gives null. ``source`` is the register, the view or, for a derived feature, null.
    """

    name: str
    about: str
    note: str
    block: Block
    unit: Unit
    span: Span
    source: str | None
    registers: tuple[str, ...]
    reads: tuple[str, ...]
    empty: int | float | bool | None
    direction: int
    model_input: bool
    basis: str
    expression: Expression
    over: Span
    """The months it looks at, where its own span does not say: a count of months has none."""

    @property
    def months_back(self) -> int:
        """Complete months before the day that its register must cover; three at least."""
        day = date(2026, 1, 1)
        months = months_of(self.over, day)
        back = (day.year - months[0].year) * 12 + day.month - months[0].month
        return max(back, QUARTER)

    @property
    def dtype(self) -> pl.DataType:
        """Shares are decimal, yes/no is boolean, everything else is a whole number."""
        if self.unit is Unit.SHARE:
            return pl.Float64()
        return pl.Boolean() if self.unit is Unit.YES_NO else pl.Int64()

    @property
    def is_derived(self) -> bool:
        """Whether the feature is computed from other features."""
        return self.source is None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Rows of one register regrouped before they are counted."""

    name: str
    about: str
    register: str
    regroup: Regroup


FEATURES: dict[str, Feature] = {}
"""Every declared feature by name; `features.catalogue` fills it."""
VIEWS: dict[str, View] = {}
"""Every declared view by name."""


def view(*, register: str) -> Callable[[Regroup], Regroup]:
    """Declare how rows of ``register`` are regrouped; the result keeps ``household_id``."""

    def declare(regroup: Regroup) -> Regroup:
        about, _ = _texts(regroup)
        name = regroup.__name__
        VIEWS[name] = View(name=name, about=about, register=register, regroup=regroup)
        return regroup

    return declare


def feature(
    *,
    block: Block,
    source: str,
    unit: Unit,
    empty: int | float | bool | None,
    direction: int,
    basis: str,
    span: Span = Span.STOCK,
    over: Span | None = None,
    model_input: bool = True,
) -> Callable[[Expression], Expression]:
    """Declare a function of the decision date as a feature of one register or view.

    ``over``: the months it looks at, where ``span`` does not name them.
    """

    def declare(expression: Expression) -> Expression:
        register = VIEWS[source].register if source in VIEWS else source
        if register not in REGISTERS or REGISTERS[register].learning:
            raise DeclarationError(
                f"{expression.__name__}: {source!r} is no register that a score may read."
            )
        _add(
            expression,
            block=block,
            source=source,
            registers=(register,),
            unit=unit,
            empty=empty,
            direction=direction,
            basis=basis,
            span=span,
            over=over or span,
            model_input=model_input,
        )
        return expression

    return declare


def derived(
    *,
    block: Block,
    unit: Unit,
    direction: int,
    basis: str,
    span: Span = Span.STOCK,
    model_input: bool = True,
) -> Callable[[Expression], Expression]:
    """Declare a function that combines features declared before it."""

    def declare(expression: Expression) -> Expression:
        parts = _roots(expression)
        if unknown := [p for p in parts if p not in FEATURES]:
            raise DeclarationError(
                f"{expression.__name__} combines {unknown}, which is not declared before it."
            )
        registers = dict.fromkeys(r for p in parts for r in FEATURES[p].registers)
        _add(
            expression,
            block=block,
            source=None,
            registers=tuple(registers),
            unit=unit,
            empty=None,
            direction=direction,
            basis=basis,
            span=span,
            over=span,
            model_input=model_input,
        )
        return expression

    return declare


def _add(
    expression: Expression,
    *,
    block: Block,
    source: str | None,
    registers: tuple[str, ...],
    unit: Unit,
    empty: int | float | bool | None,
    direction: int,
    basis: str,
    span: Span,
    over: Span,
    model_input: bool,
) -> None:
    name = expression.__name__
    about, note = _texts(expression)
    if name in FEATURES:
        raise DeclarationError(f"{name} is declared twice.")
    if direction not in (-1, 0, 1):
        raise DeclarationError(f"{name}: a direction is +1, 0 or -1.")
    if not basis:
        raise DeclarationError(f"{name} needs the act that lets us use it.")
    FEATURES[name] = Feature(
        name=name,
        about=about,
        note=note,
        block=block,
        unit=unit,
        span=span,
        source=source,
        registers=registers,
        reads=tuple(sorted(_roots(expression))),
        empty=empty,
        direction=direction,
        model_input=model_input,
        basis=basis,
        expression=expression,
        over=over,
    )


def _texts(declared: Expression | Regroup) -> tuple[str, str]:
    """Split the docstring: the first paragraph is for the auditor, the rest is a note."""
    about, _, note = (declared.__doc__ or "").strip().partition("\n\n")
    if not about:
        raise DeclarationError(f"{declared.__name__} needs a docstring: it is the auditors' text.")
    return " ".join(about.split()), " ".join(note.split())


def _roots(expression: Expression) -> list[str]:
    """Return the columns that an expression reads, whatever the day."""
    return list(dict.fromkeys(expression(date(2025, 1, 1)).meta.root_names()))
