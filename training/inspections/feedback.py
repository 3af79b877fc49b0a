"""Does the loop stay honest? Model, list, visits, model again, for twenty rounds.

A small country with a truth is inspected round after round, and the model of each round
has learned from the visits of all rounds before. With the drawn list the interval of the
prevalence keeps its promise and no group is flagged more and more. Left to themselves,
inspectors choose among the most suspicious; where neighbours talk they choose well, so
that group's record looks worse than the group is, and the next model has learned it.

What is left out: nobody stops hiding because of a visit, and nobody moves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.assessment.metrics import CONFIDENCE
from models.learned.arrays import Codes, Matrix, Vector
from training.inspections import design, estimates
from training.inspections.policy import Policy

ROUNDS: Final = 20
COVERAGE_WITHIN: Final = 0.02
"""How far the coverage of the interval may be from its level."""
DRIFT_WITHIN: Final = 0.10
"""How far the ratio of flags between the groups may move."""
_PILOT: Final = 600
"""Random inspections before the first round: every loop starts from the same honest model."""
_RIDGE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A small country: two groups that hide income equally often.

    ``talk`` is how much inspectors hear of a family before the visit, in each group: the
    weight of the truth against noise in what they hear.
    """

    families: int = 2_000
    visits: int = 200
    flagged: float = 0.10
    intercept: float = -1.1
    slope: float = 1.2
    talk: tuple[float, float] = (0.0, 1.0)
    second_group: float = 0.4

    def born(self, generator: np.random.Generator) -> "Country":
        """Draw the families."""
        group = (generator.random(self.families) < self.second_group).astype(np.int64)
        seen = generator.normal(size=self.families)
        chance = 1 / (1 + np.exp(-(self.intercept + self.slope * seen)))
        hides = (generator.random(self.families) < chance).astype(np.float64)
        heard = np.array(self.talk)[group] * hides + generator.normal(size=self.families)
        columns = np.column_stack([np.ones(self.families), seen, group.astype(np.float64)])
        return Country(group=group, columns=columns, hides=hides, heard=heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """The families of one run; ``columns`` is all that the model may see."""

    group: Codes
    columns: Matrix
    hides: Vector
    heard: Vector


@dataclass(slots=True)
class Labels:
    """All visits so far, in the order in which they were made."""

    rows: Codes
    confirmed: Vector
    weight: Vector
    arm_confirmed: Vector
    arm_chance: Vector

    @classmethod
    def none(cls) -> "Labels":
        """Return no visits."""
        empty = np.empty(0)
        return cls(np.empty(0, np.int64), empty, empty, empty, empty)

    def add(self, rows: Codes, confirmed: Vector, weight: Vector) -> None:
        """Add the visits of an arm."""
        self.rows = np.concatenate([self.rows, rows])
        self.confirmed = np.concatenate([self.confirmed, confirmed])
        self.weight = np.concatenate([self.weight, weight])

    def add_arm(self, confirmed: Vector, chance: Vector) -> None:
        """Add what the prevalence is estimated from."""
        self.arm_confirmed = np.concatenate([self.arm_confirmed, confirmed])
        self.arm_chance = np.concatenate([self.arm_chance, chance])


Visit = Callable[[Codes], Vector]
"""Visit some families and return what was confirmed: nothing of a clear one, ever."""
Round = Callable[[Country, Vector, Policy, int, Visit, Labels, np.random.Generator], None]
"""One round of visits, chosen by what the model of the round thinks (a chance a family)."""


def with_the_list(
    country: Country,
    suspicion: Vector,
    policy: Policy,
    visits: int,
    visit: Visit,
    labels: Labels,
    generator: np.random.Generator,
) -> None:
    """Visit a drawn list: the random arm, the rest by suspicion, every chance known."""
    families, even = len(suspicion), design.random_visits(visits, policy) / len(suspicion)
    numbers = generator.integers(0, 2**63, size=families, dtype=np.uint64)
    arm = design.systematic(np.full(families, even), country.group, numbers, generator.random())
    others = np.ones(families, dtype=bool)
    others[arm] = False
    rest = np.flatnonzero(others)
    confirmed = visit(arm)
    # Both arms speak for everybody: each counts by the visits it made.
    labels.add(arm, confirmed, np.full(len(arm), 1.0))
    labels.add_arm(confirmed, np.full(len(arm), even))
    left = visits - len(arm)
    if not left:
        return
    worth = suspicion[rest] ** policy.favour
    chance = design.chances(worth, left, floor=policy.floor, cap=policy.cap)
    numbers = generator.integers(0, 2**63, size=len(rest), dtype=np.uint64)
    picked = design.systematic(chance, country.group[rest], numbers, generator.random())
    weight = 1 / chance[picked]
    labels.add(rest[picked], visit(rest[picked]), weight * len(picked) / weight.sum())


def most_suspicious(
    country: Country,  # noqa: ARG001 - the same question as the others
    suspicion: Vector,
    policy: Policy,  # noqa: ARG001
    visits: int,
    visit: Visit,
    labels: Labels,
    generator: np.random.Generator,  # noqa: ARG001
) -> None:
    """Visit the most suspicious families, no arm: nobody knows what any of them stands for."""
    _unknown_chances(np.argsort(-suspicion, kind="stable")[:visits], visit, labels)


def as_inspectors_choose(
    country: Country,
    suspicion: Vector,
    policy: Policy,  # noqa: ARG001
    visits: int,
    visit: Visit,
    labels: Labels,
    generator: np.random.Generator,  # noqa: ARG001
) -> None:
    """Let inspectors choose a third of the suspicious by what they hear; no arm."""
    suspicious = np.argsort(-suspicion, kind="stable")[: 3 * visits]
    by_word = np.argsort(-country.heard[suspicious], kind="stable")[:visits]
    _unknown_chances(suspicious[by_word], visit, labels)


WAYS: Final[dict[str, Round]] = {
    "drawn list with a random arm": with_the_list,
    "most suspicious, no arm": most_suspicious,
    "chosen by inspectors, no arm": as_inspectors_choose,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the loop over all runs.

    ``covered``: runs whose interval of the prevalence, after the last round, held the
    truth. ``ratios``: share flagged in the second group over that in the first, each
    averaged over the runs, round by round.
    """

    way: str
    runs: int
    covered: int
    error: float
    ratios: tuple[float, ...]

    @property
    def coverage(self) -> float:
        """Share of the runs whose interval held the truth."""
        return self.covered / self.runs

    @property
    def drift(self) -> float:
        """How far the ratio of flags moved from the first round to the last."""
        return self.ratios[-1] - self.ratios[0]

    def honest(self, *, coverage_within: float = COVERAGE_WITHIN) -> bool:
        """Whether the interval kept its promise and no group was flagged more and more."""
        # A share such as 0.97 is no exact binary fraction; on the line is within.
        near = abs(self.coverage - CONFIDENCE) <= coverage_within + 1e-9
        return near and abs(self.drift) <= DRIFT_WITHIN

    def as_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "way": self.way,
            "runs": self.runs,
            "coverage": self.coverage,
            "mean_error_of_prevalence": self.error,
            "ratio_of_flags": list(self.ratios),
            "drift": self.drift,
            "honest": self.honest(),
        }


def simulate(
    way: str,
    *,
    runs: int,
    policy: Policy,
    generator: np.random.Generator,
    world: World | None = None,
    rounds: int = ROUNDS,
) -> Outcome:
    """Run the loop many times, each in a country of its own.

    Parameters
    ----------
    way : one of `WAYS`.
    policy : sizes of the arms, floor, cap and favour of the drawn list, and the
        inspectors' sensitivity.
    world : the country; default: `World`.
    """
    world, take = world or World(), WAYS[way]
    covered, errors, flagged = 0, 0.0, np.zeros((rounds, 2))
    for _ in range(runs):
        country = world.born(generator)
        labels, flags = _loop(country, take, policy, world, rounds, generator)
        flagged += flags
        estimate, low, high = estimates.prevalence(
            labels.arm_confirmed, labels.arm_chance, sensitivity=policy.sensitivity
        ).known
        truth = float(country.hides.mean())
        covered += low <= truth <= high
        errors += estimate - truth
    ratios = tuple((flagged[:, 1] / flagged[:, 0]).tolist())
    return Outcome(way=way, runs=runs, covered=covered, error=errors / runs, ratios=ratios)


def _loop(
    country: Country,
    take: Round,
    policy: Policy,
    world: World,
    rounds: int,
    generator: np.random.Generator,
) -> tuple[Labels, Matrix]:
    def visit(rows: Codes) -> Vector:
        seen = generator.random(len(rows)) < policy.sensitivity
        return np.asarray(country.hides[rows] * seen, dtype=np.float64)

    labels, line = Labels.none(), np.zeros(country.columns.shape[1])
    pilot = generator.choice(world.families, _PILOT, replace=False)
    labels.add(pilot, visit(pilot), np.ones(_PILOT))
    flags = np.empty((rounds, 2))
    for number in range(rounds):
        line = _fitted(country.columns[labels.rows], labels.confirmed, labels.weight, line)
        suspicion = 1 / (1 + np.exp(-(country.columns @ line)))
        flags[number] = _flagged(suspicion, country.group, world.flagged)
        take(country, suspicion, policy, world.visits, visit, labels, generator)
    return labels, flags


def _unknown_chances(rows: Codes, visit: Visit, labels: Labels) -> None:
    confirmed = visit(rows)
    labels.add(rows, confirmed, np.ones(len(rows)))
    # Without chances there are no weights: all that is left is to take them as drawn evenly.
    labels.add_arm(confirmed, np.ones(len(rows)))


def _flagged(suspicion: Vector, group: Codes, share: float) -> tuple[float, float]:
    """Return the share of each group among whom the most suspicious of all are flagged."""
    flagged = np.zeros(len(suspicion), dtype=bool)
    flagged[np.argsort(-suspicion, kind="stable")[: round(share * len(suspicion))]] = True
    return float(flagged[group == 0].mean()), float(flagged[group == 1].mean())


def _fitted(x: Matrix, y: Vector, weight: Vector, line: Vector) -> Vector:
    """Fit a logistic regression by Newton's method, from the line of the round before."""
    penalty = np.diag([0.0] + [_RIDGE] * (x.shape[1] - 1))
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(x @ line, -30, 30)))
        slope = x.T @ (weight * (y - chance)) - penalty @ line
        bend = (x * (weight * chance * (1 - chance))[:, None]).T @ x + penalty
        step = np.clip(np.linalg.solve(bend, slope), -2.0, 2.0)
        line = line + step
        if np.abs(step).max() < 1e-6:
            break
    return line
