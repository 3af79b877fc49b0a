"""Runs every case in tests/law/: a lawyer adds cases there without touching Python."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features.catalogue import FEATURES
from models import programmes
from models.actions import actions
from models.law_files import plain, read_exactly
from models.parameters import Law
from models.red_flags import red_flags
from models.rules import rule_category
from models.scorecard import Scorecard, assess

FOLDER = Path(__file__).parents[1] / "law"
PAGES = {path.stem: read_exactly(path) for path in sorted(FOLDER.glob("*.yaml"))}
CASES = [
    pytest.param(
        page["family"] | case.get("family", {}),
        case,
        page.get("scorecard"),
        id=f"{name}: {case['name']}",
    )
    for name, page in PAGES.items()
    for case in page["cases"]
]
SAID = {True: "met", False: "not met", None: "unknown"}


def features_of(told: dict[str, Any]) -> pl.DataFrame:
    if unknown := set(told) - set(FEATURES):
        raise AssertionError(f"A case names {sorted(unknown)}, which are no features.")
    nought = {name: plain(told.get(name, 0)) for name in FEATURES}
    columns = {
        name: pl.Series([value]).cast(FEATURES[name].dtype) for name, value in nought.items()
    }
    return pl.DataFrame({"household_id": pl.Series([1], dtype=pl.Int64), **columns})


def by_card(family: pl.DataFrame, law: Law, name: str) -> dict[str, Any]:
    """What another card than the deciding one says of a family: points and level."""
    told = assess(family, law, name).row(0, named=True)
    levels = {c.category: c.code for c in Scorecard.named(name, law).categories}
    return {
        "level": levels[told["category_poorest"]],
        "richest_level": levels[told["category_richest"]],
        "points": {k.removeprefix("points_"): v for k, v in told.items()},
    }


def answers(family: pl.DataFrame, law: Law) -> dict[str, Any]:
    by_rules = rule_category(family, law)
    ruled = by_rules.row(0, named=True)
    flags = red_flags(family, law).row(0, named=True)
    entitled = programmes.eligibility(family, by_rules, law)
    facts = family.row(0, named=True) | entitled.row(0, named=True) | ruled
    services = programmes.told(facts, law)
    return {
        "rule_category": ruled["rule_category"],
        "richest_category": ruled["richest_category"],
        "hard_rule": SAID[ruled["hard_rule_met"]],
        "points": {k.removeprefix("points_"): v for k, v in ruled.items()},
        "flags": flags["raised_flags"],
        "rule_flag": flags["rule_flag"],
        "services": {told["service"]: told["verdict"] for told in services},
        "because": {t["service"]: [r["code"] for r in t["reasons"]] for t in services},
        "actions": [action.code for action in actions(facts, ruled, law)],
    }


@pytest.mark.parametrize(("family", "case", "card"), CASES)
def test_case(family, case, card):
    table, law = features_of(family), Law(case["as_of"])
    told = answers(table, law) if card is None else by_card(table, law, card)
    expected = dict(case["expect"])
    for part in ("points", "services", "because"):
        said = expected.pop(part, {})
        assert {code: told[part].get(code) for code in said} == said
    assert {what: told[what] for what in expected} == expected


def test_there_are_cases_and_no_two_of_a_page_share_a_name():
    names = [(page, case["name"]) for page, told in PAGES.items() for case in told["cases"]]
    assert len(names) == len(set(names)) >= 40
