"""The first families of a snapshot: enough to walk through, few enough to be quick."""

import polars as pl

from features.registers.snapshot import Snapshot
from training.gates.blast_radius import of_families


class Few:
    """Looks like the snapshot, holds the first ``count`` families of its first partition.

    ``inspections`` stand for the learning register of that name; None: it was not in the data.
    """

    def __init__(
        self, snapshot: Snapshot, count: int = 1_500, inspections: pl.DataFrame | None = None
    ) -> None:
        self.snapshot, self.inspections = snapshot, inspections
        self.ids = snapshot.household_ids(0)[:count]
        self.partitions, self.households = snapshot.partitions[:1], len(self.ids)
        self.digest, self.as_of = snapshot.digest, snapshot.as_of
        self.written, self.warnings = snapshot.written, snapshot.warnings
        self.coverage = snapshot.coverage

    def household_ids(self, partition):
        return self.ids

    def partition_holding(self, household_id):
        return 0

    def registers(self, partition, day=None):
        return of_families(self.snapshot.registers(0, day), self.ids)

    def learning(self, register):
        return self.inspections if register == "inspections" else None
