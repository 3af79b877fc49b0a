"""The ladder: richer-looking is never poorer, silence is never narrower."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from models.learned import conformal, trees, welfare
from models.learned.hyperparameters import SHIPPED
from models.learned.inputs import declared_inputs
from training.fitting import welfare as fit_welfare


@pytest.fixture(scope="module")
def surveyed():
    generator = np.random.default_rng(0)
    inputs = tuple(i for i in declared_inputs() if i.direction)
    x = np.round(np.abs(generator.normal(0, 1, (900, len(inputs)))), 1)
    means = x @ np.array([i.direction for i in inputs])
    ladder = 3.5 + (means - means.mean()) / means.std() + generator.normal(0, 0.7, 900)
    return inputs, x, np.clip(np.rint(ladder), 1, 6).astype(np.int64)


@pytest.fixture(scope="module")
def fitted(surveyed):
    inputs, x, category = surveyed
    generator = np.random.default_rng(1)
    fold = generator.integers(0, fit_welfare.FOLDS, len(x))
    return fit_welfare.learn(
        inputs,
        x,
        category,
        np.ones(len(x)),
        np.arange(len(x)),
        fold,
        seed=1,
        generator=generator,
        tell=lambda _: None,
        # A third of the trees, each as bold as three: as high a ladder, grown sooner.
        hyper=replace(SHIPPED.welfare, trees=SHIPPED.welfare.trees // 3, rate=0.18),
    )


def test_looking_better_off_never_gives_a_poorer_category(surveyed, fitted):
    inputs, x, _ = surveyed
    model, _ = fitted
    x = x[:200]
    before = model.exceeds(x)
    for place, i in enumerate(inputs):
        richer = x.copy()
        richer[:, place] += i.direction * 0.7
        after = model.exceeds(richer)
        assert (after >= before).all(), i.name
        assert (conformal.median_category(after) >= conformal.median_category(before)).all()


def test_to_be_above_a_higher_step_is_never_likelier(surveyed, fitted):
    _, x, _ = surveyed
    assert (np.diff(fitted[0].exceeds(x), axis=1) <= 0).all()


def test_crossing_steps_are_mended_downwards():
    class Fixed:
        def __init__(self, margin):
            self.value = margin

        def predict(self, x, **_):
            return np.full(len(x), self.value)

    exceeding = welfare.exceeds([Fixed(m) for m in (2.0, -1.0, 0.5, -2.0, -1.5)], np.zeros((1, 3)))
    expected = trees.logistic(np.array([2.0, -1.0, -1.0, -2.0, -2.0]))
    assert exceeding[0] == pytest.approx(expected)


def test_sets_of_families_not_seen_hold_nine_in_ten(surveyed, fitted):
    _, _, category = surveyed
    _, out_of_fold = fitted
    first, last = conformal.category_bounds(
        out_of_fold.exceeds, np.full(len(category), out_of_fold.bar)
    )
    held = ((first <= category) & (category <= last)).mean()
    assert 0.89 <= held <= 0.93


def test_each_register_more_that_falls_silent_widens_the_mean_set(surveyed, fitted):
    inputs, x, _ = surveyed
    model, _ = fitted
    silent, sizes = [], []
    for register in (None, *welfare.can_fall_silent(inputs)):
        silent += [register] if register else []
        exceeding = model.exceeds(welfare.blanked(inputs, x, silent))
        sizes.append(welfare.mean_size(exceeding, model.bar_when(silent), np.ones(len(x))))
    assert len(sizes) > 5
    assert all(wide >= narrow for narrow, wide in itertools.pairwise(sizes))
    assert sizes[1] > sizes[0]


def test_households_and_persons_are_never_expected_to_fall_silent():
    silent = welfare.can_fall_silent(declared_inputs())
    assert not {"households", "persons"} & set(silent)
    assert "incomes" in silent


def test_a_blanked_register_takes_its_derived_inputs_with_it():
    inputs = tuple(declared_inputs())
    gone = welfare.blanked(inputs, np.ones((1, len(inputs))), ("incomes",))
    for place, i in enumerate(inputs):
        assert np.isnan(gone[0, place]) == ("incomes" in i.registers), i.name
