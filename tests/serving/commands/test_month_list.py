"""`tarazy draw --follow-ups` as its users meet it: whom a person looks at this month, and why."""

import json
from datetime import date

import polars as pl
import pytest

from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from serving.commands import main
from training.population import simulate

AS_OF = date(2026, 1, 1)


@pytest.fixture(scope="module")
def snap(tmp_path_factory):
    """A country of eight hundred families, in which a tenth of the adults' education is unknown."""
    folder = tmp_path_factory.mktemp("months")
    simulate(folder / "data", households=800, seed=11, as_of=AS_OF)
    persons = folder / "data" / "persons" / "part-00000.parquet"
    pl.read_parquet(persons).with_columns(
        education=pl.when(pl.col("person_id") % 10 > 0).then("education")
    ).write_parquet(persons)
    make(open_data_set(folder / "data"), AS_OF, folder / "snap")
    return folder / "snap"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process, without a model: exit code, answer, what was said."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main(["draw", "--unsigned", *map(str, words)])
        printed = capsys.readouterr()
        return left.value.code, printed.out, printed.err

    return call


LIST = ("--follow-ups", "--model", "none", "--out", "list.parquet")
AGAIN = ("--replay", "list.parquet", "--reveal", "list.seed.json")


def test_a_list_is_made_proved_and_asked_about(run, snap, tmp_path):
    code, out, err = run(snap, *LIST, "--capacity", "10%", "--json")
    assert code == 0, err
    answer, shown = json.loads(out), pl.read_parquet(tmp_path / "list.parquet")
    assert shown.columns == [
        "household_id",
        "arm",
        "probability",
        "region",
        "settlement",
        "reasons",
        "worth",
        "position",
        "why_now",
    ]
    assert answer["design"]["listed"] == shown.height > 0
    assert answer["design"]["arms"]["follow_up"] > 0
    for region in answer["design"]["regions"]:
        taken = region["random"] + region["learning"] + region["follow_up"]
        assert taken <= region["capacity"] <= 0.1 * region["families"]
    assert not any(str(key) in out for key in shown["household_id"])

    code, out, _ = run(snap, *AGAIN)
    assert (code, f"Identical: {shown.height} families" in out) == (0, True)

    first = shown.filter(arm="follow_up").row(0, named=True)
    listed = ("--replay", "list.parquet", "--explain")  # whoever asks needs no seed
    code, out, _ = run(snap, *listed, first["household_id"], "--json")
    why = json.loads(out)["explained"]
    assert (code, why["because"], why["why"]) == (0, "listed", first["why_now"])
    assert "VALUE_UNKNOWN" in why["why"]
    everybody = pl.read_parquet(snap / "part-00000" / "households.parquet")["household_id"]
    other = next(key for key in everybody if key not in set(shown["household_id"]))
    code, out, _ = run(snap, *listed, other, "--json")
    assert json.loads(out)["explained"]["because"] in {"not_asked", "no_room", "waits_for_a_person"}


def test_a_touched_list_is_noticed_and_leaves_nobody_out(run, snap, tmp_path):
    run(snap, *LIST, "--capacity", "10%")
    pl.read_parquet(tmp_path / "list.parquet").slice(1).write_parquet(tmp_path / "list.parquet")
    code, out, _ = run(snap, *AGAIN, "--json")
    assert (code, json.loads(out)["families"]["left_out"]) == (1, 1)
    code, _, err = run(snap, *LIST[:-1], "next.parquet", "--looked", "list.parquet")
    assert (code, "--looked list.parquet: The list is not the one" in err) == (1, True)
    assert not (tmp_path / "next.parquet").exists()


def test_whom_an_earlier_list_names_is_not_listed_again_and_the_proof_needs_that_list(
    run, snap, tmp_path
):
    run(snap, *LIST, "--capacity", "10%", "--random-share", 0)
    again = ("--looked", "list.parquet", "--capacity", "10%", "--random-share", 0)
    code, out, _ = run(snap, *LIST[:-1], "next.parquet", *again)
    assert (code, "were listed before for the same reasons" in out) == (0, True)
    first, then = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("list", "next"))
    taken = first.filter(pl.col("reasons").list.len() > 0)["household_id"]
    assert set(taken).isdisjoint(then["household_id"])
    replay = ("--replay", "next.parquet", "--reveal", "next.seed.json")
    code, out, _ = run(snap, *replay)
    assert (code, "by --looked" in out) == (1, True)
    assert run(snap, *replay, "--looked", "list.parquet")[0] == 0
    why = ("--replay", "next.parquet", "--looked", "list.parquet", "--explain", taken[0])
    code, out, _ = run(snap, *why)
    assert (code, "listed on 2026-01-01 for the same reasons" in out) == (0, True)


def test_without_a_capacity_it_is_the_laws_and_a_file_gives_each_region_its_own(
    run, snap, tmp_path
):
    _, out, _ = run(snap, *LIST, "--json")
    regions = json.loads(out)["design"]["regions"]
    # 2 % of each region's families, whole
    assert [r["capacity"] for r in regions] == [int(r["families"] * 2 // 100) for r in regions]
    lines = [f"{each['region']},3" for each in regions]
    (tmp_path / "room.csv").write_text("\n".join(["region,visits", *lines]) + "\n")
    words = (*LIST[:-1], "own.parquet", "--capacities", "room.csv", "--json")
    _, out, _ = run(snap, *words)
    assert {each["capacity"] for each in json.loads(out)["design"]["regions"]} == {3}
    (tmp_path / "room.csv").write_text("\n".join(["region,visits", *lines[1:]]) + "\n")
    code, _, err = run(snap, *words[:3], "--out", "other.parquet", "--capacities", "room.csv")
    assert (code, "no capacity is given" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        ((*LIST, "--report", "page"), "--report cannot stand with --follow-ups", 2),
        ((*LIST, "--random-least", "3"), "--random-least cannot stand with", 2),
        (("--capacity", "9", "--out", "l.parquet", "--learn", "X"), "--learn cannot stand", 2),
        (("--follow-ups",), "A draw needs --out", 2),
        ((*LIST, "--capacity", "9", "--capacities", "r.csv"), "at most one of them", 2),
        ((*LIST, "--learn", "NO_FLAG"), "NO_FLAG is no red flag of 2026-01-01; there are", 1),
        ((*LIST, "--explain", "5"), "Household 5 has no member in this snapshot", 1),
        ((*LIST, "--as-of", "2025-12-31"), "2025-12-31", 1),
    ],
)
def test_what_cannot_be_listed_is_refused_with_its_remedy(
    run, snap, tmp_path, words, message, code
):
    left, _, err = run(snap, *words)
    assert (left, message in err) == (code, True), err
    assert not (tmp_path / "list.parquet").exists()
    assert not (tmp_path / "list.seed.json").exists()


def test_a_list_of_inspections_is_not_explained_and_no_earlier_list(run, snap):
    run(snap, "--capacity", 60, "--model", "none", "--out", "drawn.parquet")
    code, _, err = run(snap, "--replay", "drawn.parquet", "--explain", 5)
    assert (code, "is a list of inspections" in err) == (2, True)
    code, _, err = run(snap, *LIST, "--looked", "drawn.parquet")
    assert (code, "--looked drawn.parquet: This is no record of a month's list" in err) == (1, True)
