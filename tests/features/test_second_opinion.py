"""The same features, computed twice by code that shares nothing: no family may differ."""

from datetime import date

import polars as pl
import pytest

from features.build import build
from features.catalogue import FEATURES
from features.registers.check import faults
from features.registers.load import open_data_set
from features.registers.snapshot import Snapshot, make
from tests.benchmarks import pandas_features
from tests.features import second_edition
from tests.features.second_edition import RATES, TREATMENT

DAY = date(2026, 1, 1)


def test_a_straightforward_pandas_group_by_agrees_on_every_feature_of_every_family(
    simulated_snapshot,
):
    snapshot = Snapshot.open(simulated_snapshot)
    ours = pl.concat([build(snapshot.registers(i), DAY) for i in snapshot.partitions])
    ours = ours.sort("household_id")
    agree(ours, pandas_features.features(simulated_snapshot, DAY), FEATURES)


@pytest.mark.parametrize("seed", range(4))
def test_both_read_the_facts_of_the_second_edition_alike(tmp_path, seed):
    (tmp_path / "data").mkdir()
    for name, rows in second_edition.registers(seed).items():
        rows.write_parquet(tmp_path / "data" / f"{name}.parquet")
    data = open_data_set(tmp_path / "data")
    assert [f.sentence for f in faults(data, DAY, TREATMENT) if f.is_error] == []
    snapshot = make(data, DAY, tmp_path / "snapshot", households_per_partition=50)
    for day in (DAY, date(2025, 11, 17)):
        parts = [build(snapshot.registers(i, DAY), day, TREATMENT) for i in snapshot.partitions]
        ours = pl.concat(parts).sort("household_id")
        peer = pandas_features.features(tmp_path / "snapshot", day, RATES)
        read = {"livestock", "utilities", "transfers"}
        judged = [n for n, f in FEATURES.items() if not read & set(f.registers)]
        peopled = ours.filter(pl.col("members") > 0)  # of the others nothing is known but that
        assert peopled.height > ours.height // 2
        agree(peopled, peer.loc[peopled["household_id"].to_list()], judged)


def agree(ours, peer, names):
    assert peer.index.to_list() == ours["household_id"].to_list()
    missing = set(names) - set(peer.columns)
    assert not missing, f"write a second opinion in tests/benchmarks/pandas_features.py: {missing}"
    for name in names:
        mine = ours[name].cast(pl.Float64).to_list()
        theirs = [None if x != x else float(x) for x in peer[name].astype(float)]
        assert mine == theirs, name
