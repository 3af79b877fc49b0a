"""What of a family's registers may be wrong, and each thing put right: read from corrections.yaml.

A correction here is one fact of one register as it would stand once corrected. Whether it
matters for the category is asked elsewhere, of the rules themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.build import Registers
from features.units import Span, Unit, months_of
from models.answer import Texts
from models.law.files import read_exactly
from models.reasons.wording import remedies
from models.writing import written

ROW: Final = "_row"
_STEPS: Final = 20
"""An amount that may be too high is tried in so many equal steps, down to none."""
_UNITS: Final = {
    "amount": Unit.TENGE,
    "balance": Unit.TENGE,
    "heads": Unit.COUNT,
    "area_m2": Unit.SQUARE_DECIMETRES,
    "living_area_m2": Unit.SQUARE_DECIMETRES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One fact of a register put right.

    ``column`` None: its rows are struck off; otherwise ``values`` holds what the column
    says in each of them. ``fact`` numbers the facts of a family: corrections of one fact to
    different amounts share it. ``quoted``: what the text tells, by name of the placeholder.
    """

    code: str
    fact: int
    register: str
    rows: tuple[int, ...]
    column: str | None
    values: tuple[Any, ...]
    quoted: Mapping[str, Any]

    def text(self, language: str) -> str:
        """Return the condition of a sentence that says what would be corrected."""
        declared = _declared()["corrections"][self.code]
        columns = {
            name: source.partition(":")[2] or source for name, source in declared["facts"].items()
        }
        quoted = {
            name: _quoted(columns[name], value, language) for name, value in self.quoted.items()
        }
        gone = declared.get("lower") is not None and not any(self.values)
        return str((declared["none"] if gone else declared)[language]).format(**quoted)

    @property
    def remedy(self) -> Texts:
        """Where it is corrected and with what proof, in each language."""
        return remedies()[_declared()["corrections"][self.code]["remedy"]]


def codes() -> tuple[str, ...]:
    """Return the codes of all corrections, those found most often first."""
    return tuple(_declared()["corrections"])


def possible(registers: Registers, as_of: date) -> list[Correction]:
    """Return every correction of one household's registers, the mildest of each fact first.

    A silent register holds nothing to correct. Rows are named by their place in the frame.
    """
    corrections: list[Correction] = []
    facts = 0
    for code, declared in _declared()["corrections"].items():
        rows = registers.get(declared["register"])
        if rows is None:
            continue
        for group in _facts(rows.with_row_index(ROW), declared, as_of):
            put_right = list(_put_right(code, facts, declared, group))
            facts += bool(put_right)
            corrections += put_right
    return corrections


def _facts(rows: pl.DataFrame, declared: Mapping[str, Any], as_of: date) -> Iterator[pl.DataFrame]:
    """Yield the rows that make up one fact each."""
    for column, values in declared.get("only", {}).items():
        if column in rows.columns:
            known = [value for value in values if value is not None]
            known_value = pl.col(column).is_in(known)
            missing = pl.col(column).is_null() & (None in values)
            rows = rows.filter(known_value.fill_null(value=False) | missing)
        elif None not in values:
            return
    if declared.get("months"):
        months = months_of(Span.QUARTER, as_of)
        rows = rows.filter(pl.col("month").is_between(months[0], months[-1]))
    if (amount := declared.get("lower")) is not None:
        if amount not in rows.columns:
            return
        rows = rows.filter(pl.col(amount) > 0)
    yield from rows.partition_by(declared.get("by", [ROW]), maintain_order=True)


def _put_right(
    code: str, fact: int, declared: Mapping[str, Any], group: pl.DataFrame
) -> Iterator[Correction]:
    """Yield the corrections of one fact: one, or one for each amount it may really have."""
    rows = tuple(group[ROW])
    lower = declared.get("lower")
    column = next(iter(declared.get("put", {})), lower)
    correction = Correction(
        code=code,
        fact=fact,
        register=declared["register"],
        rows=rows,
        column=column,
        values=tuple(declared["put"][column] for _ in rows) if "put" in declared else (),
        quoted={
            name: _recorded(group, source)
            for name, source in declared["facts"].items()
            if not source.startswith("lower:")
        },
    )
    if lower is None:
        yield correction
        return
    now, seen = group[lower].to_list(), set()
    measured = group[lower].dtype.is_float()
    # Nobody lives on no square metre: an area stops one step above nothing.
    for step in range(_STEPS - 1, 0 if measured else -1, -1):
        values = tuple(round(v * step / _STEPS, 2) if measured else v * step // _STEPS for v in now)
        if values in seen or values == tuple(now):
            continue
        seen.add(values)
        lowered = {
            name: sum(values) for name, s in declared["facts"].items() if s.startswith("lower")
        }
        yield replace(correction, values=values, quoted={**correction.quoted, **lowered})


def _recorded(group: pl.DataFrame, column: str) -> Any:
    """Return what is recorded of a fact: of amounts the sum, of all else the one value."""
    if column not in group.columns:
        return None
    return group[column].sum() if column in _SUMMED else group[column][0]


_SUMMED: Final = frozenset({"amount", "balance", "heads"})


def _quoted(column: str, value: Any, language: str) -> str:
    names = _declared()["names"].get(column)
    if names and value is not None:
        return str(names[value][language])
    if column in _UNITS and value is not None:
        unit = _UNITS[column]
        scale = 100 if unit is Unit.SQUARE_DECIMETRES else 1
        return written(round(value * scale), unit, language)
    return written(None, Unit.COUNT, language) if value is None else str(value)


@cache
def _declared() -> Mapping[str, Any]:
    raw: Mapping[str, Any] = read_exactly(Path(__file__).with_suffix(".yaml"))
    return raw
