"""Fitting a card to the ladder: the truth is found again, and no answer can reward a loss."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
import yaml

from features.catalogue import FEATURES
from features.errors import DeclarationError, InputError
from models.assessment import ladder
from models.assessment.metrics import quadratic_kappa
from models.law.files import LAW, read_exactly
from models.law.parameters import Law
from models.rules.scorecard import Scorecard, assess, poorest_points
from tests.models.law.lawbook import amended, features
from training.scorecard import card_file, ordinal
from training.scorecard.fit import (
    POINTS,
    Surveyed,
    cut_offs,
    fitted_points,
    gathered,
    judged,
    levelled,
    rewritten,
    stable,
)

DAY = date(2026, 1, 1)
LAW_OF_THE_DAY = Law(DAY)
CARDS = {name: Scorecard.named(name, LAW_OF_THE_DAY) for name in LAW_OF_THE_DAY.cards}
PILOT = CARDS["pilot_2025"]


def surveyed(families: list[dict], step: np.ndarray) -> Surveyed:
    table = features(*families)
    answers = table.select("household_id").with_columns(
        step=pl.Series(step, dtype=pl.Int64), weight=1.0, cluster=pl.col("household_id") // 10
    )
    return Surveyed(features=table, answers=answers)


def random_families(count: int, generator: np.random.Generator) -> list[dict]:
    def family() -> dict:
        return {
            "income_per_member": int(generator.gamma(2.0, 60_000)),
            "wage_per_member": int(generator.gamma(2.0, 40_000)),
            "work_intensity": float(generator.choice([0.0, 0.5, 1.0])),
            "adults_without_work": int(generator.integers(0, 4)),
            "vehicles": int(generator.integers(0, 4)),
            "adult_education": int(generator.integers(0, 6)),
            "children": int(generator.integers(0, 7)),
            "dependency_ratio": float(generator.integers(0, 5)) / 4,
            "members_with_disability": int(generator.integers(0, 3)),
        }

    return [family() for _ in range(count)]


@pytest.fixture(scope="module")
def ordinary() -> Surveyed:
    """Families that answer as the pilot's card would place them, with some noise."""
    generator = np.random.default_rng(5)
    families = random_families(1_500, generator)
    points = assess(features(*families), LAW_OF_THE_DAY)["points_poorest"].to_numpy()
    felt = points + generator.normal(0, 8, len(points))
    return surveyed(families, 1 + np.searchsorted([60, 80, 100, 120, 140], felt))


def test_the_steps_behind_the_answers_are_found_again():
    generator = np.random.default_rng(1)
    x = (generator.random((6_000, 4)) < 0.5).astype(float)
    felt = x @ [2.0, 1.0, 0.0, -1.0] + generator.logistic(size=len(x))
    category = 1 + np.searchsorted([0.0, 1.0, 2.0], felt)
    score = ordinal.fit(x, category, np.ones(len(x)), 4)
    # The third step is worth nothing; the fourth would reward poverty, so it is worth nothing.
    assert score.steps[:2] == pytest.approx([2.0, 1.0], abs=0.25)
    assert score.steps[2:] == pytest.approx([0.0, 0.0], abs=0.1)
    assert np.all(np.diff(score.thresholds) > 0)


def test_a_weight_of_two_is_the_same_family_twice():
    generator = np.random.default_rng(2)
    x = (generator.random((300, 3)) < 0.5).astype(float)
    category = generator.integers(1, 4, 300)
    twice = np.where(np.arange(300) < 100, 2.0, 1.0)
    heavy = ordinal.fit(x, category, twice, 3)
    doubled = np.concatenate([np.arange(300), np.arange(100)])
    again = ordinal.fit(x[doubled], category[doubled], np.ones(400), 3)
    assert heavy.steps == pytest.approx(again.steps, abs=1e-3)
    assert heavy.thresholds == pytest.approx(again.thresholds, abs=1e-3)


