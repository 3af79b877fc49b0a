"""How far above a rival, from both arms of inspections: where the targeted ones may speak."""

import numpy as np
import pytest

from models.assessment import metrics
from training.evaluation.strengthened import strengthened_difference


def world(rng, count=20_000):
    """A population with two scores of its hiding families, and a suspicion that chooses."""
    means = rng.standard_normal(count)
    hides = (rng.random(count) < 1 / (1 + np.exp(1.2 - 1.5 * means))).astype(float)
    mine, rival = (means + s * rng.standard_normal(count) for s in (0.7, 0.9))
    suspicion = np.exp(0.6 * means + rng.standard_normal(count))
    return hides, mine, rival, np.clip(0.03 * suspicion / suspicion.mean(), 0.002, 0.3)


def inspected(rng, hides, mine, rival, chance, replicas):
    count = len(hides)
    random = np.flatnonzero(rng.random(count) < 0.015)
    targeted = np.flatnonzero(rng.random(count) < chance)
    rows = np.concatenate([random, targeted])
    design = np.repeat(["random", "targeted"], [len(random), len(targeted)])
    probability = np.concatenate([np.full(len(random), 0.015), chance[targeted]])

    def difference_of(kept):
        return strengthened_difference(
            hides[rows[kept]],
            mine[rows[kept]],
            rival[rows[kept]],
            design=design[kept],
            probability=probability[kept],
            households=rows[kept],
            generator=rng,
            replicas=replicas,
        )

    return difference_of(np.arange(len(rows))), difference_of(np.arange(len(random)))


def covered(seed, runs, replicas):
    rng = np.random.default_rng(seed)
    people = world(rng)
    hides, mine, rival, _ = people
    truth = metrics.auc(hides, mine) - metrics.auc(hides, rival)
    intervals = [inspected(rng, *people, replicas) for _ in range(runs)]
    holds = np.mean([both["low"] <= truth <= both["high"] for both, _ in intervals])
    width, alone = (
        np.mean([s["high"] - s["low"] for s in each]) for each in zip(*intervals, strict=True)
    )
    return holds, width, alone


def test_targeted_inspections_of_known_probability_narrow_the_interval():
    _, width, alone = covered(5, runs=8, replicas=100)
    assert width < 0.8 * alone


@pytest.mark.long
def test_the_strengthened_interval_holds_the_truth_as_often_as_it_says():
    # 300 worlds: the standard error of a coverage of 0.95 is 0.013.
    holds, _, _ = covered(6, runs=300, replicas=300)
    assert 0.90 <= holds <= 0.99


def test_a_targeted_inspection_of_unknown_probability_and_a_complaint_count_for_nothing():
    rng = np.random.default_rng(1)
    truth, mine, rival = (rng.random(40) < 0.5).astype(float), rng.random(40), rng.random(40)
    design = np.array(["random"] * 30 + ["targeted"] * 5 + ["complaint"] * 5)
    probability = np.array([0.01] * 30 + [np.nan] * 5 + [0.5] * 5)

    def difference_of(kept):
        return strengthened_difference(
            truth[kept],
            mine[kept],
            rival[kept],
            design=design[kept],
            probability=probability[kept],
            households=np.arange(40)[kept],
            generator=np.random.default_rng(2),
            replicas=50,
        )

    assert difference_of(np.arange(40)) == difference_of(np.arange(30))
    assert difference_of(np.arange(30))["targeted"] == 0


def test_where_suspicion_knows_more_than_the_registers_its_logged_chances_count_for_nothing():
    rng = np.random.default_rng(3)
    truth, mine, rival = (rng.random(60) < 0.5).astype(float), rng.random(60), rng.random(60)

    def difference_of(kept, **how):
        return strengthened_difference(
            truth[kept],
            mine[kept],
            rival[kept],
            design=np.array(["random"] * 30 + ["targeted"] * 30)[kept],
            probability=np.array([0.01] * 30 + [0.1] * 30)[kept],
            households=np.arange(60)[kept],
            generator=np.random.default_rng(2),
            replicas=50,
            **how,
        )

    assert difference_of(np.arange(60))["targeted"] == 30
    assert difference_of(np.arange(60), knows_more=True) == difference_of(np.arange(30))


def test_without_a_random_arm_nothing_anchors_the_targeted_one():
    three = np.array([0.0, 1.0, 1.0])
    assert (
        strengthened_difference(
            three,
            three,
            three,
            design=np.array(["targeted"] * 3),
            probability=np.full(3, 0.1),
            households=np.arange(3),
            generator=np.random.default_rng(0),
        )
        is None
    )
