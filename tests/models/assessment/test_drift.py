"""Drift: what counts as moved, on both sides of each bound, and how often luck alone alarms."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, ks_2samp

from features.catalogue import FEATURES
from models.assessment import drift
from models.assessment.drift import Change, Verdict, holm, in_bins, judged, psi, quantile_edges
from models.law.parameters import Law
from models.learned.inputs import declared_inputs, encode, subsistence

NAN = float("nan")


def change(size, p, measure="psi"):
    return Change(name="x", measure=measure, size=size, p=p)


@pytest.mark.parametrize(
    ("size", "p", "verdict"),
    [
        (0.0999, 0.001, Verdict.CALM),
        (0.10, 0.001, Verdict.LOOK),
        (0.2499, 0.001, Verdict.LOOK),
        (0.25, 0.001, Verdict.ACT),
        (9.0, 0.05, Verdict.CALM),
        (9.0, 0.0499, Verdict.ACT),
    ],
)
def test_a_change_counts_when_it_is_proven_and_large(size, p, verdict):
    assert judged([change(size, p)])[0].verdict is verdict


@pytest.mark.parametrize(
    ("size", "verdict"),
    [(1.24, "calm"), (1.25, "look"), (1.49, "look"), (1.5, "act"), (float("inf"), "act")],
)
def test_shares_are_judged_by_how_many_times_they_moved(size, verdict):
    assert judged([change(size, 0.001, "ratio")])[0].verdict == verdict


def test_what_is_looked_at_together_is_judged_together():
    alone, *_ = judged([change(0.5, 0.03)])
    among, *_ = judged([change(0.5, 0.03), change(0.0, 0.9)])
    assert (alone.verdict, among.verdict) == (Verdict.ACT, Verdict.CALM)


def test_holm_adjusts_as_published():
    # 0.01·4, 0.02·3, 0.03·2 (not below the one before), 0.5·1
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_no_adjusted_value_is_smaller_or_in_another_order(p):
    adjusted = holm(p)
    assert all(before <= after <= 1 for before, after in zip(p, adjusted, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_the_worst_verdict_is_the_one_that_asks_for_most():
    assert drift.worst([Verdict.LOOK, Verdict.ACT, Verdict.CALM]) is Verdict.ACT
    assert drift.worst([]) is Verdict.CALM


# ── sizes ──


def test_the_stability_index_by_hand():
    # (0.5 − 0.25) ln 2 + (0.5 − 0.75) ln(2/3) = 0.27465; half a family a bin changes little.
    index = psi(np.array([25_000, 75_000]), np.array([50_000, 50_000]))
    assert index == pytest.approx(0.27465, abs=1e-4)


def test_the_same_families_have_not_moved_at_all():
    values = np.append(np.random.default_rng(1).normal(size=500), [NAN] * 20)
    same = drift.values("x", values, values)
    assert (same.size, same.p, same.details["ks"]) == (0.0, 1.0, 0.0)
    assert same.details["silent"] == [0.038462, 0.038462]  # 20 ÷ 520


def test_silence_is_a_bin_of_its_own():
    values = np.arange(1_000.0)
    half = values.copy()
    half[::2] = NAN
    judgement = judged([drift.values("x", values, half)])[0]
    assert judgement.verdict is Verdict.ACT
    assert judgement.change.details["silent"] == [0.0, 0.5]
    assert judgement.change.details["ks"] < 0.01


def test_a_register_that_fell_silent_altogether_is_an_act():
    judgement = judged([drift.values("x", np.arange(500.0), np.full(500, NAN))])[0]
    assert judgement.verdict is Verdict.ACT
    assert judgement.change.details["ks"] is None


def test_quantile_bins_are_even_and_an_edge_belongs_below():
    values = np.arange(1.0, 101.0)
    edges = quantile_edges(values)
    assert edges.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert in_bins(values, edges).tolist() == [10] * 10 + [0]
    assert in_bins(np.array([10.0, 10.5, NAN]), edges).tolist() == [1, 1, *[0] * 8, 1]


def test_a_value_that_most_families_share_makes_fewer_bins_not_empty_ones():
    values = np.array([0.0] * 80 + [float(n) for n in range(1, 21)])
    edges = quantile_edges(values)
    assert edges.tolist() == [0.0, 10.0]
    assert (in_bins(values, edges)[:-1] > 0).all()


@given(st.lists(st.one_of(st.just(NAN), st.floats(-5, 5)), min_size=1, max_size=60))
@settings(max_examples=60)
def test_every_family_is_in_one_bin(values):
    array = np.array(values)
    assert in_bins(array, quantile_edges(array)).sum() == len(values)


def test_the_p_values_are_those_of_the_library():
    rng = np.random.default_rng(2)
    before, after = rng.normal(size=900), rng.normal(0.15, 1, size=700)
    shift = drift.values("x", before, after)
    edges = quantile_edges(before)
    counts = [in_bins(v, edges)[:-1] for v in (before, after)]
    expected = min(
        ks_2samp(before, after, method="asymp").pvalue,
        chi2_contingency(np.array(counts), correction=False).pvalue,
    )
    assert shift.p == pytest.approx(2 * expected)


def test_a_share_that_rose_from_nothing_has_no_ratio_in_json():
    judgement = judged([drift.share("flag", (0, 1_000), (40, 1_000))])[0]
    assert judgement.verdict is Verdict.ACT
    assert judgement.as_json()["size"] is None
    assert judgement.as_json()["share"] == [0.0, 0.04]
    json.dumps(judgement.as_json(), allow_nan=False)


def test_few_families_prove_nothing_however_large_the_ratio():
    assert judged([drift.share("flag", (1, 12), (4, 12))])[0].verdict is Verdict.CALM
    assert judged([drift.categories("x", [5, 5, 0], [0, 5, 5])])[0].verdict is Verdict.CALM


# ── how often luck alone alarms ──


@pytest.mark.parametrize("rounds", [15, pytest.param(400, marks=pytest.mark.long)])
def test_a_month_in_which_nothing_changed_alarms_at_most_once_in_twenty(rounds):
    """Twenty inputs of every kind, many of them copies of each other's luck."""
    rng = np.random.default_rng(3)
    alarms = proofs = 0
    for _ in range(rounds):
        changes = []
        for _ in range(5):
            common = rng.normal(size=(2, 300))
            for kind in range(4):
                values = [_kind(kind, row, rng) for row in common]
                changes.append(drift.values("x", *values))
        judgements = judged(changes)
        proofs += any(each.proven for each in judgements)
        alarms += any(each.verdict is not Verdict.CALM for each in judgements)
    assert alarms <= proofs
    # 5 % of the rounds, and three standard deviations of luck of this test's own.
    assert proofs <= 0.05 * rounds + 3 * np.sqrt(rounds * 0.05 * 0.95)


