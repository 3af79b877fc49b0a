"""Families of a snapshot written as requests of the API, as another system would write them.

Each carries the coverage that the files have on the snapshot's day.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from features.registers.coverage import LOOKS_BACK
from features.registers.declared import SCORING
from features.registers.snapshot import Snapshot


def requests_of(snapshot: Snapshot, count: int) -> Iterator[dict[str, Any]]:
    """Yield the households of requests, ``count`` of them spread evenly over the snapshot."""
    wanted = _spread(snapshot, count)
    for partition in snapshot.partitions:
        registers = {r.name: snapshot.registers(partition).get(r.name) for r in SCORING}
        rows = {
            name: None
            if frame is None
            else frame.filter(pl.col("household_id").is_in(wanted)).partition_by(
                "household_id", as_dict=True
            )
            for name, frame in registers.items()
        }
        for (household_id,) in rows["households"]:
            [household] = _plain(rows["households"][(household_id,)])
            household["coverage"] = covered(snapshot, household["region"], snapshot.as_of)
            for name, by_household in rows.items():
                if name != "households" and by_household is not None:
                    mine = by_household.get((household_id,))
                    household[name] = [] if mine is None else _plain(mine)
            yield household


def covered(snapshot: Snapshot, region: str, day: date) -> dict[str, list[str]]:
    """The months that the snapshot's registers cover in a region, as a request says them."""
    coverage = snapshot.coverage(day)
    spans = {name: coverage.span(name, region) for name in LOOKS_BACK}
    return {name: [str(month) for month in span] for name, span in spans.items() if span}


def _spread(snapshot: Snapshot, count: int) -> list[int]:
    ids = pl.concat([snapshot.household_ids(p) for p in snapshot.partitions]).sort()
    return ids.gather_every(max(1, len(ids) // count)).head(count).to_list()


def _plain(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items() if v is not None}
        for row in rows.to_dicts()
    ]
