"""How well help is aimed: the rules and the model against each yardstick of poverty.

The survey alone knows who is poor, so everything here is a survey estimate: of persons where
poverty is measured, of families where targeting is, under the survey's weights and design.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from features.errors import ParameterNotInForce
from features.units import add_months
from models.assessment import survey_design
from models.assessment.metrics import Estimate
from models.assessment.survey_design import Design
from models.law.parameters import Law
from models.learned.arrays import Mask, Vector
from models.poverty import yardsticks as poverty
from models.poverty.yardsticks import Yardstick
from serving.audit.comparison import GROUPS, UNKNOWN
from serving.audit.witnesses import NO_SURVEY, weights

CUTS: Final = {"left_out": 5, "not_among_the_poorest": 3}
"""A family above the category counts as missed: left out in 6, not among the poorest from 4 on."""
BY: Final = ("settlement", "children")
"""Groups over which the multidimensional index is broken down."""


def targeting(
    table: pl.DataFrame, facts: pl.DataFrame | None, survey: pl.DataFrame | None
) -> dict[str, Any]:
    """Measure poverty by every yardstick, and who is missed or helped without being poor.

    Parameters
    ----------
    table : families as `serving.audit.families.look` returns them.
    facts : features of the surveyed families that `models.poverty.yardsticks.facts_read` names.
    survey : the register; None: it was not in the data.

    Returns
    -------
    ``quarter``: the newest of the survey, which alone counts, for a quarter has one price
    level; ``yardsticks``: for each its line, the share of persons who are poor, and for the
    rules and the model the exclusion error (missed among the poor families) and the
    inclusion error (not poor among the families within the cut), with 95 % intervals;
    ``multidimensional``: headcount H, intensity A, adjusted headcount M0 = H × A and what
    each indicator and group contributes. Without a survey these are null and ``why_not``
    says why.
    """
    nothing = {"families": 0, **dict.fromkeys(("quarter", "yardsticks", "multidimensional"))}
    carried = table.select(
        "household_id", "rule_category", "model_category", *(pl.col(g).alias(f"by_{g}") for g in BY)
    )
    survey_read = surveyed(carried, facts, survey)
    if isinstance(survey_read, str):
        return {"why_not": survey_read, **nothing}
    many = [p.yardstick for p in survey_read.poverty if p.yardstick.kind == "multidimensional"]
    return {
        "why_not": None,
        **survey_read.as_json(),
        "yardsticks": [
            {
                **one.as_json(),
                "targeting": {
                    side: _by_cut(one, survey_read.rows[f"{side}_category"], survey_read.design)
                    for side in ("rule", "model")
                },
            }
            for one in survey_read.poverty
        ],
        "multidimensional": _index(many[0], survey_read.rows, survey_read.design) if many else None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Poverty:
    """Who of the surveyed families is poor by one yardstick, and the share of persons who are."""

    yardstick: Yardstick
    line: float | None
    share: Estimate
    poor: Vector
    """1 poor, 0 not, 0 too where it is not known."""
    known: Mask

    def as_json(self) -> dict[str, Any]:
        """The yardstick, its line and what it measures, ready for JSON."""
        return {
            "code": self.yardstick.code,
            "about": self.yardstick.about,
            "kind": self.yardstick.kind,
            "assumed": self.yardstick.assumed,
            "doubt": self.yardstick.doubt,
            "line": None if self.line is None else round(self.line),
            "unknown": int((~self.known).sum()),
            "poor": self.share.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The surveyed families of the newest quarter, and who of them is poor by each yardstick.

    A quarter has one price level, so it alone counts. ``rows`` hold the survey, the facts
    that the yardsticks read and what was carried along, one row a family with members.
    """

    quarter: str
    rows: pl.DataFrame
    design: Design
    poverty: tuple[Poverty, ...]

    def as_json(self) -> dict[str, Any]:
        """Who was asked, ready for JSON."""
        return {
            "families": self.rows.height,
            "quarter": self.quarter,
            "units": len(self.design.stratum_of_unit),
        }


def surveyed(
    carried: pl.DataFrame, facts: pl.DataFrame | None, survey: pl.DataFrame | None
) -> Surveyed | str:
    """Return the surveyed families and their poverty, or in a sentence why nobody can be told.

    ``carried``: ``household_id`` and whatever is to be judged, under names that neither
    facts nor survey use.
    """
    if survey is None or facts is None:
        return NO_SURVEY
    rows = _surveyed_rows(carried, facts, survey)
    if rows.is_empty():
        return NO_SURVEY
    quarter = str(rows["quarter"][0])
    try:
        declared = poverty.in_force(Law(_last_day(quarter)))
    except ParameterNotInForce as none:
        return str(none)
    design = Design.of(rows, weights(rows).to_numpy())
    return Surveyed(
        quarter=quarter,
        rows=rows,
        design=design,
        poverty=tuple(_measured(yardstick, rows, design) for yardstick in declared),
    )


def _surveyed_rows(
    carried: pl.DataFrame, facts: pl.DataFrame, survey: pl.DataFrame
) -> pl.DataFrame:
    """Return the surveyed families of the newest quarter with members, one row each."""
    joined = survey.join(facts, on="household_id", how="inner").join(carried, on="household_id")
    missing = [name for name in poverty.OF_THE_SURVEY if name not in joined]
    return (
        joined.with_columns(pl.lit(None).alias(name) for name in missing)
        .filter(pl.col("quarter") == pl.col("quarter").max(), pl.col("members") > 0)
        .sort("household_id", "weight", "consumption_monthly", nulls_last=False)
        .unique("household_id", keep="last", maintain_order=True)
    )


