"""Trials: what is said of a detector where the truth is known."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from features.registers.load import open_data_set
from features.registers.snapshot import make
from models.parameters import Law
from training import trials, trials_report
from training.population import simulate

AS_OF = date(2026, 1, 1)


def test_a_family_hides_from_a_quarter_of_the_subsistence_minimum_per_member_on():
    line = 0.25 * Law(AS_OF).subsistence_minimum  # 12,712.75 tenge a member
    real = pl.DataFrame({"hidden_income_monthly": [25_425, 25_426, 0], "members": [2, 2, 1]})
    assert 2 * line == 25_425.5
    assert trials.truly_hides(real, Law(AS_OF)).tolist() == [0.0, 1.0, 0.0]


def test_our_share_of_the_oracles_distance_starts_at_chance():
    def trial(ours: float, oracle: float) -> trials.Trial:
        exactly = {
            name: trials.metrics.Estimate(value, value, value)
            for name, value in {"tarazy": ours, "oracle": oracle}.items()
        }
        return trials.Trial(
            families=10, judged=10, inspections=5, prevalence=0.3, auc=exactly, lift={}
        )

    assert trial(0.5, 0.9).reached == 0
    assert trial(0.7, 0.9).reached == pytest.approx(0.5)
    assert trial(0.9, 0.9).reached == 1


def test_a_world_that_check_refuses_stands_in_the_table_with_its_reason():
    told = {"households": 5_000, "worlds": {"register_faults": {"refused": "18 kinds of errors"}}}
    assert "| register_faults | 18 kinds of errors |" in trials_report.page(told)


@pytest.mark.long
def test_in_a_simulated_country_the_oracle_is_best_and_chance_is_worst(tmp_path):
    simulate(tmp_path / "country", households=12_000, seed=5, as_of=AS_OF)
    snapshot = make(open_data_set(tmp_path / "country"), AS_OF, tmp_path / "snapshot")
    country = trials.trained(snapshot, seed=5)
    trial = trials.tried(country, tmp_path / "country", seed=5)
    auc = {name: estimate.value for name, estimate in trial.auc.items()}
    assert trial.judged == int((~country.labelled).sum()) < trial.families
    assert abs(auc["random"] - 0.5) < 0.02
    assert auc["oracle_without_invariants"] > auc["oracle"] > auc["tarazy"] > auc["red_flags"] > 0.5
    assert 0.75 < trial.reached < 1
    itself = trials.crossed(country, country, seed=5)["tarazy"]
    assert itself.low < itself.value < itself.high
    apart = trials.differences(country, country)
    assert np.allclose(apart["overlap"], 0.5)
