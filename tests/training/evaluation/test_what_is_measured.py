"""Tenths of true consumption, the band of sensitivity, base rates, and the page that tells them."""

import json
import re
from datetime import date
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from models.assessment import metrics
from models.assessment.metrics import UNKNOWN, Estimate
from training.evaluation import deciles, random_arm
from training.evaluation.groups.audit_attributes import beside
from training.evaluation.served_scores import SurveyedIncome
from training.report import page

FAMILIES = 400


def surveyed(declared, estimate, rules, *, inspected=()):
    """A survey in which family n spends n + 1; everything else as given for each of them."""
    spent = np.arange(1.0, FAMILIES + 1)
    labels = SimpleNamespace(
        survey=pl.DataFrame(
            {
                "household_id": np.arange(FAMILIES),
                "weight": np.ones(FAMILIES),
                "subjective_level": np.ones(FAMILIES, dtype=int),
            }
        ),
        inspections=pl.DataFrame({"household_id": pl.Series(inspected, dtype=pl.Int64)}),
    )
    # P(category > k): everybody is in category 2.
    exceeds = np.tile([0.9, 0.1, 0.1, 0.1, 0.1], (FAMILIES, 1))
    fitted = SimpleNamespace(surveyed=SimpleNamespace(exceeds=exceeds))
    income = SurveyedIncome(
        spent=spent,
        declared=declared(spent),
        expected=spent,
        estimate=estimate(spent),
        low=np.zeros(FAMILIES),
    )
    return deciles.table(labels, fitted, income, rules(spent))


def nothing(spent):
    return np.zeros(FAMILIES)


def test_a_means_test_that_is_right_on_the_mean_but_not_for_the_poorest_fails():
    poor = 0.1 * FAMILIES
    table = surveyed(
        lambda spent: spent,
        lambda spent: np.where(spent <= poor, spent, 0.0),
        lambda spent: spent * 0 + 1,
    )
    first, second = table["rows"][:2]
    assert first["families"] == 40
    assert first["spent"] == np.mean(np.arange(1, 41))
    assert first["declared_and_estimate"]["too_high"]["value"] == 1.0
    assert first["declared"]["too_high"]["value"] == 0.0
    assert second["declared_and_estimate"]["too_high"]["value"] == 0.0
    assert table["verdicts"]["declared_and_estimate"]["1"]["verdict"] == "FAIL"
    assert table["verdicts"]["declared_and_low"]["1"]["verdict"] == "PASS"
    json.dumps(table, allow_nan=False)


@pytest.mark.parametrize(("factor", "side"), [(1.21, "too_high"), (0.79, "too_low")])
def test_off_means_by_more_than_a_fifth(factor, side):
    table = surveyed(lambda spent: factor * spent, nothing, lambda spent: spent * 0 + 1)
    assert table["rows"][4]["declared"][side]["value"] == 1.0
    inside = surveyed(
        lambda spent: (factor - 0.02 * np.sign(factor - 1)) * spent,
        nothing,
        lambda spent: spent * 0 + 1,
    )
    assert inside["rows"][4]["declared"][side]["value"] == 0.0


def test_the_model_must_not_miss_more_of_the_poorest_than_the_rules():
    # The rules miss half of the poorest tenth, the model none.
    table = surveyed(lambda spent: spent, nothing, lambda spent: np.where(spent % 2 == 0, 4, 3))
    missed = table["missed_in_the_poorest_tenth"]
    assert missed["families"] == 40
    assert missed["not_among_the_poorest"]["rules"]["value"] == 0.5
    assert missed["not_among_the_poorest"]["model"]["value"] == 0.0
    assert missed["not_among_the_poorest"]["model_above_rules"]["verdict"] == "PASS"
    assert missed["left_out"]["rules"]["value"] == 0.0


def test_families_that_the_detector_has_seen_do_not_judge_it():
    table = surveyed(
        lambda spent: spent, nothing, lambda spent: spent * 0 + 1, inspected=[0, 1, 399]
    )
    assert table["left_out_as_inspected"] == 3
    assert table["rows"][0]["families"] == 38


def arm(count=2_000, sensitivity=0.83, seed=1):
    """A random arm where inspectors miss some for reasons of their own; and the truth."""
    generator = np.random.default_rng(seed)
    score = generator.normal(size=count)
    hides = generator.random(count) < 1 / (1 + np.exp(-(2 * score - 0.8)))
    confirmed = (hides & (generator.random(count) < sensitivity)).astype(float)
    order = np.argsort(np.argsort(-score))
    inspected = SimpleNamespace(
        confirmed=confirmed,
        margin=score,
        random=np.ones(count),
        rank=order / count,
        in_random_arm=np.ones(count, dtype=bool),
        households=np.arange(count),
    )
    return inspected, hides.astype(float), metrics.draws(np.arange(count), generator, replicas=60)


