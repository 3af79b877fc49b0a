"""What killed runs left is swept by the next run of the same name, and by `tarazy prune`."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from features.errors import InputError
from features.files.whole import alone_in
from serving.commands import main, pruning
from tests.features import data_sets

ROOT = Path(__file__).resolve().parents[3]
KILLED_WHILE_PACKING = """
import os, signal, sys
from features.registers import packing
packing.pack = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from serving.commands import main
main(sys.argv[1:])
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process and in a folder of its own: exit code and what it printed."""
    monkeypatch.setenv("TARAZY_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        return left.value.code or 0, capsys.readouterr().out

    return call


@pytest.fixture
def killed(run, tmp_path):
    """A run of `snapshot` was killed while it packed the families into ./snap."""
    data = data_sets.write(tmp_path / "data")
    words = ["snapshot", str(data), "--out", "snap"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_PACKING, *words],
        cwd=Path.cwd(),
        env={"PYTHONPATH": str(ROOT), "TARAZY_HOME": str(tmp_path / "home")},
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL
    [draft] = Path().iterdir()
    assert any(draft.rglob("*.parquet"))
    return words


def here():
    return sorted(path.name for path in Path().iterdir())


def test_the_draft_of_a_killed_run_is_its_owners_alone_and_the_next_run_sweeps_it(run, killed):
    [draft] = Path().iterdir()
    assert draft.name.startswith(".snap.")
    assert draft.stat().st_mode & 0o077 == 0
    assert run(*killed)[0] == 0
    assert here() == ["snap"]


def test_prune_removes_the_draft_of_a_killed_run_and_says_so(run, killed):
    [draft] = here()
    code, printed = run("prune", "--dry-run", "--json")
    assert (code, json.loads(printed)["removed"]) == (0, False)
    assert here() == [draft]
    code, printed = run("prune")
    assert code == 0
    assert "Removed 1 leftover of killed runs." in printed
    assert here() == []


def test_prune_leaves_what_is_being_made_and_what_is_not_ours(run):
    from features.files.whole import creating_folder, replacing

    Path(".log.1").write_text("somebody's log")
    Path(".photos.2024").mkdir()
    Path(".photos.2024/me.jpg").write_text("")
    with creating_folder(Path("snap")) as draft, replacing(Path("list.csv")):
        (draft / "scattered").mkdir()
        at_work = here()
        assert run("prune")[0] == 0
        assert here() == at_work
    assert run("prune")[0] == 0
    assert here() == [".log.1", ".photos.2024", "list.csv", "snap"]


def test_prune_looks_through_the_whole_home(run, tmp_path):
    draft = tmp_path / "home" / "snapshots" / ".country-2026-01-01-0.4711"
    (draft / "scattered").mkdir(parents=True)
    unfinished = tmp_path / "home" / "deep" / "down" / ".d.csv.0123456789abcdef"
    unfinished.mkdir(parents=True)
    (unfinished / "lock").touch()
    assert run("prune")[0] == 0
    assert not draft.exists()
    assert not unfinished.exists()


def test_a_draft_with_its_coverage_and_a_partition_in_it_is_ours_and_a_likely_name_is_not(run):
    for draft, inside in ((".snap.4711", "part-00000"), (".mine.4712", "scattered-notes.txt")):
        Path(draft, inside).mkdir(parents=True)
    Path(".snap.4711/coverage.parquet").touch()
    assert run("prune")[0] == 0
    assert here() == [".mine.4712"]


def unfinished(folder):
    """A working folder of a killed `score`, with a draft of a slice in it."""
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    (folder / ".part-00000-1.parquet.4711").touch()
    return folder


def test_what_is_removed_is_held_meanwhile_so_that_no_run_takes_it_up(run, monkeypatch):
    work, held = unfinished(Path(".d.csv.0123456789abcdef")), []

    def removed(place):
        with pytest.raises(InputError, match="Another run"), alone_in(place):
            pass
        held.append(place.name)

    monkeypatch.setattr(pruning, "remove", removed)
    assert run("prune")[0] == 0
    assert held == [work.name]


def test_a_leftover_is_counted_once_however_it_is_reached(run, tmp_path, monkeypatch):
    work = unfinished(tmp_path / "home" / ".d.csv.0123456789abcdef")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    for words in (("--dry-run",), ()):
        code, printed = run("prune", "--json", *words, tmp_path / "link", tmp_path / "home")
        assert (code, json.loads(printed)["leftovers"]) == (0, [str(work)])
    assert not work.exists()


def test_what_a_link_of_such_a_name_leads_to_is_left_alone(run, tmp_path):
    elsewhere = unfinished(tmp_path / "elsewhere")
    Path(".d.csv.0123456789abcdef").symlink_to(elsewhere)
    assert run("prune")[0] == 0
    assert (elsewhere / "lock").exists()


def test_nothing_is_removed_where_a_folder_is_none(run):
    work = unfinished(Path(".d.csv.0123456789abcdef"))
    assert run("prune", ".", "nowhere")[0] == 1
    assert work.exists()


def test_a_folder_that_is_none_is_named(run):
    assert run("prune", "nowhere")[0] == 1
