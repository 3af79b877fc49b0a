"""The scorecards: points for each criterion from declared facts, and the category they add up to.

The criteria, points and cut-offs are data (`models/law/values/scorecards/`, a file a card); here
is only how a card is read, checked and applied. More points mean better off. A criterion
that is not known counts with its poorest points; beside it stands the sum with its richest.
The policy names the card that decides; every other card on file is there to be compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from features.catalogue import FEATURES
from features.errors import DeclarationError, ParameterNotInForce
from models.law.parameters import Citation, Law, each_once
from models.rules.bounds import Bound, bound_of

LADDER: Final = range(1, 7)
"""Steps of the household survey's ladder: 1 cannot afford food … 6 no material difficulty."""
BY_POINTS_AT_MOST: Final = 5
"""The richest category that points may reach while the policy keeps category 6 to the hard rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From a bound on, a feature gives these points; the first step has no bound."""

    points: int
    bound: Bound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One feature of a criterion and the points of its steps."""

    feature: str
    steps: tuple[Step, ...]

    @property
    def least(self) -> int:
        """The poorest points."""
        return min(step.points for step in self.steps)

    @property
    def most(self) -> int:
        """The richest points."""
        return max(step.points for step in self.steps)

    def points(self) -> pl.Expr:
        """Return the points of the family; null where the feature is unknown."""
        value = pl.col(self.feature)
        chain: Any = pl.when(value.is_null()).then(None)
        for step in reversed(self.steps):
            if step.bound is not None:
                reached = step.bound.reached(value)
                chain = chain.when(reached).then(pl.lit(step.points, pl.Int64))
        return pl.Expr.cast(chain.otherwise(pl.lit(self.steps[0].points, pl.Int64)), pl.Int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One criterion of the card: the poorest of its parts decides its points."""

    code: str
    block: str
    name: Mapping[str, str]
    assumed: bool
    parts: tuple[Part, ...]

    @property
    def least(self) -> int:
        """The poorest points of the criterion."""
        return min(part.least for part in self.parts)

    @property
    def most(self) -> int:
        """The richest points of the criterion: every part at its richest."""
        return min(part.most for part in self.parts)

    @property
    def registers(self) -> tuple[str, ...]:
        """Registers that the criterion reads."""
        read = (r for part in self.parts for r in FEATURES[part.feature].registers)
        return tuple(dict.fromkeys(read))

    @property
    def column(self) -> str:
        """The column that holds its points."""
        return f"points_{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One category: the points from which it begins (None: not by points) and its name.

    ``code`` is what the card itself calls it, a letter or a word. ``ladder``: the steps of
    the household survey's ladder (1 to 6) that it stands for; ``actions``: the kinds of
    help that the card recommends for it, by code.
    """

    category: int
    begins: int | None
    name: Mapping[str, str]
    assumed: bool
    code: str
    ladder: tuple[int, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One kind of help that a card recommends."""

    code: str
    name: Mapping[str, str]
    assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A card as it stands on a day, checked and with its bounds in whole units."""

    name: str
    status: str
    act: str
    criteria: tuple[Criterion, ...]
    categories: tuple[Category, ...]
    actions: tuple[Action, ...]

    @classmethod
    def in_force(cls, law: Law) -> "Scorecard":
        """Return the card that decides on the law's day; raise ParameterNotInForce before one."""
        return cls.named(law.policy.scorecard, law)

    @classmethod
    def named(cls, name: str, law: Law) -> "Scorecard":
        """Return a card on file at the prices of the law's day.

        Raises DeclarationError for a card that is not on file, ParameterNotInForce for a
        day before it began.
        """
        return _compiled(law.folder, law.day, name)

    def category_name(self, category: int, language: str) -> str:
        """Return what the card calls a category."""
        return next(c.name[language] for c in self.categories if c.category == category)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the criteria, in the order of the card."""
        return tuple(criterion.code for criterion in self.criteria)

    @property
    def cites(self) -> tuple[Citation, ...]:
        """The editions of the legal values that its bounds are multiples of, each once."""
        bounds = (s.bound for c in self.criteria for part in c.parts for s in part.steps)
        return each_once(b.priced_by for b in bounds if b and b.priced_by)

    @property
    def most(self) -> int:
        """The points of a family that is richest in everything."""
        return sum(criterion.most for criterion in self.criteria)

    @property
    def on_ladder(self) -> Mapping[int, int]:
        """The category that stands for each step of the survey's ladder; empty: not told."""
        return {step: c.category for c in self.categories for step in c.ladder}


