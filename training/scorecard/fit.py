"""Points and cut-offs that nobody published, fitted to what families say of themselves.

The card on file says which facts count, at which bounds, and which of several facts of one
criterion is poorer; the survey's ladder says how much each step is worth. Points rise by
whole numbers of at least zero from the poor side to the rich one, so whatever the data say
a family that lost something never looks richer. The result is a card of the same format
(`training.scorecard.card_file`), which the state's own table can replace unchanged.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.build import build
from features.catalogue import FEATURES
from features.errors import InputError
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import ladder
from models.assessment.metrics import draws
from models.law.facts import treatment
from models.law.parameters import Law
from models.learned.arrays import Codes, Mask, Vector
from models.rules.scorecard import Criterion, Scorecard, assess, poorest_points
from training.labels.gather import FEWEST, folds
from training.scorecard import ordinal

POINTS: Final = 200
"""Points of a family that is richest in everything, before each criterion is rounded."""
FOLDS: Final = 5
METHOD: Final = (
    "proportional odds (McCullagh 1980) over the steps of each criterion, coefficients not "
    "negative, survey weights; whole points; at least one point for every criterion; cut-offs "
    "where the weighted share of families below equals the share that places itself below"
)

Levels = npt.NDArray[np.int64]
"""Two dimensions: a row for each family, a column for each criterion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """Families that placed themselves on the ladder: their features and their answers."""

    features: pl.DataFrame
    answers: pl.DataFrame

    def take(self, rows: Mask) -> "Surveyed":
        """Return some of the families."""
        return Surveyed(features=self.features.filter(rows), answers=self.answers.filter(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What a card gives for each level of each criterion, poorest first, and where it cuts."""

    of: Mapping[str, tuple[int, ...]]
    begins: tuple[int, ...]


def fit_scorecard(
    snapshot: Snapshot,
    *,
    card: str,
    seed: int,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Fit the points and cut-offs of a card on file to the survey of a snapshot.

    Returns the card as its file has it, with fitted points and cut-offs, and ``fitted``:
    on what, by which method, and the agreement with the ladder of families that the fit
    had not seen, with its interval, beside that of the card as it was.

    ``seed`` draws the folds and the intervals; the points themselves depend on the data alone.

    Raises InputError without a survey, with too few answers, or for a card whose
    categories do not say which steps of the ladder they stand for.
    """
    law, generator = Law(snapshot.as_of), np.random.default_rng(seed)
    chosen = Scorecard.named(card, law)
    if not chosen.on_ladder:
        raise InputError(
            f"scorecards/{card}.yaml does not say which steps of the survey's ladder its "
            "categories stand for: add `ladder` to each category."
        )
    surveyed = gathered(snapshot, progress)
    points = fitted_points(surveyed, chosen)
    raw = rewritten(law.card(card), chosen, points)
    raw["fitted"] = {
        "data": {
            "snapshot": snapshot.digest,
            "as_of": snapshot.as_of,
            "families": surveyed.answers.height,
            "silent_registers": list(snapshot.silent_on(snapshot.as_of)),
        },
        "method": METHOD,
        "seed": seed,
        "agreement": judged(surveyed, chosen, law, generator, progress),
        "stability": stable(surveyed, chosen, generator),
    }
    return raw


def gathered(snapshot: Snapshot, progress: Progress = silent) -> Surveyed:
    """Return the features of every family of a snapshot that placed itself on the ladder."""
    survey = snapshot.learning("survey")
    if survey is None or "subjective_level" not in survey.columns:
        raise InputError(
            "The snapshot holds no answers to the survey's ladder (survey, subjective_level): "
            "points cannot be fitted. Bring a survey that asked for it."
        )
    answers = ladder.answers(survey)
    frames = []
    for number in snapshot.partitions:
        progress("building features", number, len(snapshot.partitions))
        registers = {
            name: None if rows is None else rows.join(answers, on="household_id", how="semi")
            for name, rows in snapshot.registers(number, snapshot.as_of).items()
        }
        part = build(registers, snapshot.as_of, treatment(Law(snapshot.as_of)))
        frames.append(part.filter(pl.col("members") > 0))
    features = pl.concat(frames).sort("household_id")
    if features.height < FEWEST:
        raise InputError(
            f"Only {features.height} families of the snapshot placed themselves on the survey's "
            f"ladder; a fit needs at least {FEWEST}. Bring a larger survey."
        )
    mine = features.select("household_id").join(answers, on="household_id", maintain_order="left")
    return Surveyed(features=features, answers=mine)


def fitted_points(surveyed: Surveyed, card: Scorecard) -> Points:
    """Return the points and cut-offs that fit the ladder best.

    A criterion of which the survey shows one level alone, as when its register is silent,
    keeps its part of the card's points: nothing is learned of it.
    """
    category, weights = _truth(surveyed, card), surveyed.answers["weight"].to_numpy()
    reached = _reached(surveyed, card)
    taken = [
        reached[:, [n]] >= np.arange(1, levelled(criterion).most + 1)
        for n, criterion in enumerate(card.criteria)
    ]
    worth = ordinal.fit(
        np.hstack(taken).astype(np.float64), category, weights, len(card.categories)
    ).steps
    scale = POINTS / worth.sum() if worth.any() else 0.0
    ends = np.cumsum([steps.shape[1] for steps in taken])
    of = {
        criterion.code: _whole(np.cumsum(mine) * scale)
        if steps.any(axis=0).any() and not steps.all()
        else _whole(_as_it_was(criterion) * (POINTS / card.most))
        for criterion, mine, steps in zip(
            card.criteria, np.split(worth, ends[:-1]), taken, strict=True
        )
    }
    begins = cut_offs(_summed(reached, of), category, weights, len(card.categories))
    return Points(of=of, begins=begins)


def levelled(criterion: Criterion) -> Criterion:
    """Return a criterion that gives the number of its level for points, 0 the poorest.

    One fact: each step is a level, also where two give the same points. Several facts, of
    which the poorest counts: each amount of points that any of them gives is a level, for
    the card alone says which of their steps is poorer.
    """
    if len(criterion.parts) == 1:
        (part,) = criterion.parts
        last = len(part.steps) - 1
        rises = FEATURES[part.feature].direction > 0
        numbered = [[n if rises else last - n for n in range(len(part.steps))]]
    else:
        given = sorted(
            {min(s.points, criterion.most) for part in criterion.parts for s in part.steps}
        )
        numbered = [
            [given.index(min(step.points, criterion.most)) for step in part.steps]
            for part in criterion.parts
        ]
    return replace(
        criterion,
        parts=tuple(
            replace(
                part,
                steps=tuple(
                    replace(step, points=n) for step, n in zip(part.steps, levels, strict=True)
                ),
            )
            for part, levels in zip(criterion.parts, numbered, strict=True)
        ),
    )


def _as_it_was(criterion: Criterion) -> Vector:
    """Return the points that the card on file gives for each level above the poorest."""
    by_level = {
        level.points: min(step.points, criterion.most)
        for part, levels in zip(criterion.parts, levelled(criterion).parts, strict=True)
        for step, level in zip(part.steps, levels.steps, strict=True)
    }
    return np.array([by_level[level] for level in sorted(by_level)[1:]], dtype=np.float64)


def cut_offs(points: Codes, category: Codes, weights: Vector, categories: int) -> tuple[int, ...]:
    """Return where each category begins, so that its families are as many as say so.

    The share of families below a cut-off comes as near as whole points allow to the
    weighted share of answers below the category. Chosen over the cut-offs of highest
    kappa: out of sample these agree no better, and they stretch the ends of the scale.
    """
    mass = weights / weights.sum()
    below = np.concatenate([[0.0], np.cumsum(np.bincount(points, weights=mass))])
    begins = [0]
    for n in range(1, categories):
        wanted = float(mass[category <= n].sum())
        first = begins[-1] + 1
        nearest = int(np.argmin(np.abs(below[first:] - wanted))) if first < len(below) else 0
        begins.append(first + nearest)
    return tuple(begins)


def rewritten(raw: Mapping[str, Any], card: Scorecard, points: Points) -> dict[str, Any]:
    """Return the file of a card with other points and cut-offs, everything else as it was."""
    document = deepcopy(dict(raw))
    for content, criterion in zip(document["criteria"], card.criteria, strict=True):
        given = points.of[criterion.code]
        for part, levels in zip(content["parts"], levelled(criterion).parts, strict=True):
            for step, level in zip(part["steps"], levels.steps, strict=True):
                step["points"] = given[level.points]
    for content, begins in zip(document["categories"], points.begins, strict=True):
        content["from"] = begins
    return document


def judged(
    surveyed: Surveyed,
    card: Scorecard,
    law: Law,
    generator: np.random.Generator,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Return the agreement with the ladder of families that the fit had not seen.

    Clusters of the survey go whole into one of five folds. ``before``: the card as it was,
    by its points, on the same families; ``better_by``: the difference, paired.
    """
    clusters = surveyed.answers["cluster"].to_numpy()
    (fold,) = folds([clusters], FOLDS, generator)
    predicted = np.zeros(len(fold), dtype=np.int64)
    for k in range(FOLDS):
        progress("judging on families not seen", k, FOLDS)
        points = fitted_points(surveyed.take(fold != k), card)
        unseen = _reached(surveyed.take(fold == k), card)
        predicted[fold == k] = _category(_summed(unseen, points.of), points.begins)
    progress("judging on families not seen", FOLDS, FOLDS)
    truth, weights = _truth(surveyed, card), surveyed.answers["weight"].to_numpy()
    now = assess(surveyed.features, law, card.name)["points_poorest"].to_numpy()
    before = _category(now, [c.begins for c in card.categories if c.begins is not None])
    drawn = draws(clusters, generator)
    return {
        "families": len(truth),
        "folds": FOLDS,
        "out_of_sample": ladder.agreement(truth, predicted, weights, drawn).as_json(),
        "before": ladder.agreement(truth, before, weights, drawn).as_json(),
        "better_by": ladder.difference(truth, predicted, before, weights, drawn).as_json(),
    }


def stable(surveyed: Surveyed, card: Scorecard, generator: np.random.Generator) -> dict[str, float]:
    """Return how alike two cards are that were fitted on halves of the survey.

    ``same``: the weighted share of all surveyed families that both put into one category;
    ``within_one``: into one, or into neighbours.
    """
    (half,) = folds([surveyed.answers["cluster"].to_numpy()], 2, generator)
    reached = _reached(surveyed, card)
    one, other = (
        _category(_summed(reached, points.of), points.begins)
        for points in (fitted_points(surveyed.take(half == n), card) for n in (0, 1))
    )
    weights, apart = surveyed.answers["weight"].to_numpy(), np.abs(one - other)
    return {
        "same": round(float(np.average(apart == 0, weights=weights)), 6),
        "within_one": round(float(np.average(apart <= 1, weights=weights)), 6),
    }


def _truth(surveyed: Surveyed, card: Scorecard) -> Codes:
    return ladder.on_scale(surveyed.answers["step"].to_numpy(), card.on_ladder)


def _reached(surveyed: Surveyed, card: Scorecard) -> Levels:
    """Return the level of each family (row) in each criterion (column), unknown the poorest."""
    criteria = [levelled(criterion) for criterion in card.criteria]
    levels: Levels = poorest_points(surveyed.features, criteria).to_numpy()
    return levels


def _summed(reached: Levels, points: Mapping[str, tuple[int, ...]]) -> Codes:
    tables = map(np.array, points.values())
    total: Codes = np.sum([t[level] for t, level in zip(tables, reached.T, strict=True)], axis=0)
    return total


def _category(points: Codes, begins: Any) -> Codes:
    category: Codes = np.searchsorted(np.asarray(begins), points, side="right")
    return category


def _whole(worth: Vector) -> tuple[int, ...]:
    """Return whole points of a criterion's levels; one that is worth nothing gets one point.

    The state named every criterion of its card, so each of them counts: the one point
    parts the richest level from all others.
    """
    points = np.rint(worth).astype(int)
    if not points.any():
        points[-1] = 1
    return (0, *(int(p) for p in points))
