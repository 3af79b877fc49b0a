"""What auditors are told, on tables small enough to count by hand."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest, norm
from sklearn.metrics import cohen_kappa_score

from features.errors import InputError, LawLapsed
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.assessment import target
from models.assessment.large_sample import auc_interval, kappa_interval
from models.law.parameters import Law
from models.learned.flag_evidence import FlagEvidence
from serving.audit import comparison, services, witnesses
from serving.audit.families import Families, examples, look
from serving.audit.pages import page
from serving.audit.report import audit, header, key_numbers, may_take, numbers, write
from tests.features.data_sets import AS_OF, HOUSEHOLDS, INSPECTIONS, PERSONS
from tests.features.data_sets import write as write_data

FLAG = "red_flag_MORE_THAN_ONE_CAR"


def families(*rows: dict) -> pl.DataFrame:
    """Families as an audit sees them; what a row leaves out is the same for all."""
    usual = {
        "rule_category": 3,
        "model_category": 3,
        "model_category_set": [3],
        "rule_flag": False,
        "model_flag": False,
        "material": False,
        "status": "automatic",
        "follow_up": False,
        "hidden_income_probability": 0.2,
        "hidden_income_low": 0,
        "hidden_income_estimate": 1_000,
        "hidden_income_high": 90_000,
        "members": 1,
        "region": "71",
        "settlement": "urban",
        "children": "0",
        "disability": "no",
        "head": "f",
        "below_assistance_line": False,
        "assistance_amount": 0,
        FLAG: False,
        "eligible_services": ["sport_section"],
        "services_in_review": ["sanatorium"],
    }
    types = {
        "model_category": pl.Int8,
        "model_category_set": pl.List(pl.Int8),
        "rule_flag": pl.Boolean,
        "model_flag": pl.Boolean,
        "hidden_income_probability": pl.Float64,
        "eligible_services": pl.List(pl.String),
        "services_in_review": pl.List(pl.String),
    }
    return pl.DataFrame(
        [{"household_id": n + 1, **usual, **row} for n, row in enumerate(rows)],
        schema_overrides=types,
    )


def inspected(*inspections: tuple[int, str, int], on: date = date(2026, 3, 1)) -> pl.DataFrame:
    """Inspections of (household, design, hidden income a month)."""
    return pl.DataFrame(
        {
            "household_id": [f[0] for f in inspections],
            "inspected_on": [on] * len(inspections),
            "design": [f[1] for f in inspections],
            "probability": [0.01] * len(inspections),
            "hidden_income_monthly": [f[2] for f in inspections],
        }
    )


# ── categories ──


def test_the_table_of_categories_counts_every_family_once_poorer_first():
    # rules 3 → model 1 twice, 2 → 3 once, 4 → 4 once, one without an opinion
    table = families(
        {"rule_category": 3, "model_category": 1, "model_category_set": [1, 2]},
        {"rule_category": 3, "model_category": 1, "model_category_set": [1, 2, 3]},
        {"rule_category": 2, "model_category": 3, "model_category_set": [2, 3]},
        {"rule_category": 4, "model_category": 4, "model_category_set": [4]},
        {"rule_category": 6, "model_category": None, "model_category_set": None},
    )
    compared = comparison.categories(table)
    assert len(compared["cells"]) == 6 * 7
    assert comparison.total(compared["cells"]) == 5
    assert {n: d["families"] for n, d in compared["directions"].items()} == {
        "same": 1,
        "poorer": 2,
        "richer": 1,
        "unknown": 1,
    }
    assert [(c["rule"], c["model"], c["families"]) for c in compared["disagreements"]] == [
        (3, 1, 2),
        (2, 3, 1),
    ]
    assert compared["disagreements"][0]["rule_outside_model_set"] == 1
    assert compared["disagreements"][0]["share"] == 0.4
    assert compared["rule_inside_model_set"] == {"families": 3, "of": 4, "share": 0.75}
    assert compared["rule"]["6"] == 1
    assert compared["model"]["unknown"] == 1


def test_without_unknown_opinions_there_is_no_column_for_them():
    assert {c["model"] for c in comparison.categories(families({}))["cells"]} == set(range(1, 7))


# ── flags ──


def test_the_table_of_flags_has_a_place_for_what_is_unknown():
    table = families(
        {"rule_flag": True, "model_flag": True, "hidden_income_estimate": 50_000, FLAG: True},
        {"rule_flag": True, "model_flag": False},
        {"rule_flag": False, "model_flag": None},
        {"rule_flag": False, "model_flag": False, FLAG: None},
    )
    compared = comparison.flags(table)
    cells = {(c["rule_flag"], c["model_flag"]): c["families"] for c in compared["cells"]}
    assert cells == {
        ("yes", "yes"): 1,
        ("yes", "no"): 1,
        ("yes", "unknown"): 0,
        ("no", "yes"): 0,
        ("no", "no"): 1,
        ("no", "unknown"): 1,
    }
    assert compared["cells"][0]["hidden_income_estimate_median"] == 50_000
    assert compared["red_flags"] == {"MORE_THAN_ONE_CAR": {"yes": 1, "no": 2, "unknown": 1}}


# ── the target ──


# ПМ of 2026 is 50,851; 0.25 of it for each member.
@pytest.mark.parametrize(
    ("members", "amount", "hides"),
    [(1, 12_713, True), (1, 12_712, False), (4, 50_851, True), (4, 50_850, False), (4, 0, False)],
)
def test_income_counts_as_hidden_from_a_quarter_of_the_minimum_for_each_member(
    members, amount, hides
):
    row = inspected((1, "random", amount)).with_columns(members=pl.lit(members))
    assert target.confirmed(row).to_list() == [hides]


def test_without_members_it_cannot_be_said_whether_income_is_hidden():
    rows = inspected((1, "random", 9_000_000), (2, "random", 0))
    rows = rows.with_columns(members=pl.Series([0, None]))
    assert target.confirmed(rows).to_list() == [None, None]


# ── who was right ──

#                rules flag: (inspected, confirmed)   model flags, model does not
ARM = {(True, True): (4, 3), (True, False): (8, 4), (False, True): (10, 7), (False, False): (12, 2)}


def arm() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Thirty-four families inspected at random, as in ARM."""
    rows, inspections = [], []
    for (rule, model), (of, confirmed) in ARM.items():
        for n in range(of):
            rows.append({"rule_flag": rule, "model_flag": model, FLAG: rule})
            inspections.append((len(rows), "random", 500_000 if n < confirmed else 0))
    return families(*rows), inspected(*inspections)


