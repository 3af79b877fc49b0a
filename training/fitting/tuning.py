"""Hyper-parameters found by Optuna: a fixed budget, a seed, and the random arm out of sight.

Quality is later measured on families that were inspected at random. So none of them takes
part here, with no inspection and no survey answer: the search sees what suspicion and
complaints found, and the rest of the survey. What is measured afterwards is as honest as
without a search.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl

from features.errors import InputError
from features.progress import Progress, silent
from models.law.parameters import Law
from models.learned import consumption as consumption_model
from models.learned import hidden_income, trees, welfare
from models.learned.arrays import Matrix, Vector
from models.learned.hyperparameters import Boosting, Hyperparameters, shipped
from models.learned.inputs import Input, declared_inputs, encode
from training.fitting.evidence import FEWEST_OF_A_KIND, findings, places
from training.fitting.fit import informative, survey_weights
from training.labels import gather as label
from training.labels.gather import FEWEST, Labels

Evaluate = Callable[[Hyperparameters], float]
"""What a stage is tuned for: a loss, lower is better."""

STAGES: Final = ("consumption", "hidden_income", "hidden_amount", "welfare")
"""In the order in which one rests on the other: the gap needs expected consumption."""
FOLDS: Final = 3
_LEAST: Final = 0.02
"""Below a fiftieth of a ПМ a member an answer is a slip of the pen, here as in training."""


@dataclass(frozen=True, slots=True)
class Range:
    """Between what ends a hyper-parameter is sought."""

    low: float
    high: float
    log: bool = False


SPACE: Final[Mapping[str, Range]] = {
    "trees": Range(60, 400),
    "rate": Range(0.015, 0.12, log=True),
    "leaves": Range(4, 15),
    "depth": Range(2, 6),
    "leaf": Range(20, 60),
    "l2": Range(0.5, 60.0, log=True),
    "feature_fraction": Range(0.4, 1.0),
}
"""Kept small: exact reasons cost leaves × depth² for every family that asks."""
_WHOLE: Final = frozenset({"trees", "leaves", "depth", "leaf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the search of one stage found; ``why_not`` says why there was none."""

    stage: str
    chosen: Boosting
    shipped_loss: float | None
    chosen_loss: float | None
    trials: tuple[Mapping[str, Any], ...] = ()
    why_not: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the outcome without the single trials, ready for JSON."""
        return {
            "chosen": asdict(self.chosen),
            "shipped_loss": self.shipped_loss,
            "chosen_loss": self.chosen_loss,
            "why_not": self.why_not,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The chosen hyper-parameters, with every trial that led to them."""

    chosen: Hyperparameters
    searches: tuple[Search, ...]
    budget: int
    seed: int
    seen: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return what the manifest tells of it."""
        return {
            "trials_a_stage": self.budget,
            "seed": self.seed,
            "folds": FOLDS,
            "seen": dict(self.seen),
            "stages": {s.stage: s.as_json() for s in self.searches},
        }

    def table(self) -> pl.DataFrame:
        """Return every trial of every stage: its values, its loss."""
        rows = [{"stage": s.stage, **trial} for s in self.searches for trial in s.trials]
        return pl.DataFrame(rows)


def outside_random_arm(labels: Labels) -> Labels:
    """Return the labels without any of a family that was ever inspected at random."""
    is_random = pl.col("design").cast(pl.String) == "random"
    arm = labels.inspections.filter(is_random).select("household_id").unique()
    return replace(
        labels,
        inspections=labels.inspections.join(arm, on="household_id", how="anti"),
        survey=labels.survey.join(arm, on="household_id", how="anti"),
    )


def tune(
    labels: Labels, *, law: Law, trials: int, seed: int, progress: Progress = silent
) -> Tuning:
    """Search each stage for ``trials`` trials, the shipped values first.

    Parameters
    ----------
    labels : all labels; those of the random arm's families are left out here.
    law : of the newest snapshot's day.
    trials : for each stage; the same budget and seed choose the same values.

    A stage for which too few labels are left keeps the shipped values and says so.
    """
    if trials < 1:
        raise InputError(f"A search of {trials} trials finds nothing: give --tune 1 or more.")
    seen = outside_random_arm(labels)
    task = _Task.of(seen, law, seed)
    chosen, searches = shipped(labels.inspections.height), []
    for number, stage in enumerate(STAGES):
        why_not = task.too_little(stage)
        if why_not:
            searches.append(
                Search(
                    stage=stage,
                    chosen=getattr(chosen, stage),
                    shipped_loss=None,
                    chosen_loss=None,
                    why_not=why_not,
                )
            )
            continue
        search = searched(
            stage,
            getattr(task, stage),
            start=chosen,
            trials=trials,
            seed=seed + number,
            progress=_part(progress, number, trials),
        )
        chosen = replace(chosen, **{stage: search.chosen})
        searches.append(search)
    return Tuning(
        chosen=chosen,
        searches=tuple(searches),
        budget=trials,
        seed=seed,
        seen={
            "inspections": seen.inspections.height,
            "inspections_left_out": labels.inspections.height - seen.inspections.height,
            "survey": seen.survey.height,
            "survey_left_out": labels.survey.height - seen.survey.height,
        },
    )


def searched(
    stage: str,
    evaluate: Evaluate,
    *,
    start: Hyperparameters,
    trials: int,
    seed: int,
    progress: Progress = silent,
) -> Search:
    """Return the best of ``trials`` settings of one stage; the first is what ``start`` holds.

    Tree-structured Parzen estimators (Bergstra et al. 2011) propose the others. Of equals
    the earliest stands, so nothing changes without a gain.
    """
    import optuna  # late: only a run that tunes needs it

    logging.getLogger("optuna").setLevel(logging.WARNING)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, trials)),
        storage=optuna.storages.InMemoryStorage(),
    )
    first = getattr(start, stage)
    study.enqueue_trial({name: getattr(first, name) for name in SPACE})
    rows: list[dict[str, Any]] = []
    best, best_loss = first, float("inf")
    for number in range(trials):
        progress(f"tuning {stage.replace('_', ' ')}", number, trials)
        trial = study.ask()
        boosting = _suggested(trial)
        loss = float(evaluate(replace(start, **{stage: boosting})))
        study.tell(trial, loss)
        rows.append({"trial": number, **asdict(boosting), "loss": loss})
        if loss < best_loss:
            best, best_loss = boosting, loss
    return Search(
        stage=stage,
        chosen=best,
        shipped_loss=rows[0]["loss"],
        chosen_loss=best_loss,
        trials=tuple(rows),
    )


def _part(progress: Progress, number: int, trials: int) -> Progress:
    """Tell one stage's trials as a part of all."""

    def tell(what: str, done: int, _: int) -> None:
        progress(what, number * trials + done, len(STAGES) * trials)

    return tell


