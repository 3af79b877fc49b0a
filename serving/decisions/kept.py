"""Earlier decisions that stay in force while a register is silent.

A family whose decision waits for a register keeps the decision of an earlier day for as many
months as the policy says. What is kept lies in a file beside the decisions, whose columns stay
as they are: they say what today's registers say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.errors import InputError
from features.files import tables
from models.columns import SCORE_SCHEMA
from models.law.parameters import Law
from models.law.policy import REGISTER_SILENT

_READ: Final = ("household_id", "as_of", "category", "status")


@dataclass(frozen=True, slots=True)
class Kept:
    """Families that wait for a register and keep an earlier decision.

    ``table`` has a row each: ``household_id``, ``category`` as it was decided, ``decided_on``,
    and ``kept_until`` (the first day on which it is no longer in force). ``waiting``: families
    that wait for a register, with or without an earlier decision.
    """

    out: Path
    table: pl.DataFrame
    waiting: int

    def summary(self) -> dict[str, Any]:
        """Return counts: how many keep an earlier decision, until when, and how many have none."""
        until = self.table.group_by("kept_until").len().sort("kept_until")
        return {
            "out": str(self.out),
            "waiting": self.waiting,
            "families": self.table.height,
            "until": {str(day): families for day, families in until.iter_rows()},
            "without_earlier": self.waiting - self.table.height,
        }


def place(out: Path) -> Path:
    """Return where the kept decisions lie beside the decisions of a day.

    >>> [place(Path(out)).name for out in ("decisions.parquet", "decisions.csv", "decisions")]
    ['decisions.kept.parquet', 'decisions.kept.csv', 'decisions.kept.parquet']
    """
    return out.with_name(f"{out.stem}.kept{out.suffix or '.parquet'}")


def earlier(paths: Sequence[Path], law: Law) -> pl.DataFrame:
    """Read earlier decisions that were in force: of each family the newest that is still kept.

    Raises InputError for a file that holds no decisions, or decisions of no earlier day.
    """
    read = pl.concat([_read(path, law) for path in paths])
    kept_until = pl.col("decided_on").dt.offset_by(f"{law.policy.kept_months}mo")
    return (
        read.with_columns(kept_until=kept_until)
        .filter(pl.col("kept_until") > law.day)
        .sort("household_id", "decided_on", descending=[False, True])
        .unique("household_id", keep="first", maintain_order=True)
    )


def keep(decisions: pl.DataFrame, before: pl.DataFrame, out: Path) -> Kept:
    """Write which families that wait for a register keep an earlier decision.

    ``decisions``: of today, the columns of `models.columns`; ``before``: as `earlier` returns it.
    """
    waits = decisions.filter(pl.col("review_reasons").list.contains(REGISTER_SILENT))
    table = (
        waits.select("household_id")
        .join(before, on="household_id", how="inner", maintain_order="left")
        .select("household_id", "category", "decided_on", "kept_until")
    )
    tables.write(table, out)
    return Kept(out, table, waits.height)


def _read(path: Path, law: Law) -> pl.DataFrame:
    """Read the decisions of a file that were in force; one that waited was not."""
    decisions = tables.read(path, SCORE_SCHEMA)
    missing = [name for name in _READ if name not in decisions.columns]
    if missing:
        raise InputError(
            f"--before {path} has no column {', '.join(missing)}: bring the file that `tarazy "
            "score` wrote of an earlier day."
        )
    late = [day for day in decisions["as_of"].unique() if day >= law.day]
    if late:
        raise InputError(
            f"--before {path} holds decisions of {max(late)}, which is no day before "
            f"{law.day}: bring those of an earlier day."
        )
    return decisions.filter(status="automatic").select(
        "household_id", pl.col("category").cast(pl.Int8), decided_on="as_of"
    )