def test_each_cell_of_the_flags_has_its_exact_interval():
    witnessed = witnesses.random_inspections(*arm(), AS_OF)
    cells = {(c["rule_flag"], c["model_flag"]): c for c in witnessed["cells"]}
    both = cells[("yes", "yes")]
    assert (both["inspected"], both["confirmed"]) == (4, 3)
    assert (both["share"]["low"], both["share"]["high"]) == pytest.approx(
        (0.1941, 0.9937), abs=5e-5
    )
    model_only = cells[("no", "yes")]
    assert model_only["share"]["value"] == 0.7
    assert (model_only["share"]["low"], model_only["share"]["high"]) == pytest.approx(
        (0.3475, 0.9333), abs=5e-5
    )
    assert witnessed["random"]["confirmed"] == 3 + 4 + 7 + 2
    assert witnessed["random"]["families"] == 34


def test_precision_and_the_share_found_add_up_over_the_cells():
    flags = witnesses.random_inspections(*arm(), AS_OF)["flags"]
    # rules: 4 + 8 flagged, 3 + 4 of them confirmed; model: 4 + 10 and 3 + 7; 16 confirmed in all
    for name, hits, flagged in (("rule_flag", 7, 12), ("model_flag", 10, 14)):
        rates = flags[name]
        assert (rates["flagged_confirmed"], rates["flagged"]) == (hits, flagged)
        for key, count, of in (("precision", hits, flagged), ("recall", hits, 16)):
            exact = binomtest(count, of).proportion_ci(method="exact")
            assert rates[key]["value"] == pytest.approx(count / of, abs=1e-6)
            assert rates[key]["low"] == pytest.approx(exact.low, abs=1e-6)
            assert rates[key]["high"] == pytest.approx(exact.high, abs=1e-6)
    assert flags["MORE_THAN_ONE_CAR"] == flags["rule_flag"]