def _suggested(trial: Any) -> Boosting:
    values: dict[str, Any] = {}
    for name, bounds in SPACE.items():
        if name in _WHOLE:
            values[name] = trial.suggest_int(name, int(bounds.low), int(bounds.high))
        else:
            values[name] = trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log)
    return Boosting(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What the stages are tuned on: labels outside the random arm, and folds by family."""

    labels: Labels
    inputs: tuple[Input, ...]
    x_survey: Matrix
    x_inspected: Matrix
    fold_survey: Any
    fold_inspected: Any
    seed: int
    known: dict[Boosting, Matrix] = field(default_factory=dict)
    """The detector's table by how expected consumption was grown: it costs most of a trial."""

    @classmethod
    def of(cls, seen: Labels, law: Law, seed: int) -> "_Task":
        population = encode(seen.population, declared_inputs(), law)
        inputs, _ = informative(declared_inputs(), population)
        households = [f["household_id"].to_numpy() for f in (seen.survey, seen.inspections)]
        fold_survey, fold_inspected = label.folds(households, FOLDS, np.random.default_rng(seed))
        return cls(
            labels=seen,
            inputs=inputs,
            x_survey=label.encoded(seen.survey, inputs),
            x_inspected=label.encoded(seen.inspections, inputs),
            fold_survey=fold_survey,
            fold_inspected=fold_inspected,
            seed=seed % 2**31,
        )

    def too_little(self, stage: str) -> str | None:
        """Say why a stage cannot be tuned; None: it can."""
        survey, inspections = self.labels.survey, self.labels.inspections
        if stage in ("consumption", "welfare"):
            if survey.height < FEWEST:
                return f"only {survey.height} survey answers lie outside the random arm"
            return None
        if inspections.height < FEWEST:
            return f"only {inspections.height} inspections were not drawn at random"
        hiding = findings(inspections)[1] > 0
        for k in range(FOLDS):
            others = self.fold_inspected != k
            kinds = ((hiding & others).sum(), (~hiding & others).sum())
            if min(kinds) < FEWEST_OF_A_KIND or not hiding[~others].any():
                return "too few inspections of one kind lie outside the random arm"
        return None

    def consumption(self, hyper: Hyperparameters) -> float:
        """Mean squared error of the logarithm of consumption, weighted as the survey is."""
        spent = np.log(np.maximum(label.consumption(self.labels.survey), _LEAST))
        predicted = np.log(self._expected(hyper, self.x_survey, self.fold_survey))
        return float(np.average((predicted - spent) ** 2, weights=survey_weights(self.labels)))

    def hidden_income(self, hyper: Hyperparameters) -> float:
        """Log-loss of the detector on families not seen, weighted for the design."""
        mine, table = self._table(hyper)
        confirmed = findings(self.labels.inspections)[1]
        weights = label.training_weights(self.labels.inspections)
        margin = np.empty(len(table))
        for k in range(FOLDS):
            out = self.fold_inspected == k
            booster = hidden_income.fit_detector(
                mine,
                table[~out],
                confirmed[~out],
                weights[~out],
                seed=self.seed,
                hyper=hyper.hidden_income,
            )
            margin[out] = trees.margin(booster, table[out])
        return _log_loss(confirmed, margin, weights)

    def hidden_amount(self, hyper: Hyperparameters) -> float:
        """Mean squared error of the logarithm of the amount, of families found to hide income."""
        mine, table = self._table(hyper)
        amount, confirmed = findings(self.labels.inspections)
        weights = label.training_weights(self.labels.inspections)
        hiding, centre = confirmed > 0, np.empty(len(table))
        for k in range(FOLDS):
            rows, out = hiding & (self.fold_inspected != k), hiding & (self.fold_inspected == k)
            booster = hidden_income.fit_amounts(
                mine,
                table[rows],
                amount[rows],
                weights[rows],
                seed=self.seed,
                hyper=hyper.hidden_amount,
            )
            centre[out] = trees.margin(booster, table[out])
        errors = centre[hiding] - np.log(amount[hiding])
        return float(np.average(errors**2, weights=weights[hiding]))

    def welfare(self, hyper: Hyperparameters) -> float:
        """Log-loss of the five steps of the ladder, on the mean, weighted as the survey is."""
        answered = self.labels.survey["subjective_level"].is_not_null().to_numpy()
        x, fold = self.x_survey[answered], self.fold_survey[answered]
        category = self.labels.survey["subjective_level"].drop_nulls().cast(pl.Int64).to_numpy()
        weights = survey_weights(self.labels)[answered]
        again = welfare.shown_with_silence(self.inputs, x, np.random.default_rng(self.seed))
        losses = []
        for k in range(FOLDS):
            out = fold == k
            boosters = welfare.fit_steps(
                self.inputs,
                np.vstack([x[~out], again[~out]]),
                np.concatenate([category[~out]] * 2),
                np.concatenate([weights[~out]] * 2),
                seed=self.seed,
                hyper=hyper.welfare,
            )
            losses += [
                _log_loss(
                    (category[out] > step).astype(float), trees.margin(b, x[out]), weights[out]
                )
                for step, b in enumerate(boosters, start=1)
            ]
        return float(np.mean(losses))

    def _table(self, hyper: Hyperparameters) -> tuple[tuple[Input, ...], Matrix]:
        """Return the detector's inputs of the inspected, the gap by models blind to them."""
        mine = hidden_income.hidden_income_inputs(self.inputs)
        if hyper.consumption not in self.known:
            expected = self._expected(hyper, self.x_inspected, self.fold_inspected)
            gap = expected - label.declared(self.labels.inspections)
            kept = places(self.inputs, mine)
            self.known[hyper.consumption] = hidden_income.columns(gap, self.x_inspected[:, kept])
        return mine, self.known[hyper.consumption]

    def _expected(self, hyper: Hyperparameters, x: Matrix, fold: Any) -> Vector:
        mine = consumption_model.consumption_inputs(self.inputs)
        kept = places(self.inputs, mine)
        spent, weights = label.consumption(self.labels.survey), survey_weights(self.labels)
        expected = np.empty(len(x))
        for k in range(FOLDS):
            rows = self.fold_survey != k
            blind = consumption_model.fit(
                mine,
                self.x_survey[rows][:, kept],
                spent[rows],
                weights[rows],
                seed=self.seed,
                hyper=hyper.consumption,
            )
            expected[fold == k] = blind.expected(x[fold == k][:, kept])
        return expected


def _log_loss(truth: Vector, margin: Vector, weights: Vector) -> float:
    """Return the mean of −log P(what was found), from log-odds."""
    surprise = np.logaddexp(0.0, np.where(truth > 0, -margin, margin))
    return float(np.average(surprise, weights=weights))