def assess(features: pl.DataFrame, law: Law, card: str | None = None) -> pl.DataFrame:
    """Give every family its points and the category they add up to.

    Parameters
    ----------
    features
        One row a family, as `features.build.build` makes it.
    law
        Of the decision date; it names the scorecard that decides and prices its bounds.
    card
        The name of another card, to be compared with the one that decides.

    Returns
    -------
    ``household_id``; ``points_CODE`` for each criterion (Int64, null: not known, or not
    known well enough to settle the points); ``points_poorest`` and ``points_richest``
    with every unknown at its poorest and at its richest; ``category_poorest`` and
    ``category_richest`` (Int8) by the card's cut-offs; of the card that decides at most 5
    while the policy keeps category 6 to the hard rule.
    """
    name = card or law.policy.scorecard
    Scorecard.named(name, law)
    plan = _plan(law.folder, law.day, name)
    return (
        features.select("household_id", *plan.parts)
        .select("household_id", *plan.points)
        .with_columns(plan.categories)
    )


def poorest_points(features: pl.DataFrame, criteria: Sequence[Criterion]) -> pl.DataFrame:
    """Return the points of each criterion with every unknown at its poorest.

    One column ``points_CODE`` (Int64, never null) for each criterion, rows as given: what
    the sum ``points_poorest`` of `assess` is made of.
    """
    return features.select(_parts(criteria)).select(
        _least(criterion).alias(criterion.column) for criterion in criteria
    )


def richest_points(features: pl.DataFrame, criteria: Sequence[Criterion]) -> pl.DataFrame:
    """Return the same as `poorest_points` with every unknown at its richest."""
    return features.select(_parts(criteria)).select(
        _most(criterion).alias(criterion.column) for criterion in criteria
    )


