"""What an inspector's choice tells is seen where there is something to see, and set apart."""

import numpy as np
import polars as pl
import pytest

from models import trees
from training import choice
from training.choice import UNTOLD

INSPECTIONS = 1_500
KNOWN_BESIDES = 1.2
"""Log-odds by which inspectors who know more find more at a family that looks the same."""


def logistic(margin):
    return 1 / (1 + np.exp(-margin))


def inspections(generator, *, known_besides, count=INSPECTIONS):
    """Two in three chosen; suspicion follows the score, and may know more than it."""
    margin = generator.normal(-0.6, 1.5, count)
    chosen = generator.random(count) < logistic(0.7 + 0.5 * margin)
    found = generator.random(count) < logistic(margin + known_besides * chosen)
    return margin, found.astype(float), chosen


def test_inspectors_who_know_more_are_seen_and_by_how_much():
    margin, found, chosen = inspections(np.random.default_rng(1), known_besides=KNOWN_BESIDES)
    seen = choice.seen(margin, found, chosen)
    assert seen.tells
    assert seen.low < KNOWN_BESIDES < seen.high
    assert seen.asked == INSPECTIONS
    offset = seen.offset(chosen)
    assert set(offset) == {0.0, seen.log_odds}
    assert ((offset > 0) == chosen).all()


def test_inspectors_who_know_only_the_registers_are_hardly_ever_said_to_know_more():
    generator = np.random.default_rng(2)
    said = [choice.seen(*inspections(generator, known_besides=0.0)) for _ in range(60)]
    assert sum(s.tells for s in said) <= 8  # 5 % of 60, and five standard errors
    quiet = next(s for s in said if not s.tells)
    assert quiet.offset(np.ones(3, dtype=bool)) is None
    assert not quiet.told()["tells"]


@pytest.mark.parametrize(("few", "known"), [(99, False), (100, True)])
@pytest.mark.parametrize("drawn", [True, False])
def test_below_a_hundred_of_either_kind_nothing_is_asked(few, known, drawn):
    generator = np.random.default_rng(3)
    margin, found, _ = inspections(generator, known_besides=KNOWN_BESIDES, count=600)
    some = np.arange(600) < few
    seen = choice.seen(margin, found, ~some if drawn else some)
    assert (seen != UNTOLD) is known


def test_where_all_were_found_alike_nothing_is_asked():
    margin, _, chosen = inspections(np.random.default_rng(4), known_besides=0.0)
    assert choice.seen(margin, np.zeros(INSPECTIONS), chosen) == UNTOLD


def test_complaints_are_chosen_too_and_only_lots_are_drawn():
    register = pl.DataFrame({"design": ["random", "targeted", "complaint", "random"]})
    assert choice.chosen(register).tolist() == [False, True, True, False]


def test_what_the_choice_tells_is_in_no_prediction():
    generator = np.random.default_rng(5)
    margin, found, chosen = inspections(generator, known_besides=2.0, count=6_000)
    x = np.column_stack([margin, generator.normal(size=len(margin))])
    grown = {
        told: trees.grow(
            x, found, weights=np.ones(len(x)), directions=[1, 1], names=["score", "noise"],
            objective="binary", trees=150, rate=0.05, seed=0,
            offset=2.0 * chosen if told else None,
        )
        for told in (True, False)
    }  # fmt: skip
    families = np.column_stack([generator.normal(-0.6, 1.5, 4_000), np.zeros(4_000)])
    truth = logistic(families[:, 0]).mean()
    by_lot = {told: logistic(trees.margin(b, families)).mean() for told, b in grown.items()}
    assert abs(by_lot[True] - truth) < 0.03
    assert by_lot[False] > truth + 0.1
