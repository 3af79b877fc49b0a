"""Who was right: the random inspections and the survey, asked about the rules and the model alike.

Only inspections drawn at random can say how often a flag is right. Targeted ones and
complaints were chosen because somebody was suspected, so they are counted, no more.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import large_sample, target
from models.assessment.metrics import UNKNOWN, share
from serving.audit.comparison import FLAGS, red_flags, values
from serving.audit.families import RED_FLAG
from serving.shown import LEVELS

NO_REGISTER: Final = (
    "The data hold no register `inspections`, so nobody checked anything: no precision, no "
    "share found and no AUC can be given."
)
NO_RANDOM_ARM: Final = (
    "No family was inspected at random. Targeted inspections and complaints pick families "
    "because they are suspected: how often a flag is right among them says nothing about "
    "all families, so no precision, no share found and no AUC is given. Inspect a few hundred "
    "families drawn at random."
)
NO_SURVEY: Final = "The data hold no survey answers of families of this snapshot."
POOREST: Final = 0.10
"""The part of the surveyed families, poorest by consumption per member, that is looked at."""


def random_inspections(
    table: pl.DataFrame, inspections: pl.DataFrame | None, as_of: date
) -> dict[str, Any]:
    """Ask the random inspections who was right.

    Parameters
    ----------
    table : families as `serving.audit.families.look` returns them.
    inspections : the register; None: it was not in the data.
    as_of : the decision date: an inspection before it may have shaped what is judged.

    Returns
    -------
    Counts by design; then, of families inspected at random (the first time each, those of
    this snapshot, members known), how many were confirmed: in each cell of the flags, and
    for each flag its precision and the share of the confirmed that it found, with exact
    95 % intervals. Without a random arm these are null and ``why_not`` says why.
    """
    nothing = dict.fromkeys(("random", "cells", "flags", "auc"))
    if inspections is None:
        return {"why_not": NO_REGISTER, "by_design": None, **nothing}
    designs = inspections["design"].cast(pl.String)
    by_design = {str(name): count for name, count in sorted(designs.value_counts().rows())}
    drawn = inspections.filter(designs == "random")
    first = drawn.sort("household_id", "inspected_on", "hidden_income_monthly").unique(
        "household_id", keep="first", maintain_order=True
    )
    joined = table.join(first, on="household_id", how="inner").sort("household_id")
    judged = joined.with_columns(confirmed=target.confirmed(joined)).filter(
        pl.col("confirmed").is_not_null()
    )
    if judged.is_empty():
        return {"why_not": NO_RANDOM_ARM, "by_design": by_design, **nothing}
    confirmed = int(judged["confirmed"].sum())
    chances = judged["probability"].drop_nulls().n_unique() if "probability" in judged else 0
    return {
        "why_not": None,
        "by_design": by_design,
        "random": {
            "inspections": drawn.height,
            "families": judged.height,
            "confirmed": confirmed,
            "prevalence": share(confirmed, judged.height).as_json(),
            "again": drawn.height - first.height,
            "strangers": first.height - joined.height,
            "without_members": joined.height - judged.height,
            "before_decision_date": int((judged["inspected_on"] < as_of).sum()),
            "unequal_chances": chances > 1,
        },
        "cells": [
            _cell(judged, rule, model)
            for rule in values(judged, "rule_flag")
            for model in values(judged, "model_flag")
        ],
        "flags": {
            name.removeprefix(RED_FLAG): _judged(judged, name)
            for name in ("rule_flag", "model_flag", *red_flags(judged))
        },
        "auc": _auc(judged),
    }


def surveyed(table: pl.DataFrame, survey: pl.DataFrame | None) -> dict[str, Any]:
    """Compare the categories with what the families say themselves, and with what they spend.

    The newest answer of each family counts. ``ladder`` counts families by the step they
    name (1 cannot afford food … 6 no material difficulty) and their category;
    ``agreement`` is the quadratic-weighted kappa under the survey's weights. ``poorest``
    are the families of the poorest tenth by consumption per member, within their quarter.
    """
    nothing = {"families": 0} | dict.fromkeys(("ladder", "agreement", "poorest"))
    if survey is None:
        return {"why_not": NO_SURVEY, **nothing}
    newest = survey.sort(
        "household_id", "quarter", "weight", "consumption_monthly", nulls_last=False
    ).unique("household_id", keep="last", maintain_order=True)
    joined = table.join(newest, on="household_id", how="inner").sort("household_id")
    if joined.is_empty():
        return {"why_not": NO_SURVEY, **nothing}
    sides = ("rule", "model")
    if "subjective_level" not in joined:
        joined = joined.with_columns(subjective_level=pl.lit(None, pl.Int64))
    answered = joined.filter(pl.col("subjective_level").is_not_null())
    poorest = _poorest(joined)
    return {
        "why_not": None,
        "families": joined.height,
        "ladder": {side: _ladder(answered, f"{side}_category") for side in sides},
        "agreement": {side: _agreement(answered, f"{side}_category") for side in sides},
        "poorest": {
            "families": poorest.height,
            **{side: _spread(poorest[f"{side}_category"]) for side in sides},
        },
    }


def _cell(judged: pl.DataFrame, rule: bool | None, model: bool | None) -> dict[str, Any]:
    mine = judged.filter(
        pl.col("rule_flag").eq_missing(pl.lit(rule, pl.Boolean)),
        pl.col("model_flag").eq_missing(pl.lit(model, pl.Boolean)),
    )
    confirmed = int(mine["confirmed"].sum())
    return {
        "rule_flag": FLAGS[rule],
        "model_flag": FLAGS[model],
        "inspected": mine.height,
        "confirmed": confirmed,
        "share": share(confirmed, mine.height).as_json(),
    }


def _judged(judged: pl.DataFrame, flag: str) -> dict[str, Any]:
    """Return how often a flag is right, and how many of the confirmed it finds."""
    known = judged.filter(pl.col(flag).is_not_null())
    raised = known.filter(pl.col(flag))
    hits = int(raised["confirmed"].sum())
    misses = int(known["confirmed"].sum()) - hits
    precision = share(hits, raised.height)
    prevalence = share(hits + misses, known.height)
    return {
        "unknown": judged.height - known.height,
        "flagged": raised.height,
        "flagged_confirmed": hits,
        "precision": precision.as_json(),
        "clear": known.height - raised.height,
        "clear_confirmed": misses,
        "confirmed_among_clear": share(misses, known.height - raised.height).as_json(),
        "recall": share(hits, hits + misses).as_json(),
        "surely_twice_the_average": (
            None
            if precision.low is None or prevalence.value is None
            else precision.low > 2 * prevalence.value
        ),
    }


def _auc(judged: pl.DataFrame) -> Mapping[str, Any]:
    known = judged.filter(pl.col("hidden_income_probability").is_not_null())
    truth = known["confirmed"].cast(pl.Float64).to_numpy()
    area = (
        large_sample.auc_interval(truth, known["hidden_income_probability"].to_numpy())
        if known.height
        else UNKNOWN
    )
    return {"families": known.height, **area.as_json()}


def _ladder(answered: pl.DataFrame, category: str) -> list[dict[str, int]]:
    families = {
        (step, level): n
        for step, level, n in answered.group_by("subjective_level", category).len().rows()
    }
    return [
        {"said": step, "category": level, "families": families.get((step, level), 0)}
        for step in LEVELS
        for level in LEVELS
    ]


def _agreement(answered: pl.DataFrame, category: str) -> dict[str, Any]:
    known = answered.filter(pl.col(category).is_not_null())
    if known.is_empty():
        return {"families": 0, **UNKNOWN.as_json()}
    kappa = large_sample.kappa_interval(
        known["subjective_level"].cast(pl.Int64).to_numpy(),
        known[category].cast(pl.Int64).to_numpy(),
        weights(known).to_numpy(),
    )
    return {"families": known.height, **kappa.as_json()}


def _poorest(joined: pl.DataFrame) -> pl.DataFrame:
    """Return the poorest tenth by consumption per member, by weight, within each quarter.

    Within a quarter one month's prices hold. A family on the edge belongs to the tenth
    when the middle of its weight does.
    """
    spent = joined.filter(pl.col("members") > 0, pl.col("consumption_monthly").is_not_null())
    mass = pl.col("_weight")
    return (
        spent.with_columns(
            _weight=weights(spent), _spent=pl.col("consumption_monthly") / pl.col("members")
        )
        .sort("quarter", "_spent", "household_id")
        .filter(((mass.cum_sum() - mass / 2) / mass.sum()).over("quarter") < POOREST)
    )


def _spread(category: pl.Series) -> dict[str, Any]:
    """Return how some families fall on the categories, and how many stand above the third."""
    known = category.drop_nulls()
    above = int((known > 3).sum())
    return {
        "categories": {str(level): int((known == level).sum()) for level in LEVELS},
        "above_third": {"families": above, "of": len(known)} | share(above, len(known)).as_json(),
    }


def weights(frame: pl.DataFrame) -> pl.Series:
    """Return the survey's weights; the mean where one is not usable, 1 where none is."""
    usable = pl.when(pl.col("weight") > 0).then(pl.col("weight"))
    usable_weights = frame.select(usable.cast(pl.Float64))["weight"] if "weight" in frame else None
    if usable_weights is None or usable_weights.null_count() == len(usable_weights):
        return pl.Series("weight", np.ones(frame.height))
    return usable_weights.fill_null(strategy="mean")
