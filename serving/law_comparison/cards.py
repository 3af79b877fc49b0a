"""Every scorecard on every family: how many in each category, and do they agree.

With each other, with what families say of themselves, and with what is decided. A card
that was fitted to these very families looks better here than it is, and the answer says so.
"""

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from features.build import build
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import ladder
from models.assessment.large_sample import kappa_interval
from models.assessment.metrics import UNKNOWN, quadratic_kappa
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules.category import rule_category
from models.rules.scorecard import Scorecard, assess
from models.rules.scorecard import category as category_of

DECIDED = "decided"
"""The name of what the rules decide, beside the cards: the policy's card and the hard rule."""


def by_card(
    snapshot: Snapshot,
    *,
    as_of: date,
    cards: Sequence[str] = (),
    progress: Progress = silent,
) -> pl.DataFrame:
    """Place every family by every card; one row a family and card, fixed columns.

    Parameters
    ----------
    cards : names; none: all that had begun by the day.

    Returns
    -------
    ``household_id``, ``scorecard``, ``points_poorest``, ``points_richest``, ``category``
    (by points alone, every unknown at its poorest) and ``richest_category``; then the
    same for `DECIDED`, whose category is the one that the rules serve. Sorted by card, then
    household.
    """
    law = Law(as_of)
    named = [Scorecard.named(name, law) for name in cards or law.cards]
    placed: list[pl.DataFrame] = []
    for number in snapshot.partitions:
        progress("placing families", number, len(snapshot.partitions))
        features = build(snapshot.registers(number, as_of), as_of, treatment(law))
        for card in named:
            points = assess(features, law, card.name)
            placed.append(
                points.select(
                    "household_id",
                    scorecard=pl.lit(card.name),
                    points_poorest="points_poorest",
                    points_richest="points_richest",
                    category=category_of(card, pl.col("points_poorest"), by_score=True),
                    richest_category=category_of(card, pl.col("points_richest"), by_score=True),
                )
            )
        placed.append(
            rule_category(features, law).select(
                "household_id",
                scorecard=pl.lit(DECIDED),
                points_poorest="points_poorest",
                points_richest="points_richest",
                category="rule_category",
                richest_category="richest_category",
            )
        )
    progress("placing families", len(snapshot.partitions), len(snapshot.partitions))
    return pl.concat(placed).sort("scorecard", "household_id")


def compared(snapshot: Snapshot, placed: pl.DataFrame, as_of: date) -> dict[str, Any]:
    """Return distributions and agreements of what `by_card` placed, ready for JSON."""
    law = Law(as_of)
    names = [n for n in placed["scorecard"].unique(maintain_order=True) if n != DECIDED]
    cards = {name: Scorecard.named(name, law) for name in names}
    survey = snapshot.learning("survey")
    answers = None if survey is None or "subjective_level" not in survey else ladder.answers(survey)
    tables = {name: placed.filter(pl.col("scorecard") == name) for name in (*names, DECIDED)}
    scales = cards | {DECIDED: Scorecard.in_force(law)}
    return {
        "households": tables[DECIDED].height,
        "as_of": as_of.isoformat(),
        "cards": [
            {
                "name": name,
                "status": scales[name].status,
                "fitted_on_these_families": _fitted_here(scales[name], law, snapshot),
                "categories": _distribution(table, scales[name]),
                "depends_on_unknown": int((table["category"] != table["richest_category"]).sum()),
                "agreement_with_ladder": _with_ladder(table, answers, scales[name]),
            }
            for name, table in tables.items()
        ],
        "between": [
            _between(tables[one], tables[other], scales[one], scales[other])
            for one, other in combinations(names, 2)
        ],
    }


def _fitted_here(card: Scorecard, law: Law, snapshot: Snapshot) -> bool:
    data = law.card(card.name).get("fitted", {}).get("data", {})
    return bool(data.get("snapshot") == snapshot.digest)


def _distribution(table: pl.DataFrame, card: Scorecard) -> list[dict[str, Any]]:
    families = dict(table.group_by("category").len().rows())
    return [
        {
            "category": c.category,
            "code": c.code,
            "name": dict(c.name),
            "families": families.get(c.category, 0),
            "share": round(families.get(c.category, 0) / max(table.height, 1), 6),
        }
        for c in card.categories
    ]


def _with_ladder(
    table: pl.DataFrame, answers: pl.DataFrame | None, card: Scorecard
) -> dict[str, Any] | None:
    """Return the quadratic kappa with the survey, on the card's own scale; null: cannot be told."""
    if answers is None or not card.on_ladder:
        return None
    both = table.join(answers, on="household_id", how="inner").sort("household_id")
    if both.is_empty():
        return {"families": 0, **UNKNOWN.as_json()}
    kappa = kappa_interval(
        ladder.on_scale(both["step"].to_numpy(), card.on_ladder),
        both["category"].cast(pl.Int64).to_numpy(),
        both["weight"].to_numpy(),
        both["cluster"].to_numpy(),
    )
    return {"families": both.height, **kappa.as_json()}


def _between(
    one: pl.DataFrame, other: pl.DataFrame, of_one: Scorecard, of_other: Scorecard
) -> dict[str, Any]:
    """Return how two cards agree on all families: the cells, and kappa on the coarser scale.

    The finer card's category counts as the coarser one's for the same step of the ladder;
    null where a card does not say which steps its categories stand for.
    """
    both = one.select("household_id", one="category").join(
        other.select("household_id", other="category"), on="household_id"
    )
    cells = both.group_by("one", "other").len().sort("one", "other").rows()
    pair: dict[str, Any] = {
        "cards": [of_one.name, of_other.name],
        "cells": [{"categories": [a, b], "families": n} for a, b, n in cells],
        "kappa": None,
        "same": None,
    }
    coarse = min(of_one, of_other, key=lambda card: len(card.categories))
    scale = coarse.on_ladder
    steps = [{c.category: c.ladder for c in card.categories} for card in (of_one, of_other)]
    if scale and all(all(ladders.values()) for ladders in steps) and not both.is_empty():
        a, b = (
            both[side].replace_strict({c: scale[s[0]] for c, s in of.items()}).to_numpy()
            for side, of in zip(("one", "other"), steps, strict=True)
        )
        pair["kappa"] = round(quadratic_kappa(a.astype(np.int64), b.astype(np.int64)), 6)
        pair["same"] = round(float(np.mean(a == b)), 6)
    return pair
