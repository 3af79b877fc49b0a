"""A family that waits for a register keeps its earlier decision for as long as the policy says."""

import json
from datetime import date

import polars as pl
import pytest

from features.errors import InputError
from models.columns import SCORE_SCHEMA
from models.law.parameters import Law
from serving.commands import main
from serving.decisions import kept
from tests.features import data_sets

DAY = date(2027, 1, 15)
LAW = Law(DAY)


def decisions(day, rows):
    """Decisions of a day: household, category, and what it waits for, if for anything."""
    return pl.DataFrame(
        [
            dict.fromkeys(SCORE_SCHEMA)
            | {
                "household_id": household,
                "as_of": day,
                "category": category,
                "status": "review" if waits else "automatic",
                "review_reasons": [waits] if waits else [],
            }
            for household, category, waits in rows
        ],
        schema=SCORE_SCHEMA,
    )


@pytest.fixture
def before(tmp_path):
    def written(day, rows, name="before.parquet"):
        decisions(day, rows).write_parquet(tmp_path / name)
        return tmp_path / name

    return written


def keep(tmp_path, today, *paths):
    table = decisions(DAY, today)
    return kept.keep(table, kept.earlier(paths, LAW), tmp_path / "kept.parquet")


WAITS = "REGISTER_SILENT"


@pytest.mark.parametrize(
    ("decided_on", "keeps"),
    [
        (date(2026, 1, 15), False),  # twelve months to the day: no longer in force
        (date(2026, 1, 16), True),
        (date(2027, 1, 14), True),
    ],
)
def test_a_decision_is_kept_for_twelve_months(tmp_path, before, decided_on, keeps):
    kept_now = keep(tmp_path, [(1, 1, WAITS)], before(decided_on, [(1, 3, None)]))
    assert kept_now.table["household_id"].to_list() == ([1] if keeps else [])
    assert kept_now.summary()["without_earlier"] == (0 if keeps else 1)


def test_only_who_waits_for_a_register_keeps_and_only_what_was_in_force(tmp_path, before):
    earlier = before(
        date(2026, 6, 1),
        [(1, 3, None), (2, 4, None), (3, 1, WAITS), (4, 6, "CATEGORY_6_ADVERSE"), (5, 2, None)],
    )
    today = [
        (1, 1, WAITS),
        (2, 2, None),
        (3, 1, WAITS),
        (4, 1, WAITS),
        (5, 6, "CATEGORY_6_ADVERSE"),
    ]
    kept_now = keep(tmp_path, today, earlier)
    assert kept_now.table.rows() == [(1, 3, date(2026, 6, 1), date(2027, 6, 1))]
    assert pl.read_parquet(kept_now.out).equals(kept_now.table)
    assert kept_now.summary() == {
        "out": str(kept_now.out),
        "waiting": 3,
        "families": 1,
        "until": {"2027-06-01": 1},
        "without_earlier": 2,
    }


def test_of_several_days_the_newest_decision_in_force_is_kept(tmp_path, before):
    june = before(date(2026, 6, 1), [(1, 3, None)], "june.parquet")
    july = before(date(2026, 7, 1), [(1, 4, None)], "july.parquet")
    august = before(date(2026, 8, 1), [(1, 1, WAITS)], "august.parquet")
    for order in ((june, july, august), (august, july, june)):
        kept_now = keep(tmp_path, [(1, 1, WAITS)], *order)
        assert kept_now.table["category"].to_list() == [4]


def test_what_is_no_file_of_earlier_decisions_is_refused(tmp_path, before):
    with pytest.raises(InputError, match="decisions of 2027-01-15, which is no day before"):
        kept.earlier([before(DAY, [(1, 3, None)])], LAW)
    pl.DataFrame({"household_id": [1]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="has no column as_of, category, status"):
        kept.earlier([tmp_path / "other.parquet"], LAW)


def test_the_command_names_the_registers_waited_for_and_who_keeps_a_decision(
    tmp_path, monkeypatch, capsys, before
):
    """Three families of whom most registers are silent, with decisions of a month before."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    data = data_sets.write(tmp_path / "data")
    earlier = before(date(2025, 12, 1), [(1, 3, None), (2, 2, None), (3, 4, None)])
    words = ["score", str(data), "--model", "none", "--before", str(earlier)]
    out = tmp_path / "decisions.parquet"
    answers = {}
    for form in ([], ["--json"]):
        with pytest.raises(SystemExit) as left:
            main([*words, "--out", str(out), *form])
        assert left.value.code == 0
        answers[bool(form)] = capsys.readouterr().out
    summary = json.loads(answers[True])
    waiting = pl.read_parquet(out).filter(pl.col("review_reasons").list.contains(WAITS))
    assert summary["kept"]["waiting"] == waiting.height > 0
    assert max(summary["awaited_registers"].values()) == waiting.height
    for register, families in summary["awaited_registers"].items():
        line = f"to the keeper of {register}: families that wait for it: {families};"
        assert line in answers[False]
    kept_now = pl.read_parquet(tmp_path / "decisions.kept.parquet")
    assert kept_now["household_id"].equals(waiting["household_id"])
    assert f"keep an earlier decision ({waiting.height} until 2026-12-01)" in answers[False]
