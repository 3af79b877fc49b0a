"""One fault of a data set: where, what, how many rows, what to do and whose job it is."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from features.registers.schema import Register

DATA_OWNER: Final = "data owner"
"""Whoever made the extract: files, columns, types and keys are theirs."""

EXAMPLES: Final = 3
"""Keys shown for one fault: enough to find the rows, too few to be a list of people."""

_SUCH_AS: Final = re.compile(r", such as (?:row )?-?\d+(?:, (?:row )?-?\d+)*(?=;)")


def keeper(register: Register) -> str:
    """Name the state's system that a wrong value must be corrected in.

    Everything downstream of the keeper only copies the mistake.
    """
    return f"register keeper: {register.keeper}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One broken promise of the register contract, with the rows it touches.

    ``rows`` is 0 where the fault is of a whole file rather than of rows. ``examples``
    holds keys of the contract (opaque by construction) or, where the key itself is
    missing or unreadable, row numbers such as ``row 17``; never a value of a family.
    """

    register: str
    column: str | None = None
    rule: str
    rows: int = 0
    examples: tuple[int | str, ...] = ()
    remedy: str
    owner: str
    severity: Literal["error", "warning"] = "error"

    @property
    def is_error(self) -> bool:
        """Whether the data set cannot be used while the fault stands."""
        return self.severity == "error"

    @property
    def place(self) -> str:
        """Register and column, as in ``incomes.amount``."""
        return self.register if self.column is None else f"{self.register}.{self.column}"

    @property
    def sentence(self) -> str:
        """The whole fault in one line: place, rule, count, examples, remedy, whose job."""
        count = f" ({self.rows:,} row{'' if self.rows == 1 else 's'})" if self.rows else ""
        shown = f", such as {', '.join(map(str, self.examples))}" if self.examples else ""
        return f"{self.place}: {self.rule}{count}{shown}; {self.remedy} ({self.owner})."

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as plain JSON values."""
        return asdict(self) | {"examples": list(self.examples)}


def show(examples: list[tuple[int | None, int]]) -> tuple[int | str, ...]:
    """Return what to show for rows given as (key or None, row counted from 0)."""
    return tuple(f"row {row + 1}" if key is None else key for key, row in examples[:EXAMPLES])


def without_examples(sentence: str) -> str:
    """Return a fault's sentence without the keys it shows: for an answer about one family alone.

    >>> without_examples("loans.role: a debt twice (2 rows), such as 7, 9; keep one (banks).")
    'loans.role: a debt twice (2 rows); keep one (banks).'
    """
    return _SUCH_AS.sub("", sentence)
