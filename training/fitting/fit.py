"""Learning the models: every promise is measured on families the scoring model had not seen.

Labelled families are split into folds by household, once for all stages. What is said of
a family while we judge comes from models that saw neither its label nor its survey
answers; what is served comes from models that saw all of them.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.progress import Progress, silent
from models.assessment.metrics import share
from models.assessment.sequential import refuted_above
from models.law.parameters import Law
from models.learned import conformal
from models.learned import consumption as consumption_model
from models.learned.consumption import ExpectedConsumption
from models.learned.hyperparameters import Boosting, Hyperparameters, shipped
from models.learned.inputs import Input, Matrix, declared_inputs, encode
from models.learned.predict import Models
from training.fitting import hidden_income, welfare
from training.fitting.hidden_income import FOLDS, Consumption, Inspected, Material, places
from training.fitting.welfare import Surveyed
from training.labels import gather as label
from training.labels.gather import FEWEST_RANDOM, Labels

_LOOKED_AT: Final = 0.10
"""Share of the most suspicious in which the two arms are compared when nobody can be flagged."""
_KNOWN: Final = 20
"""Families that must lack an input in training before its absence says anything."""

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The models, what they promise, and what the promises were measured on.

    ``population`` is the raw score of each family that the threshold was fixed on; ``hyper``
    how the boosters were grown: whoever grows one again for a comparison grows it the same.
    """

    models: Models
    certificate: dict[str, Any]
    inspected: Inspected
    surveyed: Surveyed
    inputs: tuple[Input, ...]
    population: Matrix
    hyper: Hyperparameters


def fit(
    found: Labels,
    *,
    law: Law,
    seed: int,
    generator: np.random.Generator,
    hyper: Hyperparameters | None = None,
    progress: Progress = silent,
) -> Fitted:
    """Learn expected consumption, hidden income and welfare category.

    Parameters
    ----------
    found : labels with their features.
    law : of the day of the newest snapshot: how many hiding families inspectors miss.
    seed : of the boosters. ``generator`` draws the folds and the blanked registers.
    hyper : how the boosters of each stage are grown; default: as shipped for so many labels.
    """
    hyper = hyper or shipped(found.inspections.height)
    tell = _Tell(progress, 4 * FOLDS + 3)
    x_population = encode(found.population, declared_inputs(), law)
    inputs, kept = informative(declared_inputs(), x_population)
    x_survey = label.encoded(found.survey, inputs)
    x_inspected = label.encoded(found.inspections, inputs)
    households = [f["household_id"].to_numpy() for f in (found.survey, found.inspections)]
    fold_survey, fold_inspected = label.folds(households, FOLDS, generator)
    hidden_income.require_both_kinds(found.inspections, fold_inspected)
    consumption = _consumption(found, inputs, x_survey, fold_survey, seed, hyper.consumption, tell)
    detected = hidden_income.learn(
        Material(
            found=found,
            inputs=inputs,
            x=x_inspected,
            x_population=x_population[:, kept],
            fold=fold_inspected,
            law=law,
            seed=seed,
            hyper=hyper,
        ),
        consumption,
        tell,
    )
    answered = found.survey["subjective_level"].is_not_null().to_numpy()
    ladder, surveyed = welfare.learn(
        inputs,
        x_survey[answered],
        found.survey["subjective_level"].drop_nulls().cast(pl.Int64).to_numpy(),
        survey_weights(found)[answered],
        households[0][answered],
        fold_survey[answered],
        seed=seed,
        generator=generator,
        tell=tell,
        hyper=hyper.welfare,
    )
    threshold, certificate = certified(
        detected.inspected, detected.population, found, unconfirmed=float(law.flag_error_rate)
    )
    models = Models(
        version="0",
        consumption=consumption.full,
        hidden_income=detected.detector,
        welfare=ladder,
        threshold=threshold,
        always_known=_always_known(inputs, x_survey, x_inspected),
        manifest={},
    )
    return Fitted(
        models=models,
        certificate=certificate,
        inspected=detected.inspected,
        surveyed=surveyed,
        inputs=inputs,
        population=detected.population,
        hyper=hyper,
    )


def informative(inputs: tuple[Input, ...], x: Matrix) -> tuple[tuple[Input, ...], Whole]:
    """Keep the inputs that differ between families; a silent register drops out here.

    A model that never met a register's facts must not change its answer when they come.
    """
    lowest = np.nanmin(np.where(np.isnan(x), np.inf, x), axis=0)
    highest = np.nanmax(np.where(np.isnan(x), -np.inf, x), axis=0)
    kept = np.flatnonzero(lowest < highest)
    return tuple(inputs[place] for place in kept), kept


