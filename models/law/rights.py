"""What a family may do about a decision, by when, and what holds meanwhile: dated, with its act.

The letter names these rights; none of them changes a decision.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from features.errors import DeclarationError
from features.units import add_months
from models.law.files import read_law
from models.law.parameters import Law, Source

MONTHS: Final = "months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right as it stands on a day; ``term`` None: it has none."""

    code: str
    term: int | None
    unit: str | None
    assumed: bool
    source: Source

    def until(self, learned: date) -> date:
        """Return the last day of a term in months that begins on the day of learning.

        Where the last month has no such day, the term ends with that month. Raises DayError
        where it would end after the year 9999.

        >>> of(Law(date(2026, 1, 1)))["COMPLAINT"].until(date(2025, 11, 30))
        datetime.date(2026, 2, 28)
        """
        if self.unit != MONTHS or self.term is None:
            raise DeclarationError(f"rights.yaml, {self.code}: its term is in no months.")
        month = add_months(learned, self.term)
        _, last = monthrange(month.year, month.month)
        return month.replace(day=min(learned.day, last))


def of(law: Law) -> Mapping[str, Right]:
    """Return the rights in force on the law's day by code; those not yet granted are left out."""
    rights = read_law(law.folder).rights["rights"]
    begun = {
        code: [edition for edition in right["editions"] if edition["since"] <= law.day]
        for code, right in rights.items()
    }
    return {code: _right(code, editions[-1]) for code, editions in begun.items() if editions}


def _right(code: str, edition: Mapping[str, Any]) -> Right:
    return Right(
        code=code,
        term=edition["term"],
        unit=edition["unit"],
        assumed=edition["assumed"],
        source=Source(**edition["source"]),
    )
