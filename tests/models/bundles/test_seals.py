"""A snapshot is believed where the key of its home says that it is as it was made."""

import hashlib
import json
import os
import shutil

import polars as pl
import pytest

from features.errors import SnapshotError
from features.registers import snapshot as snapshots
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from models.bundles import seals
from models.bundles.home import Home
from tests.features import data_sets
from tests.homes import trusting


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def snapshot(home, tmp_path):
    data = open_data_set(data_sets.write(tmp_path / "data"))
    return make(data, data_sets.AS_OF, tmp_path / "snap", sign=seals.sealing(home))


def edited(snapshot, *, with_its_digest):
    """Every wage halved in the file; its hash, and the digest too, written into the manifest."""
    path = snapshot.folder / "part-00000" / "incomes.parquet"
    pl.read_parquet(path).with_columns(pl.col("amount") // 2).write_parquet(path)
    manifest = json.loads(snapshot.written)
    entry = manifest["partitions"][0]["files"]["incomes"]
    entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    if with_its_digest:
        manifest["digest"] = snapshots._digest(manifest)
    (snapshot.folder / "manifest.json").write_text(json.dumps(manifest))
    return snapshot.folder


def test_what_this_home_made_is_believed(snapshot, home):
    assert seals.doubt(Snapshot.open(snapshot.folder), home) is None


def test_an_edited_file_and_its_new_hash_do_not_give_the_digest(snapshot):
    with pytest.raises(SnapshotError, match="the files that it names do not give its digest"):
        Snapshot.open(edited(snapshot, with_its_digest=False))


def test_a_file_hash_and_digest_written_anew_are_not_signed(snapshot, home):
    forged = Snapshot.open(edited(snapshot, with_its_digest=True))
    with pytest.raises(SnapshotError, match="its manifest was replaced"):
        seals.check(forged, home)


def test_what_the_digest_does_not_name_is_signed_too(snapshot, home):
    """The newest month of a register decides whether it is silent."""
    manifest = json.loads(snapshot.written)
    manifest["registers"]["incomes"]["latest_month"] = "2026-12-01"
    (snapshot.folder / "manifest.json").write_text(json.dumps(manifest))
    assert "its manifest was replaced" in seals.doubt(Snapshot.open(snapshot.folder), home)


def test_the_manifest_of_another_snapshot_does_not_fit_the_files(snapshot, home, tmp_path):
    half = data_sets.INCOMES.with_columns(pl.col("amount") // 2)
    data = open_data_set(data_sets.write(tmp_path / "half", {"incomes": half}))
    other = make(data, data_sets.AS_OF, tmp_path / "other", sign=seals.sealing(home))
    for name in ("manifest.json", snapshots.SIGNATURE):
        shutil.copy(other.folder / name, snapshot.folder / name)
    replaced = Snapshot.open(snapshot.folder)
    seals.check(replaced, home)
    with pytest.raises(SnapshotError, match="not the file that the manifest names"):
        replaced.registers(0)


def test_an_unsigned_one_and_a_home_without_keys_are_doubted_with_the_remedy(
    snapshot, home, tmp_path
):
    assert "another home made it" in seals.doubt(snapshot, Home(tmp_path / "elsewhere"))
    (snapshot.folder / snapshots.SIGNATURE).unlink()
    with pytest.raises(SnapshotError, match=r"is not signed: .* pass --unsigned"):
        seals.check(snapshot, home)


def test_a_home_believes_those_whose_key_it_was_given(snapshot, home, tmp_path):
    other = Home(tmp_path / "other")
    other.sealing_key()
    assert seals.doubt(snapshot, other)
    trusting(other.root, home.root)
    assert seals.doubt(snapshot, other) is None


def test_the_signature_of_something_else_will_not_do(snapshot, home):
    """The home signs other things than snapshots: none of their signatures fits here."""
    bare = home.sealing_key().sign(snapshot.written)
    (snapshot.folder / snapshots.SIGNATURE).write_bytes(bare)
    assert seals.doubt(snapshot, home)


def test_a_draft_of_another_process_of_the_same_number_is_no_key_and_stays_its_own(home):
    """Two containers share a home, and each counts its processes from one."""
    home.keys.mkdir(parents=True)
    drafts = [home.keys / f".{key}.pem.{os.getpid()}" for key in ("sealing", "signing")]
    for draft in drafts:
        draft.write_text("half a key")
    home.sealing_key()
    home.signing_key()
    assert {path.read_text() for path in drafts} == {"half a key"}
    assert sorted(path.name for path in home.keys.glob("*.pem")) == [
        "public.pem",
        "sealing.pem",
        "sealing.public.pem",
        "signing.pem",
    ]


def test_the_key_of_the_process_that_was_first_is_taken_and_no_draft_stays(home, monkeypatch):
    other, link = Home(home.root), os.link

    def late(draft, path):
        monkeypatch.setattr(os, "link", link)
        other.sealing_key()
        link(draft, path)

    monkeypatch.setattr(os, "link", late)
    key = home.sealing_key()
    assert key.private_bytes_raw() == other.sealing_key().private_bytes_raw()
    assert {path.name for path in home.keys.iterdir()} == {"sealing.pem", "sealing.public.pem"}


def test_the_sealing_key_is_its_owners_alone_and_signs_no_model(home):
    key = home.sealing_key()
    assert (home.keys / "sealing.pem").stat().st_mode & 0o077 == 0
    assert key.public_key() in home.sealing_keys()
    assert home.slices_key() == Home(home.root).slices_key() != key.private_bytes_raw()
    assert not (home.keys / "public.pem").exists()
