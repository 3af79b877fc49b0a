"""The columns of a decision, as `models.answer` declares them.

The file that `tarazy score` writes, the opinion of a challenger and the documentation read them.
"""

from typing import Final

import msgspec
import polars as pl

from models.answer import Answer, Column, Origin


def marked(answer: type[Answer]) -> dict[str, Column]:
    """Return the fields of an answer that are columns of a file, by name and in their order."""
    return {
        field.name: mark
        for field in msgspec.structs.fields(answer)
        for mark in getattr(field.type, "__metadata__", ())
        if isinstance(mark, Column)
    }


COLUMNS: Final = marked(Answer)
"""In the order in which they are written and answered."""

SCORE_SCHEMA: Final[dict[str, pl.DataType]] = {n: c.dtype for n, c in COLUMNS.items()}


def of(*origins: Origin) -> tuple[str, ...]:
    """Return the names of the columns in which these have a say, in the order of the table."""
    return tuple(name for name, column in COLUMNS.items() if column.origin in origins)
