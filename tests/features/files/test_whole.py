"""Whoever reads a file or a folder sees the old one or the new one, never a part of either."""

import os
from pathlib import Path

import pytest

from features.errors import InputError
from features.files.whole import (
    abandoned,
    alone_in,
    creating_folder,
    replacing,
    replacing_folder,
    write_durably,
)


class Killed(Exception):
    """What ends a run in the middle."""


def killed(drafting, fill):
    """A run that began to fill its draft, and ended before it had done."""
    with drafting as draft:
        fill(draft)
        raise Killed


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_that_ends_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path):
    out = tmp_path / "list.csv"
    out.write_text("old")
    with pytest.raises(Killed):
        killed(replacing(out), lambda draft: draft.write_text("ha"))
    assert out.read_text() == "old"
    assert names(tmp_path) == ["list.csv"]


def test_a_finished_file_takes_the_name_and_makes_the_folders_above_it(tmp_path):
    with replacing(tmp_path / "new" / "folder" / "list.csv") as draft:
        draft.write_text("whole")
        assert names(tmp_path / "new" / "folder") == [draft.name]
    assert (tmp_path / "new" / "folder" / "list.csv").read_text() == "whole"
    assert names(tmp_path / "new" / "folder") == ["list.csv"]


def test_a_device_is_never_replaced_by_a_file(tmp_path):
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    with pytest.raises(InputError, match="no regular file"), replacing(fifo):
        pass
    assert fifo.is_fifo()


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    with replacing(tmp_path / "link.txt") as path:
        path.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_durable_file_is_on_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    steps, sync, rename = [], os.fsync, Path.replace

    def synced(handle):
        steps.append("on disk")
        sync(handle)

    def renamed(self, target):
        steps.append("renamed")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_durably(tmp_path / "aliases.json", b"{}")
    assert steps == ["on disk", "renamed"]
    assert (tmp_path / "aliases.json").read_bytes() == b"{}"
    assert names(tmp_path) == ["aliases.json"]


@pytest.fixture
def report(tmp_path):
    """A folder in which a report of yesterday lies."""
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "page.html").write_text("yesterday")
    return folder


def test_a_finished_folder_takes_the_place_of_the_old_one_with_all_that_it_held(report):
    (report / "only_of_yesterday.json").write_text("{}")
    with replacing_folder(report) as draft:
        (draft / "page.html").write_text("today")
    assert names(report) == ["page.html"]
    assert (report / "page.html").read_text() == "today"
    assert names(report.parent) == ["report"]


def test_a_folder_that_was_not_finished_leaves_the_old_one(report):
    with pytest.raises(Killed):
        killed(replacing_folder(report), lambda draft: (draft / "page.html").write_text("to"))
    assert (report / "page.html").read_text() == "yesterday"
    assert names(report.parent) == ["report"]


def test_an_old_folder_comes_back_where_the_new_one_cannot_take_its_name(report):
    with pytest.raises(OSError, match="No such file"), replacing_folder(report) as draft:
        draft.rmdir()  # as a cleaner of the disk might, at the worst moment
    assert (report / "page.html").read_text() == "yesterday"
    assert names(report.parent) == ["report"]


def test_a_created_folder_may_take_the_place_of_an_empty_one(tmp_path):
    (tmp_path / "snap").mkdir()
    with creating_folder(tmp_path / "snap") as draft:
        (draft / "manifest.json").write_text("{}")
    assert names(tmp_path / "snap") == ["manifest.json"]
    assert names(tmp_path) == ["snap"]


def test_a_created_folder_never_replaces_one_that_holds_something(report):
    with pytest.raises(OSError, match="not empty"), creating_folder(report) as draft:
        (draft / "page.html").write_text("today")
    assert (report / "page.html").read_text() == "yesterday"
    assert names(report.parent) == ["report"]


def test_a_creation_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(Killed):
        killed(creating_folder(tmp_path / "snap"), lambda draft: (draft / "part").mkdir())
    assert names(tmp_path) == []


def test_work_is_done_by_one_at_a_time_and_free_again_afterwards(tmp_path):
    with alone_in(tmp_path), pytest.raises(InputError, match="Another run"), alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


@pytest.mark.parametrize("drafting", [replacing, creating_folder, replacing_folder])
def test_a_draft_is_its_owners_alone_and_what_comes_of_it_is_as_any_file(tmp_path, drafting):
    before = os.umask(0o022)
    os.umask(before)
    with drafting(tmp_path / "out") as draft:
        if drafting is replacing:
            draft.write_text("a family")
        assert draft.stat().st_mode & 0o077 == 0
    usual = (0o666 if drafting is replacing else 0o777) & ~before
    assert (tmp_path / "out").stat().st_mode & 0o777 == usual


@pytest.mark.parametrize("drafting", [replacing, creating_folder, replacing_folder])
def test_the_next_run_sweeps_the_drafts_of_killed_ones_and_nothing_else(tmp_path, drafting):
    (tmp_path / ".out.12").mkdir()
    (tmp_path / ".out.12" / "families.parquet").touch()
    (tmp_path / ".out.13").touch()
    (tmp_path / ".other.12").mkdir()
    (tmp_path / ".out.notes").touch()
    with drafting(tmp_path / "out") as draft:
        if drafting is replacing:
            draft.touch()
    assert names(tmp_path) == [".other.12", ".out.notes", "out"]


def test_a_draft_that_another_run_is_at_work_on_stays(tmp_path):
    with creating_folder(tmp_path / "out") as draft:
        renamed = draft.rename(tmp_path / ".out.99999999")  # as if of another process
        with replacing(tmp_path / "out") as other:
            other.write_text("mine")
        assert renamed.is_dir()
        (tmp_path / "out").unlink()
        renamed.rename(draft)


def test_the_old_report_stays_where_a_kill_left_no_other(tmp_path):
    moved = tmp_path / ".report.12.old"
    moved.mkdir()
    assert list(abandoned(tmp_path)) == []
    (tmp_path / "report").mkdir()
    assert list(abandoned(tmp_path)) == [moved]
