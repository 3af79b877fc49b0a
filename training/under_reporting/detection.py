"""Who is found by whom where under-reporting was injected, by models blind to each family.

Every family is judged by models that met neither its inspection nor its survey answer,
nor those of the rest of its fold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from features.build import build
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models.assessment import metrics
from models.estimators import HiddenIncomeClassifier
from models.law.facts import treatment
from models.law.parameters import Law
from models.learned.arrays import Codes, Mask, Vector
from models.learned.inputs import encode
from models.learned.predict import Look
from training.fitting.fit import fit
from training.labels.gather import Labels, encoded, folds, gather
from training.trials.country import Country, truly_hides
from training.trials.rankings import rankings
from training.under_reporting.inject import SOURCE

FOLDS: Final = 5
HIDDEN: Final = "hidden_income_monthly"
WAYS: Final = (
    "random",
    "declared_income_alone",
    "share_of_self_employment",
    "gap_alone",
    "logistic_regression",
    "naive_boosting",
    "tarazy",
    "taught_on_self_employed",
)
"""How families are ranked. The last is a classifier of every input and the gap, without
directions, taught on the inspected self-employed alone whether anything was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Every family, who hides, and how suspicious each way finds it, by models blind to it.

    Suspicion is the rank within the family's fold, from 0 to 1: folds have models of
    their own, whose scores cannot be compared, but ranks can.
    """

    households: Codes
    truth: pl.DataFrame
    material: Vector
    suspicion: Mapping[str, Vector]


def judged(
    snapshot: Snapshot,
    truth: pl.DataFrame,
    *,
    seed: int,
    shuffled: bool = False,
    progress: Progress = silent,
) -> Judged:
    """Train once for each fold on the labels of the others, and rank the fold's families.

    ``shuffled``: who under-reports, and how much, is dealt out anew among the
    self-employed before anybody learns or judges.
    """
    generator = np.random.default_rng(seed)
    law = Law(snapshot.as_of)
    labels = gather([snapshot], generator=generator)
    if shuffled:
        truth = _dealt_anew(truth, generator)
        labels = replace(labels, inspections=_with_findings(labels.inspections, truth))
    parts = [
        build(snapshot.registers(part), snapshot.as_of, treatment(law))
        for part in snapshot.partitions
    ]
    features = pl.concat(parts).filter(pl.col("members") > 0).sort("household_id")
    households = features["household_id"].to_numpy()
    fold = folds([households], FOLDS, generator)[0]
    suspicion = {way: np.empty(len(households)) for way in WAYS}
    own = _share_of_self_employment(snapshot, features)
    for k in range(FOLDS):
        progress("folds", k, FOLDS)
        mine = fold == k
        kept = _without(labels, households[mine])
        fitted = fit(kept, law=law, seed=seed % 2**31, generator=generator)
        country = Country(
            labels=kept,
            fitted=fitted,
            features=features,
            look=Look.at(fitted.models, features, law, snapshot.silent),
            law=law,
            silent=snapshot.silent,
        )
        scores = {way: score[mine] for way, score in rankings(country).items()}
        income = features["income_quarter"] / features["members"]
        scores["taught_on_self_employed"] = _taught_apart(country, truth, mine, scores["gap_alone"])
        scores["declared_income_alone"] = -income.to_numpy()[mine]
        scores["share_of_self_employment"] = own[mine]
        scores["random"] = generator.random(int(mine.sum()))
        for way in WAYS:
            suspicion[way][mine] = _ranks(scores[way])
    progress("folds", FOLDS, FOLDS)
    known = features.select("household_id").join(
        truth, on="household_id", how="left", maintain_order="left"
    )
    return Judged(
        households=households,
        truth=known,
        material=truly_hides(known, law),
        suspicion=suspicion,
    )


def measured(judgement: Judged, *, seed: int) -> dict[str, Any]:
    """Return the AUC of every way with its 95 % bootstrap interval, for each question.

    *Who under-reports among the self-employed* is the question that compares with
    elsewhere: chance alone decided it. *Whose hidden income is material* is the one the
    detector is trained for; it also asks who had much to hide. Among all families either
    is mostly the question who is self-employed, which the register says.
    """
    own = judgement.truth["self_employed"].to_numpy()
    chosen = judgement.truth["under_reports"].cast(pl.Float64).to_numpy()
    questions = {
        "under_reports_among_self_employed": (own, chosen),
        "material_among_self_employed": (own, judgement.material),
        "material_among_all": (np.ones(len(own), dtype=bool), judgement.material),
    }
    by_question: dict[str, Any] = {}
    for name, (among, answer) in questions.items():
        drawn = metrics.draws(judgement.households[among], np.random.default_rng(seed))
        once = np.ones(int(among.sum()))
        by_question[name] = {
            "families": int(among.sum()),
            "hiding": int(answer[among].sum()),
            "auc": {
                way: metrics.auc_with_interval(
                    answer[among], judgement.suspicion[way][among], once, drawn
                ).as_json()
                for way in WAYS
            },
        }
    return by_question


def _dealt_anew(truth: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Return a truth that has nothing to do with the registers, about the same families."""
    own = truth["self_employed"].to_numpy()
    order = np.arange(truth.height)
    order[own] = generator.permutation(order[own])
    return truth.with_columns(truth[name][order] for name in ("under_reports", HIDDEN))


def _with_findings(inspections: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Return inspections that found this truth."""
    return inspections.drop(HIDDEN).join(
        truth.select("household_id", HIDDEN), on="household_id", how="left", maintain_order="left"
    )


def _taught_apart(country: Country, truth: pl.DataFrame, mine: Mask, gap: Vector) -> Vector:
    """Rank the fold's families by a classifier that met only inspected self-employed ones."""
    inspections, inputs = country.labels.inspections, country.fitted.inputs
    own = truth.filter(pl.col("self_employed"))["household_id"].implode()
    kept = inspections["household_id"].is_in(own).to_numpy()
    seen = np.column_stack([country.fitted.inspected.gap, encoded(inspections, inputs)])
    hides = (inspections[HIDDEN] > 0).to_numpy()
    model = HiddenIncomeClassifier().fit(
        seen[kept], hides[kept], families=inspections["household_id"].to_numpy()[kept]
    )
    x = encode(country.features.filter(pl.Series(mine)), inputs, country.law)
    return model.decision_function(np.column_stack([gap, x]))


def _without(labels: Labels, households: Codes) -> Labels:
    """Return the labels of all other families."""
    theirs = pl.Series(households).implode()
    away = ~pl.col("household_id").is_in(theirs)
    return replace(
        labels, inspections=labels.inspections.filter(away), survey=labels.survey.filter(away)
    )


def _share_of_self_employment(snapshot: Snapshot, features: pl.DataFrame) -> Vector:
    """Return which share of its declared income each family earns on its own account."""
    sums = []
    for part in snapshot.partitions:
        rows = snapshot.registers(part)["incomes"]
        if rows is not None:
            own = pl.col("amount").filter(pl.col("source").cast(pl.String) == SOURCE).sum()
            sums.append(rows.group_by("household_id").agg(own / pl.col("amount").sum()))
    share = features.select("household_id").join(
        pl.concat(sums), on="household_id", how="left", maintain_order="left"
    )["amount"]
    return share.fill_null(0.0).fill_nan(0.0).to_numpy()


def _ranks(score: Vector) -> Vector:
    """Return the share of the fold that looks less suspicious, ties counting half."""
    ordered = np.sort(score)
    below = np.searchsorted(ordered, score, side="left")
    return np.asarray((below + np.searchsorted(ordered, score, side="right")) / (2 * len(score)))
