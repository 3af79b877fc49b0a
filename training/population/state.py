"""The state of a partition: its families, what they truly live on, and the keys they go by.

Every stage draws from its own generator, spawned from the seed and the partition's number:
a partition does not wait for others, and a change in one stage leaves the draws of the
others alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from training.population import possessions
from training.population.chance import Floats, Ints, opaque
from training.population.debts import loans
from training.population.families import Families, People, settle
from training.population.housing import homes, properties
from training.population.payments import Stream, streams
from training.population.standing import Living, Standing, living, standing
from training.population.support import Support, support
from training.population.work import Work, employ
from training.population.worlds import Shifts

_STAGES: Final = (
    "settle", "employ", "support", "standing", "homes", "properties", "vehicles", "herds",
    "enterprises", "deposits", "living", "loans", "payments", "transfers", "utilities",
    "applications", "inspections", "survey", "registers", "faults",
)  # fmt: skip
_HOUSEHOLD, _PERSON, CLUSTER, _RECORD = range(4)
"""Kinds of keys; each register with records has a kind of its own, from the last one on."""
_WITH_RECORDS: Final = ("properties", "vehicles", "livestock", "loans", "businesses", "deposits")

Chance = Mapping[str, np.random.Generator]
"""A generator for each stage."""


def generators(seed: int, partition: int) -> Chance:
    """Spawn the generators of a partition, one for each stage."""
    root = np.random.SeedSequence(seed, spawn_key=(partition,))
    return dict(zip(_STAGES, map(np.random.default_rng, root.spawn(len(_STAGES))), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is true of a partition on the day ``as_of``, whether a register shows it or not."""

    seed: int
    partition: int
    as_of: date
    shifts: Shifts
    families: Families
    people: People
    work: Work
    aid: Support
    means: Standing
    life: Living
    home: pl.DataFrame
    """One row a family: the dwelling it lives in."""
    things: Mapping[str, pl.DataFrame]
    """What people own and owe, by register, with ``person`` instead of a key."""
    paid: list[Stream]
    """Declared or paid income of the last twelve months."""
    rent: Floats
    hidden_rent: Floats
    farm: Floats
    """Declared rents, hidden rents and the yield of herds, one entry a family."""
    household: Ints
    person: Ints
    """Opaque keys of the families and of the people."""

    @property
    def hidden(self) -> Floats:
        """Income of each family that no register shows, tenge a month."""
        earned = self.people.in_family(self.work.hidden, len(self.families))
        return earned + self.hidden_rent + self.farm


def begin(
    chance: Chance, *, seed: int, partition: int, size: int, as_of: date, shifts: Shifts
) -> State:
    """Draw ``size`` families and what they live on, as they are on the day ``as_of``."""
    today = np.datetime64(as_of)
    families, people = settle(chance["settle"], size)
    work = employ(chance["employ"], families, people, shifts)
    aid = support(chance["support"], families, people, work, shifts)
    means = standing(chance["standing"], families, people, work, aid, shifts)
    home = homes(chance["homes"], families, means)
    things = {
        "properties": properties(chance["properties"], families, means, home, today, shifts),
        "vehicles": possessions.vehicles(chance["vehicles"], families, means, work, people, today),
        "livestock": possessions.herds(chance["herds"], families, means, today, shifts),
        "businesses": possessions.enterprises(
            chance["enterprises"], people, work, ~families.urban[people.family], today
        ),
        "deposits": possessions.deposits(chance["deposits"], people, means, today),
        "loans": loans(chance["loans"], people, work, means, today),
    }
    rent, hidden_rent, farm = _returns(things, people, size)
    returns = rent + hidden_rent + farm
    life = living(chance["living"], families, people, work, means, returns, shifts)
    paid = streams(
        chance["payments"], families, people, work, aid,
        things["properties"], things["businesses"], things["vehicles"], shifts,
    )  # fmt: skip
    for place, name in enumerate(_WITH_RECORDS):
        key = opaque(seed, _RECORD + place, partition, things[name].height)
        things[name] = things[name].with_columns(record_id=key)
    return State(
        seed=seed,
        partition=partition,
        as_of=as_of,
        shifts=shifts,
        families=families,
        people=people,
        work=work,
        aid=aid,
        means=means,
        life=life,
        home=home,
        things=things,
        paid=paid,
        rent=rent,
        hidden_rent=hidden_rent,
        farm=farm,
        household=opaque(seed, _HOUSEHOLD, partition, size),
        person=opaque(seed, _PERSON, partition, len(people)),
    )


def _returns(
    things: Mapping[str, pl.DataFrame], people: People, families: int
) -> tuple[Floats, Floats, Floats]:
    """Declared rents, hidden rents and the yield of herds, one entry a family."""
    homes_, herds_ = things["properties"], things["livestock"]
    declared = homes_["rent_declared"].to_numpy()
    rent = homes_["rent"].to_numpy()
    of_home = people.family[homes_["person"].to_numpy()]
    of_herd = people.family[herds_["person"].to_numpy()]
    return (
        np.bincount(of_home, np.where(declared, rent, 0.0), families).astype(np.float64),
        np.bincount(of_home, np.where(declared, 0.0, rent), families).astype(np.float64),
        np.bincount(of_herd, herds_["income"].to_numpy(), families).astype(np.float64),
    )
