"""How far the outcome of a run hangs on its seed: the same data, split and grown again.

A seed decides which family falls into which fold, and so by which models it is judged, which
families calibrate and who teaches the detector; and which inputs each tree may look at. What it
cannot decide is who was inspected: those families are the same under every seed. How far
another draw of inspections would move the outcome is told by the intervals, and no number of
seeds says it. Nor are drawn again here: the sample that stands for a population above
`labels.POPULATION_SAMPLE`, the welfare category, and the resampling behind the intervals.

What is served is the run's own seed. To choose among seeds by their outcome would break the
promise of the flag, which is one for a seed fixed beforehand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from features.errors import InputError
from features.progress import Progress, silent
from models.assessment import metrics
from models.law.parameters import Law
from models.learned.hyperparameters import Hyperparameters
from training.evaluation.baselines import blind_regressions
from training.evaluation.strengthened import ALONE
from training.fitting import fit
from training.fitting.certificate import certified
from training.labels.gather import Labels

REFITS: Final = 4
"""Other seeds that a run is grown with: with its own five, enough to see flags come and go."""
NO_ARM: Final = "no family was inspected at random, so there is no outcome that a seed could move"
NOT_MEASURED: Final = "no other seed was asked for (--refits 0)"
MEASURES: Final = ("auc", ALONE, "flagged_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one seed makes of the data.

    ``auc`` on the random inspections; ``gain``: that of the better of two logistic regressions
    on the same folds subtracted from it; ``flagged_share`` of the population, 0: nobody.
    """

    auc: float
    gain: float
    flagged_share: float

    def measures(self) -> dict[str, float]:
        """Return the numbers under the names that metrics and certificate give them."""
        return dict(zip(MEASURES, (self.auc, self.gain, self.flagged_share), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpread:
    """The outcome of a run, and those of the same data under other seeds.

    ``not_grown`` counts the seeds whose folds left a detector without families of both kinds.
    ``why_not`` says why there are no others; null: there are.
    """

    outcomes: Sequence[Outcome]
    not_grown: int = 0
    why_not: str | None = None

    @property
    def flagging(self) -> int:
        """How many of the seeds flag anybody."""
        return sum(outcome.flagged_share > 0 for outcome in self.outcomes)

    @property
    def flags_come_and_go(self) -> bool:
        """Whether some of the seeds flag families and some flag nobody."""
        return 0 < self.flagging < len(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return it ready for JSON; numbers of a measure only where there are other seeds."""
        by_seed = [outcome.measures() for outcome in self.outcomes]
        compared = () if self.why_not else MEASURES
        return {
            "seeds": len(self.outcomes),
            "not_grown": self.not_grown,
            "why_not": self.why_not,
            **{name: _summary([each[name] for each in by_seed]) for name in compared},
            "flagging": self.flagging,
            "flags_come_and_go": self.flags_come_and_go,
            "rows": [
                {"name": f"another seed, {number}" if number else "this run"} | each
                for number, each in enumerate(by_seed)
            ],
        }


def measured(
    labels: Labels,
    own: Outcome | None,
    *,
    law: Law,
    hyper: Hyperparameters,
    generators: Sequence[np.random.Generator],
    progress: Progress = silent,
) -> SeedSpread:
    """Grow the detector again with each generator, exactly as the run did, and keep what comes out.

    Parameters
    ----------
    own : what the run itself came to (`of_run`); None: there is no random arm to judge on.
    law, hyper : those of the run.
    generators : one for each other seed; it draws the folds and the seed of the trees.
    """
    if own is None:
        return SeedSpread(outcomes=(), why_not=NO_ARM)
    if not generators:
        return SeedSpread(outcomes=(own,), why_not=NOT_MEASURED)
    outcomes = list(_again(labels, law, hyper, generators, progress))
    grown = [outcome for outcome in outcomes if outcome is not None]
    return SeedSpread(outcomes=(own, *grown), not_grown=len(outcomes) - len(grown))


def of_run(judged: Mapping[str, Any], certificate: Mapping[str, Any]) -> Outcome | None:
    """Return what a run came to, by its metrics; None where no arm could tell its AUC."""
    if judged["hidden_income"] is None or judged[ALONE]["value"] is None:
        return None
    return Outcome(
        auc=judged["hidden_income"]["auc"]["value"],
        gain=judged[ALONE]["value"],
        flagged_share=certificate["flagged_share"],
    )


def of_ranking(seeds: Mapping[str, Any]) -> list[str]:
    """Return what stands beside the interval of the AUC, of a spread as JSON."""
    if seeds["why_not"] is not None:
        unknown = f"How far this hangs on the seed was not measured: {seeds['why_not']}."
        return [unknown] if seeds["why_not"] == NOT_MEASURED else []
    auc = seeds["auc"]
    place = {auc["max"]: "the highest", auc["min"]: "the lowest"}.get(auc["this_run"])
    return [
        f"Grown with {seeds['seeds']} seeds on the same data: AUC {_range(auc)}, difference to the "
        f"better regression {_range(seeds[ALONE])}"
        + (f"; this run's AUC is {place} of them." if place else ".")
    ]


def of_flags(seeds: Mapping[str, Any]) -> list[str]:
    """Return whether the flags stay whatever the seed, of a spread as JSON."""
    if seeds["why_not"] is not None:
        return []
    count, flagging, share = seeds["seeds"], seeds["flagging"], seeds["flagged_share"]
    if not flagging:
        return [f"None of the {count} seeds flags anybody."]
    if not seeds["flags_come_and_go"]:
        return [
            f"Each of the {count} seeds flags families: {share['min']:.1%} to {share['max']:.1%} "
            f"of all, median {share['median']:.1%}."
        ]
    return [
        f"The flags come and go with the seed: of {count} seeds on the same data {flagging} would "
        f"flag families, up to {share['max']:.1%} of all, and {count - flagging} nobody (median of "
        f"all: {share['median']:.1%}). Whom to flag is not settled by these inspections."
    ]


def _range(measure: Mapping[str, float]) -> str:
    return f"{measure['min']:.3f} to {measure['max']:.3f} (median {measure['median']:.3f})"


def _again(
    labels: Labels,
    law: Law,
    hyper: Hyperparameters,
    generators: Sequence[np.random.Generator],
    progress: Progress,
) -> Iterator[Outcome | None]:
    encoded = fit.Encoded.of(labels, law)
    for number, generator in enumerate(generators):
        progress("growing again with another seed", number, len(generators))
        try:
            yield _outcome(labels, encoded, law, hyper, generator)
        except InputError:  # one of its folds holds all families of a kind
            yield None
    progress("growing again with another seed", len(generators), len(generators))


def _outcome(
    labels: Labels,
    encoded: fit.Encoded,
    law: Law,
    hyper: Hyperparameters,
    generator: np.random.Generator,
) -> Outcome:
    grown = fit.detect(
        labels,
        encoded,
        law=law,
        seed=int(generator.integers(2**31)),
        generator=generator,
        hyper=hyper,
        step=lambda _: None,
    )
    inspected = grown.detected.inspected
    arm = inspected.in_random_arm
    weights, confirmed = inspected.random[arm], inspected.confirmed[arm]
    regressions = []
    for x in (encoded.inspections, np.column_stack([encoded.inspections, inspected.gap])):
        score = np.empty(len(x))
        for rows, regression in blind_regressions(x, inspected):
            score[rows] = regression.decision_function(x[rows])
        regressions.append(metrics.auc(confirmed, score[arm], weights))
    auc = metrics.auc(confirmed, inspected.margin[arm], weights)
    _, certificate = certified(
        inspected, grown.detected.population, labels, unconfirmed=float(law.flag_error_rate)
    )
    return Outcome(
        auc=round(auc, 6),
        gain=round(auc - max(regressions), 6),
        flagged_share=certificate["flagged_share"],
    )


def _summary(values: Sequence[float]) -> dict[str, float]:
    """Return the ends and the middle; the first value is the run's own."""
    return {
        "this_run": values[0],
        "min": min(values),
        "median": round(median(values), 6),
        "max": max(values),
    }