def _parts(criteria: Sequence[Criterion]) -> tuple[pl.Expr, ...]:
    return tuple(
        part.points().alias(_part(criterion, number))
        for criterion in criteria
        for number, part in enumerate(criterion.parts)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A card as expressions, built once for a day: a request must not build them again."""

    parts: tuple[pl.Expr, ...]
    points: tuple[pl.Expr, ...]
    categories: tuple[pl.Expr, ...]


@lru_cache(maxsize=256)
def _plan(folder: Path, day: date, name: str) -> _Plan:
    card = _compiled(folder, day, name)
    by_score = _by_score(Law(day, folder), name)
    return _Plan(
        parts=_parts(card.criteria),
        points=(
            *(_known(criterion).alias(criterion.column) for criterion in card.criteria),
            pl.sum_horizontal(map(_least, card.criteria)).alias("points_poorest"),
            pl.sum_horizontal(map(_most, card.criteria)).alias("points_richest"),
        ),
        categories=tuple(
            category(card, pl.col(f"points_{end}"), by_score=by_score).alias(f"category_{end}")
            for end in ("poorest", "richest")
        ),
    )


def _by_score(law: Law, name: str) -> bool:
    """Whether points may reach the last category: the policy binds its own card alone."""
    try:
        return law.policy.category_6_by_score or name != law.policy.scorecard
    except ParameterNotInForce:  # before the pilot no card decides
        return True


def category(card: Scorecard, points: pl.Expr, *, by_score: bool) -> pl.Expr:
    """Return the category of a sum of points: the richest whose first point it reaches."""
    reachable = [c for c in card.categories if c.begins is not None]
    if not by_score:
        reachable = [c for c in reachable if c.category <= BY_POINTS_AT_MOST]
    poorest, *richer = reachable
    chain = pl.lit(poorest.category, pl.Int8)
    for c in richer:
        chain = pl.when(points >= c.begins).then(pl.lit(c.category, pl.Int8)).otherwise(chain)
    return chain


def _part(criterion: Criterion, number: int) -> str:
    return f"{criterion.code}.{number}"


def _least(criterion: Criterion) -> pl.Expr:
    return pl.min_horizontal(
        pl.col(_part(criterion, n)).fill_null(p.least) for n, p in enumerate(criterion.parts)
    )


def _most(criterion: Criterion) -> pl.Expr:
    return pl.min_horizontal(
        pl.col(_part(criterion, n)).fill_null(p.most) for n, p in enumerate(criterion.parts)
    )


def _known(criterion: Criterion) -> pl.Expr:
    """Points that are settled: an unknown part that cannot change them does not matter."""
    return pl.when(_least(criterion) == _most(criterion)).then(_least(criterion))


@lru_cache(maxsize=256)
def _compiled(folder: Path, day: date, name: str) -> Scorecard:
    law = Law(day, folder)
    raw = law.card(name)
    criteria = tuple(_criterion(name, criterion, law) for criterion in raw["criteria"])
    codes = [criterion.code for criterion in criteria]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise DeclarationError(f"scorecards/{name}.yaml declares {', '.join(twice)} twice.")
    return Scorecard(
        name=name,
        status=raw["status"],
        act=raw["source"]["act"],
        criteria=criteria,
        categories=_categories(name, raw),
        actions=tuple(
            Action(code=code, name=declared["name"], assumed=declared["assumed"])
            for code, declared in raw.get("actions", {}).items()
        ),
    )


def _criterion(card: str, raw: Mapping[str, Any], law: Law) -> Criterion:
    return Criterion(
        code=raw["code"],
        block=raw["block"],
        name=raw["name"],
        assumed=raw["assumed"],
        parts=tuple(_checked_part(card, raw["code"], part, law) for part in raw["parts"]),
    )


def _checked_part(card: str, code: str, raw: Mapping[str, Any], law: Law) -> Part:
    """Read the steps of a feature; refuse points that would make a poorer fact look richer."""
    place, name = f"scorecards/{card}.yaml, {code}", raw["feature"]
    if name not in FEATURES:
        raise DeclarationError(f"{place}: {name!r} is no declared feature.")
    direction = FEATURES[name].direction
    if direction == 0:
        raise DeclarationError(
            f"{place}: {name} says neither richer nor poorer; it gives no points."
        )
    written = [step.get("from", step.get("above")) for step in raw["steps"]]
    if written[0] is not None or None in written[1:] or sorted(set(written[1:])) != written[1:]:
        raise DeclarationError(
            f"{place}: the first step of {name} has no bound, every later one a higher bound."
        )
    points = [direction * step["points"] for step in raw["steps"]]
    if points != sorted(points):
        raise DeclarationError(
            f"{place}: the points of {name} must {'rise' if direction > 0 else 'fall'} with it, "
            "or a family that lost something would look richer."
        )
    priced = {"unit": raw["unit"]} if "unit" in raw else {}
    steps = tuple(
        Step(points=step["points"], bound=bound_of(place, name, step | priced, law))
        for step in raw["steps"]
    )
    return Part(feature=name, steps=steps)


def _categories(card: str, raw: Mapping[str, Any]) -> tuple[Category, ...]:
    place = f"scorecards/{card}.yaml"
    categories = tuple(
        Category(
            category=c["category"],
            begins=c["from"],
            name=c["name"],
            assumed=c["assumed"],
            code=c.get("code", str(c["category"])),
            ladder=tuple(c.get("ladder", ())),
            actions=tuple(c.get("actions", ())),
        )
        for c in raw["categories"]
    )
    numbers = [c.category for c in categories]
    begins = [c.begins for c in categories if c.begins is not None]
    steps = [step for c in categories for step in c.ladder]
    if numbers != list(range(1, len(numbers) + 1)):
        raise DeclarationError(f"{place}: categories are numbered from 1, in order.")
    if categories[0].begins != 0 or sorted(set(begins)) != begins:
        raise DeclarationError(f"{place}: category 1 begins at 0 points and each next one higher.")
    if steps and steps != list(LADDER):
        raise DeclarationError(
            f"{place}: the categories share out the ladder's steps 1 to 6, "
            "each once, poorest first."
        )
    if unknown := {code for c in categories for code in c.actions} - set(raw.get("actions", {})):
        raise DeclarationError(f"{place}: no such actions: {', '.join(sorted(unknown))}.")
    return categories
