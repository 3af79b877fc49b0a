"""Decisions that were written down once: a bundle of November 2026 over two sets of families.

``python -m tests.golden.golden COUNTRY_SNAPSHOT`` writes them anew, which is for a change that
is meant to change decisions: its commit says which and why.
"""

import hashlib
import json
import sys
import tarfile
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl

from features.registers import snapshot as snapshots
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot
from models.bundles.home import Home
from models.bundles.loading import load
from models.decision.pipeline import decide
from models.law.parameters import Law
from models.learned.predict import Models

HERE = Path(__file__).parent
BUNDLE = HERE / "bundle_of_november_2026.tar.xz"
KEPT = HERE / "decisions.json"
AS_OF = date(2026, 1, 1)
PILOT = HERE.parents[2] / "shared" / "data" / "pilot"


def models(folder: Path) -> Models:
    """Unpack the bundle into a home under ``folder`` that trusts its signer; load it."""
    home = Home(folder)
    home.bundles.mkdir(parents=True)
    with tarfile.open(BUNDLE) as packed:
        packed.extractall(home.bundles, filter="data")
    public = folder / "keys" / "public.pem"
    public.parent.mkdir()
    public.write_bytes((HERE / "public.pem").read_bytes())
    return load(home, "1")


def pilot(folder: Path) -> Snapshot:
    """Make the snapshot of the pilot's families."""
    return snapshots.make(open_data_set(PILOT), AS_OF, folder / "pilot")


def digests(snapshot: Snapshot, by: Models | None) -> dict[str, str]:
    """Return a hash of every column of the decisions of all families, sorted by household.

    The version of the law is compared here: it names all values on file, so that it is another
    one with each value that is added, and may move no family.
    """
    law = Law(snapshot.as_of)
    parts = [decide(snapshot.registers(part), by, law).table for part in snapshot.partitions]
    table = pl.concat(parts).sort("household_id")
    assert table["law_version"].unique().to_list() == [law.version]
    return digests_of(table.drop("law_version"))


def digests_of(table: pl.DataFrame) -> dict[str, str]:
    """Return a hash of every column, as JSON."""
    return {
        name: hashlib.sha256(msgspec.json.encode(table[name].to_list(), enc_hook=str)).hexdigest()[
            :16
        ]
        for name in table.columns
    }


def main(country: str) -> None:
    """Write the digests of both sets of families."""
    with TemporaryDirectory() as folder:
        by = models(Path(folder) / "home")
        kept = {
            "pilot": digests(pilot(Path(folder)), by),
            "country": digests(Snapshot.open(Path(country)), by),
        }
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
