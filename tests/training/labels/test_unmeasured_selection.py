"""What an inspector's choice tells is seen where there is something to see, and set apart."""

import numpy as np
import pytest
from scipy.stats import binom

from models.learned import trees
from training.labels import unmeasured_selection
from training.labels.unmeasured_selection import NO_EFFECT_KNOWN

INSPECTIONS = 1_500
KNOWN_BESIDES = 1.2
"""Log-odds by which inspectors who know more find more at a family that looks the same."""


def worlds(few, many):
    """A few worlds in every run, and many in a long one."""
    return pytest.mark.parametrize("count", [few, pytest.param(many, marks=pytest.mark.long)])


def rarely(verdicts):
    """No more often than one in twenty, as far as so many worlds can show."""
    return sum(verdicts) <= binom.ppf(0.999, len(verdicts), 0.05)


def logistic(margin):
    return 1 / (1 + np.exp(-margin))


def inspections(generator, *, known_besides, count=INSPECTIONS, way="targeted"):
    """Two in three chosen; suspicion follows the score, and may know more than it."""
    margin = generator.normal(-0.6, 1.5, count)
    chosen = generator.random(count) < logistic(0.7 + 0.5 * margin)
    findings = generator.random(count) < logistic(margin + known_besides * chosen)
    suspected = 0.02 * np.exp(0.5 * margin)
    return margin, findings.astype(float), np.where(chosen, way, "random"), suspected


@pytest.mark.parametrize("way", ["targeted", "complaint"])
def test_inspectors_who_know_more_are_seen_and_by_how_much(way):
    margin, findings, design, suspected = inspections(
        np.random.default_rng(1), known_besides=KNOWN_BESIDES, way=way
    )
    seen = unmeasured_selection.seen(margin, findings, design, suspected)
    effect = seen.ways[way]
    assert list(seen.ways) == [way]
    assert effect.tells
    assert effect.low < KNOWN_BESIDES < effect.high
    assert effect.inspections == (design == way).sum()
    offset = seen.offset(design)
    assert set(offset) == {0.0, effect.log_odds}
    assert seen.as_json()[way]["log_odds"]["low"] == pytest.approx(effect.low, abs=1e-6)
    assert ((offset > 0) == (design == way)).all()


@worlds(5, 20)
def test_suspicion_that_knows_only_the_registers_is_kept_apart_from_complaints_that_know_more(
    count,
):
    generator, selections = np.random.default_rng(6), []
    for _ in range(count):
        both = (
            inspections(generator, known_besides=0.0),
            inspections(generator, known_besides=2.0, way="complaint"),
        )
        selections.append(
            unmeasured_selection.seen(*(np.concatenate(parts) for parts in zip(*both, strict=True)))
        )
    assert rarely([s.knows_more("targeted") for s in selections])
    assert all(s.knows_more("complaint") for s in selections)
    quiet = next(s for s in selections if not s.knows_more("targeted"))
    assert quiet.offset(np.array(["targeted", "random"])) is None
    assert quiet.offset(np.array(["complaint"]))[0] > 1


@worlds(10, 60)
def test_inspectors_who_know_only_the_registers_are_hardly_ever_said_to_know_more(count):
    generator = np.random.default_rng(2)
    selections = [
        unmeasured_selection.seen(*inspections(generator, known_besides=0.0)) for _ in range(count)
    ]
    assert rarely([s.ways["targeted"].tells for s in selections])
    quiet = next(s for s in selections if not s.ways["targeted"].tells)
    assert quiet.offset(np.array(["targeted", "random"])) is None
    assert not quiet.as_json()["targeted"]["tells"]


@worlds(8, 40)
def test_suspicion_that_follows_what_the_detector_has_not_learned_does_not_look_wise(count):
    generator, informed, blindly = np.random.default_rng(9), [], []
    for _ in range(count):
        margin, unlearned = generator.normal(0, 1.5, (2, INSPECTIONS))
        pull = 1.5 * unlearned
        findings = generator.random(INSPECTIONS) < logistic(margin + 0.7 * unlearned)
        design = np.where(generator.random(INSPECTIONS) < logistic(pull), "targeted", "random")
        for verdicts, looks in ((informed, np.exp(pull)), (blindly, np.ones(INSPECTIONS))):
            seen = unmeasured_selection.seen(margin, findings.astype(float), design, looks)
            verdicts.append(seen.knows_more("targeted"))
    assert rarely(informed)
    assert sum(blindly) > 0.7 * count


