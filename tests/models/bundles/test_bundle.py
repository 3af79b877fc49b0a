"""A bundle is read only if every byte is the one that was signed, and if its trial survives."""

import json
import re
import shutil
from datetime import UTC, date, datetime

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from features.build import build
from features.errors import NoSuchModel
from features.registers.snapshot import Snapshot
from models.bundles import aliases, bundle, golden, loading, signing, trial
from models.bundles.home import Home
from models.law.parameters import Law
from models.learned import inputs

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
LAW = Law(date(2026, 1, 1))


@pytest.fixture(scope="module")
def trained(trained_home):
    return Home(trained_home)


@pytest.fixture(scope="module")
def champion(trained):
    return loading.load(trained, "champion")


@pytest.fixture(scope="module")
def families(simulated_snapshot):
    snapshot = Snapshot.open(simulated_snapshot)
    return build(snapshot.registers(0), snapshot.as_of)[:300]


@pytest.fixture
def home(trained, champion, tmp_path):
    """A copy of the trained home, to be spoilt."""
    copy = Home(tmp_path / "home")
    shutil.copytree(trained.bundles, copy.bundles)
    shutil.copytree(trained.keys, copy.keys)
    return copy


def spoil(path, place=-40):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_an_alias_and_its_version_are_the_same_model(trained, champion, families):
    version = loading.load(trained, champion.version)
    assert version.predict(families, LAW).equals(champion.predict(families, LAW))
    json.dumps(champion.describe())


def test_a_version_named_by_number_tells_whose_word_let_it_pass(home, champion):
    """However it is named, and when the name for which the word was given is long another's."""
    digest = champion.manifest["manifest_sha256"]
    aliases.write(home, "challenger", champion.version, digest, override=None, when=WHEN)
    aliases.retire(home, "drift", WHEN)
    for name in ("challenger", champion.version):
        verified = loading.load(home, name)
        assert verified.describe()["override"] == verified.override == "demonstration"
        assert verified.shown == f"{champion.version} (passed by a person's word: demonstration)"


@pytest.mark.parametrize("part", ["manifest.json", "manifest.sig", "hidden_income.txt"])
def test_one_changed_bit_anywhere_is_refused_before_anything_is_parsed(
    home, champion, part, monkeypatch
):
    def parsed(_):
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr(bundle.trees, "from_text", parsed)
    spoil(home.bundles / champion.version / part)
    with pytest.raises(NoSuchModel, match=r"not signed|not the file that was signed"):
        loading.load(home, champion.version)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_booster_is_refused(home, champion, share):
    path = home.bundles / champion.version / "consumption.txt"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(NoSuchModel, match="not the file that was signed"):
        bundle.verify(path.parent, home.public_key())


def test_a_bundle_signed_by_another_key_is_refused(home, champion):
    folder = home.bundles / champion.version
    verified = bundle.verify(folder, home.public_key())
    shutil.rmtree(folder)
    bundle.write_files(folder, verified.manifest, verified.files, Ed25519PrivateKey.generate())
    with pytest.raises(NoSuchModel, match="not signed by this home's key"):
        loading.load(home, champion.version)


def resigned(home, champion, change):
    """A bundle that its owner signed although it is broken."""
    folder = home.bundles / champion.version
    verified = bundle.verify(folder, home.public_key())
    files = change(dict(verified.files))
    shutil.rmtree(folder)
    manifest = verified.manifest | {"files": {n: signing.sha256(c) for n, c in files.items()}}
    return folder, bundle.write_files(folder, manifest, files, home.signing_key())


def test_a_signed_bundle_that_kills_its_reader_kills_a_child_only(home, champion):
    """An index out of bounds in LightGBM's text ends the process that reads or asks it."""

    def broken(files):
        text = files["hidden_income.txt"].decode()
        text = re.sub(r"left_child=\S+", "left_child=99999999", text, count=1)
        return files | {"hidden_income.txt": text.encode()}

    folder, sha256 = resigned(home, champion, broken)
    with pytest.raises(NoSuchModel, match=r"killed by signal|failed its trial"):
        trial.in_child(folder, sha256)


def test_a_swapped_leaf_loads_silently_but_fails_the_golden_predictions(home, champion):
    def swapped(files):
        text = files["hidden_income.txt"].decode()
        text = re.sub(
            r"leaf_value=(\S+)", lambda m: "leaf_value=" + "9".ljust(len(m[1]), "0"), text, count=1
        )
        return files | {"hidden_income.txt": text.encode()}

    folder, sha256 = resigned(home, champion, swapped)
    with pytest.raises(NoSuchModel, match="golden predictions differ"):
        trial.in_child(folder, sha256)


