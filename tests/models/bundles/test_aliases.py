"""Which version was live when: every move is kept under the signature, none is rewritten."""

import json
from datetime import UTC, date, datetime

import pytest

from features.errors import InputError, NoSuchModel
from models.bundles import aliases, signing
from models.bundles.home import Home

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, 9, tzinfo=UTC) for month in (1, 2, 3))


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def promoted(home, version, when, name="champion", override=None):
    return aliases.write(home, name, version, version * 4, override=override, when=when)


def versions_at(home, *moments, name="champion"):
    moves = (aliases.live_at(home, moment, name) for moment in moments)
    return [None if move is None else move.version for move in moves]


def test_a_day_before_the_first_promotion_has_no_version(home):
    assert versions_at(home, JANUARY) == [None]
    promoted(home, "1", JANUARY)
    assert aliases.live_at(home, datetime(2025, 12, 31, tzinfo=UTC)) is None


def test_the_version_of_a_moment_is_the_last_one_promoted_by_then(home):
    promoted(home, "1", JANUARY, override="demonstration")
    promoted(home, "2", MARCH)
    just_before = datetime(2026, 3, 1, 8, 59, 59, tzinfo=UTC)
    assert versions_at(home, JANUARY, FEBRUARY, just_before, MARCH) == ["1", "1", "1", "2"]
    assert aliases.live_at(home, FEBRUARY).override == "demonstration"
    assert versions_at(home, MARCH, name="challenger") == [None]


def test_a_moment_without_a_zone_is_read_as_utc(home):
    promoted(home, "1", JANUARY)
    assert versions_at(home, datetime(2026, 1, 1, 9)) == ["1"]
    assert aliases.live_at(home, datetime(2026, 1, 1, 8)) is None


def test_a_champion_taken_back_runs_on_in_shadow_and_rules_answer_alone(home):
    promoted(home, "1", JANUARY, override="demonstration")
    after = aliases.retire(home, " the random arm crossed its line ", FEBRUARY)
    assert aliases.read(home) == after
    assert "champion" not in after.names
    assert after.names["challenger"].version == "1"
    assert after.names["challenger"].override == "demonstration"
    gone = after.retired("champion")
    assert (gone.version, gone.reason) == (None, "the random arm crossed its line")
    assert versions_at(home, JANUARY, FEBRUARY) == ["1", None]
    assert aliases.live_at(home, FEBRUARY) == gone
    assert versions_at(home, JANUARY, FEBRUARY, name="challenger") == [None, "1"]


def test_a_persons_word_stays_with_the_version_whatever_becomes_of_its_name(home):
    promoted(home, "1", JANUARY, override="demonstration")
    promoted(home, "2", FEBRUARY)  # every gate said yes
    promoted(home, "1", MARCH, name="challenger", override="a second look")
    standing = aliases.read(home)
    first, second = (standing.standing(version, version * 4) for version in ("1", "2"))
    assert first.override == "demonstration; a second look"
    assert (set(first.names), set(second.names)) == ({"challenger"}, {"champion"})
    assert second.override is None


def test_a_version_of_the_same_number_but_other_bytes_has_nobodys_word(home):
    promoted(home, "1", JANUARY, override="demonstration")
    standing = aliases.read(home).standing("1", "other bytes")
    assert (standing.override, standing.names) == (None, {})


def test_another_challenger_is_not_displaced(home):
    promoted(home, "1", JANUARY)
    promoted(home, "2", JANUARY, name="challenger")
    assert aliases.retire(home, "drift", FEBRUARY).names["challenger"].version == "2"


def test_a_challenger_can_be_taken_back_as_well(home):
    promoted(home, "1", JANUARY)
    promoted(home, "2", JANUARY, name="challenger")
    after = aliases.retire(home, "no better", FEBRUARY, name="challenger")
    assert set(after.names) == {"champion"}
    assert after.retired("challenger").reason == "no better"


def test_a_later_promotion_ends_the_retirement(home):
    promoted(home, "1", JANUARY)
    aliases.retire(home, "drift", FEBRUARY)
    after = promoted(home, "2", MARCH)
    assert after.retired("champion") is None
    assert versions_at(home, JANUARY, FEBRUARY, MARCH) == ["1", None, "2"]
    assert after.sequence == 3


@pytest.mark.parametrize(
    ("name", "reason", "kind"),
    [
        ("champion", "  ", InputError),
        ("challenger", "drift", NoSuchModel),
    ],
)
def test_taking_back_needs_a_reason_and_a_version(home, name, reason, kind):
    before = promoted(home, "1", JANUARY)
    with pytest.raises(kind):
        aliases.retire(home, reason, FEBRUARY, name=name)
    assert aliases.read(home) == before


def test_an_edited_history_is_refused(home):
    promoted(home, "1", JANUARY)
    path = home.bundles / "aliases.json"
    path.write_text(path.read_text().replace("2026-01-01", "2025-01-01"))
    with pytest.raises(NoSuchModel, match="not signed"):
        aliases.live_at(home, JANUARY)


def test_aliases_of_before_the_history_was_kept_tell_since_when_they_stand(home):
    promoted(home, "1", JANUARY)
    path = home.bundles / "aliases.json"
    old_aliases = json.loads(path.read_text())
    del old_aliases["history"]
    content = json.dumps(old_aliases).encode()
    path.write_bytes(content)
    signing.sign(content, path.with_suffix(".sig"), home.signing_key())
    assert versions_at(home, FEBRUARY) == ["1"]
    assert [move.version for move in promoted(home, "2", MARCH).history] == ["1", "2"]


def test_the_command_says_which_version_was_live_on_a_day(home, monkeypatch, capsys):
    from serving.commands import main

    promoted(home, "1", JANUARY)
    aliases.retire(home, "drift", FEBRUARY)
    monkeypatch.setenv("TARAZY_HOME", str(home.root))

    def models_command(*words):
        with pytest.raises(SystemExit) as left:
            main(["models", "--json", *words])
        assert left.value.code == 0
        return json.loads(capsys.readouterr().out)

    assert [m["version"] for m in models_command()["history"]] == ["1", None, "1"]
    on = models_command("--on", str(date(2026, 1, 1)))["history"]
    assert [(m["name"], m["version"]) for m in on] == [("champion", "1")]
    assert models_command("--on", "2026-02-01")["history"][0]["reason"] == "drift"
    assert models_command("--on", "2025-12-31")["history"] == []