def test_over_the_band_the_true_sensitivity_gives_the_truth_back():
    inspected, hides, drawn = arm()
    band = random_arm.over_the_band(inspected, 0.2, drawn)
    assert list(band) == ["0.75", "0.83", "0.90"]
    right = band["0.83"]
    assert right["hiding"]["low"] < hides.mean() < right["hiding"]["high"]
    true_auc = metrics.auc(hides, inspected.margin)
    assert right["auc_against_the_truth"]["low"] < true_auc < right["auc_against_the_truth"]["high"]
    assert true_auc > metrics.auc(inspected.confirmed, inspected.margin)
    clear = float(1 - hides[inspected.rank < 0.2].mean())
    assert right["clear_among_flagged"]["low"] <= clear <= right["clear_among_flagged"]["high"]
    assert band["0.75"]["hiding"]["value"] > band["0.90"]["hiding"]["value"]


def rates(random, others, of=1_000):
    confirmed = np.concatenate([np.arange(of) < random * of, np.arange(of) < others * of])
    return random_arm.base_rates(
        SimpleNamespace(
            confirmed=confirmed.astype(float), in_random_arm=np.repeat([True, False], of)
        )
    )


def test_a_base_rate_far_from_the_random_arms_is_told_and_corrected():
    near, far = rates(0.3, 0.5), rates(0.1, 0.5)
    assert (near["ratio"], near["verdict"]) == (1.6667, "PASS")
    assert far["ratio"] == 5.0
    assert "calibrated on the random arm" in far["why"]
    nobody = SimpleNamespace(confirmed=np.ones(5), in_random_arm=np.zeros(5, dtype=bool))
    assert random_arm.base_rates(nobody)["verdict"] == "UNKNOWN"
    assert random_arm.base_rates(nobody)["corrected"] is False


@pytest.mark.parametrize(
    ("precision", "prevalence", "verdict"),
    [
        (Estimate(0.8, 0.61, 0.9), 0.30, "PASS"),
        (Estimate(0.8, 0.60, 0.9), 0.30, "UNKNOWN"),  # the low end must exceed twice 0.30
        (Estimate(0.8, 0.51, 0.9), 0.10, "PASS"),
        (Estimate(0.8, 0.49, 0.9), 0.10, "UNKNOWN"),  # and one half
        (Estimate(0.3, 0.2, 0.4), 0.30, "FAIL"),
        (Estimate(0.9, 0.8, 1.0), 0.55, "UNKNOWN"),  # nothing is twice as often as that
        (UNKNOWN, 0.30, "UNKNOWN"),
    ],
)
def test_flags_must_be_right_twice_as_often_as_chance_and_half_the_time(
    precision, prevalence, verdict
):
    comparison = random_arm.flags_against_prevalence(precision, Estimate(prevalence, 0.0, 1.0))
    assert comparison["verdict"] == verdict


def test_a_family_is_looked_up_by_the_day_of_its_label():
    one = {"household_id": 1, "head": "f"}
    store = pl.DataFrame(
        [one | {"as_of": date(2025, 1, 1)}, one | {"as_of": date(2026, 1, 1), "head": "m"}]
    )
    from models.assessment.groups import ATTRIBUTES

    store = store.with_columns(pl.lit("yes").alias(a.name) for a in ATTRIBUTES if a.name != "head")
    labelled = pl.DataFrame(
        {"household_id": [1, 2, 1], "as_of": [date(2026, 1, 1), date(2026, 1, 1), date(2025, 1, 1)]}
    )
    assert beside(labelled, store)["head"].to_list() == ["m", "unknown", "f"]


def test_the_page_and_its_html_tell_the_same_numbers(trained_home):
    from models.bundles import aliases, bundle
    from models.bundles.home import Home
    from training.report.sections import sections

    home = Home(trained_home)
    version = aliases.read(home).names["champion"].version
    manifest = bundle.verify(home.bundles / version, home.public_key()).manifest
    evaluation = manifest["metrics"]
    for part in (
        "groups",
        "deciles",
        "reliability",
        "sensitivity_band",
        "policy_value",
        "label_noise",
        "proxies",
        "temporal",
        "flags_against_prevalence",
    ):
        assert evaluation[part] is not None, part
    html = (home.artefacts / f"version-{version}" / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    markdown = page.page(evaluation, manifest)
    for section in sections(evaluation, manifest):
        assert f"## {section.title}" in markdown
        assert section.title in text.replace("&#39;", "'")
    shown = [row for row in evaluation["groups"]["rows"] if "value" in row and "×" not in row["by"]]
    for row in shown[:20]:
        assert page.show(row) in text
        assert page.show(row) in markdown
    assert html.count("data:image/png;base64,") == 4
    assert not re.search(r"(src|href)=\"(?!data:)", html)