def test_other_bytes_under_the_version_of_an_alias_are_refused(home, champion):
    resigned(home, champion, lambda files: files | {"note.txt": b"more"})
    with pytest.raises(NoSuchModel, match="not the one that was promoted"):
        loading.load(home, "champion")


def test_edited_aliases_are_refused(home):
    path = home.bundles / "aliases.json"
    path.write_text(path.read_text().replace(": 1", ": 2"))
    with pytest.raises(NoSuchModel, match="not signed"):
        loading.load(home, "champion")


def test_an_alias_can_be_moved_and_counts_its_moves(home, champion):
    before = aliases.read(home)
    after = aliases.write(
        home,
        "challenger",
        champion.version,
        champion.manifest["manifest_sha256"],
        override=None,
        when=WHEN,
    )
    assert aliases.read(home) == after
    assert after.sequence == before.sequence + 1
    assert after.names["challenger"].version == champion.version


@pytest.mark.parametrize("name", ["champion", "17", "../keys", ""])
def test_no_model_is_a_clear_error_with_the_remedy(tmp_path, name):
    with pytest.raises(NoSuchModel, match="tarazy train"):
        loading.load(Home(tmp_path), name)


def test_keys_are_readable_by_their_owner_alone_and_made_once(tmp_path):
    home = Home(tmp_path)
    first = home.signing_key().private_bytes_raw()
    assert home.signing_key().private_bytes_raw() == first
    assert (home.keys / "signing.pem").stat().st_mode & 0o077 == 0


def test_features_defined_otherwise_than_in_training_are_refused(home, champion, monkeypatch):
    monkeypatch.setattr(bundle, "digest", lambda _: "another")
    verified = bundle.verify(home.bundles / champion.version, home.public_key())
    with pytest.raises(NoSuchModel, match="defined otherwise"):
        bundle.assemble(verified)


def test_one_family_and_many_get_the_same_bytes(champion, families):
    together = champion.predict(families, LAW)
    alone = pl.concat([champion.predict(families[k], LAW) for k in range(40)])
    assert alone.equals(together[:40])
    many = champion.predict(pl.concat([families] * 12), LAW)
    assert many[: families.height].equals(together)


def test_the_order_of_families_does_not_matter(champion, families):
    mixed = champion.predict(families.sample(fraction=1.0, shuffle=True, seed=1), LAW)
    assert mixed.sort("household_id").equals(champion.predict(families, LAW).sort("household_id"))


def test_a_silent_register_leaves_flag_and_probability_null_and_widens_the_rest(champion, families):
    known = champion.predict(families, LAW)
    for register in ("incomes", "vehicles", "properties", "loans"):
        predicted = champion.predict(golden.silenced(families, [register]), LAW, [register])
        assert predicted["model_flag"].null_count() == families.height
        assert predicted["hidden_income_probability"].null_count() == families.height
        assert (predicted["hidden_income_low"] == 0).all()
        assert width(predicted) >= width(known)
        assert size(predicted) >= size(known), register
        assert predicted["model_category"].null_count() == 0


def width(predicted):
    return (predicted["hidden_income_high"] - predicted["hidden_income_low"]).mean()


def size(predicted):
    return predicted["model_category_set"].list.len().mean()


def test_a_register_the_model_never_met_says_nothing_when_it_is_silent(champion, families):
    unread = {"applications"} - champion.hidden_income_reads
    assert unread
    assert champion.predict(families, LAW, unread).equals(champion.predict(families, LAW))


def test_contributions_add_up_to_the_score_and_name_every_input(champion, families):
    row = families[3]
    contributions = champion.contributions(champion.look(row, LAW))
    names = {i.name for i in champion.hidden_income.inputs}
    assert set(contributions["hidden_income"]) == names | {"gap_per_member", "(base)"}
    probability = champion.predict(row, LAW)["hidden_income_probability"][0]
    line = champion.hidden_income.calibration
    margin = sum(contributions["hidden_income"].values())
    by_margin = bundle.trees.logistic(line.intercept + line.slope * pl.Series([margin]).to_numpy())
    assert by_margin[0] == pytest.approx(probability, abs=2e-6)
    assert champion.contributions(champion.look(row, LAW, ["incomes"]))["hidden_income"] == {}


def test_golden_rows_are_nobodys(champion, families):
    """No made-up family has the amounts of a real one."""
    rows = champion.manifest["golden"]["rows"]
    assert len(rows) == 24
    amounts = [i.name for i in inputs.declared_inputs() if i.span is not None]
    assert all(row[a] is None or row[a] % 10_000 == 0 for row in rows for a in amounts)