def test_a_flag_beats_chance_only_when_its_low_end_is_above_twice_the_average():
    # 30 of 30 flagged are confirmed (low end 0.884), nobody else: 30 of 75 is 0.4, of 60 is 0.5
    def sure(clear: int) -> bool:
        table = families(*[{"model_flag": True}] * 30, *[{}] * clear)
        inspections = inspected(
            *((n + 1, "random", 500_000 if n < 30 else 0) for n in range(30 + clear))
        )
        rates = witnesses.random_inspections(table, inspections, AS_OF)["flags"]["model_flag"]
        return rates["surely_twice_the_average"]

    assert sure(45) is True
    assert sure(30) is False


def test_of_a_family_inspected_twice_at_random_the_first_inspection_counts():
    early = inspected((1, "random", 0), on=date(2026, 2, 1))
    late = inspected((1, "random", 900_000), on=date(2026, 5, 1))
    witnessed = witnesses.random_inspections(families({}), pl.concat([late, early]), AS_OF)
    assert (witnessed["random"]["families"], witnessed["random"]["confirmed"]) == (1, 0)
    assert witnessed["random"]["again"] == 1


def test_targeted_inspections_and_strangers_do_not_count():
    inspections = inspected((1, "random", 0), (2, "targeted", 900_000), (99, "random", 900_000))
    witnessed = witnesses.random_inspections(families({}, {}), inspections, AS_OF)
    assert (witnessed["random"]["families"], witnessed["random"]["confirmed"]) == (1, 0)
    assert witnessed["random"]["strangers"] == 1
    assert witnessed["by_design"] == {"random": 2, "targeted": 1}


@pytest.mark.parametrize("register", [None, inspected((1, "targeted", 1), (2, "complaint", 0))])
def test_without_a_random_arm_there_is_no_precision_and_the_reason_is_told(register):
    witnessed = witnesses.random_inspections(families({}, {}), register, AS_OF)
    assert (
        witnessed["random"] is witnessed["cells"] is witnessed["flags"] is witnessed["auc"] is None
    )
    assert witnessed["why_not"] in (witnesses.NO_REGISTER, witnesses.NO_RANDOM_ARM)


# ── the survey ──


def surveyed(**columns: list) -> pl.DataFrame:
    count = len(columns["household_id"])
    usual = {"quarter": ["2025Q4"] * count, "weight": [1.0] * count}
    return pl.DataFrame({**usual, **columns})


def test_the_newest_answer_of_a_family_counts():
    table = families({"rule_category": 2}, {"rule_category": 5})
    survey = surveyed(
        household_id=[1, 1, 2],
        quarter=["2025Q4", "2025Q1", "2025Q4"],
        subjective_level=[2, 6, 5],
        consumption_monthly=[50_000, 50_000, 400_000],
    )
    witnessed = witnesses.surveyed(table, survey)
    assert witnessed["families"] == 2
    assert witnessed["agreement"]["rule"]["value"] == 1.0
    there = [(c["said"], c["category"]) for c in witnessed["ladder"]["rule"] if c["families"]]
    assert there == [(2, 2), (5, 5)]


