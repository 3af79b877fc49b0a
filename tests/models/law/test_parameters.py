"""Every legal value on the days around its changes, and what happens to a faulty file."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import get_type_hints

import pytest

from features.catalogue import FEATURES
from features.errors import DeclarationError, InputError, ParameterNotInForce
from features.units import Span
from models.law.described import describe, every_edition
from models.law.files import LAW, SCHEMAS, cited_keys, read_law
from models.law.parameters import Law, each_once, in_force, parameters
from models.law.policy import Consequence
from models.learned.inputs import priced_by, subsistence
from tests.models.law.lawbook import amended

EVE = timedelta(days=1)
CHANGES = [
    pytest.param(parameter, number, id=f"{parameter.name}-{edition.since}")
    for parameter in parameters().values()
    for number, edition in enumerate(parameter.editions)
]


def tells(parameter, day, edition):
    """Compare what the law of a day answers with an edition; none, or none that still holds: an error."""
    law, name = Law(day), parameter.name
    if edition is None:
        first = parameter.editions[0].since
        with pytest.raises(ParameterNotInForce, match=f"{name} has no value.*starts {first}"):
            law.edition(name)
    elif not edition.covers(day) or (edition.value is None and not edition.values):
        assert not law.has(name)
        with pytest.raises(ParameterNotInForce, match=f"{name} has no value on {day}"):
            law.edition(name)
    elif edition.values:
        assert {key: law.of(name, key) for key in edition.values} == edition.values
    else:
        assert getattr(law, name) == float(edition.value)
        assert law.cite(name).edition is edition


def ends(parameter, number):
    return parameter.editions[number].until is not None


# In force | ПМ | МРП | МЗП | 70 % of ПМ | 4 ПМ: the table of the domain's facts, section 3.
YEARS = [
    (date(2019, 1, 1), 29_698, 2_525, 42_500, 20_789, 118_792),
    (date(2020, 1, 1), 31_183, 2_651, 42_500, 21_828, 124_732),
    (date(2020, 4, 1), 32_668, 2_778, 42_500, 22_868, 130_672),
    (date(2021, 1, 1), 34_302, 2_917, 42_500, 24_011, 137_208),
    (date(2022, 1, 1), 36_018, 3_063, 60_000, 25_213, 144_072),
    (date(2022, 4, 1), 37_389, 3_180, 60_000, 26_172, 149_556),
    (date(2023, 1, 1), 40_567, 3_450, 70_000, 28_397, 162_268),
    (date(2024, 1, 1), 43_407, 3_692, 85_000, 30_385, 173_628),
    (date(2025, 1, 1), 46_228, 3_932, 85_000, 32_360, 184_912),
    (date(2026, 1, 1), 50_851, 4_325, 85_000, 35_596, 203_404),
]


@pytest.mark.parametrize(("day", "minimum", "index", "wage", "seventy", "four"), YEARS)
def test_the_values_of_each_year_stand_from_their_day(day, minimum, index, wage, seventy, four):
    law = Law(day)
    assert law.subsistence_minimum == minimum
    assert law.monthly_calculation_index == index
    assert law.minimum_wage == wage
    assert law.amount(Decimal("0.7"), "subsistence_minimum") == seventy
    assert law.amount(4, "subsistence_minimum") == four


@pytest.mark.parametrize(
    ("eve", "after"), [(YEARS[n][0], YEARS[n + 1][0]) for n in range(len(YEARS) - 1)]
)
def test_on_the_eve_of_a_change_the_old_minimum_still_stands(eve, after):
    assert Law(after - EVE).subsistence_minimum == Law(eve).subsistence_minimum
    assert Law(after).subsistence_minimum != Law(after - EVE).subsistence_minimum


@pytest.mark.parametrize(("parameter", "number"), CHANGES)
def test_every_edition_begins_on_its_own_day_and_not_on_its_eve(parameter, number):
    edition = parameter.editions[number]
    tells(parameter, edition.since, edition)
    tells(parameter, edition.since - EVE, parameter.editions[number - 1] if number else None)


@pytest.mark.parametrize(("parameter", "number"), [c for c in CHANGES if ends(*c.values)])
def test_what_holds_for_a_time_holds_on_its_last_day_and_not_on_the_next(parameter, number):
    edition = parameter.editions[number]
    tells(parameter, edition.until, edition)
    follows = parameter.editions[number + 1 :]
    after = edition.until + EVE
    tells(parameter, after, follows[0] if follows and follows[0].since == after else edition)


def test_a_statistic_of_august_is_none_of_september():
    august = Law(date(2024, 8, 31))
    assert august.subsistence_minimum_actual == 55_731
    september = Law(date(2024, 9, 1))
    assert not september.has("subsistence_minimum_actual")
    with pytest.raises(ParameterNotInForce, match="2024-08-31"):
        _ = september.subsistence_minimum_actual


@pytest.mark.parametrize(("parameter", "number"), CHANGES)
def test_every_edition_cites_an_act_on_file_and_admits_what_is_not_confirmed(parameter, number):
    edition = parameter.editions[number]
    assert edition.source.act in cited_keys(read_law().acts)
    assert edition.source.url or edition.assumed
    assert edition.doubt or not edition.assumed


@pytest.mark.parametrize(
    ("instant", "minimum"),
    [
        (datetime(2025, 12, 31, 18, 59, 59, tzinfo=UTC), 46_228),  # 23:59:59 in Almaty
        (datetime(2025, 12, 31, 19, 0, 0, tzinfo=UTC), 50_851),  # midnight: the new law
        (datetime(2022, 12, 31, 17, 59, 59, tzinfo=UTC), 37_389),  # six hours ahead until 2024
        (datetime(2022, 12, 31, 18, 0, 0, tzinfo=UTC), 40_567),
    ],
)
def test_the_new_year_begins_in_almaty_not_in_greenwich(instant, minimum):
    assert Law(instant).subsistence_minimum == minimum


def test_a_moment_without_a_time_zone_has_no_law():
    with pytest.raises(InputError, match="time zone"):
        Law(datetime(2026, 1, 1, 0, 0))


def test_asking_before_the_first_edition_is_an_error_that_says_what_to_do():
    with pytest.raises(ParameterNotInForce, match=r"starts 2019-01-01\. Add the edition"):
        _ = Law(date(2018, 12, 31)).subsistence_minimum


def test_a_repealed_value_is_an_error_from_its_day_on(tmp_path):
    def repeal(content):
        source = content["editions"][0]["source"]
        content["editions"].append(
            {"since": date(2026, 7, 1), "value": None, "assumed": False, "source": source}
        )

    folder = amended(tmp_path, "cars_without_question.yaml", repeal)
    assert Law(date(2026, 6, 30), folder).cars_without_question == 1
    with pytest.raises(ParameterNotInForce, match="it was repealed"):
        _ = Law(date(2026, 7, 1), folder).cars_without_question
    assert not Law(date(2026, 7, 1), folder).has("cars_without_question")


def test_a_value_the_law_does_not_know_is_no_attribute():
    with pytest.raises(AttributeError, match="knows no parameter 'subsistance_minimum'"):
        _ = Law(date(2026, 1, 1)).subsistance_minimum
    with pytest.raises(DeclarationError, match="knows no parameter"):
        Law(date(2026, 1, 1)).edition("subsistance_minimum")


@pytest.mark.parametrize(
    ("multiple", "day", "tenge"),
    [
        (Decimal("0.7"), date(2025, 1, 1), 32_360),  # 32 359.6
        (Decimal("0.5"), date(2022, 4, 1), 18_695),  # 18 694.5: a half goes up
        (Decimal("0.5"), date(2026, 1, 1), 25_426),  # 25 425.5: up again, not to the even
        (Decimal("0.15"), date(2021, 1, 1), 5_145),  # 5 145.3
        (2, date(2025, 1, 1), 92_456),
    ],
)
def test_shares_of_the_minimum_are_rounded_once_with_halves_up(multiple, day, tenge):
    assert Law(day).amount(multiple, "subsistence_minimum") == tenge


def test_a_quarter_that_straddles_the_new_year_is_priced_month_by_month():
    law = Law(date(2026, 3, 1))
    assert subsistence(Span.QUARTER, law) == 46_228 + 2 * 50_851
    cited = each_once(priced_by(Span.QUARTER, law))
    assert [c.edition.since for c in cited] == [date(2025, 1, 1), date(2026, 1, 1)]


def test_april_of_2022_was_dearer_than_march():
    law = Law(date(2022, 5, 1))
    assert subsistence(Span.QUARTER, law) == 2 * 36_018 + 37_389


def test_a_citation_names_the_value_and_the_edition_of_its_day():
    law = Law(date(2026, 3, 1))
    own, before = (
        law.cite("subsistence_minimum"),
        law.cite("subsistence_minimum", date(2025, 12, 1)),
    )
    assert (own.name, own.edition.since, own.edition.number) == (
        "subsistence_minimum",
        date(2026, 1, 1),
        50_851,
    )
    assert (before.edition.since, before.edition.number) == (date(2025, 1, 1), 46_228)
    assert Law(date(2025, 9, 1)).cite("hidden_income_materiality").edition.assumed


def test_what_is_cited_twice_is_named_once_by_its_first_day():
    law = Law(date(2026, 3, 1))
    in_january = law.cite("subsistence_minimum", date(2026, 1, 31))  # of the same year
    of_2025 = law.cite("subsistence_minimum", date(2025, 12, 31))
    cited = each_once([law.cite("subsistence_minimum"), of_2025, in_january])
    assert [c.edition.since for c in cited] == [date(2025, 1, 1), date(2026, 1, 1)]


def test_an_edition_without_a_single_value_says_so():
    law = Law(date(2024, 8, 1))
    table = law.edition("subsistence_minimum_actual_regional")
    with pytest.raises(DeclarationError, match="a table of amounts"):
        _ = table.number


def test_what_the_law_declares_to_readers_is_what_the_files_hold():
    declared = {n: t for n, t in get_type_hints(Law).items() if t in (int, float)}
    assert declared.keys() <= parameters().keys()
    for name, kind in declared.items():
        assert all(
            isinstance(getattr(Law(e.since), name), kind) for e in parameters()[name].editions
        )


def test_one_law_has_one_version_and_every_change_a_new_one():
    assert Law(date(2026, 3, 1)).version == Law(date(2026, 12, 31)).version
    assert Law(date(2026, 1, 1)).version.startswith("law-2026-01-01-")
    days = {e.since for p in parameters().values() for e in p.editions} | {date(2025, 5, 21)}
    days |= {e.until + EVE for p in parameters().values() for e in p.editions if e.until}
    for day in days - {date(2019, 1, 1)}:
        assert Law(day).version != Law(day - EVE).version, day


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("subsistence_minimum.yaml", lambda c: c["editions"][-2].update(value=46_229)),
        ("hard_rule.yaml", lambda c: c["editions"][0].update(combinator="any")),
        ("decision_policy.yaml", lambda c: c["editions"][0].update(policy="assisted")),
        ("red_flags.yaml", lambda c: c["flags"].pop()),
        ("scorecards/pilot_2025.yaml", lambda c: c["categories"][1].update({"from": 71})),
    ],
    ids=["an older value", "the hard rule", "the policy", "a red flag", "a cut-off"],
)
def test_whatever_may_change_a_decision_changes_the_version(tmp_path, file, change):
    folder = amended(tmp_path, file, change)
    assert Law(date(2026, 1, 1), folder).version != Law(date(2026, 1, 1)).version


def test_that_a_lawyer_checked_a_value_changes_no_version(tmp_path):
    def checked(content):
        content["editions"][-1]["source"]["checked"] = date(2026, 2, 2)
        content["editions"][-1]["doubt"] = "none left"

    folder = amended(tmp_path, "subsistence_minimum.yaml", checked)
    assert Law(date(2026, 1, 1), folder).version == Law(date(2026, 1, 1)).version


def test_the_files_are_read_once(tmp_path):
    folder = tmp_path / "law"
    shutil.copytree(LAW, folder)
    assert Law(date(2026, 1, 1), folder).subsistence_minimum == 50_851
    shutil.rmtree(folder)
    assert Law(date(2025, 1, 1), folder).minimum_wage == 85_000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(valeu=1), "valeu"),
        (lambda c: c["editions"][0].update(vlaue=1), "vlaue"),
        (lambda c: c["editions"][0]["source"].pop("checked"), "'checked' is a required property"),
        (lambda c: c["editions"][0].update(since="2019-01-01"), "is not of type 'date'"),
        (lambda c: c["editions"][0].update(value="29 698"), "is not of type 'number'"),
        (lambda c: c["editions"].reverse(), "oldest first"),
        (lambda c: c["editions"].append(c["editions"][-1]), "oldest first"),
        (lambda c: c["editions"][0]["source"].update(act="budget-1919"), "budget-1919"),
        (lambda c: c["editions"][0].pop("value"), "is not valid under any of the given schemas"),
        (lambda c: c["editions"][0].update(values={"47": 1}), "valid under each of"),
        (lambda c: c["editions"][0].update(until=date(2020, 1, 1)), "before the next one begins"),
        (lambda c: c["editions"][-1].update(until=date(2025, 1, 1)), "before the next one begins"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place_of_the_fault(tmp_path, change, says):
    folder = amended(tmp_path, "subsistence_minimum.yaml", change)
    with pytest.raises(DeclarationError, match=says):
        _ = Law(date(2026, 1, 1), folder).subsistence_minimum


@pytest.mark.parametrize("schema", sorted(p.stem for p in SCHEMAS.glob("*.json")))
def test_no_file_of_the_law_may_hold_a_key_its_schema_does_not_know(schema):
    """Every object of every schema is closed, or says what its free keys are."""

    def objects(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for inner in node.values():
                yield from objects(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from objects(inner)

    nodes = list(objects(json.loads((SCHEMAS / f"{schema}.json").read_text("utf-8"))))
    assert nodes
    for node in nodes:
        is_note = node.get("description", "").endswith("a note, no law")
        assert is_note or node.get("additionalProperties", True) is not True, node


@pytest.mark.parametrize(
    "file",
    ["decision_policy.yaml", "hard_rule.yaml", "targeted_assistance.yaml", "minimum_wage.yaml"],
)
def test_an_unknown_key_is_refused_in_every_file_and_edition(tmp_path, file):
    def typo(content):
        content["editions"][-1]["asumed"] = True

    with pytest.raises(DeclarationError, match=f"{file}.*asumed"):
        read_law(amended(tmp_path, file, typo))


def test_the_statistics_bureau_publishes_another_minimum_than_the_budget_law():
    law = Law(date(2025, 8, 15))
    assert law.subsistence_minimum == 46_228
    assert law.subsistence_minimum_actual == 62_180
    assert law.of("subsistence_minimum_actual_regional", "47") == 73_276  # Mangystau
    assert law.of("subsistence_minimum_actual_regional", "35") == 60_342  # Karaganda


def test_a_region_without_an_amount_is_an_error_that_names_those_on_file():
    law = Law(date(2025, 10, 1))
    with pytest.raises(InputError, match=r"region '43'; on file are 47, 63, 71\. Add it"):
        law.of("subsistence_minimum_actual_regional", "43")


def test_a_region_that_kato_does_not_know_is_refused(tmp_path):
    def astray(content):
        content["editions"][0]["values"]["99"] = 60_000

    folder = amended(tmp_path, "subsistence_minimum_actual_regional.yaml", astray)
    with pytest.raises(DeclarationError, match="99 is no region"):
        parameters(folder)


def test_a_table_without_the_meaning_of_its_keys_is_refused(tmp_path):
    folder = amended(tmp_path, "housing_aid_norms.yaml", lambda c: c.pop("by"))
    with pytest.raises(DeclarationError, match="`by` goes with `values`"):
        parameters(folder)


def test_the_benefit_of_a_large_family_agrees_with_the_published_amounts():
    law = Law(date(2025, 6, 1))
    tenge = {
        children: ceil(Decimal(law.of("large_family_benefit", children)) * 3_932)
        for children in ("4", "5", "6", "7")
    }
    assert tenge == {"4": 63_030, "5": 78_798, "6": 94_565, "7": 110_332}
    assert law.amount(4, "monthly_calculation_index") == 15_728  # each of eight and more
    assert ceil(Decimal("16.03") * Law(date(2026, 1, 1)).monthly_calculation_index) == 69_330


def test_a_key_given_twice_is_refused_not_silently_replaced(tmp_path):
    shutil.copytree(LAW, tmp_path / "law")
    path = tmp_path / "law" / "minimum_wage.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "unit: USD\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="given twice: unit"):
        _ = Law(date(2026, 1, 1), tmp_path / "law").minimum_wage


def test_a_folder_without_acts_is_refused(tmp_path):
    shutil.copytree(LAW, tmp_path / "law")
    (tmp_path / "law" / "acts.yaml").unlink()
    with pytest.raises(DeclarationError, match=r"acts\.yaml is missing"):
        _ = Law(date(2026, 1, 1), tmp_path / "law").minimum_wage


def test_the_policy_keeps_category_6_to_the_hard_rule_and_the_model_to_advice():
    policy = Law(date(2026, 1, 1)).policy
    assert (policy.policy, policy.category_6_by_score) == ("advisory", False)
    assert policy.of("HIDDEN_INCOME_MATERIAL") is Consequence.FOLLOW_UP
    with pytest.raises(ParameterNotInForce, match="decision_policy"):
        _ = Law(date(2025, 5, 20)).policy


def test_a_policy_that_names_no_card_on_file_is_refused(tmp_path):
    folder = amended(
        tmp_path, "decision_policy.yaml", lambda c: c["editions"][-1].update(scorecard="card_1900")
    )
    with pytest.raises(DeclarationError, match="card_1900"):
        _ = Law(date(2026, 1, 1), folder).scorecard


def test_every_feature_leans_on_an_act_on_file():
    known = cited_keys(read_law().acts)
    assert {f.basis for f in FEATURES.values()} <= known


def test_the_law_of_a_day_can_be_read_whole():
    entries = describe(date(2026, 1, 1))
    assert json.loads(json.dumps(entries)) == entries
    by_kind = {}
    for entry in entries:
        by_kind.setdefault(entry["kind"], []).append(entry["name"])
    in_force = [name for name, p in parameters().items() if p.in_force(date(2026, 1, 1))]
    assert by_kind["parameter"] == sorted(in_force)
    assert "subsistence_minimum_actual" not in in_force  # November 2025 says nothing of January
    assert by_kind["targeted_assistance"] == ["targeted_assistance"]
    assert by_kind["policy"] == ["advisory"]
    assert by_kind["hard_rule"] == ["category_6"]
    assert by_kind["scorecard"] == ["pilot_2025"]
    assert len(by_kind["red_flag"]) == 6
    assert by_kind["act"] == list(read_law().acts)
    minimum = next(e for e in entries if e["name"] == "subsistence_minimum")
    assert (minimum["value"], minimum["since"], minimum["assumed"]) == (50_851, "2026-01-01", False)
    assert minimum["source"]["title"]["ru"].startswith("Закон о республиканском бюджете")


def test_before_the_pilot_there_are_values_but_no_card_and_no_rule():
    kinds = {entry["kind"] for entry in describe(date(2025, 5, 20))}
    assert kinds == {"parameter", "act", "right", "targeted_assistance"}


def test_every_edition_can_be_listed():
    editions = every_edition()
    assert json.loads(json.dumps(editions)) == editions
    assert len(editions) == sum(len(p.editions) for p in parameters().values())


def test_a_law_names_itself_by_its_day_alone():
    assert repr(Law(date(2026, 1, 1))) == "Law(2026-01-01)"


def test_without_a_minimum_on_file_the_line_of_assistance_is_shown_as_not_told(tmp_path):
    def begins_later(content):
        content["editions"] = [content["editions"][0] | {"since": date(2020, 1, 1)}]

    folder = amended(tmp_path, "subsistence_minimum.yaml", begins_later)
    by_kind = {e["kind"]: e for e in describe(date(2019, 6, 1), folder)}
    assert by_kind["targeted_assistance"]["line_of_the_country"] is None
    known = {e["kind"]: e for e in describe(date(2019, 6, 1))}
    assert known["targeted_assistance"]["line_of_the_country"]["amount"] > 0


def test_the_meaning_of_keys_without_a_table_is_refused(tmp_path):
    folder = amended(tmp_path, "minimum_wage.yaml", lambda c: c.update(by="region"))
    with pytest.raises(DeclarationError, match="`by` goes with `values`"):
        parameters(folder)


def test_a_rule_asked_for_before_its_first_edition_names_the_first_one():
    editions = Law(date(2026, 1, 1)).files.rules["targeted_assistance"]["editions"]
    assert len(editions) > 2
    with pytest.raises(ParameterNotInForce, match="2019-01-01"):
        in_force("targeted_assistance", editions, date(2018, 12, 31))


def test_a_card_is_on_file_from_its_first_day_and_not_on_its_eve():
    eve, day = Law(date(2025, 5, 20)), Law(date(2025, 5, 21))
    assert ("pilot_2025" in eve.cards, "pilot_2025" in day.cards) == (False, True)
    assert "pilot_2025" in Law(date(2026, 3, 1)).cards
    assert day.card("pilot_2025")["since"] == day.day
    with pytest.raises(ParameterNotInForce, match="2025-05-21"):
        eve.card("pilot_2025")
    with pytest.raises(DeclarationError, match="no scorecard 'pilot_2026'"):
        day.card("pilot_2026")