def certified(
    inspected: Inspected, population: Matrix, found: Labels, *, unconfirmed: float
) -> tuple[float | None, dict[str, Any]]:
    """Fix the threshold of the flag, and write down what is promised for whom.

    ``unconfirmed`` is q, the share of the flagged that an inspector may fail to confirm: a
    dated parameter of the law on file, fixed before the labels are seen, for a level chosen
    by the labels that it is promised of would break the promise. What they would support is
    told beside it (``least_supported``, and how many labels q needs), so that whoever sets
    the parameter knows. Without a random arm, or with one too small for the level asked,
    nobody is flagged.
    """
    arm = inspected.in_random_arm
    clear = inspected.confirmed == 0
    weights, leans_on = _standing(inspected, unconfirmed, len(population))
    counted = weights > 0
    chosen = conformal.select(
        inspected.rank[counted],
        clear[counted],
        weights[counted],
        unconfirmed=unconfirmed,
        population=len(population),
    )
    enough = int(arm.sum()) >= FEWEST_RANDOM
    threshold = (
        conformal.threshold_for(population, chosen.share)
        if enough and chosen.share is not None
        else None
    )
    flagged = np.zeros(0) if threshold is None else population[population >= threshold]
    of_all = len(flagged) / len(population)
    seen = arm & (inspected.rank < of_all)
    certificate = {
        "method": "conformal selection (Jin & Candès 2023) with Benjamini–Hochberg, threshold "
        "fixed at training",
        "leans_on": leans_on,
        "choice": inspected.choice.told(),
        "holds": "on average over draws of the inspections, for families drawn like this "
        "population; families that calibrate were scored by models that had not seen them, "
        "so the level is approximate as in cross-conformal prediction",
        "unconfirmed_at_most": unconfirmed,
        "refuted_above": None
        if threshold is None
        else refuted_above(clear[seen], inspected.random[seen], unconfirmed),
        "unconfirmed_estimated": chosen.unconfirmed if threshold is not None else None,
        "least_supported": chosen.least_supported,
        "labels": int(counted.sum()),
        "random_labels": int(arm.sum()),
        "random_labels_needed": chosen.labels_needed,
        "population": found.households,
        "as_of": found.as_of.isoformat(),
        "flagged_share": of_all,
        "flagged_in_random_arm": int(seen.sum()),
        "unconfirmed_in_random_arm": share(int((seen & clear).sum()), int(seen.sum())).told(),
        "measured_on": "random labels that helped to set the threshold, so "
        "unconfirmed_in_random_arm is optimistic",
        "nobody_flagged_because": None
        if threshold is not None
        else _why_nobody(arm, int(counted.sum()), chosen),
    }
    return threshold, certificate


def _standing(inspected: Inspected, unconfirmed: float, population: int) -> tuple[Matrix, str]:
    """Return the weights under which labels stand for the population, and which labels count.

    Targeted inspections help only as long as suspicion follows the registers. Where
    inspectors chose by what no register shows, the families they chose hide more often than
    others that look the same, and the promise would be too bold: that is asked all along
    the ranking (`training.labels.unmeasured_selection`) and once more among those that
    would be flagged.
    """
    together, arm = inspected.standing, inspected.in_random_arm
    if not (together[~arm] > 0).any():
        return inspected.random, "random inspections"
    clear, counted = inspected.confirmed == 0, together > 0
    chosen = conformal.select(
        inspected.rank[counted],
        clear[counted],
        together[counted],
        unconfirmed=unconfirmed,
        population=population,
    )
    looked_at = chosen.share if chosen.share is not None else _LOOKED_AT
    top = inspected.rank < looked_at
    said = float(together[top & clear].sum() / max(together[top].sum(), 1e-12))
    seen = share(int((arm & top & clear).sum()), int((arm & top).sum()))
    contradicted = seen.low is not None and said < seen.low
    if contradicted or inspected.choice.knows_more("targeted"):
        return inspected.random, (
            "random inspections alone: among families that look the same, those chosen by "
            "suspicion were confirmed at other odds than those drawn at random"
        )
    return together, (
        "random inspections, and targeted ones by the inverse of their chance, known or estimated"
    )


def survey_weights(found: Labels) -> Matrix:
    """Return the survey's weights; a family without one counts as the mean."""
    weights = found.survey["weight"].cast(pl.Float64)
    filled: Matrix = weights.fill_null(weights.mean()).to_numpy()
    return filled


def _why_nobody(arm: hidden_income.Flags, labels: int, chosen: conformal.Selection) -> str:
    if not arm.any():
        return (
            "there is no random inspection: nothing can be promised of a flag. Inspect at least "
            "300 families drawn at random."
        )
    if arm.sum() < FEWEST_RANDOM:
        return (
            f"there are only {int(arm.sum())} random inspections: below {FEWEST_RANDOM} nothing is "
            "promised of a flag. Inspect at least 300 families drawn at random."
        )
    needed = "more" if chosen.labels_needed is None else f"about {chosen.labels_needed}"
    return (
        f"{labels} inspections, {int(arm.sum())} of them random, support no level below "
        f"{chosen.least_supported:.2f}: {needed} like them are needed."
    )


@dataclass(slots=True)
class _Tell:
    """Counts the steps of a fit and tells how many are done."""

    progress: Progress
    of: int
    done: int = 0

    def __call__(self, what: str) -> None:
        self.done += 1
        self.progress(what, min(self.done, self.of), self.of)


def _consumption(
    found: Labels,
    inputs: tuple[Input, ...],
    x: Matrix,
    fold: Whole,
    seed: int,
    hyper: Boosting,
    tell: _Tell,
) -> Consumption:
    mine = consumption_model.consumption_inputs(inputs)
    kept = places(inputs, mine)
    spent, weights = label.consumption(found.survey), survey_weights(found)

    def grown(rows: hidden_income.Flags) -> ExpectedConsumption:
        tell("expected consumption")
        return consumption_model.fit(
            mine, x[rows][:, kept], spent[rows], weights[rows], seed=seed, hyper=hyper
        )

    blind = tuple(grown(fold != k) for k in range(FOLDS))
    return Consumption(grown(np.ones(len(x), dtype=bool)), blind, kept)


def _always_known(inputs: tuple[Input, ...], *tables: Matrix) -> frozenset[str]:
    """Return the inputs that some table of labels hardly ever lacked."""
    return frozenset(
        i.name
        for place, i in enumerate(inputs)
        if any(np.isnan(table[:, place]).sum() < _KNOWN for table in tables)
    )
