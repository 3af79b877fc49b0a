"""Every figure is cited, adds up over partitions, and is met or explained."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DeclarationError
from features.registers.declared import REGIONS
from training.population.calibration.calibration import (
    Sums,
    compare,
    merged,
    quotient,
    quotients_by_region,
    sampling_error,
    value,
)
from training.population.calibration.figures import At, Figure, Verdict, by_region, figures
from training.population.distributions import DISTRIBUTIONS, MONEY, drawn, held, mode, quantile
from training.population.partition import tell
from training.population.worlds import NEUTRAL

AS_OF = date(2026, 1, 1)
FAMILIES = 20_000
SEED = 20_260_101


TARGETS = {name: figure for name, figure in figures().items() if figure.tolerance is not None}


@pytest.fixture(scope="module")
def country():
    return next(iter(tell(0, FAMILIES, FAMILIES, SEED, [AS_OF], NEUTRAL))).sums


@pytest.fixture(scope="module")
def halves():
    return [next(iter(tell(n, 300, 600, 5, [AS_OF], NEUTRAL))).sums for n in range(2)]


@pytest.mark.parametrize("name", TARGETS)
def test_a_figure_is_met_or_explained_in_a_country_of_20000_families(country, name):
    line = next(line for line in compare(country) if line["figure"] == name)
    assert line["verdict"] != "missed", f"{line['achieved']} for {line['target']}"


@pytest.mark.parametrize("figure", figures().values(), ids=lambda f: f.name)
def test_a_figure_has_either_a_source_or_a_reason(figure):
    assert (figure.source or "").startswith("https://") != bool(figure.assumed)
    assert bool(figure.group) == (figure.tolerance is not None)


def test_few_figures_are_explained_away():
    explained = [f.name for f in TARGETS.values() if f.explained]
    assert len(explained) <= 0.05 * len(TARGETS)


def test_a_share_of_regions_adds_up_to_the_country():
    shares = [figures()[f"people.{code}"].value for code in REGIONS]
    assert sum(shares) == pytest.approx(1)
    assert np.nansum(by_region("people")) == pytest.approx(20_495_975, rel=1e-3)


@pytest.mark.parametrize("name", TARGETS)
def test_a_figure_of_two_partitions_is_that_of_the_whole(halves, name):
    first, second = halves
    one_way, other_way = (compare(sums) for sums in (first + second, merged([second, first])))
    line = next(line for line in one_way if line["figure"] == name)
    again = next(line for line in other_way if line["figure"] == name)
    assert line == again


def test_sums_of_parts_may_be_taken_together_in_any_order(halves):
    first, second = halves
    three = [(first + second) + first, first + (second + first)]
    for name, sums in three[0].quotients.items():
        assert np.allclose(sums, three[1].quotients[name], rtol=1e-12)
    for name, counts in three[0].counts.items():
        assert np.array_equal(counts, three[1].counts[name]) or np.allclose(
            counts, three[1].counts[name], rtol=1e-12
        )


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 50)), min_size=2, max_size=40),
    st.data(),
)
def test_a_quotient_and_its_error_do_not_depend_on_where_it_is_cut(pairs, data):
    y, x = np.array(pairs).T
    cut = data.draw(st.integers(0, len(y)))
    whole, parts = quotient(y, x), quotient(y[:cut], x[:cut]) + quotient(y[cut:], x[cut:])
    assert np.array_equal(whole, parts)
    assert value(whole) == pytest.approx(y.sum() / x.sum())
    residual = y - value(whole) * x
    error = np.sqrt((residual**2).sum()) / x.sum()
    assert sampling_error(whole) == pytest.approx(error, abs=1e-6)


def test_the_sampling_error_of_a_share_is_the_binomial_one():
    share = quotient(np.repeat([1, 0], [30, 70]))
    assert value(share) == 0.3
    # sqrt(0.3 × 0.7 / 100)
    assert sampling_error(share) == pytest.approx(0.0458, abs=1e-4)


def test_regions_are_counted_apart_and_add_up():
    region = np.array([0, 0, 3, 19])
    quotients = quotients_by_region("poor", region, np.array([1, 0, 1, 1]), np.ones(4))
    codes = list(REGIONS)
    assert value(quotients[f"poor.{codes[0]}"]) == 0.5
    assert value(quotients[f"poor.{codes[3]}"]) == 1
    assert np.isnan(value(quotients[f"poor.{codes[1]}"]))
    assert sum(each[0] for each in quotients.values()) == 3


def money(amounts):
    return DISTRIBUTIONS["wages"].counted(np.asarray(amounts))


def test_quantiles_read_from_merged_counts_are_those_of_all_amounts():
    generator = np.random.default_rng(1)
    amounts = np.rint(generator.lognormal(12.5, 0.6, 40_000))
    counts = money(amounts[:11_000]) + money(amounts[11_000:])
    for share in (0.1, 0.5, 0.9):
        assert quantile(counts, share) == pytest.approx(np.quantile(amounts, share), rel=0.006)
    ranked = np.sort(amounts)
    top, mean = held(counts, 0.9, 1.0)
    assert top == pytest.approx(ranked[36_000:].sum() / ranked.sum(), rel=0.006)
    assert mean == pytest.approx(ranked[36_000:].mean(), rel=0.006)


def test_the_mode_is_where_amounts_stand_densest():
    amounts = np.concatenate([np.full(300, 116_000), np.linspace(50_000, 900_000, 2_000)])
    assert mode(money(amounts)) == pytest.approx(116_000, rel=0.05)


def test_of_nobody_nothing_is_said():
    nothing = money([])
    assert np.isnan(quantile(nothing, 0.5))
    assert np.isnan(mode(nothing))
    assert np.isnan(held(nothing, 0.9, 1.0)).all()


@pytest.mark.parametrize("amount", [0, 1, 999, 1_000, 250_000_000, 900_000_000])
def test_every_amount_is_counted_once(amount):
    assert money([amount]).sum() == 1
    place = int(money([amount]).argmax())
    assert MONEY[place] <= amount * (1 + 1e-12)


def test_pictures_show_everybody(country):
    shown = drawn(country.counts)
    assert set(shown) == set(DISTRIBUTIONS)
    for name, picture in shown.items():
        assert len(picture["edges"]) == len(picture["counts"]) + 1
        assert np.all(np.diff(picture["edges"]) > 0)
        assert sum(picture["counts"]) == pytest.approx(country.counts[name].sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("at", "achieved", "error", "verdict"),
    [
        (At.ABOUT, 1.09, 0.0, Verdict.MET),
        (At.ABOUT, 1.11, 0.0, Verdict.MISSED),
        (At.ABOUT, 0.89, 0.0, Verdict.MISSED),
        (At.ABOUT, 1.12, 0.01, Verdict.MET),  # a small country may miss by three standard errors
        (At.ABOUT, 1.14, 0.01, Verdict.MISSED),
        (At.LEAST, 5.0, 0.0, Verdict.MET),
        (At.LEAST, 0.89, 0.0, Verdict.MISSED),
        (At.MOST, 0.1, 0.0, Verdict.MET),
        (At.MOST, 1.11, 0.0, Verdict.MISSED),
        (At.ABOUT, float("nan"), float("nan"), Verdict.MISSED),
    ],
)
def test_a_verdict_keeps_to_the_side_of_the_published_value(at, achieved, error, verdict):
    figure = Figure(
        name="x",
        about="x",
        unit="share",
        value=1.0,
        tolerance=0.1,
        at=at,
        source=None,
        assumed="for this test",
    )
    assert figure.verdict(achieved, error) is verdict


def test_an_explanation_excuses_a_miss_and_hides_no_success():
    figure = Figure(
        name="x",
        about="x",
        unit="share",
        value=1.0,
        tolerance=0.1,
        source=None,
        assumed="for this test",
        explained="two sources differ",
    )
    assert figure.verdict(2.0) is Verdict.EXPLAINED
    assert figure.verdict(1.0) is Verdict.MET


def test_a_level_that_only_steers_is_no_target():
    level = next(f for f in figures().values() if f.tolerance is None)
    with pytest.raises(DeclarationError, match="no target"):
        level.verdict(1.0)


def test_a_country_without_a_case_says_so(halves):
    nobody = Sums(
        {name: np.zeros_like(sums) for name, sums in halves[0].quotients.items()},
        {name: np.zeros_like(counts) for name, counts in halves[0].counts.items()},
    )
    assert all(line["achieved"] is None for line in compare(nobody))
