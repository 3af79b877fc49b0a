"""The same features, computed twice by code that shares nothing: no family may differ."""

from datetime import date

import polars as pl

from features.build import build
from features.catalogue import FEATURES
from features.registers.snapshot import Snapshot
from tests.benchmarks import pandas_features

DAY = date(2026, 1, 1)


def test_a_straightforward_pandas_group_by_agrees_on_every_feature_of_every_family(
    simulated_snapshot,
):
    snapshot = Snapshot.open(simulated_snapshot)
    ours = pl.concat([build(snapshot.registers(i), DAY) for i in snapshot.partitions])
    ours = ours.sort("household_id")
    peer = pandas_features.features(simulated_snapshot, DAY)
    assert peer.index.to_list() == ours["household_id"].to_list()
    missing = set(FEATURES) ^ set(peer.columns)
    assert not missing, f"write a second opinion in tests/benchmarks/pandas_features.py: {missing}"
    for name in FEATURES:
        mine = ours[name].cast(pl.Float64).to_list()
        theirs = [None if x != x else float(x) for x in peer[name].astype(float)]
        assert mine == theirs, name
