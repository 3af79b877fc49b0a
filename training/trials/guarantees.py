"""What is promised, put to the test: labels drawn again hundreds of times on fixed scores.

Scores are those of families that the scoring model had not seen, so only chance in the
labels moves the promise. Each draw goes through the shipped functions, from the weights to
the threshold, the tails and the bar; then the truth of all other families is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from models.law.parameters import Law
from models.learned import conformal, hidden_income, trees
from models.learned.arrays import Codes, Mask, Matrix, Vector
from models.learned.inputs import encode
from training.fitting.certificate import certified
from training.fitting.evidence import FOLDS
from training.fitting.hidden_income import Inspected, calibrated, rank_among
from training.fitting.intervals import COVERAGE, tails_by_place
from training.labels import both_arms, inspection_chance, unmeasured_selection
from training.labels import gather as label
from training.labels.gather import Labels
from training.trials.country import Country, World, visited
from training.trials.regimes import CAPACITY, REGIMES, Chosen, Drawn, drawn, not_drawn

Q: Final = (0.20, 0.25)
"""Shares of unconfirmed flags that are promised."""
_LOOKED_AT: Final = 12
"""Inputs from which chances are estimated: those that the detector leans on most.

All eighty would make two hundred draws a matter of an hour.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Families with fixed scores, from which labels can be drawn.

    ``real`` has their ``hidden_income_monthly`` and ``members``; ``x`` what suspicion may
    have followed; ``centre`` and ``spread`` describe the predicted amounts, ``exceeds`` the
    predicted ladder and ``ladder`` the true one. ``labels`` is the world's, for its dates.
    """

    margin: Vector
    x: Matrix
    real: pl.DataFrame
    place: Codes
    centre: Vector
    spread: float
    exceeds: Matrix
    ladder: Codes
    labels: Labels
    law: Law

    @property
    def amount(self) -> Vector:
        """True hidden income, ПМ a member a month."""
        hidden = self.real["hidden_income_monthly"] / self.real["members"]
        return hidden.to_numpy() / float(self.law.subsistence_minimum)

    @property
    def rank(self) -> Vector:
        """The share of these families that looks strictly more suspicious."""
        return rank_among(self.margin, self.margin)


def scored(country: Country, world: World) -> tuple[Scored, Mask]:
    """Return the families of which no label of the country speaks, and which they are."""
    among = ~country.labelled
    known = country.fitted.models.hidden_income
    table = hidden_income.columns(country.look.gap, country.look.detector)[among]
    x = encode(country.features.filter(among), country.fitted.inputs, country.law)
    gains = dict(
        zip(known.detector.feature_name(), known.detector.feature_importance("gain"), strict=True)
    )
    order = np.argsort([-gains.get(i.name, 0.0) for i in country.fitted.inputs], kind="stable")
    made = Scored(
        margin=trees.margin(known.detector, table),
        x=x[:, order[:_LOOKED_AT]],
        real=world.real.filter(among),
        place=hidden_income.places(country.features)[among],
        centre=known.amounts.centre(table),
        spread=known.amounts.spread,
        exceeds=country.fitted.models.welfare.exceeds(country.look.welfare[among]),
        ladder=world.real["ladder"].cast(pl.Int64).to_numpy()[among],
        labels=world.labels,
        law=world.law,
    )
    return made, among


def pulls(country: Country, world: World, among: Mask) -> dict[str, Chosen | None]:
    """Return for each regime how suspicion pulls at the families that are left."""
    known = country.fitted.models.hidden_income
    table = hidden_income.columns(country.look.gap, country.look.detector)
    earlier = trees.margin(known.detector, table)
    pulled: dict[str, Chosen | None] = {}
    for name, regime in REGIMES.items():
        chosen = regime(world, earlier)
        pulled[name] = chosen and Chosen(
            pull=chosen.pull[among],
            logged=None if chosen.logged is None else chosen.logged[among],
        )
    return pulled


def labelled(given: Scored, lot: Drawn, generator: np.random.Generator) -> Inspected:
    """Visit the families that were drawn, and weigh what was found as training does.

    Probabilities and intervals are left at zero: `intervals` works them out itself.
    """
    family = lot.family
    verified, confirmed = visited(given.real[family], given.law, generator)
    members = given.real["members"].cast(pl.Float64).to_numpy()[family]
    amount = verified / (members * float(given.law.subsistence_minimum))
    register = pl.DataFrame(
        {
            "design": np.where(lot.at_random, "random", "targeted"),
            "probability": pl.Series(lot.probability).fill_nan(None),
        }
    )
    random = label.random_weights(register)
    fold = generator.integers(0, FOLDS, len(family))
    margin, rank = given.margin[family], given.rank[family]
    suspected = inspection_chance.suspected(register, random, margin, given.x[family], fold, seed=0)
    together = both_arms.union_weights(register, random, suspected)
    nothing = np.zeros(len(family))
    return Inspected(
        households=family,
        confirmed=confirmed,
        amount=amount,
        margin=margin,
        rank=rank,
        weights=label.training_weights(register),
        random=random,
        standing=conformal.raked(rank, together),
        fold=fold,
        place=given.place[family],
        hides=nothing,
        truth=nothing,
        expected=nothing,
        gap=nothing,
        low=nothing,
        high=nothing,
        choice=unmeasured_selection.seen(
            margin, confirmed, unmeasured_selection.design(register), suspected
        ),
    )


def flags(
    given: Scored,
    chosen: Chosen | None,
    generator: np.random.Generator,
    *,
    draws: int,
    unconfirmed: Sequence[float] = Q,
    capacity: float = CAPACITY,
) -> list[dict[str, Any]]:
    """Draw the inspections again and again, fix the threshold, and visit all who are flagged.

    Ways of weighing the labels, for each q:

    * ``random_arm``: random inspections alone;
    * ``shipped``: as `training.fitting.certificate` does it, with targeted ones unless the random
      arm contradicts them (``fell_back``: how often it did);
    * ``union``: with targeted ones, whatever the arm says;
    * ``raked_only``: every inspection alike within a stretch of the ranking.

    Judged on families that were not drawn, each by the inverse of its chance to be left:
    where inspectors take those who hide, those left hide less than the population does.

    Returns a row for each. ``unconfirmed`` is what is promised: the mean over all draws, none
    unconfirmed where nobody is flagged (the false discovery rate). ``where_anybody_is_flagged``
    and ``sd`` are its mean and spread over the other draws, which nobody promises: where a
    level is near the least that labels support, draws that flag somebody are the lucky ones.
    """
    results: dict[tuple[str, float], list[tuple[float, float, bool]]] = {}
    stands_for = 1.0 / not_drawn(chosen, len(given.margin), capacity=capacity)
    for _ in range(draws):
        lot = drawn(chosen, len(given.margin), generator, capacity=capacity)
        inspected = labelled(given, lot, generator)
        others = np.ones(len(given.margin), dtype=bool)
        others[lot.family] = False
        clear = visited(given.real, given.law, generator)[1] == 0
        for q in unconfirmed:
            for way, threshold, fell_back in _thresholds(given, inspected, q):
                flagged = others & (given.margin >= threshold)
                all_of_them, mass = stands_for[flagged], stands_for[others].sum()
                share = (
                    float(np.average(clear[flagged], weights=all_of_them))
                    if flagged.any()
                    else float("nan")
                )
                results.setdefault((way, q), []).append(
                    (share, float(all_of_them.sum() / mass), fell_back)
                )
    return [
        {"way": way, "q": q, "draws": draws, **_summary(rows)} for (way, q), rows in results.items()
    ]


def _thresholds(given: Scored, inspected: Inspected, q: float) -> list[tuple[str, float, bool]]:
    """Return the threshold of every way of weighing, infinite where nobody can be flagged."""

    def of(shown: Inspected) -> tuple[float, bool]:
        threshold, certificate = certified(shown, given.margin, given.labels, unconfirmed=q)
        alone = "alone" in certificate["leans_on"]
        return (np.inf if threshold is None else threshold), alone

    def selected(weights: Vector) -> float:
        counted = weights > 0
        chosen = conformal.select(
            inspected.rank[counted],
            inspected.confirmed[counted] == 0,
            weights[counted],
            unconfirmed=q,
            population=len(given.margin),
        )
        if chosen.share is None:
            return float("inf")
        threshold = conformal.threshold_for(given.margin, chosen.share)
        return float("inf") if threshold is None else threshold

    shipped, fell_back = of(inspected)
    thresholds = [
        ("random_arm", of(replace(inspected, standing=inspected.random))[0], False),
        ("shipped", shipped, fell_back),
    ]
    if inspected.in_random_arm.all():
        return thresholds
    return [
        *thresholds,
        ("union", selected(inspected.standing), False),
        (
            "raked_only",
            selected(conformal.raked(inspected.rank, np.ones(len(inspected.rank)))),
            False,
        ),
    ]


def _summary(rows: list[tuple[float, float, bool]]) -> dict[str, float]:
    share, flagged, fell_back = (
        np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)
    )
    some = np.isfinite(share)
    flagging = share[some] if some.any() else np.array([np.nan])
    counted = np.where(some, share, 0.0)
    return {
        "unconfirmed": float(counted.mean()),
        "standard_error": float(counted.std() / np.sqrt(len(counted))),
        "where_anybody_is_flagged": float(flagging.mean()),
        "sd": float(flagging.std()),
        "worst_tenth_above": float(np.quantile(flagging, 0.9)),
        "flagged": float(flagged.mean()),
        "flagged_sd": float(flagged.std()),
        "flagged_nobody": float(1 - some.mean()),
        "fell_back": float(fell_back.mean()),
    }


def as_assumed(given: Scored, inspected: Inspected, generator: np.random.Generator) -> Inspected:
    """Return the labels of inspectors who are just as the correction takes them to be.

    They miss one and the same share of all who hide, and verify the exact sum of the others.
    """
    seen = generator.random(len(inspected.households)) < float(given.law.inspection_sensitivity)
    amount = np.where(seen, given.amount[inspected.households], 0.0)
    confirmed = amount >= float(given.law.hidden_income_materiality)
    return replace(inspected, amount=amount, confirmed=confirmed.astype(np.float64))


def intervals(
    given: Scored,
    generator: np.random.Generator,
    *,
    draws: int,
    share: float,
    exact_inspectors: bool = False,
) -> dict[str, Any]:
    """Draw a random arm again and again, set line and tails by it, and ask the truth.

    ``share`` of the families is drawn; with ``exact_inspectors`` they are visited as the
    correction assumes (`as_assumed`), else as the simulation's inspectors do, who miss small
    sums more often than large and are off by a fifth about what they find. Returns mean and
    spread over draws of the share of true hidden amounts that lie in their interval, of all
    families and by kind of place.
    """
    rows = []
    sensitivity = float(given.law.inspection_sensitivity)
    for _ in range(draws):
        lot = drawn(None, len(given.margin), generator, capacity=share)
        inspected = labelled(given, lot, generator)
        inspected = as_assumed(given, inspected, generator) if exact_inspectors else inspected
        line, hides = calibrated(
            inspected.margin, inspected.confirmed, inspected.random, inspected.fold, sensitivity
        )
        truth = hidden_income.truth_weights(inspected.confirmed > 0, hides, sensitivity)
        agreement = conformal.amount_score(
            hides, given.centre[lot.family], given.spread, inspected.amount
        )
        tails = np.array(tails_by_place(agreement, inspected.random * truth, inspected.place))
        others = np.ones(len(given.margin), dtype=bool)
        others[lot.family] = False
        low, high = conformal.amount_bounds(
            line.hides(given.margin[others]),
            given.centre[others],
            given.spread,
            tails[given.place[others]],
        )
        held = (low <= given.amount[others]) & (given.amount[others] <= high)
        where = given.place[others]
        rows.append(
            [held.mean(), *(held[where == k].mean() for k in range(len(hidden_income.PLACES)))]
        )
    return _coverage(("all", *hidden_income.PLACES), rows, draws, round(share * len(given.margin)))


def categories(
    given: Scored, generator: np.random.Generator, *, draws: int, answers: int
) -> dict[str, Any]:
    """Draw a survey again and again, set the bar of category sets by it, and ask the truth.

    The survey is taken to report the true step, and to draw every family alike.
    """
    rows = []
    agreement = conformal.category_score(given.exceeds, given.ladder)
    for _ in range(draws):
        others = np.ones(len(given.ladder), dtype=bool)
        surveyed = generator.choice(len(given.ladder), answers, replace=False)
        others[surveyed] = False
        bar = conformal.lower_quantile(agreement[surveyed], np.ones(answers), COVERAGE)
        first, last = conformal.category_bounds(given.exceeds, np.full(len(given.ladder), bar))
        held = (first <= given.ladder) & (given.ladder <= last)
        where = given.place
        rows.append(
            [
                held[others].mean(),
                *(held[others & (where == k)].mean() for k in range(len(hidden_income.PLACES))),
            ]
        )
    return _coverage(("all", *hidden_income.PLACES), rows, draws, answers)


def _coverage(
    names: Sequence[str], rows: list[list[Any]], draws: int, labels: int
) -> dict[str, Any]:
    held = np.array(rows, dtype=np.float64)
    return {
        "draws": draws,
        "labels": labels,
        "held": {
            name: {"mean": float(held[:, k].mean()), "sd": float(held[:, k].std())}
            for k, name in enumerate(names)
        },
    }