def test_cut_offs_leave_as_many_families_in_a_category_as_place_themselves_there():
    points = np.repeat(np.arange(10), 10)
    category = np.repeat([1, 2, 3], [30, 50, 20])
    assert cut_offs(points, category, np.ones(100), 3) == (0, 3, 8)
    heavy = np.where(points == 0, 4.0, 1.0)  # 130 of weight: 60, 50, 20
    assert cut_offs(points, category, heavy, 3) == (0, 3, 8)


def test_a_category_that_nobody_names_still_begins_above_the_one_before():
    points, category = np.arange(10), np.ones(10, dtype=np.int64)
    begins = cut_offs(points, category, np.ones(10), 4)
    assert begins[0] == 0
    assert list(begins) == sorted(set(begins))


def test_a_fitted_card_is_a_card_and_agrees_better_than_points_of_chance(ordinary, tmp_path):
    points = fitted_points(ordinary, PILOT)
    raw = rewritten(LAW_OF_THE_DAY.card("pilot_2025"), PILOT, points)
    folder = amended(tmp_path, "decision_policy.yaml", lambda _: None)
    card_file.save(raw, folder / "scorecards" / "pilot_2025.yaml")
    law = Law(DAY, folder)
    assessed = assess(ordinary.features, law, "pilot_2025")
    card = Scorecard.named("pilot_2025", law)
    by_points = np.searchsorted(points.begins, assessed["points_poorest"].to_numpy(), side="right")
    assert quadratic_kappa(ordinary.answers["step"].to_numpy(), by_points) > 0.8
    assert [c.begins for c in card.categories] == list(points.begins)
    assert POINTS * 0.8 < card.most < POINTS * 1.25
    assert all(c.most > c.least for c in card.criteria)


def test_answers_that_reward_poverty_give_it_no_points(ordinary):
    """Were the poor content and the rich not, the card would tell nobody apart by it."""
    upside_down = ordinary.answers.with_columns(step=7 - pl.col("step"))
    points = fitted_points(replace(ordinary, answers=upside_down), PILOT)
    for code, given in points.of.items():
        assert list(given) == sorted(given), code
        assert given[0] == 0, code


def test_what_the_survey_shows_of_nobody_keeps_its_part_of_the_points(ordinary):
    silent = ordinary.features.with_columns(
        deposits_balance=pl.lit(None, pl.Int64), transfer_senders=pl.lit(None, pl.Int64)
    )
    points = fitted_points(replace(ordinary, features=silent), PILOT)
    assert points.of["DEPOSITS"] == points.of["INFORMAL_INCOME"] == (0, 1, 1)


def test_the_state_named_every_criterion_so_each_gives_a_point(ordinary):
    indifferent = ordinary.answers.with_columns(step=pl.lit(3, pl.Int64))
    points = fitted_points(replace(ordinary, answers=indifferent), PILOT)
    assert all(given[-1] >= 1 for given in points.of.values())


@pytest.mark.parametrize("name", CARDS)
def test_the_levels_of_a_criterion_stand_in_the_order_of_its_points(name):
    table = features(*random_families(200, np.random.default_rng(3)))
    criteria = CARDS[name].criteria
    points = poorest_points(table, criteria)
    levels = poorest_points(table, [levelled(c) for c in criteria])
    for criterion in criteria:
        pairs = sorted(
            zip(levels[criterion.column], points[criterion.column], strict=True),
        )
        assert [p for _, p in pairs] == sorted(p for _, p in pairs), criterion.code


def test_a_card_fitted_again_to_the_same_answers_hardly_moves(ordinary, tmp_path):
    folder = amended(tmp_path, "decision_policy.yaml", lambda _: None)
    raw = rewritten(LAW_OF_THE_DAY.card("pilot_2025"), PILOT, fitted_points(ordinary, PILOT))
    card_file.save(raw, folder / "scorecards" / "pilot_2025.yaml")
    law = Law(DAY, folder)
    card = Scorecard.named("pilot_2025", law)
    once, again = fitted_points(ordinary, PILOT).of, fitted_points(ordinary, card).of
    assert all(abs(once[code][-1] - again[code][-1]) <= 3 for code in once)


