"""No register knows of hidden income by a way that a real register could not have."""

from datetime import date
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest
import yaml
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

import training.population
from features.registers.declared import SCORING
from tests.training.population.column_facts import ORDER, facts, registers_of
from training.population import simulate, truth

AS_OF = date(2026, 1, 1)
MATERIAL = 0.25 * 50_851  # of the subsistence minimum of 2026, per member
STORY = yaml.safe_load(
    (Path(training.population.__file__).parent / "registers" / "story.yaml").read_text(
        encoding="utf-8"
    )
)
NOTHING = {
    f"{register.name}.{column}"
    for register in SCORING
    for column, entry in STORY.get(register.name, {}).items()  # a world need not have them all
    if entry["through"] == "nothing"
}


class Country:
    """Families with all facts of all columns, and whether they truly hide."""

    def __init__(self, folder, households, seed):
        simulate(folder, households=households, seed=seed, as_of=AS_OF)
        self.registers = registers_of(folder)
        sizes = self.registers["persons"].group_by("household_id").agg(size=pl.len())
        true = truth.read(folder).join(sizes, on="household_id", maintain_order="left")
        self.families = true["household_id"]
        self.hides = (true["hidden_income_monthly"] >= MATERIAL * true["size"]).to_numpy()
        self.facts = list(facts(self.registers, self.families))


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    return Country(tmp_path_factory.mktemp("leaks") / "country", 8_000, seed=21)


def test_the_story_tells_every_column_that_is_written_and_no_other(tmp_path):
    simulate(tmp_path / "out", households=300, seed=2, as_of=AS_OF)
    written = {
        folder.name: set(pl.read_parquet(folder / "*.parquet").columns)
        for folder in (tmp_path / "out").iterdir()
        if folder.name != truth.FOLDER
    }
    assert {name: set(columns) for name, columns in STORY.items()} == written
    for columns in STORY.values():
        for entry in columns.values():
            assert set(entry) == {"about", "through"}
            assert all(entry.values())


def test_rows_of_things_stand_in_the_order_of_their_keys(country):
    for name, rows in country.registers.items():
        if "record_id" in rows.columns:
            assert rows["record_id"].is_sorted(), name


def structural(fact):
    """Whether a fact is made of the form of a file alone, not of what it says."""
    name = fact.name.partition(": ")[2]
    return (
        name == "place in the file"
        or name.endswith(("_id itself", "_id last bits"))
        or (
            name.endswith(("day of the month", "day of the week"))
            and name.startswith("registered_on")
        )
    )


def bound(values, hides, generator, times=40):
    """How far the area under the curve strays from a half when families are shuffled."""
    ranks, guilty = rankdata(values), int(hides.sum())
    sums = [generator.permutation(ranks)[:guilty].sum() for _ in range(times)]
    pairs = guilty * (len(values) - guilty)
    strays = (np.array(sums) - guilty * (guilty + 1) / 2) / pairs - 0.5
    # Far enough out for some forty facts at once.
    return 4.0 * float(np.sqrt(np.mean(np.square(strays))))


def test_the_form_of_the_files_tells_nothing_of_who_hides(country):
    generator = np.random.default_rng(1)
    structural_facts = [fact for fact in country.facts if structural(fact)]
    assert {"row order", "record_id", "household_id"} <= {
        column.partition(".")[2] for fact in structural_facts for column in fact.of
    }
    for fact in structural_facts:
        known = np.isfinite(fact.values)
        values, hides = fact.values[known], country.hides[known]
        stray = abs(roc_auc_score(hides, values) - 0.5)
        assert stray < bound(values, hides, generator), fact.name


def test_a_flat_wage_is_a_hint_and_no_proof(country):
    fact = next(f for f in country.facts if f.name == "incomes: steadiness of wage")
    known = np.isfinite(fact.values)
    assert 0.5 < roc_auc_score(country.hides[known], -fact.values[known]) < 0.60


def test_a_word_of_self_employment_without_an_income_is_no_proof(country):
    people = country.registers["persons"].filter(activity="self_employed")
    paid = country.registers["incomes"].filter(
        pl.col("source").is_in(["self_employment", "business"])
    )
    unpaid = people.join(paid, on="person_id", how="anti")
    hides = dict(zip(country.families, country.hides, strict=True))
    share = np.mean([hides[family] for family in unpaid["household_id"]])
    assert unpaid.height > 100
    assert 0.3 < share < 0.8


def learned(country, chosen, training, values):
    """Scores of the families outside ``training`` by a learner of the ``chosen`` facts."""
    model = lgb.train(
        {
            "objective": "binary",
            "num_leaves": 15,
            "learning_rate": 0.08,
            "seed": 1,
            "min_data_in_leaf": 60,
            "feature_fraction": 0.4,
            "verbose": -1,
            "num_threads": 1,
            "deterministic": True,
            "max_bin": 63,
        },
        lgb.Dataset(values[training][:, chosen], country.hides[training].astype(float)),
        120,
    )
    return np.asarray(model.predict(values[~training][:, chosen]))


@pytest.mark.long
def test_what_knows_nothing_adds_nothing_to_all_the_rest(tmp_path, capsys):
    """Each column's information about hidden income, given all else; `nothing` must have none.

    The rise of the area under the curve by a column is compared with its own spread over
    bootstrap samples of the families; columns said to know nothing, some twenty, may not
    rise by more than four of it.
    """
    country = Country(tmp_path / "country", 30_000, seed=22)
    generator = np.random.default_rng(3)
    values = np.column_stack([fact.values for fact in country.facts])
    training = generator.random(len(country.hides)) < 0.5
    hides = country.hides[~training]
    full = learned(country, np.arange(len(country.facts)), training, values)
    drawn = [generator.integers(0, len(hides), len(hides)) for _ in range(100)]
    lines, guilty = [], []
    for register in (r for r in SCORING if r.name in STORY):
        for column in (*STORY[register.name], ORDER):
            place = f"{register.name}.{column}"
            rest = np.array([i for i, f in enumerate(country.facts) if place not in f.of])
            without = learned(country, rest, training, values)
            rise = roc_auc_score(hides, full) - roc_auc_score(hides, without)
            spread = np.std(
                [
                    roc_auc_score(hides[d], full[d]) - roc_auc_score(hides[d], without[d])
                    for d in drawn
                ]
            )
            through = STORY[register.name].get(column, {"through": "nothing"})["through"]
            lines.append(f"{place:32}{rise:+9.4f} ± {2 * spread:.4f}  {through}")
            if through == "nothing" and rise > 4 * spread + 0.0005:
                guilty.append(place)
    with capsys.disabled():
        print(f"\nAll facts: {roc_auc_score(hides, full):.4f}", *lines, sep="\n")
    assert not guilty
