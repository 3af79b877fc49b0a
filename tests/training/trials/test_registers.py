"""Which register earns its keep: what it shows is taken away, and the loss is told."""

import numpy as np
import polars as pl
import pytest

from models.assessment.metrics import auc
from models.learned.inputs import BESIDES_INPUTS, declared_inputs
from tests.training.evaluation import worlds_of_scores
from training.labels.gather import Labels
from training.trials import pages, rankings, registers
from training.trials.country import World, trained

SEED = 3


def test_what_reads_a_register_falls_silent_and_nothing_else_does():
    labels = worlds_of_scores.world(60).labels
    silent = registers.without(labels, "loans")
    taken = set(registers.showing("loans"))
    assert "loan_payments_month" in taken
    for name in ("inspections", "survey", "population"):
        before, after = getattr(labels, name), getattr(silent, name)
        assert after.schema == before.schema
        for column in before.columns:
            if column in taken:
                assert after[column].null_count() == 60
            else:
                assert after[column].equals(before[column], null_equal=True)


@pytest.mark.parametrize("register", registers.read())
def test_an_input_of_two_registers_falls_silent_with_either_and_what_all_rests_on_stays(register):
    taken = registers.showing(register)
    assert taken
    assert not set(taken) & BESIDES_INPUTS
    reading = {i.name for i in declared_inputs() if register in i.registers}
    assert reading - set(taken) <= BESIDES_INPUTS


@pytest.fixture(scope="module")
def herders():
    """A country in which whoever has many animals hides income, and nothing else tells."""
    (feature,) = registers.showing("livestock")
    bare = worlds_of_scores.world(900)

    def seen(families: pl.DataFrame) -> pl.DataFrame:
        hides = families[feature].rank("ordinal") > 0.6 * families.height
        amount = np.where(hides, 300_000, 0)
        return families.with_columns(hidden_income_monthly=pl.Series(amount))

    everyone = seen(bare.labels.population)
    half = everyone.height // 2
    labels = Labels(
        inspections=bare.labels.inspections.with_columns(everyone["hidden_income_monthly"]).head(
            half
        ),
        survey=bare.labels.survey.head(half),
        population=bare.labels.population,
        households=everyone.height,
        as_of=bare.labels.as_of,
        late=0,
        strangers=0,
    )
    real = bare.real.with_columns(everyone["hidden_income_monthly"])
    world = World(
        labels=labels, aside=bare.aside, features=bare.features, real=real, law=bare.law, silent=()
    )
    base = trained(labels, bare.law, (), seed=SEED)
    rows = registers.table(
        base, world, np.random.default_rng(1), seed=SEED, registers=("deposits", "livestock")
    )
    return base, world, rows


@pytest.mark.long
def test_the_register_that_tells_who_hides_is_the_dearest(herders):
    _, _, rows = herders
    assert [row["register"] for row in rows] == ["livestock", "deposits", registers.ANOTHER_SEED]
    dear, cheap, chance = rows
    for of in ("lost", "lost_in_random_arm"):
        assert dear[of]["low"] > 0.2
        assert abs(cheap[of]["value"]) < 0.05
        assert abs(chance[of]["value"]) < 0.05
    assert dear["auc"] < 0.65
    assert cheap["auc"] > 0.9
    page = pages.page({"households": 900, "seed": SEED, "registers": rows})
    (line,) = [text for text in page.splitlines() if text.startswith("| livestock | 1 |")]
    assert f"{dear['lost']['value']:+.4f} [" in line


def test_the_table_tells_both_losses_and_says_where_one_is_unknown():
    lost = {"value": 0.0123, "low": -0.001, "high": 0.0256}
    nobody = {"value": None, "low": None, "high": None}
    row = {
        "register": "loans",
        "inputs": ["a", "b"],
        "auc": 0.8,
        "lost": lost,
        "lost_in_random_arm": nobody,
    }
    page = pages.page({"households": 900, "seed": SEED, "registers": [row]})
    assert "# Which register earns its keep" in page
    assert "| loans | 2 | 0.8000 | +0.0123 [-0.0010, +0.0256] | unknown |" in page


def test_the_paired_interval_is_that_of_the_difference():
    generator = np.random.default_rng(2)
    differences = []
    for _ in range(60):
        truth = (generator.random(800) < 0.3).astype(float)
        shared = truth + generator.normal(size=800)
        score, other = (shared + 0.3 * generator.normal(size=800) for _ in range(2))
        lost = rankings.lost(truth, score, other)
        assert lost.value == pytest.approx(auc(truth, score) - auc(truth, other))
        differences.append((lost.value, (lost.high - lost.low) / 2 / 1.96))
    values, errors = np.array(differences).T
    assert np.mean(errors) == pytest.approx(values.std(), rel=0.25)
    assert np.mean(np.abs(values) < 1.96 * errors) > 0.85
    same = rankings.lost(truth, score, score)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_families_of_one_kind_tell_nothing():
    assert rankings.lost(np.ones(5), np.arange(5.0), np.arange(5.0)).value is None
