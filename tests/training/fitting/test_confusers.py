"""What misleads a detector is all there: the innocent who look guilty, and why they do."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from training.population.people.work import Terms
from training.population.registers.lags import DEEDS, INHERITANCES
from training.population.registers.observe import truth
from training.population.registers.payments import quarter
from training.population.state import begin, generators
from training.population.worlds import NEUTRAL

AS_OF = date(2026, 1, 1)
FAMILIES = 12_000
POVERTY = 0.7 * 60_878
MATERIAL = 0.25 * 50_851  # of the subsistence minimum of 2026, per member


@pytest.fixture(scope="module")
def state():
    return begin(
        generators(19, 0), seed=19, partition=0, size=FAMILIES, as_of=AS_OF, shifts=NEUTRAL
    )


@pytest.fixture(scope="module")
def hides(state):
    return state.hidden >= MATERIAL * state.families.size


@pytest.fixture(scope="module")
def shown(state):
    """Income of each family that registers show, tenge a month."""
    return quarter(state.paid, state.people, FAMILIES, AS_OF)


def families_of(state, rows):
    """Whether each family owns one of the rows."""
    owns = np.zeros(FAMILIES, dtype=bool)
    owns[state.people.family[rows["person"].to_numpy()]] = True
    return owns


def with_member(state, who):
    return state.people.in_family(who, FAMILIES) > 0


def test_cars_sold_long_ago_still_stand_in_the_register_mostly_as_normal(state):
    cars = state.things["vehicles"].filter(pl.col("kind") == "car")
    sold = cars.filter("sold")
    assert 0.04 < sold.height / cars.height < 0.12
    assert (sold["status"] == "normal").mean() > 0.6


def test_inherited_houses_come_to_the_poor_as_often_as_to_the_rich(state):
    houses = state.things["properties"].filter(pl.col("origin") == "inherited")
    heirs = families_of(state, houses)
    assert heirs.mean() == pytest.approx(0.13, abs=0.02)
    wealth = state.means.wealth
    assert abs(wealth[heirs].mean() - wealth[~heirs].mean()) < 0.1
    assert (houses["share"] < 1).mean() > 0.5
    assert INHERITANCES.days[0] > DEEDS.days[1]


def test_micro_loans_are_taken_in_distress_more_than_by_those_who_hide(state, hides):
    micro = families_of(state, state.things["loans"].filter(pl.col("kind") == "micro"))
    distress = state.means.distress
    assert micro[distress].mean() > 1.8 * micro[~distress].mean()
    assert micro[hides].mean() < 1.3 * micro[~hides].mean()


def test_who_lost_a_job_after_good_years_lives_above_what_registers_show(state, shown, hides):
    lost = with_member(state, state.work.lost_wage > 0)
    above = state.life.consumption > shown
    assert lost.mean() > 0.01
    assert above[lost & ~hides].mean() > above[~lost & ~hides].mean() + 0.05


def test_remittances_come_monthly_from_a_member_away_and_are_no_hidden_income(state, hides):
    away = state.aid.remittances > 0
    received = state.sent.filter(pl.col("person").is_in(np.flatnonzero(away)))
    by_month = received.group_by("person").agg(pl.len(), pl.col("amount").median())
    assert (by_month["len"] == 6).mean() > 0.9
    assert by_month["amount"].median() > 100_000
    family = with_member(state, away)
    assert family.mean() == pytest.approx(0.025, abs=0.007)
    assert abs(hides[family].mean() - hides[~family].mean()) < 0.12
    # The truth tells it apart from what is hidden.
    true = truth(state).filter(pl.Series(family))
    assert (true["remittances"] > 0).all()
    assert (true["hidden_income_monthly"] == 0).mean() > 0.4


def test_relatives_help_idle_families_who_hide_nothing(state, hides):
    helped = with_member(state, state.aid.relatives > 0)
    idle = with_member(state, state.work.at_work) == 0
    assert helped[idle].mean() > 2 * helped[~idle].mean()
    assert hides[helped].mean() < hides[~helped].mean()


def test_dormant_enterprises_stay_open_without_turnover(state):
    firms = state.things["businesses"].filter(pl.col("closed_on").is_null())
    dormant = firms.filter(pl.col("turnover_12m") == 0)
    assert 0.1 < dormant.height / firms.height < 0.45
    terms = state.work.terms[dormant["person"].to_numpy()]
    assert (terms < Terms.HONEST_BUSINESS).mean() > 0.5


def test_herds_are_overstated_more_often_than_understated(state):
    herds = state.things["livestock"]
    over = (herds["heads"] > herds["alive"]).mean()
    under = (herds["heads"] < herds["alive"]).mean()
    assert 0.15 < over < 0.4
    assert 0.03 < under < over


def test_most_families_that_are_rich_by_their_papers_are_honest(state, shown, hides):
    rich = shown / state.families.size > 300_000
    assert rich.mean() > 0.02
    assert 0.55 < (~hides[rich]).mean() < 0.95


def test_honest_poor_families_with_one_visible_asset_are_no_exception(state, shown, hides):
    cars = state.things["vehicles"].filter(pl.col("kind") == "car")
    number = np.bincount(state.people.family[cars["person"].to_numpy()], minlength=FAMILIES)
    poor = shown / state.families.size < POVERTY
    assert (poor & (number == 1) & ~hides).sum() > 0.05 * poor.sum()


def test_some_families_are_registered_where_they_no_longer_live(state):
    kin, families = state.kin, state.families
    elsewhere = (kin.region != families.region) | (kin.urban != families.urban)
    assert elsewhere.mean() == pytest.approx(0.028, abs=0.01)