def test_the_poorest_tenth_is_taken_by_consumption_per_member_and_by_weight():
    # Spending per member: 10, 20, …, 100 thousand; the richer half lives in pairs.
    rows = [{"rule_category": 4 if n == 0 else 1, "members": 1 + n // 5} for n in range(10)]
    survey = surveyed(
        household_id=list(range(1, 11)),
        consumption_monthly=[10_000 * (n + 1) * (1 + n // 5) for n in range(10)],
    )
    poorest = witnesses.surveyed(families(*rows), survey)["poorest"]
    assert poorest["families"] == 1
    assert poorest["rule"]["categories"]["4"] == 1
    assert poorest["rule"]["above_third"]["families"] == 1
    # With a weight of 30 the second one stands across the edge: 1 + 15 of 39 is beyond a tenth.
    heavy = survey.with_columns(weight=pl.Series([1.0, 30.0] + [1.0] * 8))
    assert witnesses.surveyed(families(*rows), heavy)["poorest"]["families"] == 1
    # Twenty others of weight 4 put the first two (1 + 2 of 33) inside it.
    light = survey.with_columns(weight=pl.Series([1.0, 1.0] + [4.0] * 8))
    assert witnesses.surveyed(families(*rows), light)["poorest"]["families"] == 2


def test_agreement_is_cohens_kappa_and_its_interval_covers_as_promised():
    generator = np.random.default_rng(3)
    answered = generator.integers(1, 7, 40_000)
    shown = np.clip(answered + generator.integers(-1, 2, 40_000), 1, 6)
    weights = np.ones(400)
    whole = cohen_kappa_score(answered, shown, weights="quadratic")
    held = 0
    for start in range(0, 40_000, 400):
        rows = slice(start, start + 400)
        kappa = kappa_interval(answered[rows], shown[rows], weights)
        assert kappa.value == pytest.approx(
            cohen_kappa_score(answered[rows], shown[rows], weights="quadratic")
        )
        held += kappa.low <= whole <= kappa.high
    assert 88 <= held <= 100  # 95 of 100 on average


def test_the_auc_interval_covers_as_promised_and_has_a_width_where_nothing_is_missed():
    generator = np.random.default_rng(4)
    true = norm.cdf(1 / np.sqrt(2))  # two normals one standard deviation apart
    truth = np.repeat([1.0, 0.0], [40, 60])
    held = 0
    for _ in range(200):
        auc = auc_interval(truth, generator.normal(size=100) + truth)
        held += auc.low <= true <= auc.high
    assert held >= 182  # 190 of 200 on average
    perfect = auc_interval(truth, truth)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    assert 0.9 < perfect.low < 1.0
    assert auc_interval(np.ones(3), np.arange(3.0)).value is None


# ── groups ──


def test_a_group_of_nine_is_not_shown_and_one_of_ten_is():
    rows = [{"region": "71", "status": "review" if n < 7 else "automatic"} for n in range(10)]
    rows += [{"region": "75", "status": "review"} for _ in range(9)]
    by_region = {g["name"]: g for g in comparison.groups(families(*rows))["region"]}
    astana, almaty = by_region["Astana"], by_region["Almaty"]
    assert astana["families"] == 10
    assert astana["review"]["value"] == 0.7
    assert (astana["review"]["low"], astana["review"]["high"]) == pytest.approx(
        (0.3475, 0.9333), abs=5e-5
    )
    assert almaty["suppressed"]
    assert almaty["families"] is almaty["review"] is None


def test_a_rate_known_of_too_few_is_not_shown():
    table = families(*[{"model_flag": True}] * 9, *[{"model_flag": None}] * 20)
    [group] = comparison.groups(table)["settlement"]
    assert group["families"] == 29
    assert group["model_flag"] is None
    assert group["review"]["of"] == 29


def test_a_family_of_no_known_group_is_counted_as_such():
    [group] = comparison.groups(families(*[{"head": None}] * 10))["head"]
    assert (group["name"], group["families"]) == ("not known", 10)


def test_places_below_ten_families_are_not_shown():
    table = families(*[{"settlement": "rural", "rule_category": 1}] * 10, *[{}] * 9)
    by_settlement = {p["settlement"]: p for p in comparison.places(table)}
    assert by_settlement["rural"]["rule"]["1"] == 1.0
    assert by_settlement["urban"]["suppressed"]
    assert by_settlement["urban"]["rule"] is by_settlement["urban"]["families"] is None


# ── local programmes ──


def applied(*rows: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["household_id", "service"], orient="row")


def reported(service: str, table: pl.DataFrame, applications: pl.DataFrame | None) -> dict:
    by_service = services.by_service(table, applications, Law(AS_OF))
    return next(s for s in by_service["services"] if s["service"] == service)


def test_category_6_among_applicants_stands_beside_the_published_share():
    # 12 applicants, 3 of them in category 6, in one of the pilot's regions; 5 who did not apply
    table = families(*[{"rule_category": 6, "region": "79"}] * 3, *[{}] * 9, *[{}] * 5)
    programme = reported(
        "rent_subsidy", table, applied(*[(n, "rent_subsidy") for n in range(1, 13)])
    )
    exact = binomtest(3, 12).proportion_ci(method="exact")
    assert (programme["applicants"]["families"], programme["applicants"]["category_6"]) == (12, 3)
    assert programme["applicants"]["share"]["value"] == 0.25
    assert programme["applicants"]["share"]["low"] == pytest.approx(exact.low, abs=1e-6)
    assert programme["applicants"]["share"]["high"] == pytest.approx(exact.high, abs=1e-6)
    assert programme["pilot_regions"]["suppressed"]
    assert (
        programme["pilot_regions"]["families"] is programme["pilot_regions"]["category_6"] is None
    )
    assert (programme["published"]["applications"], programme["published"]["category_6"]) == (
        2356,
        913,
    )
    assert programme["published"]["share"]["value"] == pytest.approx(913 / 2356, abs=1e-6)


def test_a_family_that_applied_twice_is_one_applicant_and_a_stranger_is_none():
    applications = applied(*[(n, "sport_section") for n in [*range(1, 11), 1, 99]])
    programme = reported("sport_section", families(*[{}] * 12), applications)
    assert programme["applicants"]["families"] == 10
    assert programme["applicants"]["verdicts"] == {"eligible": 10, "review": 0, "not_eligible": 0}
    assert programme["families"] == {"eligible": 12, "review": 0, "not_eligible": 0}
    assert programme["published"] is None


def test_what_is_no_local_programme_is_counted_and_not_judged():
    applications = applied(
        (1, "disability_benefit"), (2, "disability_benefit"), (3, "sport_section")
    )
    by_service = services.by_service(families({}, {}, {}), applications, Law(AS_OF))
    assert by_service["not_on_file"] == 2
    assert "disability_benefit" not in {s["service"] for s in by_service["services"]}


def test_a_silent_register_of_applications_is_said_and_the_verdicts_stay():
    by_service = services.by_service(families({}, {}), None, Law(AS_OF))
    assert "did not answer" in by_service["why_not"]
    sanatorium = next(s for s in by_service["services"] if s["service"] == "sanatorium")
    assert sanatorium["families"] == {"eligible": 0, "review": 2, "not_eligible": 0}
    assert sanatorium["applicants"]["families"] == 0
    assert sanatorium["applicants"]["share"] is None


# ── the families shown ──


def test_of_each_cell_three_families_are_shown_whatever_their_order():
    table = families(*[{"rule_category": 1 + n % 2} for n in range(40)])
    cell = ("rule_category", "model_category")
    shown = set(examples(table, cell))
    assert len(shown) == 6
    assert shown == set(examples(table.sample(fraction=1, shuffle=True, seed=1), cell))
    assert shown != {1, 2, 3, 4, 5, 6}


# ── the whole report ──


class Answered(dict):
    """An answer as the report writes it."""

    def as_json(self) -> dict:
        return self


def answers(table: pl.DataFrame) -> dict:
    reason = {
        "code": "DWELLINGS",
        "basis": "assumed",
        "text": {"en": "Two <dwellings> & a yard.", "ru": "Два жилья.", "kk": "Екі тұрғын үй."},
    }
    extra = {
        "reasons": [reason],
        "review_reasons": [reason],
        "follow_up_reasons": [],
        "versions": {},
        "as_of": "2026-01-01",
    }
    return {
        row["household_id"]: Answered({**row, **extra, "category": row["rule_category"]})
        for row in table.to_dicts()
    }


def whole(table: pl.DataFrame, inspections: pl.DataFrame | None, **model: object) -> dict:
    seen = {
        "version": "7",
        "override": None,
        "trained_on": None,
        "has_seen_families": False,
        "certificate": None,
        "metrics": None,
        "flags_anybody": True,
        "flag_evidence": [],
    }
    return {
        "header": {
            "snapshot": {
                "digest": "d1",
                "as_of": "2026-01-01",
                "contract": "1.0",
                "households": table.height,
                "silent_registers": ["transfers"],
            },
            "as_of": "2026-01-01",
            "versions": {"law": "law-1", "model": "7"},
            "model": seen | model,
            "red_flags": [
                {"code": "MORE_THAN_ONE_CAR", "about": "More than one car.", "status": "proposal"}
            ],
            "assumed": [{"kind": "scorecard", "name": "pilot_2025", "doubt": "Points assumed."}],
            "warnings": ["utilities.month: 2025-11 is not covered in region 71."],
        },
        **numbers(
            Families(table=table, answers=answers(table)),
            as_of=AS_OF,
            inspections=inspections,
            survey=None,
        ),
    }


class Resources(HTMLParser):
    """Collects what a page would run or fetch, and the places it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts, self.fetched, self.anchors, self.links = 0, [], set(), set()
        self.tables = self.captions = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        self.scripts += tag == "script" or any(name.startswith("on") for name in held)
        self.fetched += [held[n] for n in ("src", "srcset", "data") if n in held]
        if tag == "link":
            self.fetched.append(held["href"])
        if "id" in held:
            assert held["id"] not in self.anchors
            self.anchors.add(held["id"])
        if tag == "a":
            self.links.add(held["href"])
        self.tables += tag == "table"
        self.captions += tag == "caption"


def test_the_page_fetches_and_runs_nothing_and_every_link_leads_somewhere():
    text = page(whole(*arm(), metrics={"auc": {"value": 0.8, "low": 0.7, "high": 0.9}}), "en")
    resources = Resources(text)
    assert resources.scripts == 0
    assert resources.fetched == ["data:,"]
    assert not re.search(r"https?://|url\(|@import", text)
    assert {link[1:] for link in resources.links if link.startswith("#")} <= resources.anchors
    assert {link for link in resources.links if not link.startswith("#")} == {"report.json"}
    assert resources.tables == resources.captions > 8


def test_the_promise_is_told_with_what_is_possible_for_this_one_model():
    certificate = {"unconfirmed_at_most": 0.2, "refuted_above": 0.25}
    text = " ".join(page(whole(*arm(), certificate=certificate), "en").split())
    assert "on average at most 20.0 %" in text
    assert "up to 25.0 % is possible" in text
    text = " ".join(page(whole(*arm(), certificate={"unconfirmed_at_most": 0.2}), "en").split())
    assert "on average at most 20.0 %" in text
    assert "is possible" not in text


def test_what_a_reason_says_cannot_become_part_of_the_page():
    text = page(whole(*arm()), "en")
    assert "Two &lt;dwellings&gt; &amp; a yard." in text
    assert "<dwellings>" not in text


def test_reasons_come_in_the_language_that_was_asked_for():
    assert 'lang="kk"' in (text := page(whole(*arm()), "kk"))
    assert "Екі тұрғын үй." in text
    assert "--language kk" in text


def test_a_model_that_has_seen_the_families_is_announced_as_looking_too_good():
    assert 'id="seen"' in page(whole(*arm(), has_seen_families=True), "en")
    assert 'id="seen"' not in page(whole(*arm()), "en")


def test_the_capacity_behind_the_reviews_is_told_where_the_model_has_one():
    load = {
        "capacity": 0.02,
        "capacity_assumed": True,
        "shares": {"flagged": 0.1, "material": 0.04, "asking": 0.018},
    }
    text = page(whole(*arm(), review_load=load), "en")
    assert "a capacity of 2.0 % of its families a year, assumed" in text.replace("\u00a0", " ")
    assert "only where the region has room" not in page(whole(*arm(), review_load=None), "en")


def test_an_override_is_shown_with_its_reason():
    text = page(whole(*arm(), override="demonstration & haste"), "en")
    assert "demonstration &amp; haste" in text


def test_without_a_random_arm_the_page_says_why_and_shows_no_auc():
    table, _ = arm()
    text = page(whole(table, None), "en")
    assert "nobody checked anything" in text
    assert "Ranking by" not in text


def test_what_the_registers_do_not_cover_is_warned_of_on_the_page():
    table, _ = arm()
    assert "utilities.month: 2025-11 is not covered in region 71." in page(whole(table, None), "en")


def test_small_groups_are_told_as_fewer_than_ten_on_the_page():
    table = families(*[{"region": "71"}] * 12, *[{"region": "75"}] * 3)
    text = page(whole(table, None), "en")
    assert "&lt;10" in text


# ── the folder ──


def test_an_earlier_report_is_replaced_and_anything_else_is_not(tmp_path):
    report = {"report": "tarazy-audit", "n": 1}
    out = tmp_path / "deep" / "audit"
    write(report, "<p>1</p>", out)
    write(report | {"n": 2}, "<p>2</p>", out)
    assert json.loads((out / "report.json").read_text())["n"] == 2
    assert (out / "index.html").read_text() == "<p>2</p>"
    assert [p.name for p in out.parent.iterdir()] == ["audit"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        write(report, "<p>3</p>", out)
    assert (out / "index.html").read_text() == "<p>2</p>"


def test_a_folder_of_another_kind_or_a_file_is_refused(tmp_path):
    (tmp_path / "report.json").write_text('{"report": "of somebody else"}')
    with pytest.raises(InputError):
        may_take(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        may_take(tmp_path / "report.json")
    (tmp_path / "empty").mkdir()
    may_take(tmp_path / "empty")


def test_a_report_that_cannot_be_written_leaves_the_earlier_one(tmp_path):
    out = tmp_path / "audit"
    write({"report": "tarazy-audit"}, "<p>1</p>", out)
    with pytest.raises(ValueError):
        write({"report": "tarazy-audit", "n": float("nan")}, "<p>2</p>", out)
    assert (out / "index.html").read_text() == "<p>1</p>"
    assert [p.name for p in tmp_path.iterdir()] == ["audit"]


# ── from registers to the report, by the rules alone ──


def test_the_order_of_rows_in_the_data_changes_no_byte_of_the_report(tmp_path):
    made = []
    for name, reverse in (("as_given", False), ("reversed", True)):
        registers = {"households": HOUSEHOLDS[::-1], "persons": PERSONS[::-1]} if reverse else {}
        data = open_data_set(write_data(tmp_path / name, registers))
        snapshot = make(data, AS_OF, tmp_path / f"snap-{name}")
        report = audit(snapshot, as_of=AS_OF, models=None)
        report["header"]["snapshot"].pop("digest")
        made.append(json.dumps(report, ensure_ascii=False))
    assert made[0] == made[1]


def test_by_the_rules_alone_every_opinion_of_a_model_is_unknown(tmp_path):
    snapshot = make(open_data_set(write_data(tmp_path / "data")), AS_OF, tmp_path / "snap")
    report = audit(snapshot, as_of=AS_OF, models=None)
    assert report["households"] == HOUSEHOLDS.height
    assert report["categories"]["directions"]["unknown"]["families"] == HOUSEHOLDS.height
    assert key_numbers(report)["model_version"] is None
    assert report["inspections"]["random"]["families"] == INSPECTIONS.height
    assert "Rules alone." in page(report, "en")
    assert set(report["families"]) == {"1", "2", "3"}
    assert all(f["reasons"] for f in report["families"].values())


def test_groups_come_from_the_registers_as_they_were_known_on_the_day(tmp_path):
    # The head of family 3 is known only from February: no head is known on the day.
    persons = PERSONS.with_columns(
        known_on=pl.when(pl.col("household_id") == 3).then(date(2026, 2, 1))
    )
    data = open_data_set(write_data(tmp_path / "data", {"persons": persons}))
    snapshot = make(data, AS_OF, tmp_path / "snap")
    table = look(snapshot, models=None, law=Law(AS_OF)).table
    assert table["head"].to_list() == ["m", "f", None]
    assert table["children"].to_list() == ["1-3", "1-3", "0"]
    assert table["settlement"].to_list() == ["urban", "urban", "rural"]


def test_the_page_says_what_the_check_of_the_registers_doubted(tmp_path):
    doubt = "persons.birth_date: nobody is 126"
    data = open_data_set(write_data(tmp_path / "data"))
    snapshot = make(data, AS_OF, tmp_path / "snap", warnings=[doubt])
    assert doubt in header(snapshot, None, Law(AS_OF))["warnings"]


def test_a_day_on_which_no_decision_may_be_made_is_refused_before_any_work(tmp_path, monkeypatch):
    snapshot = make(open_data_set(write_data(tmp_path / "data")), AS_OF, tmp_path / "snap")
    monkeypatch.setattr("serving.audit.report.look", None)
    with pytest.raises(LawLapsed, match="subsistence_minimum"):
        audit(snapshot, as_of=date(2031, 1, 1), models=None)


@pytest.mark.parametrize("seen", [True, False])
def test_a_model_has_seen_the_families_when_it_was_trained_on_this_snapshot(tmp_path, seen):
    snapshot = make(open_data_set(write_data(tmp_path / "data")), AS_OF, tmp_path / "snap")
    digest = snapshot.digest if seen else "0" * 64
    models = SimpleNamespace(
        version="7",
        threshold=None,
        override="haste",
        flag_evidence=FlagEvidence(),
        manifest={"trained_on": [{"digest": digest, "as_of": "2026-01-01"}]},
    )
    head = header(snapshot, models, Law(AS_OF))
    assert head["model"]["has_seen_families"] is seen
    assert head["model"]["override"] == "haste"
    assert {"hidden_income_materiality", "pilot_2025"} <= {a["name"] for a in head["assumed"]}
