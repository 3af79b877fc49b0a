"""The same features, computed twice by code that shares nothing: no family may differ."""

from datetime import date

import polars as pl
import pytest

from features.build import build
from features.catalogue import FEATURES
from features.checking.check import faults
from features.registers.reading.load import open_data_set
from features.registers.snapshot import Snapshot, make
from tests.benchmarks import pandas_features
from tests.features import second_edition
from tests.features.second_edition import RATES, TREATMENT

DAY = date(2026, 1, 1)


def differing(snapshot: Snapshot, day: date) -> list[str]:
    """Features of which the two say otherwise for some family."""
    ours = pl.concat([build(snapshot.registers(i, day), day) for i in snapshot.partitions])
    return of_both(ours.sort("household_id"), pandas_features.features(snapshot.folder, day))


def of_both(ours, peer, names=tuple(FEATURES)):
    assert peer.index.to_list() == ours["household_id"].to_list()
    missing = set(names) - set(peer.columns)
    assert not missing, f"write a second opinion in tests/benchmarks/pandas_features.py: {missing}"
    return [
        name
        for name in names
        if ours[name].cast(pl.Float64).to_list()
        != [None if x != x else float(x) for x in peer[name].astype(float)]
    ]


def test_a_straightforward_pandas_group_by_agrees_on_every_feature_of_every_family(
    simulated_snapshot,
):
    assert differing(Snapshot.open(simulated_snapshot), DAY) == []


@pytest.fixture(scope="module")
def lagging(simulated_data, tmp_path_factory):
    """The same country: one region's December of incomes is late, another month came in parts."""
    folder = tmp_path_factory.mktemp("lagging")
    for name, rows in open_data_set(simulated_data).registers.items():
        if rows is not None:
            rows.collect().write_parquet(folder / f"{name}.parquet")
    region = pl.read_parquet(folder / "households.parquet").select("household_id", "region")
    persons = pl.read_parquet(folder / "persons.parquet").select("person_id", "household_id")
    incomes = pl.read_parquet(folder / "incomes.parquet")
    places = persons.join(region, on="household_id")
    late = incomes.join(places, on="person_id", maintain_order="left")["region"] == "61"
    december, july = date(2025, 12, 1), date(2025, 7, 1)
    kept = incomes.filter(~(late & (incomes["month"] == december)))
    part = (kept["month"] != july) | (kept["person_id"] % 5 == 0)
    kept.filter(part).write_parquet(folder / "incomes.parquet")
    return make(open_data_set(folder), DAY, tmp_path_factory.mktemp("made") / "snapshot")


@pytest.mark.parametrize("day", [DAY, date(2025, 11, 1), date(2025, 3, 1)], ids=str)
def test_they_agree_on_what_is_unknown_where_months_are_not_covered(lagging, day):
    coverage = lagging.coverage(DAY)
    assert (coverage.reach("incomes", "61"), coverage.reach("incomes", "71")) == (0, 5)
    assert differing(lagging, day) == []


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3))])
def test_both_read_the_facts_of_the_second_edition_alike(tmp_path, seed):
    (tmp_path / "data").mkdir()
    for name, rows in second_edition.registers(seed).items():
        rows.write_parquet(tmp_path / "data" / f"{name}.parquet")
    data = open_data_set(tmp_path / "data")
    assert [f.sentence for f in faults(data, DAY, TREATMENT) if f.is_error] == []
    snapshot = make(data, DAY, tmp_path / "snapshot", households_per_partition=50)
    for day in (DAY, date(2025, 11, 17)):
        parts = [build(snapshot.registers(i, day), day, TREATMENT) for i in snapshot.partitions]
        ours = pl.concat(parts).sort("household_id")
        peer = pandas_features.features(tmp_path / "snapshot", day, RATES)
        read = {"livestock", "utilities", "transfers"}
        judged = [n for n, f in FEATURES.items() if not read & set(f.registers)]
        peopled = ours.filter(pl.col("members") > 0)  # of the others nothing is known but that
        assert peopled.height > ours.height // 2
        assert of_both(peopled, peer.loc[peopled["household_id"].to_list()], judged) == []
