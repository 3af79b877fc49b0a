"""Trials in a world whose truth is known: our detector beside an oracle and naive rivals.

In a simulated country every family's hidden income is known. Models are trained as
always, on inspections and survey alone; only then the truth is opened, and every family
that no label speaks of is judged by it. The oracle is the same learner under the same
invariants, taught by the truth of the other half of these families: what no detector of
this kind can be expected to beat. None of this is a claim about the real country.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lightgbm as lgb
import numpy as np
import polars as pl

from features.build import build
from features.progress import Progress, silent
from features.registers.snapshot import Snapshot
from models import hidden_income, trees
from models.assessment import metrics
from models.inputs import Matrix, encode
from models.parameters import Law
from models.predict import Look
from models.red_flags import red_flags
from training import labels as label
from training.evaluate import payments_rule, regression
from training.fit import Fitted, fit
from training.fit_hidden import Flags, findings
from training.labels import Labels, gather
from training.population import truth

CAPACITY: Final = 0.05
_HALVES: Final = 2
_REPLICAS: Final = 200
"""Resamples of tens of thousands of families: their intervals hardly move with more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A trained country: its labels, its models, and the features of every family."""

    found: Labels
    fitted: Fitted
    features: pl.DataFrame
    law: Law
    silent: tuple[str, ...]

    @property
    def labelled(self) -> Flags:
        """Which families some label speaks of: nothing is judged on them."""
        known = pl.concat([f["household_id"] for f in (self.found.inspections, self.found.survey)])
        return self.features["household_id"].is_in(known.unique().implode()).to_numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was found in one country: how many hide, and how well each way ranks them.

    ``auc`` and ``lift`` hold an estimate for each way of ranking, of unlabelled families;
    ``reached`` is our share of the oracle's distance from chance.
    """

    families: int
    judged: int
    inspections: int
    prevalence: float
    auc: Mapping[str, metrics.Estimate]
    lift: Mapping[str, float]

    @property
    def reached(self) -> float:
        """Share of the distance from 0.5 to the oracle's AUC that our detector covers."""
        ours, best = self.auc["tarazy"].value, self.auc["oracle"].value
        return float("nan") if ours is None or best is None else (ours - 0.5) / (best - 0.5)

    def told(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "families": self.families,
            "judged": self.judged,
            "inspections": self.inspections,
            "prevalence": round(self.prevalence, 4),
            "auc": {name: estimate.told() for name, estimate in self.auc.items()},
            "lift_at_5_percent": {name: round(value, 3) for name, value in self.lift.items()},
            "share_of_the_oracles_distance": round(self.reached, 4),
        }


def trained(made: Snapshot, *, seed: int, progress: Progress = silent) -> Country:
    """Train on a snapshot as `training.train` does, recording nothing."""
    generator = np.random.default_rng(seed)
    found = gather([made], generator=generator, progress=progress)
    law = Law(made.as_of)
    fitted = fit(found, law=law, seed=seed % 2**31, generator=generator, progress=progress)
    parts = [build(made.registers(part), made.as_of) for part in made.partitions]
    features = pl.concat(parts).filter(pl.col("members") > 0)
    return Country(found=found, fitted=fitted, features=features, law=law, silent=made.silent)


def tried(country: Country, data: Path, *, seed: int) -> Trial:
    """Judge every way of ranking by the truth about families that no label speaks of."""
    real = country.features.select("household_id", "members").join(
        truth.read(data), on="household_id", how="left", maintain_order="left"
    )
    hides = truly_hides(real, country.law)
    judged = ~country.labelled
    generator = np.random.default_rng(seed)
    ways = rankings(country, country.features)
    ways["oracle"], ways["oracle_without_invariants"] = _oracles(country, hides, generator)
    ways["random"] = generator.random(len(hides))
    drawn = metrics.draws(np.flatnonzero(judged), generator, replicas=_REPLICAS)
    once = np.ones(int(judged.sum()))
    known = hides[judged]
    return Trial(
        families=len(hides),
        judged=int(judged.sum()),
        inspections=country.found.inspections.height,
        prevalence=float(hides.mean()),
        auc={
            name: metrics.auc_with_interval(known, score[judged], once, drawn)
            for name, score in ways.items()
        },
        lift={
            name: metrics.lift_at(known, score[judged], CAPACITY) for name, score in ways.items()
        },
    )


def truly_hides(real: pl.DataFrame, law: Law) -> Matrix:
    """Return 1 where the family's true hidden income is material on the day of the law."""
    line = float(law.hidden_income_materiality) * float(law.subsistence_minimum)
    amount = real["hidden_income_monthly"] / real["members"]
    return (amount >= line).cast(pl.Float64).to_numpy()