def _kind(kind, normal, rng):
    if kind == 0:
        return normal
    if kind == 1:  # money, mostly nothing
        return np.where(normal > 0.8, np.exp(normal), 0.0)
    if kind == 2:  # a count
        return np.floor(np.abs(normal) * 2)
    return np.where(rng.random(len(normal)) < 0.3, NAN, normal)  # often silent


# ── prices ──


def families(day, income):
    """Families of two that declare some multiple of a base income in the quarter."""
    amounts = pl.Series("income_quarter", np.rint(income).astype(np.int64))
    frame = pl.DataFrame({"household_id": range(len(income)), "members": [2] * len(income)})
    others = [
        pl.lit(None, f.dtype).alias(name)
        for name, f in FEATURES.items()
        if name not in ("members", "income_quarter")
    ]
    return frame.with_columns(amounts, *others), Law(day)


def test_prices_that_rise_with_the_subsistence_minimum_are_no_drift():
    inputs = [i for i in declared_inputs() if i.name == "income_quarter"]
    shape = np.random.default_rng(4).lognormal(size=2_000)
    tables = {}
    for name, day, times in (
        ("before", date(2025, 6, 1), 1.0),
        ("indexed", date(2026, 6, 1), 1.0),
        ("risen", date(2026, 6, 1), 1.5),
    ):
        law = Law(day)
        price = subsistence(inputs[0].span, law)
        features, law = families(day, shape * price * times)
        tables[name] = encode(features, inputs, law)[:, 0]
    indexed = drift.values("income_quarter", tables["before"], tables["indexed"])
    risen = drift.values("income_quarter", tables["before"], tables["risen"])
    assert indexed.size < 0.001
    assert judged([indexed])[0].verdict is Verdict.CALM
    assert judged([risen])[0].verdict is not Verdict.CALM


# ── what a manifest keeps ──


def test_the_reference_of_a_manifest_tells_as_much_without_any_family():
    rng = np.random.default_rng(5)
    inputs = [i for i in declared_inputs() if i.name in ("income_quarter", "members")]
    before, law = families(date(2026, 1, 1), rng.lognormal(12, 1, 3_000))
    after, _ = families(date(2026, 1, 1), rng.lognormal(12.4, 1, 3_000))
    kept = json.loads(json.dumps(drift.reference(before, inputs, law), allow_nan=False))
    assert kept["families"] == 3_000
    assert sum(kept["inputs"][0]["counts"]) == 3_000
    assert len(kept["inputs"][0]["edges"]) <= 9
    names = [i.name for i in inputs]
    x_before, x_after = encode(before, inputs, law), encode(after, inputs, law)
    by_input = {c.name: c for c in drift.since(kept, names, x_after)}
    place = names.index("income_quarter")
    whole = drift.values("income_quarter", x_before[:, place], x_after[:, place])
    assert by_input["income_quarter"].size == pytest.approx(whole.size)
    assert by_input["income_quarter"].details["ks"] <= whole.details["ks"]
    assert judged([by_input["income_quarter"]])[0].verdict is judged([whole])[0].verdict
    assert all(c.size == 0 for c in drift.since(kept, names, x_before))


def test_an_input_that_the_manifest_does_not_know_is_left_out():
    assert drift.since({"inputs": []}, ["members"], np.ones((5, 1))) == []
