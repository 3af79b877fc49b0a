"""The report of a reform: counts that add up, groups that hide the few, a folder that is whole."""

import json
from datetime import date

import click
import polars as pl
import pytest

from features.build import build
from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from models.law import reform
from models.law.parameters import Law
from serving.reform import effects, families, pages, report, targeting
from serving.reform.families import _with_decile, under_both
from tests.features import data_sets

DAY = date(2026, 1, 1)
COLUMNS = (
    "household_id",
    "category_now",
    "category_then",
    "below_line_now",
    "below_line_then",
)


@pytest.fixture(scope="module")
def reformed(simulated_snapshot, tmp_path_factory):
    """One reform in which the rich lose and the poor gain, on the shared country."""
    folder = tmp_path_factory.mktemp("reform")
    path = folder / "reform.yaml"
    path.write_text(
        "about: One minimum instead of four; category 2 begins later\n"
        "costs: {sport_section: 5000}\n"
        "changes:\n"
        "  hard_rule: {conditions: {INCOME: {above: 1}, DWELLINGS: {from: 1}}}\n"
        "  scorecards/pilot_2025: {categories: {2: {from: 40}}}\n",
        encoding="utf-8",
    )
    proposed = reform.read(path)
    law = proposed.enact(folder / "law", DAY)
    snapshot = Snapshot.open(simulated_snapshot)
    return report.compare(proposed, snapshot, as_of=DAY, law=law), law, folder


def test_every_family_is_in_one_cell_of_the_moves(reformed):
    counted = reformed[0]
    assert sum(cell["families"] for cell in counted["moves"]) == counted["households"]
    assert sum(cell["people"] for cell in counted["moves"]) == counted["people"]


def test_the_totals_are_the_sums_of_the_cells(reformed):
    counted = reformed[0]
    into_6 = sum(c["families"] for c in counted["moves"] if c["to"] == 6 and c["from"] != 6)
    poorer = sum(c["families"] for c in counted["moves"] if c["to"] < c["from"])
    assert counted["totals"]["into_category_6"]["families"] == into_6 > 0
    assert counted["totals"]["to_more_need"]["families"] == poorer > 0
    assert counted["totals"]["out_of_category_6"]["families"] == 0


@pytest.mark.parametrize("group", list(effects.GROUPS))
def test_the_groups_of_a_kind_hold_every_family(reformed, group):
    counted = reformed[0]
    shown = [row for row in counted["groups"][group] if not row["suppressed"]]
    hidden = len(counted["groups"][group]) - len(shown)
    held = sum(row["families"] for row in shown)
    assert counted["households"] - 10 * hidden <= held <= counted["households"]


def test_a_programme_without_a_cost_tells_none(reformed):
    costs = {
        p["service"]: (p["cost_of_a_family"], p["cost_then"]) for p in reformed[0]["programmes"]
    }
    assert costs["housing_aid"] == (None, None)
    sport = next(p for p in reformed[0]["programmes"] if p["service"] == "sport_section")
    assert sport["cost_then"] == 5_000 * sport["eligible_then"]
    assert sport["lose"] > 0


def test_a_law_that_leaves_the_line_of_assistance_alone_moves_nobody_below_it(reformed):
    lacking = reformed[0]["targeted_assistance"]
    assert lacking["now"] == lacking["then"]
    assert lacking["now"]["families"] > 0
    assert lacking["now"]["amount"] > lacking["now"]["families"]


def test_the_page_names_the_change_and_the_families(reformed):
    html = pages.page(reformed[0])
    assert "hard_rule → conditions → INCOME → above" in html
    for rows in reformed[0]["examples"].values():
        for family in rows:
            assert str(family["household_id"]) in html


def test_the_page_tells_for_each_aim_whom_help_would_miss(reformed):
    counted, html = reformed[0], pages.page(reformed[0])
    assert counted["targeting"]["why_not"] is None
    for words in pages.AIMS.values():
        assert f"When {words}" in html
    moved = counted["targeting"]["yardsticks"][0]["aims"]["left_out"]
    # More families are left out, so no yardstick finds fewer of its poor among them.
    assert moved["crossing"] > 0
    assert moved["then"]["exclusion"]["value"] >= moved["now"]["exclusion"]["value"]
    still = counted["targeting"]["yardsticks"][0]["aims"]["assistance"]
    assert still["change"]["exclusion"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_country_without_a_survey_says_so_on_the_page(reformed):
    silent = targeting.targeting(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.Int64)), None, None)
    html = pages.page(reformed[0] | {"targeting": silent})
    assert "No error of targeting can be told: The data hold no survey answers" in html