def _last_day(quarter: str) -> date:
    first = date(int(quarter[:4]), 3 * int(quarter[-1]) - 2, 1)
    return add_months(first, 3) - timedelta(days=1)


def _measured(yardstick: Yardstick, rows: pl.DataFrame, design: Design) -> Poverty:
    persons = rows["members"].cast(pl.Float64).to_numpy()
    line: float | None = None if yardstick.line is None else float(yardstick.line)
    share = None
    if yardstick.share is not None:
        spent = rows.select(yardstick.consumption()).to_series()
        known = spent.is_not_null().to_numpy()
        if known.any():
            part = Design(design.weight * known, design.unit, design.stratum_of_unit)
            filled = spent.fill_null(0).cast(pl.Float64).to_numpy()
            share, line = survey_design.below_share_of_median(
                filled, persons * known, yardstick.share, part
            )
    if yardstick.share is not None and line is None:
        poor = pl.Series([None] * rows.height, dtype=pl.Boolean)
    else:
        poor = rows.select(yardstick.poor(line)).to_series()
    is_poor, known = _flag(poor), poor.is_not_null().to_numpy()
    if share is None:
        share = survey_design.ratio(is_poor * persons, known * persons, design)
    return Poverty(yardstick=yardstick, line=line, share=share, poor=is_poor, known=known)


def _by_cut(poverty: Poverty, category: pl.Series, design: Design) -> dict[str, Any]:
    """Return the errors at each cut of the categories, and how many families they rest on."""
    return {
        "families": int((poverty.known * category.is_not_null().to_numpy()).sum()),
        **{
            name: {
                error: survey_design.ratio(*parts, design).as_json()
                for error, parts in errors(poverty, category <= cut).items()
            }
            for name, cut in CUTS.items()
        },
    }


def errors(poverty: Poverty, reached: pl.Series) -> dict[str, tuple[Vector, Vector]]:
    """Return exclusion and inclusion error, each as what counts of what (Coady et al. 2004).

    ``reached``: whether help reaches a family (Boolean; null: not known, left out).
    Exclusion: the missed of the poor; inclusion: those who are not poor of the reached.
    """
    known, poor = poverty.known * reached.is_not_null().to_numpy(), poverty.poor
    there = _flag(reached)
    return {
        "exclusion": (known * poor * (1 - there), known * poor),
        "inclusion": (known * (1 - poor) * there, known * there),
    }


def _index(yardstick: Yardstick, rows: pl.DataFrame, design: Design) -> dict[str, Any]:
    """Return the Alkire–Foster index: H, A, M0 and what each indicator and group adds to it.

    A family with an unknown indicator is left out, as the method asks for all of them.
    """
    lacking = rows.select(yardstick.lacking()).to_series()
    known = lacking.is_not_null().to_numpy() * rows["members"].cast(pl.Float64).to_numpy()
    score = lacking.fill_null(0).to_numpy() / yardstick.parts
    poor = _flag(rows.select(yardstick.poor()).to_series())
    censored = known * poor * score
    adjusted = survey_design.ratio(censored, known, design)
    return {
        "unknown": lacking.null_count(),
        "cutoff": f"{yardstick.cutoff}/{yardstick.parts}",
        "headcount": survey_design.ratio(known * poor, known, design).as_json(),
        "intensity": survey_design.ratio(censored, known * poor, design).as_json(),
        "adjusted": adjusted.as_json(),
        "indicators": [
            {
                "code": i.code,
                "dimension": i.dimension,
                "about": i.about,
                "weight": round(i.weight / yardstick.parts, 6),
                "deprived": survey_design.ratio(known * wants, known, design).as_json(),
                "deprived_and_poor": (
                    both := survey_design.ratio(known * poor * wants, known, design)
                ).as_json(),
                "contribution": _part(i.weight / yardstick.parts, both.value, adjusted.value),
            }
            for i in yardstick.indicators
            for wants in [_flag(rows.select(i.deprived()).to_series())]
        ],
        "groups": {group: _groups(group, rows, known, poor, censored, design) for group in BY},
    }


def _groups(
    group: str, rows: pl.DataFrame, known: Vector, poor: Vector, censored: Vector, design: Design
) -> list[dict[str, Any]]:
    there = rows[f"by_{group}"]
    named: Sequence[str | None] = [*GROUPS[group], None]
    whole = survey_design.ratio(censored, known, design).value
    groups = []
    for value in named:
        inside = there.eq_missing(pl.Series([value], dtype=pl.String)).to_numpy().astype(float)
        if not (known * inside).any():
            continue
        people = survey_design.ratio(known * inside, known, design)
        adjusted = survey_design.ratio(censored * inside, known * inside, design)
        groups.append(
            {
                "value": value or UNKNOWN,
                "name": GROUPS[group].get(value or "", UNKNOWN),
                "people": people.as_json(),
                "headcount": survey_design.ratio(
                    known * poor * inside, known * inside, design
                ).as_json(),
                "adjusted": adjusted.as_json(),
                "contribution": _part(people.value or 0.0, adjusted.value, whole),
            }
        )
    return groups


def _part(weight: float, value: float | None, whole: float | None) -> float | None:
    return round(weight * value / whole, 6) if whole and value is not None else None


def _flag(answers: pl.Series) -> Vector:
    """Return yes as 1; no and not known as 0."""
    return np.asarray(answers.fill_null(value=False).to_numpy(), dtype=np.float64)
