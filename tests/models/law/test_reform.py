"""A reform: what changes is changed, the rest stays today's law, nonsense is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from features.errors import InputError
from models.law import reform
from models.law.files import LAW, read_law
from models.law.parameters import Law
from models.law.poverty_line import poverty_line
from models.rules.category import HardRule

DAY = date(2026, 1, 1)
EVE = date(2025, 12, 31)
CATEGORY_2 = next(
    c["from"] for c in Law(DAY).card("pilot_2025")["categories"] if c["category"] == 2
)


def reform_file(folder: Path, text: str) -> Path:
    path = folder / "reform.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def enacted(folder: Path, changes: str, day: date = DAY) -> Path:
    proposed = reform.read(reform_file(folder, f"about: a try\nchanges:\n  {changes}\n"))
    return proposed.enact(folder / "law", day)


def income_bound(law: Law) -> int:
    rule = HardRule.in_force(law)
    return next(c.bound.value for c in rule.conditions if c.code == "INCOME")


def test_three_minimums_instead_of_four_hold_from_the_day_of_the_reform(tmp_path):
    law = enacted(tmp_path, "hard_rule: {conditions: {INCOME: {above: 3}}}")
    assert income_bound(Law(DAY, law)) == 3 * Law(DAY).subsistence_minimum
    assert income_bound(Law(EVE, law)) == 4 * Law(EVE).subsistence_minimum


def test_what_a_reform_does_not_name_stays(tmp_path):
    law = Law(DAY, enacted(tmp_path, "hard_rule: {conditions: {INCOME: {above: 3}}}"))
    before = {c.code: c.bound.value for c in HardRule.in_force(Law(DAY)).conditions}
    after = {c.code: c.bound.value for c in HardRule.in_force(law).conditions}
    assert {k: v for k, v in after.items() if k != "INCOME"} == {
        k: v for k, v in before.items() if k != "INCOME"
    }
    assert law.minimum_wage == Law(DAY).minimum_wage
    assert law.scorecard == Law(DAY).scorecard


def test_a_reformed_law_has_a_version_of_its_own_and_says_that_it_is_assumed(tmp_path):
    law = Law(DAY, enacted(tmp_path, "subsistence_minimum: {value: 60000}"))
    assert law.subsistence_minimum == 60_000
    assert law.version != Law(DAY).version
    assert law.edition("subsistence_minimum").assumed
    assert law.edition("subsistence_minimum").source.act == reform.ACT
    assert Law(EVE, law.folder).version == Law(EVE).version


def test_a_later_edition_gives_way_to_the_reform(tmp_path):
    law = enacted(tmp_path, "subsistence_minimum: {value: 40000}", day=date(2025, 6, 1))
    assert Law(date(2025, 5, 31), law).subsistence_minimum == 46_228
    assert Law(date(2025, 6, 1), law).subsistence_minimum == 40_000
    assert Law(date(2026, 6, 1), law).subsistence_minimum == 40_000


def test_a_file_without_editions_is_changed_as_it_stands(tmp_path):
    law = enacted(tmp_path, "scorecards/pilot_2025: {categories: {2: {from: 66}}}")
    categories = {c["category"]: c["from"] for c in Law(DAY, law).scorecard["categories"]}
    assert categories[2] == 66


def test_every_number_of_the_law_survives_being_written(tmp_path):
    law = enacted(tmp_path, "minimum_wage: {value: 90000}")
    before, after = read_law(LAW), read_law(law)
    for name, content in before.parameters.items():
        if name != "minimum_wage":
            assert after.parameters[name] == content
    assert after.scorecards == before.scorecards
    assert isinstance(Law(DAY, law).edition("flag_error_rate").value, Decimal)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("about: x\nchanges: {hard_rules: {k: 1}}", "no file 'hard_rules'"),
        ("about: x\nchanges: {hard_rule: {kay: 1}}", "no 'kay' to change"),
        ("about: x\nchanges: {hard_rule: {conditions: {CARS: {from: 1}}}}", "no entry 'CARS'"),
        ("about: x\nchanges: {hard_rule: {combinator: some}}", "makes no law"),
        ("about: x\nchanges: {acts: {x: 1}}", "no file 'acts'"),
        ("about: x\nchanges: {}", "needs `about` and `changes`|at least one change"),
        ("about: x\nchanges: {hard_rule: 3}", "must name the keys"),
        ("changes: {hard_rule: {k: 1}}", "needs a sentence"),
        ("about: x\nwhat: y\nchanges: {hard_rule: {k: 1}}", "'what' is no key"),
        ("about: x\ncosts: {school_meals: 0.5}\nchanges: {hard_rule: {k: 1}}", "whole tenge"),
        ("about: [", "not readable"),
        ("- hard_rule", "needs `about` and `changes`"),
    ],
)
def test_a_reform_that_names_what_the_law_does_not_have_is_refused(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        reform.read(reform_file(tmp_path, text)).enact(tmp_path / "law", DAY)
    assert not (tmp_path / "law").exists()


def test_a_reform_before_the_first_edition_has_nothing_to_change(tmp_path):
    with pytest.raises(InputError, match="nothing in force on 2018"):
        enacted(tmp_path, "minimum_wage: {value: 1}", day=date(2018, 12, 31))


def test_every_change_is_told_beside_todays_value_and_its_doubt(tmp_path):
    proposed = reform.read(
        reform_file(
            tmp_path,
            "about: x\nchanges:\n"
            "  hard_rule: {combinator: k_of_n, k: 2, conditions: {INCOME: {above: 3}}}\n"
            "  scorecards/pilot_2025: {categories: {2: {from: 40}}}\n"
            "  subsistence_minimum: {value: 60000}\n",
        )
    )
    assert [tuple(c.values()) for c in proposed.as_json(DAY)] == [
        (["hard_rule", "combinator"], "all", "k_of_n", False),
        (["hard_rule", "k"], None, 2, False),
        (["hard_rule", "conditions", "INCOME", "above"], 4, 3, False),
        (["scorecards/pilot_2025", "categories", "2", "from"], CATEGORY_2, 40, True),
        (["subsistence_minimum", "value"], 50_851, 60_000, False),
    ]
    assert proposed.as_json(EVE)[-1]["now"] == 46_228


def test_an_entry_that_goes_is_told_as_removed(tmp_path):
    proposed = reform.read(
        reform_file(tmp_path, "about: x\nchanges: {hard_rule: {conditions: {VEHICLES: null}}}")
    )
    (change,) = proposed.as_json(DAY)
    assert change["place"] == ["hard_rule", "conditions", "VEHICLES"]
    assert change["then"] is None


def test_the_prime_ministers_line_of_2021_at_the_whole_minimum(tmp_path):
    # ДЗ-48: 70 % of 34,302 tenge is 24,011.4; the deputies asked for the whole of it
    then = date(2021, 2, 17)
    law = enacted(tmp_path, "targeted_assistance: {line: {share: 1.0}}", day=then)
    assert poverty_line(Law(then)).amount == Decimal("24011.4")
    assert poverty_line(Law(then, law)).amount == 34_302
    assert poverty_line(Law(date(2021, 2, 16), law)).amount == Decimal("24011.4")


def test_nothing_that_is_no_file_is_read_as_a_reform(tmp_path):
    with pytest.raises(InputError, match="is no file"):
        reform.read(tmp_path / "none.yaml")


def test_a_list_without_codes_cannot_be_changed_by_code():
    with pytest.raises(InputError, match="no entry 'A'; entries are unnamed"):
        reform.laid_over([1, 2], {"A": 3}, "x")


def test_an_entry_changed_to_null_is_removed():
    base = [{"code": "A", "from": 1}, {"code": "B", "from": 2}]
    assert reform.laid_over(base, {"A": None}, "x") == [{"code": "B", "from": 2}]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (".nan", "'.nan' is no number"),
        ("-.inf", "'-.inf' is no number"),
        ("190:20:30.15", "is no number"),
        ("2026-02-30", "no day of the calendar"),
        ("9" * 5_000, "is no number"),
        ("[" * 100 + "]" * 100, "more than 40 deep"),
        ("{a: " * 5_000 + "1" + "}" * 5_000, "nesting depth"),
    ],
)
def test_what_no_law_can_hold_is_a_fault_of_the_file_with_its_place(tmp_path, value, named):
    text = f"about: a try\nchanges:\n  subsistence_minimum:\n    value: {value}\n"
    with pytest.raises(InputError, match="reform.yaml") as fault:
        reform.read(reform_file(tmp_path, text))
    assert named in str(fault.value)
    assert len(str(fault.value)) < 300
