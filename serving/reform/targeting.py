"""Whom help would miss, and whom it would reach without need, before and after a reform.

Only surveyed families can tell who is poor. The yardsticks are those of today's law under
both laws: a reform may not move the measure that judges it.
"""

from typing import Any, Final

import polars as pl

from models.assessment import survey_design
from models.assessment.metrics import Estimate
from serving.audit.yardsticks import CUTS, Poverty, errors, surveyed
from serving.reform.families import NOW, THEN

ASSISTANCE: Final = "assistance"
"""Reached by targeted assistance, as information: below its line by what the registers show."""
AIMS: Final = (*CUTS, ASSISTANCE)
"""What is aimed at the poor: help by category, cut at two places, and the line of assistance."""
_NOTHING_CHANGES: Final = Estimate(0.0, 0.0, 0.0)


def targeting(
    table: pl.DataFrame, facts: pl.DataFrame | None, survey: pl.DataFrame | None
) -> dict[str, Any]:
    """Measure by every yardstick whom help misses and reaches under both laws.

    Parameters
    ----------
    table : families as `serving.reform.families.under_both` returns them.
    facts : features of the surveyed families that `models.poverty.yardsticks.facts_read` names.
    survey : the register; None: it was not in the data.

    Returns
    -------
    ``yardsticks``: for each its line and the share of persons who are poor, and for every
    aim of `AIMS` the exclusion error (missed among the poor families) and the inclusion
    error (not poor among the families reached) ``now`` and ``then``, and their ``change``,
    each with its 95 % interval under the survey's design; that of the change is of pairs, for
    the same families stand under both laws. Where no family of the whole snapshot changes
    sides the change is nought, and no estimate. ``crossing``: surveyed families that change
    sides. Without a survey ``yardsticks`` is null and ``why_not`` says why.
    """
    sides = table.select(
        "household_id",
        *(_reached(aim, law).alias(aim + law) for aim in AIMS for law in (NOW, THEN)),
    )
    survey_read = surveyed(sides, facts, survey)
    if isinstance(survey_read, str):
        return {
            "why_not": survey_read,
            "families": 0,
            "quarter": None,
            "units": 0,
            "yardsticks": None,
        }
    moved = {aim: not _same(sides, aim) for aim in AIMS}
    return {
        "why_not": None,
        **survey_read.as_json(),
        "yardsticks": [
            {
                **one.as_json(),
                "aims": {
                    aim: _aimed(one, survey_read.rows, aim, moved[aim], survey_read.design)
                    for aim in AIMS
                },
            }
            for one in survey_read.poverty
        ],
    }


def _reached(aim: str, law: str) -> pl.Expr:
    if aim == ASSISTANCE:
        return pl.col(f"below_line{law}")
    return pl.col(f"category{law}") <= CUTS[aim]


def _same(sides: pl.DataFrame, aim: str) -> bool:
    return sides[aim + NOW].equals(sides[aim + THEN], null_equal=True)


def _aimed(
    one: Poverty, rows: pl.DataFrame, aim: str, moved: bool, design: survey_design.Design
) -> dict[str, Any]:
    """Return both errors of one aim under both laws, and how far they change."""
    sides = rows[aim + NOW], rows[aim + THEN]
    now, then = (errors(one, side) for side in sides)
    return {
        "crossing": int((sides[0].ne_missing(sides[1])).sum()),
        "now": {name: survey_design.ratio(*parts, design).as_json() for name, parts in now.items()},
        "then": {
            name: survey_design.ratio(*parts, design).as_json() for name, parts in then.items()
        },
        "change": {
            name: (
                survey_design.difference(then[name], now[name], design)
                if moved or not misses.any()
                else _NOTHING_CHANGES
            ).as_json()
            for name, (_, misses) in now.items()
        },
    }
