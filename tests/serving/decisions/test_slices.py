"""A killed run's slices are taken up again where this home wrote them for this very work."""

import shutil

import polars as pl
import pytest

from features.errors import InputError
from features.registers.reading.load import open_data_set
from features.registers.snapshot import make
from models.decision.pipeline import decide
from serving.decisions import batch
from tests.features import data_sets

KEY = b"a home's secret"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """Three families, in as many partitions as they need to be three slices."""
    folder = tmp_path_factory.mktemp("three")
    data = open_data_set(data_sets.write(folder / "data"))
    return make(data, data_sets.AS_OF, folder / "snap")


@pytest.fixture
def score(snapshot, tmp_path, monkeypatch):
    """Score the three families, one a slice, into out.parquet; or die before the last slice."""
    monkeypatch.setattr(batch, "HOUSEHOLDS_PER_SLICE", 1)

    def scored(*, dies=False, key=KEY):
        calls = iter(range(3))

        def dying(*arguments):
            if dies and next(calls) == 2:
                raise KeyboardInterrupt
            return decide(*arguments)

        monkeypatch.setattr(batch, "decide", dying)
        out = tmp_path / "out.parquet"
        return batch.score(snapshot, as_of=snapshot.as_of, models=None, out=out, key=key)

    return scored


@pytest.fixture
def work(score, tmp_path):
    """The working folder that a killed run left, with two finished slices."""
    with pytest.raises(KeyboardInterrupt):
        score(dies=True)
    [folder] = tmp_path.glob(".out.parquet.*")
    return folder


def slices(work):
    return sorted(work.glob("part-*.parquet"))


def test_a_resumed_run_knows_how_many_families_wait_for_each_register(score, tmp_path):
    whole = score()
    waiting = whole.table["review_reasons"].list.contains("REGISTER_SILENT").sum()
    assert max(whole.awaited.values()) == waiting > 0
    with pytest.raises(KeyboardInterrupt):
        score(dies=True)
    resumed = score()
    assert resumed.resumed == 2
    assert resumed.summary()["awaited_registers"] == whole.summary()["awaited_registers"]


def test_finished_slices_are_taken_up_and_everything_is_swept(score, work, tmp_path):
    assert len(slices(work)) == 2
    assert score().resumed == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_the_working_folder_and_all_in_it_are_the_owners_alone(work):
    assert work.stat().st_mode & 0o077 == 0


def test_a_working_folder_that_is_a_link_is_refused_and_nothing_is_written_behind_it(
    score, work, tmp_path
):
    (elsewhere := tmp_path / "elsewhere").mkdir()
    shutil.rmtree(work)
    work.symlink_to(elsewhere)
    with pytest.raises(InputError, match=r"is a link.* remove it"):
        score()
    assert list(elsewhere.iterdir()) == []


def test_a_lock_that_is_a_link_is_refused_and_what_it_leads_to_stays_as_it_is(
    score, work, tmp_path
):
    (precious := tmp_path / "precious").write_text("everything")
    (work / "lock").unlink()
    (work / "lock").symlink_to(precious)
    with pytest.raises(InputError, match=r"lock is a link.* remove it"):
        score()
    assert precious.read_text() == "everything"


def test_a_working_folder_that_others_may_enter_is_closed_to_them(score, work):
    for path in work.iterdir():
        path.unlink()
    work.chmod(0o777)
    with pytest.raises(KeyboardInterrupt):
        score(dies=True)
    assert work.stat().st_mode & 0o077 == 0


def test_a_planted_slice_is_refused_and_decides_nothing(score, work, tmp_path):
    rich = pl.read_parquet(slices(work)[0]).with_columns(category=pl.lit(6, pl.Int8))
    rich.write_parquet(slices(work)[0])
    with pytest.raises(InputError, match="not written by an unfinished run of this home"):
        score()
    assert not (tmp_path / "out.parquet").exists()
    shutil.rmtree(work)  # the remedy
    assert score().resumed == 0
    assert pl.read_parquet(tmp_path / "out.parquet")["category"].max() < 6


def test_a_slice_without_a_mark_or_in_anothers_place_is_refused(score, work):
    first, second = slices(work)
    shutil.copy(first, second)
    shutil.copy(f"{first}.hmac", f"{second}.hmac")
    with pytest.raises(InputError, match=second.name):
        score()
    second.unlink()
    (work / f"{first.name}.hmac").unlink()
    with pytest.raises(InputError, match=first.name):
        score()


def test_the_slices_of_another_home_are_refused(score, work):
    with pytest.raises(InputError, match="remove the folder"):
        score(key=b"another's")


def test_a_mark_whose_slice_was_never_written_is_no_finished_slice(score, work):
    slices(work)[1].unlink()  # as a kill between the two leaves it
    assert score().resumed == 1
