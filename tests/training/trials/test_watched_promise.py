"""An honest certificate is not held against its model; a broken one is found, by simulation.

Random inspections are drawn again and again; each set fixes a threshold with its certificate,
and the share of unconfirmed flags of *that* model is what its watched life is drawn from.
"""

import numpy as np
import pytest

from models.assessment import sequential
from tests.training.evaluation import worlds_of_scores
from training.fitting.certificate import certified
from training.trials import guarantees
from training.trials.country import visited
from training.trials.regimes import drawn

Q = 0.20


def certificates(families, inspections, count, generator):
    """The true share of unconfirmed flags of each certified model, and what refutes it."""
    everyone = len(families.margin)
    shares_and_bounds = []
    for _ in range(count):
        lot = drawn(None, everyone, generator, capacity=inspections / everyone)
        inspected = guarantees.labelled(families, lot, generator)
        threshold, certificate = certified(
            inspected, families.margin, families.labels, unconfirmed=Q
        )
        if threshold is None:
            assert certificate["refuted_above"] is None
            continue
        others = np.ones(everyone, dtype=bool)
        others[lot.family] = False
        clear = visited(families.real, families.law, generator)[1] == 0
        shares_and_bounds.append(
            (clear[others & (families.margin >= threshold)].mean(), certificate["refuted_above"])
        )
    return tuple(np.array(column) for column in zip(*shares_and_bounds, strict=True))


def taken_back(shares, bounds, flagged, generator, lives=20):
    """In which part of the lives a model is taken back within so many flagged inspections."""
    crossed = [
        sequential.above((generator.random(flagged) < share) * 1.0, bound).crossed_at is not None
        for share, bound in zip(shares, bounds, strict=True)
        for _ in range(lives)
        if bound < 1
    ]
    return sum(crossed) / (lives * len(shares))


def test_models_certified_by_the_same_rule_are_left_alone_although_many_lie_above_q():
    generator = np.random.default_rng(1)
    families = worlds_of_scores.scored(10_000, seed=1)
    shares, bounds = certificates(families, 600, 60, generator)
    assert (shares > Q).mean() > 0.4  # an average over sets of labels: half lie above
    assert (shares > bounds).mean() < 0.2
    assert taken_back(shares, np.full(len(shares), Q), 300, generator, lives=4) > 0.10
    assert taken_back(shares, bounds, 300, generator, lives=4) <= 0.05
    assert taken_back(np.full(len(shares), 2 * Q), bounds, 400, generator, lives=4) > 0.75


@pytest.mark.long
@pytest.mark.parametrize(
    ("inspections", "seen_in_200", "seen_in_800"),
    [(300, 0.40, 0.65), (600, 0.60, 0.80), (1_200, 0.75, 0.90)],
)
def test_an_honest_model_is_taken_back_in_one_life_of_twenty_and_one_of_twice_q_is_seen(
    inspections, seen_in_200, seen_in_800
):
    generator = np.random.default_rng(inspections)
    families = worlds_of_scores.scored(20_000, seed=1)
    shares, bounds = certificates(families, inspections, 500, generator)
    assert (shares > bounds).mean() < 0.12
    assert taken_back(shares, bounds, 300, generator) <= 0.03
    assert taken_back(shares, bounds, 1_000, generator) <= 0.05
    assert taken_back(shares, np.full(len(shares), Q), 300, generator) > 0.10
    broken = np.full(len(shares), 2 * Q)
    assert taken_back(broken, bounds, 200, generator, lives=6) > seen_in_200
    assert taken_back(broken, bounds, 800, generator, lives=6) > seen_in_800