@worlds(10, 40)
def test_a_score_that_is_no_straight_line_does_not_make_suspicion_look_wise(count):
    generator, verdicts = np.random.default_rng(8), []
    for _ in range(count):
        margin = generator.normal(0, 2, INSPECTIONS)
        chosen = generator.random(INSPECTIONS) < logistic(margin)
        findings = generator.random(INSPECTIONS) < 0.8 * logistic(1.5 * margin)  # inspectors miss
        design = np.where(chosen, "targeted", "random")
        seen = unmeasured_selection.seen(margin, findings.astype(float), design, logistic(margin))
        verdicts.append(seen.knows_more("targeted"))
    assert rarely(verdicts)


@pytest.mark.parametrize(("few", "known"), [(99, False), (100, True)])
@pytest.mark.parametrize("drawn", [True, False])
def test_below_a_hundred_of_either_kind_nothing_is_asked(few, known, drawn):
    generator = np.random.default_rng(3)
    margin, findings, _, suspected = inspections(generator, known_besides=KNOWN_BESIDES, count=600)
    some = (np.arange(600) < few) == drawn
    seen = unmeasured_selection.seen(
        margin, findings, np.where(some, "random", "targeted"), suspected
    )
    assert (seen != NO_EFFECT_KNOWN) is known


@pytest.mark.parametrize("confirmed", [1.0, 0.0])
@pytest.mark.parametrize("one_kind", ["complaint", "random"])
def test_a_way_that_found_one_kind_only_tells_the_most_not_nothing(confirmed, one_kind):
    margin, findings, design, suspected = inspections(
        np.random.default_rng(7), known_besides=0.0, way="complaint"
    )
    findings[design == one_kind] = confirmed
    effect = unmeasured_selection.seen(margin, findings, design, suspected).ways["complaint"]
    assert effect.tells
    assert (effect.log_odds > 0) == (confirmed == (one_kind == "complaint"))
    assert abs(effect.log_odds) < 12
    assert effect.high - effect.low < 8


def test_complaints_are_asked_where_nobody_was_targeted():
    margin, findings, design, _ = inspections(
        np.random.default_rng(10), known_besides=2.0, way="complaint"
    )
    seen = unmeasured_selection.seen(margin, findings, design, None)
    assert list(seen.ways) == ["complaint"]
    assert seen.knows_more("complaint")


def test_where_all_were_found_alike_nothing_is_asked():
    margin, _, design, suspected = inspections(np.random.default_rng(4), known_besides=0.0)
    assert (
        unmeasured_selection.seen(margin, np.zeros(INSPECTIONS), design, suspected)
        == NO_EFFECT_KNOWN
    )
    assert not NO_EFFECT_KNOWN.knows_more("targeted")


def test_what_the_choice_tells_is_in_no_prediction():
    generator = np.random.default_rng(5)
    margin, findings, design, _ = inspections(generator, known_besides=2.0, count=6_000)
    x = np.column_stack([margin, generator.normal(size=len(margin))])
    grown = {
        set_apart: trees.grow(
            x,
            findings,
            weights=np.ones(len(x)),
            directions=[1, 1],
            names=["score", "noise"],
            objective="binary",
            trees=150,
            rate=0.05,
            seed=0,
            offset=2.0 * (design == "targeted") if set_apart else None,
        )
        for set_apart in (True, False)
    }
    families = np.column_stack([generator.normal(-0.6, 1.5, 4_000), np.zeros(4_000)])
    truth = logistic(families[:, 0]).mean()
    by_lot = {
        set_apart: logistic(trees.margin(b, families)).mean() for set_apart, b in grown.items()
    }
    assert abs(by_lot[True] - truth) < 0.03
    assert by_lot[False] > truth + 0.1