def rankings(country: Country, features: pl.DataFrame) -> dict[str, Matrix]:
    """Return how each way that needs no truth ranks families: higher is more suspicious.

    ``features`` may be those of another country at the prices of ``country``'s law.
    """
    said = Look.at(country.fitted.models, features, country.law, country.silent)
    detector = country.fitted.models.hidden_income
    x = encode(features, country.fitted.inputs, country.law)
    naive, fair = _pooled(country)
    flags = red_flags(features, country.law)["rule_flag"]
    return {
        "tarazy": trees.margin(detector.detector, hidden_income.columns(said.gap, said.detector)),
        "naive_boosting": naive(x),
        "logistic_regression": fair(x),
        "gap_alone": said.gap,
        "red_flags": flags.fill_null(value=False).cast(pl.Float64).to_numpy(),
        "payments_above_twice_income": payments_rule(features),
    }


def _pooled(country: Country) -> tuple[Callable[[Matrix], Matrix], Callable[[Matrix], Matrix]]:
    """Fit what anybody would try first on the pooled inspections, as if drawn at random."""
    x = label.encoded(country.found.inspections, country.fitted.inputs)
    confirmed = findings(country.found.inspections)[1]
    booster = lgb.train(
        {"objective": "binary", "verbosity": -1, "deterministic": True, "num_threads": 1},
        lgb.Dataset(x, label=confirmed),
    )
    line = regression().fit(x, confirmed)
    return lambda rows: trees.margin(booster, rows), line.decision_function


def _oracles(
    country: Country, hides: Matrix, generator: np.random.Generator
) -> tuple[Matrix, Matrix]:
    """Rank by learners taught with the truth of the other half, with and without invariants."""
    models = country.fitted.models
    said = Look.at(models, country.features, country.law, country.silent)
    table = hidden_income.columns(said.gap, said.detector)
    inputs = models.hidden_income.inputs
    x = encode(country.features, country.fitted.inputs, country.law)
    free = np.column_stack([said.gap, x])
    half = generator.integers(0, _HALVES, len(hides))
    bound, unbound = np.empty(len(hides)), np.empty(len(hides))
    for k in range(_HALVES):
        mine, rest = half == k, half != k
        weights = np.ones(int(rest.sum()))
        taught = hidden_income.fit_detector(inputs, table[rest], hides[rest], weights, seed=0)
        bound[mine] = trees.margin(taught, table[mine])
        loose = lgb.train(
            {"objective": "binary", "verbosity": -1, "deterministic": True, "learning_rate": 0.05},
            lgb.Dataset(free[rest], label=hides[rest]),
            num_boost_round=300,
        )
        unbound[mine] = trees.margin(loose, free[mine])
    return bound, unbound


def crossed(teacher: Country, pupil: Country, *, seed: int) -> dict[str, metrics.Estimate]:
    """Return the AUC of one country's models on the random inspections of another.

    ``teacher`` and ``pupil`` may be the same country: then its own out-of-fold scores
    are judged, as in every report.
    """
    inspections = pupil.found.inspections
    weights = label.random_weights(inspections)
    arm = weights > 0
    confirmed = findings(inspections)[1][arm]
    drawn = metrics.draws(inspections["household_id"].to_numpy()[arm], np.random.default_rng(seed))
    if teacher is pupil:
        ways = {"tarazy": pupil.fitted.inspected.margin, "gap_alone": pupil.fitted.inspected.gap}
    else:
        ways = rankings(teacher, inspections)
    return {
        name: metrics.auc_with_interval(confirmed, score[arm], weights[arm], drawn)
        for name, score in ways.items()
    }


def differences(one: Country, other: Country, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Return for each model input how far two countries lie apart, the farthest first.

    ``overlap`` is the AUC of telling the countries apart by this input alone (0.5: alike);
    ``tells_one`` and ``tells_other`` are the AUC of truly confirmed hiding by it among
    random inspections of each, so that an input that speaks in one country only shows.
    """
    inputs = tuple(
        i for i in one.fitted.inputs
        if i in other.fitted.inputs and (names is None or i.name in names)
    )  # fmt: skip
    of_one, of_other = (encode(c.features, inputs, c.law) for c in (one, other))
    rows = []
    for place, each in enumerate(inputs):
        both = np.concatenate([of_one[:, place], of_other[:, place]])
        which = np.repeat([0.0, 1.0], [len(of_one), len(of_other)])
        rows.append(
            {
                "input": each.name,
                "median_one": float(np.nanmedian(of_one[:, place])),
                "median_other": float(np.nanmedian(of_other[:, place])),
                "overlap": metrics.auc(which, np.nan_to_num(both, nan=-1.0)),
                "tells_one": _tells(one, each.name),
                "tells_other": _tells(other, each.name),
            }
        )
    return pl.DataFrame(rows).sort((pl.col("overlap") - 0.5).abs(), descending=True)


def _tells(country: Country, name: str) -> float:
    inspections = country.found.inspections
    weights = label.random_weights(inspections)
    arm = weights > 0
    each = [i for i in country.fitted.inputs if i.name == name]
    value = np.nan_to_num(label.encoded(inspections, each)[arm, 0], nan=-1.0)
    return metrics.auc(findings(inspections)[1][arm], value, weights[arm])