def test_the_page_says_which_of_todays_values_are_assumed(reformed):
    changes = {tuple(c["place"]): c for c in reformed[0]["changes"]}
    dwellings = changes["hard_rule", "conditions", "DWELLINGS", "from"]
    assert (dwellings["now"], dwellings["then"], dwellings["assumed"]) == (2, 1, False)
    assert changes["scorecards/pilot_2025", "categories", "2", "from"]["assumed"] is True
    assert {p["assumed"] for p in reformed[0]["programmes"]} <= {True, False}
    html = pages.page(reformed[0])
    assert "<td>assumed</td>" in html
    assert "<td>published</td>" in html


def test_the_folder_holds_page_numbers_and_the_reformed_law(reformed):
    counted, law, folder = reformed
    out = folder / "out"
    report.write(counted, pages.page(counted), law, out)
    report.write(counted, pages.page(counted), law, out)
    assert json.loads((out / "report.json").read_text())["law"] == counted["law"]
    assert (out / "law" / "hard_rule.yaml").is_file()
    (out / "mine.txt").write_text("not yours")
    with pytest.raises(InputError, match="something else"):
        report.may_take(out)


def test_a_group_of_nine_families_shows_no_number_and_one_of_ten_does():
    table = pl.DataFrame(
        {
            "category_now": [5] * 19,
            "category_then": [6] * 19,
            "richest_category_now": [5] * 19,
            "richest_category_then": [6] * 19,
            "below_line_now": [False] * 19,
            "below_line_then": [True] * 19,
            "settlement": ["rural"] * 9 + ["urban"] * 10,
            "region": ["10"] * 19,
            "family_type": ["large"] * 19,
            "decile": [None] * 19,
        },
        schema_overrides={"decile": pl.Int8},
    )
    rows = {row["value"]: row for row in effects.groups(table)["settlement"]}
    assert rows["rural"]["suppressed"]
    assert rows["rural"]["into_category_6"] is None
    assert rows["urban"]["into_category_6"] == 10


def test_tenths_hold_a_tenth_of_the_people_each_and_the_unknown_stand_apart():
    table = pl.DataFrame(
        {"income_per_member": [*range(100), None], "members": [2] * 100 + [9]},
        schema_overrides={"members": pl.Int32},
    )
    tenths = _with_decile(table)
    assert tenths["decile"].to_list() == [n // 10 + 1 for n in range(100)] + [None]


def test_every_reform_that_comes_along_makes_a_law_and_stands_in_the_help(tmp_path):
    from serving.commands.reforming import EXAMPLES
    from serving.commands.reforming import reform as verb

    shipped = sorted(EXAMPLES.glob("*.yaml"))
    assert shipped
    shown_help = verb.get_help(click.Context(verb, info_name="reform"))
    for path in shipped:
        reform.read(path).enact(tmp_path / path.stem, DAY)
        assert path.stem in shown_help


@pytest.fixture
def three_families(tmp_path):
    """One of them was paid a grant once."""
    grant = data_sets.with_row(
        data_sets.INCOMES,
        person_id=31,
        month=date(2025, 12, 1),
        source="one_off",
        amount=3_000_000,
    )
    data = open_data_set(data_sets.write(tmp_path / "data", {"incomes": grant}))
    return make(data, DAY, tmp_path / "snap")


def under_reform(snapshot, folder, changes):
    path = folder / "reform.yaml"
    path.write_text(f"about: a try\nchanges: {changes}\n", encoding="utf-8")
    law = reform.read(path).enact(folder / "law", DAY)
    return under_both(snapshot, now=Law(DAY), then=Law(DAY, law)).table


def test_a_reform_that_counts_a_grant_paid_once_moves_who_was_paid_one(three_families, tmp_path):
    table = under_reform(three_families, tmp_path, "{one_off_income_counts: {value: 1}}")
    moved = table.filter(pl.col("category_now") != pl.col("category_then"))
    assert moved["household_id"].to_list() == [3]
    assert (moved["category_then"] > moved["category_now"]).all()


def test_facts_are_counted_once_where_a_reform_counts_them_as_today(
    three_families, tmp_path, monkeypatch
):
    treatments = []

    def counted(registers, day, treatment):
        treatments.append(treatment)
        return build(registers, day, treatment)

    monkeypatch.setattr(families, "build", counted)
    under_reform(three_families, tmp_path, "{subsistence_minimum: {value: 60000}}")
    assert len(treatments) == len(three_families.partitions)
