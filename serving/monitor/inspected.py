"""New inspections beside what had been said of the families before anybody looked.

An inspection is new when the model has not learned from it, and counts once. It is joined to
the newest decision at or before its day; a finding older than that may have shaped the
registers, and says nothing. A family that the model has learned from is left out as well.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from features.errors import InputError
from models.assessment import target
from serving.monitor.seen import Seen

GROUPS: Final[dict[str, tuple[str, str]]] = {
    "settlement": ("rural", "urban"),
    "head": ("f", "m"),
    "children": ("4+", "fewer"),
    "disability": ("yes", "no"),
}
"""The pairs of groups whose error rates are watched, first the one beside the other."""
_ONE: Final = ("household_id", "inspected_on", "design")
_DECIDED: Final = ("household_id", "as_of", "model_flag", "hidden_income_probability")


@dataclass(frozen=True, slots=True)
class Joined:
    """Inspections that count, oldest first, and how many do not, by reason.

    ``rows``: ``key, inspected_on, design, probability, flagged`` (null: the model said
    nothing), ``confirmed, predicted, region`` and the columns of `GROUPS`.
    """

    rows: pl.DataFrame
    left_out: dict[str, int]


def decided(file: pl.DataFrame, version: str | None) -> pl.DataFrame:
    """Check decisions that `tarazy score` wrote; return what the monitor needs of them.

    Raises InputError where columns are missing or another model decided.
    """
    if missing := [name for name in (*_DECIDED, "model_version") if name not in file.columns]:
        raise InputError(
            f"--decisions has no column {', '.join(missing)}: give the file that `tarazy score` "
            "wrote."
        )
    others = [v for v in file["model_version"].unique() if v != version]
    if others:
        raise InputError(
            f"--decisions were made by model version {others[0] or 'none'}, but version "
            f"{version} is monitored: give its decisions, or choose it with --model."
        )
    return file.select(_DECIDED)


def joined(
    before: Seen,
    after: Seen,
    registers: Mapping[str, pl.DataFrame | None],
    *,
    learned_until: date | None,
    decisions: pl.DataFrame | None = None,
    sensitivity: float,
) -> Joined:
    """Join the inspections of the new snapshot to what was said before them.

    Parameters
    ----------
    before, after : the two snapshots as they were seen.
    registers : ``before`` and ``after``: their registers of inspections, None where absent.
    learned_until : the last day of which the model has learned; None: it is not known, and all
        that the reference snapshot holds counts as learned.
    decisions : what `decided` returned; None: what the model says of each snapshot counts.
    sensitivity : the share of hiding families that inspectors confirm.
    """
    new = registers["after"]
    if new is None or new.is_empty():
        return Joined(pl.DataFrame(), {})
    new = new.unique(subset=_ONE, keep="last", maintain_order=True)
    if "probability" not in new.columns:
        new = new.with_columns(probability=pl.lit(None, pl.Float64))
    old = registers["before"]
    if learned_until is None:
        learned = new.clear() if old is None else old
    else:
        learned = new.filter(pl.col("inspected_on") <= learned_until)
    seen = new.join(learned.select(_ONE).unique(), on=_ONE, how="semi")
    fresh = new.join(learned.select(_ONE).unique(), on=_ONE, how="anti")
    strange = fresh.join(learned.select("household_id").unique(), on="household_id", how="anti")
    predicted = _predicted(before, after, decisions)
    placed = strange.sort("inspected_on").join_asof(
        predicted.sort("as_of"),
        left_on="inspected_on",
        right_on="as_of",
        by="household_id",
        strategy="backward",
        check_sortedness=False,  # both are sorted, which cannot be checked within families
    )
    known = placed.filter(pl.col("as_of").is_not_null())
    confirmed = target.confirmed(known) if known.height else pl.Series([], dtype=pl.Boolean)
    rows = known.with_columns(confirmed.alias("confirmed"))
    judged = rows.filter(pl.col("confirmed").is_not_null())
    return Joined(
        rows=_rows(judged, sensitivity),
        left_out={
            "the model has learned from them": seen.height,
            "the model has learned from the family": fresh.height - strange.height,
            "nothing had been said of the family before that day": placed.height - known.height,
            "the register knows no member of the family": rows.height - judged.height,
        },
    )


def _predicted(before: Seen, after: Seen, decisions: pl.DataFrame | None) -> pl.DataFrame:
    """Return what was said of each family and when, with the groups it is counted in."""
    facts = ["household_id", "members", "region", *GROUPS]
    sides = [(before.table, before.as_of), (after.table, after.as_of)]
    if before.as_of >= after.as_of:  # the same day twice: the newer data stand
        sides = sides[1:]
    if decisions is not None:
        frame = decisions.join(before.table.select(facts), on="household_id", how="inner")
        frames = [frame]
    else:
        frames = [
            table.select(
                "household_id",
                pl.lit(day).alias("as_of"),
                "model_flag",
                "hidden_income_probability",
                *facts[1:],
            )
            for table, day in sides
        ]
    return pl.concat([frame.select(*_DECIDED, *facts[1:]) for frame in frames])


def _rows(judged: pl.DataFrame, sensitivity: float) -> pl.DataFrame:
    keys = [
        hashlib.sha256("|".join(map(str, one)).encode()).hexdigest()
        for one in judged.select(_ONE).rows()
    ]
    return judged.select(
        pl.Series("key", keys, dtype=pl.String),
        "inspected_on",
        pl.col("design").cast(pl.String),
        pl.col("probability").cast(pl.Float64),
        pl.col("model_flag").alias("flagged"),
        "confirmed",
        (pl.col("hidden_income_probability") * sensitivity).round(6).alias("predicted"),
        pl.col("region").cast(pl.String),
        pl.col("settlement").cast(pl.String),
        pl.col("head").cast(pl.String),
        # Unknown stays unknown: it belongs to neither group.
        pl.when(pl.col("children") == "4+")
        .then(pl.lit("4+"))
        .when(pl.col("children").is_not_null())
        .then(pl.lit("fewer"))
        .alias("children"),
        pl.col("disability").cast(pl.String),
    ).sort("inspected_on", "key")


def as_lines(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the inspections one dictionary each, days as text."""
    return rows.with_columns(pl.col("inspected_on").cast(pl.String)).to_dicts() if len(rows) else []