def test_the_agreement_is_that_of_families_the_fit_had_not_seen(ordinary):
    noise = ordinary.answers.with_columns(
        step=pl.Series(np.random.default_rng(7).integers(1, 7, ordinary.answers.height))
    )
    agreement = judged(
        replace(ordinary, answers=noise), PILOT, LAW_OF_THE_DAY, np.random.default_rng(0)
    )
    # Answers of chance: whatever the fit learned of them, families not seen agree by chance.
    assert agreement["out_of_sample"]["low"] < 0 < agreement["out_of_sample"]["high"]
    assert set(agreement) == {"families", "folds", "out_of_sample", "before", "better_by"}


def test_halves_of_a_clear_survey_give_nearly_the_same_card(ordinary):
    likeness = stable(ordinary, PILOT, np.random.default_rng(0))
    assert 0.7 < likeness["same"] <= likeness["within_one"] <= 1
    assert likeness["within_one"] > 0.99


@pytest.mark.parametrize("name", CARDS)
def test_a_card_on_file_says_on_what_it_was_fitted_and_reads_back_as_written(name, tmp_path):
    raw = dict(LAW_OF_THE_DAY.card(name))
    fitted = raw["fitted"]
    assert fitted["agreement"]["better_by"]["low"] > 0
    assert fitted["data"]["families"] > 5_000
    card_file.save(raw, tmp_path / "card.yaml")
    assert read_exactly(tmp_path / "card.yaml") == raw
    text = (LAW / f"scorecards/{name}.yaml").read_text(encoding="utf-8")
    assert (
        yaml.safe_load(text)["categories"] == yaml.safe_load(card_file.written(raw))["categories"]
    )


def test_a_note_on_the_fit_is_no_change_of_the_law(tmp_path):
    noted = amended(tmp_path, "scorecards/pilot_2025.yaml", lambda c: c["fitted"].update(seed=1))
    assert Law(DAY, noted).version == LAW_OF_THE_DAY.version


def test_only_a_scorecard_is_replaced(tmp_path):
    (tmp_path / "letter.yaml").write_text("dear: sir\n", encoding="utf-8")
    with pytest.raises(InputError, match="something else than a scorecard"):
        card_file.save(LAW_OF_THE_DAY.card("pilot_2025"), tmp_path / "letter.yaml")


def test_the_newest_answer_counts_and_a_family_without_a_cluster_stands_alone():
    survey = pl.DataFrame(
        {
            "household_id": [1, 1, 2, 3],
            "quarter": ["2025Q3", "2025Q4", "2025Q4", "2025Q4"],
            "subjective_level": [2, 5, None, 4],
            "weight": [1.0, 3.0, 1.0, None],
            "cluster": [7, 7, 7, None],
        }
    )
    answers = ladder.answers(survey)
    assert answers["household_id"].to_list() == [1, 3]
    assert answers["step"].to_list() == [5, 4]
    assert answers["weight"].to_list() == [3.0, 3.0]  # an unknown weight is the mean of the known
    assert answers["cluster"][0] == 7
    assert answers["cluster"][1] < 0


class WithoutSurvey:
    @staticmethod
    def learning(_):
        return None


def test_without_a_survey_nothing_is_fitted():
    with pytest.raises(InputError, match="no answers to the survey's ladder"):
        gathered(WithoutSurvey())


def test_every_fitted_criterion_reads_a_declared_feature():
    assert all(
        p.feature in FEATURES for card in CARDS.values() for c in card.criteria for p in c.parts
    )
    with pytest.raises(DeclarationError):
        Scorecard.named("no_card", LAW_OF_THE_DAY)
