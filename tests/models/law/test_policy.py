"""What a reason to look at a family leads to, and which policies are refused when they are read."""

from datetime import date

import pytest

from features.catalogue import FEATURES
from features.errors import DeclarationError
from features.registers.declared import SCORING
from models.law.files import LAW
from models.law.lines import line_of
from models.law.parameters import Law
from models.law.policy import Consequence
from models.reasons.wording import papers
from tests.models.law.lawbook import amended

LAST_OF_ALL_WAITING = date(2025, 12, 31)
FIRST_OF_THREE_CONSEQUENCES = date(2026, 1, 1)
POLICY = "decision_policy.yaml"


def consequence(code, day=FIRST_OF_THREE_CONSEQUENCES, *, red_flag=False):
    return Law(day).policy.of(code, red_flag=red_flag)


@pytest.mark.parametrize(
    ("code", "leads_to"),
    [
        ("NO_MEMBERS", Consequence.WAIT),
        ("CATEGORY_6_ADVERSE", Consequence.WAIT),
        ("REGISTER_SILENT", Consequence.WAIT),
        ("NO_ADULT", Consequence.WAIT),
        ("VALUE_UNKNOWN", Consequence.FOLLOW_UP),
        ("HIDDEN_INCOME_MATERIAL", Consequence.FOLLOW_UP),
        ("CATEGORY_DEPENDS_ON_UNKNOWN", None),
    ],
)
def test_each_reason_has_one_consequence(code, leads_to):
    assert consequence(code) is leads_to


def test_a_red_flag_without_an_entry_of_its_own_leads_to_what_red_flags_do():
    assert consequence("MORE_THAN_ONE_CAR", red_flag=True) is Consequence.FOLLOW_UP
    assert consequence("MORE_THAN_ONE_CAR") is None


def test_on_the_last_day_of_the_first_edition_everything_that_asks_waits():
    before = Law(LAST_OF_ALL_WAITING).policy
    assert set(before.consequences.values()) == {Consequence.WAIT}
    assert before.of("MORE_THAN_ONE_CAR", red_flag=True) is Consequence.WAIT
    assert (before.worth, before.kept_months) == (None, 0)


def test_what_is_awaited_and_what_a_paper_settles_are_registers_and_features_with_names():
    policy = Law(FIRST_OF_THREE_CONSEQUENCES).policy
    assert policy.awaited_registers <= {register.name for register in SCORING}
    assert policy.papers.keys() <= FEATURES.keys()
    assert set(policy.papers.values()) == papers().keys()


def refused(tmp_path, change):
    folder = amended(tmp_path, POLICY, lambda c: change(c["editions"][-1]["consequences"]))
    with pytest.raises(DeclarationError) as refusal:
        _ = Law(FIRST_OF_THREE_CONSEQUENCES, folder).policy
    line = int(str(refusal.value).split("line ")[1].split(":")[0])
    return str(refusal.value), (folder / POLICY).read_text("utf-8").splitlines()[line - 1]


def of(consequences, code):
    return next(entry for entry in consequences if entry["reason"] == code)


@pytest.mark.parametrize("instead", ["follow_up", "information"])
def test_an_adverse_effect_without_waiting_is_refused_with_its_line(tmp_path, instead):
    words, line = refused(
        tmp_path, lambda c: of(c, "CATEGORY_6_ADVERSE").update(consequence=instead)
    )
    assert "must wait" in words
    assert "CATEGORY_6_ADVERSE" in line or line.strip().startswith("-")


def test_an_adverse_effect_that_is_not_named_is_refused(tmp_path):
    words, line = refused(tmp_path, lambda c: c.remove(of(c, "CATEGORY_6_ADVERSE")))
    assert "must wait" in words
    assert "consequences" in line


@pytest.mark.parametrize("code", ["RED_FLAG", "VALUE_UNKNOWN", "HIDDEN_INCOME_MATERIAL"])
def test_a_look_that_would_delay_a_family_in_need_is_refused(tmp_path, code):
    words, _ = refused(tmp_path, lambda c: of(c, code).update(consequence="wait"))
    assert f"{code} may not wait" in words


def test_a_reason_that_nobody_knows_is_refused(tmp_path):
    words, _ = refused(tmp_path, lambda c: of(c, "NO_ADULT").update(reason="NO_ADULTS"))
    assert "NO_ADULTS is no reason that decisions know" in words


def test_a_reason_named_twice_is_refused(tmp_path):
    words, _ = refused(tmp_path, lambda c: c.append(dict(of(c, "NO_ADULT"))))
    assert "NO_ADULT is named twice" in words


def test_an_older_form_after_the_newer_is_refused(tmp_path):
    def back(content):
        newest = dict(content["editions"][0], since=date(2026, 6, 1))
        content["editions"].append(newest)

    folder = amended(tmp_path, POLICY, back)
    with pytest.raises(DeclarationError, match="needs `consequences`"):
        _ = Law(FIRST_OF_THREE_CONSEQUENCES, folder).policy


def test_a_place_has_the_line_that_an_editor_shows():
    lines = (LAW / POLICY).read_text("utf-8").splitlines()
    line = line_of(LAW / POLICY, ("editions", 1, "worth", "burden"))
    assert lines[line - 1].strip().startswith("burden:")
