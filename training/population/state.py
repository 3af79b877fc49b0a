"""The state of a partition: its families, what they truly live on, and the keys they go by.

Every stage draws from its own generator, spawned from the seed and the partition's number:
a partition does not wait for others, and a change in one stage leaves the draws of the
others alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl

from features.units import Span, months_of
from training.population.chance import Dates, Flags, Floats, Ints, days_before, happens, opaque
from training.population.people.families import DAYS_OF_A_YEAR, Families, People, places, settle
from training.population.people.standing import Fate, Living, Standing, befall, living, standing
from training.population.people.support import Support, support
from training.population.people.work import Work, employ
from training.population.property import possessions
from training.population.property.debts import borrowers, loans
from training.population.property.housing import homes, properties
from training.population.registers.lags import BIRTHS, OF_MONTHS, OF_THINGS
from training.population.registers.payments import (
    assistance,
    chance_of_asking,
    incomes,
    quarter,
    streams,
)
from training.population.registers.services import applications
from training.population.registers.traces import (
    REPORTED_MONTHS,
    Habits,
    Meters,
    habits,
    meters,
    transfers,
    utilities,
)
from training.population.worlds import Shifts

_STAGES: Final = (
    "settle",
    "employ",
    "support",
    "standing",
    "homes",
    "properties",
    "vehicles",
    "herds",
    "enterprises",
    "deposits",
    "living",
    "loans",
    "payments",
    "transfers",
    "utilities",
    "applications",
    "inspections",
    "survey",
    "registers",
    "faults",
    "lags",
    "addresses",
    "lives",
    "families",
)
_HOUSEHOLD, _PERSON, _CLUSTER, _RECORD = range(4)
"""Kinds of keys; each register with records has a kind of its own, from the last one on."""
_WITH_RECORDS: Final = tuple(OF_THINGS)
_MONTHS: Final = 1_000
"""Added to a month's number: its generators are never those of a stage of the first day."""
_REGISTERED_ELSEWHERE: Final = 0.03
"""Share of families that are registered in a place where they no longer live; assumed."""
_REPORTED_LATELY: Final = 3
"""Months back from which a report may still be on its way."""

Chance = Mapping[str, np.random.Generator]
"""A generator for each stage."""


def generators(seed: int, partition: int, month: int = 0) -> Chance:
    """Spawn the generators of a partition, one for each stage; every month has its own."""
    key = (partition, _MONTHS + month) if month else (partition,)
    root = np.random.SeedSequence(seed, spawn_key=key)
    return dict(zip(_STAGES, map(np.random.default_rng, root.spawn(len(_STAGES))), strict=True))


@dataclass(frozen=True, slots=True)
class Keys:
    """The opaque names that registers know people, families and records by.

    ``made`` counts the keys of each kind that the partition has given out: none comes twice.
    """

    seed: int
    partition: int
    made: Mapping[int, int]

    def new(self, kind: int, count: int) -> tuple["Keys", Ints]:
        """Give out ``count`` keys of a kind."""
        first = self.made.get(kind, 0)
        keys = opaque(self.seed, kind, self.partition, count, first)
        return replace(self, made={**self.made, kind: first + count}), keys

    def families(self, count: int) -> tuple["Keys", Ints]:
        """Give out keys of new families."""
        return self.new(_HOUSEHOLD, count)

    def people(self, count: int) -> tuple["Keys", Ints]:
        """Give out keys of new people."""
        return self.new(_PERSON, count)

    def records(self, register: str, rows: pl.DataFrame) -> tuple["Keys", pl.DataFrame]:
        """Name the rows of a register of things."""
        keys, record = self.new(_RECORD + _WITH_RECORDS.index(register), rows.height)
        return keys, rows.with_columns(record_id=record)

    def clusters(self, families: Families) -> Ints:
        """Name the neighbourhoods, which never change."""
        return opaque(
            self.seed, _CLUSTER, self.partition, int(families.neighbourhood.max(initial=0)) + 1
        )


@dataclass(frozen=True, slots=True)
class Kin:
    """What registers call a family: one entry each."""

    household: Ints
    """Opaque key."""
    region: Ints
    urban: Flags
    """Where the family is registered, which need not be where it lives."""
    asking: Flags
    """Whether it would ask for targeted assistance, were it entitled."""


@dataclass(frozen=True, slots=True)
class Names:
    """What registers call a person: one entry each."""

    person: Ints
    """Opaque key."""
    clinic: Flags
    believed: Floats
    """Rank between 0 and 1 by which registers guess what an unregistered person does."""
    known_on: Dates
    """The day the register of persons learned of the person; NaT: long ago."""
    borrower: Flags
    """Borrows for daily life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is true of a partition on the day ``as_of``, whether a register shows it or not."""

    as_of: date
    shifts: Shifts
    keys: Keys
    families: Families
    kin: Kin
    fate: Fate
    meters: Meters
    home: pl.DataFrame
    """One row a family: the dwelling it lives in."""
    people: People
    names: Names
    work: Work
    aid: Support
    habits: Habits
    things: Mapping[str, pl.DataFrame]
    """What people own and owe, by register, with ``person`` instead of a key."""
    paid: pl.DataFrame
    """Declared or paid income of the last twelve months, by ``person``."""
    sent: pl.DataFrame
    """Incoming transfers of the last half a year, by ``person``."""
    bills: pl.DataFrame
    """Utility bills of the last twelve months, by ``family``."""
    applications: pl.DataFrame
    """Applications for services within the year, by ``family``."""

    @property
    def today(self) -> np.datetime64:
        """The day, as columns hold it."""
        return np.datetime64(self.as_of)

    @property
    def returns(self) -> tuple[Floats, Floats, Floats]:
        """Declared rents, hidden rents and the yield of herds, one entry a family."""
        return _returns(self.things, self.people, len(self.families))

    @property
    def hidden(self) -> Floats:
        """Income of each family that no register shows, tenge a month."""
        _, rent, farm = self.returns
        return self.people.in_family(self.work.hidden, len(self.families)) + rent + farm

    @property
    def means(self) -> Standing:
        """What each family lives on for good."""
        return standing(self.families, self.people, self.work, self.aid, self.fate, self.shifts)

    @property
    def life(self) -> Living:
        """How each family lives."""
        return living(
            self.families,
            self.people,
            self.work,
            self.means,
            self.fate,
            np.sum(self.returns, axis=0),
            self.shifts,
        )


def begin(
    chance: Chance, *, seed: int, partition: int, size: int, as_of: date, shifts: Shifts
) -> State:
    """Draw ``size`` families and what they live on, as they are on the day ``as_of``."""
    today = np.datetime64(as_of)
    families, people = settle(chance["settle"], size)
    work = employ(chance["employ"], families, people, shifts)
    aid = support(chance["support"], families, people, work, shifts)
    fate = befall(chance["standing"], chance["living"], size)
    means = standing(families, people, work, aid, fate, shifts)
    home = homes(chance["homes"], families, means)
    borrower = borrowers(chance["loans"], families, people, means)
    things = {
        "properties": properties(chance["properties"], families, means, home, today, shifts),
        "vehicles": possessions.vehicles(chance["vehicles"], families, means, work, people, today),
        "livestock": possessions.herds(chance["herds"], families, means, today, shifts),
        "businesses": possessions.enterprises(
            chance["enterprises"], people, work, ~families.urban[people.family], today
        ),
        "deposits": possessions.deposits(chance["deposits"], people, means, today),
        "loans": loans(chance["loans"], families, people, work, means, borrower, today),
    }
    keys = Keys(seed, partition, {})
    keys, household = keys.families(size)
    keys, person = keys.people(len(people))
    for name in _WITH_RECORDS:
        keys, things[name] = keys.records(name, learned(chance["lags"], name, things[name]))
    kin = Kin(
        household=household,
        asking=happens(chance["payments"], chance_of_asking(families), size),
        **_registered(chance["addresses"], families),
    )
    names = _named(chance["registers"], people, person, borrower, today)
    year = months_of(Span.YEAR, as_of)
    streams_ = streams(
        chance["payments"], families, people, work, aid, things["properties"], things["businesses"]
    )
    shown = quarter(incomes(streams_, year), people, size, as_of)
    # Half of those helped within the year are so no longer (published: 54.4 and 25.8 thousand).
    chance_ = chance["payments"]
    ended = np.where(happens(chance_, 0.5, size), chance_.integers(1, 10, size), 0)
    helped = assistance(
        families,
        people,
        kin.asking,
        shown / families.size,
        things["vehicles"],
        ended + 3 * chance_.integers(1, 5, size),
        ended,
        float(shifts.of_law("poverty_line")),
    )
    habits_ = habits(chance["transfers"], people, work, aid, shifts)
    meters_ = meters(chance["utilities"], families)
    life = living(
        families, people, work, means, fate, np.sum(_returns(things, people, size), axis=0), shifts
    )
    kin = replace(kin, asking=kin.asking & (ended == 0))
    return State(
        as_of=as_of,
        shifts=shifts,
        keys=keys,
        families=families,
        kin=kin,
        fate=fate,
        meters=meters_,
        home=home,
        people=people,
        names=names,
        work=work,
        aid=aid,
        habits=habits_,
        things=things,
        paid=reported(chance["lags"], "incomes", incomes([*streams_, helped], year)),
        sent=reported(
            chance["lags"],
            "transfers",
            transfers(chance["transfers"], habits_, year[-REPORTED_MONTHS:]),
        ),
        bills=reported(
            chance["lags"],
            "utilities",
            utilities(chance["utilities"], families, home, life, meters_, year, shifts),
        ),
        applications=applications(
            chance["applications"], families, people, home, means, shown, things, as_of
        ),
    )


def _registered(rng: np.random.Generator, families: Families) -> dict[str, Any]:
    """Where families are registered: where they live, or where they lived before."""
    count = len(families)
    elsewhere = happens(rng, _REGISTERED_ELSEWHERE, count)
    region, urban = places(rng, count)
    return {
        "region": np.where(elsewhere, region, families.region),
        "urban": np.where(elsewhere, urban, families.urban),
    }


def _named(
    rng: np.random.Generator, people: People, person: Ints, borrower: Flags, today: np.datetime64
) -> Names:
    """Names of people of the first day: the register has not heard of the youngest."""
    count = len(people)
    born = days_before(today, np.rint(people.age * DAYS_OF_A_YEAR))
    return Names(
        person=person,
        clinic=happens(rng, 0.97, count),
        believed=rng.random(count),
        known_on=BIRTHS.known_on(rng, born),
        borrower=borrower,
    )


def learned(rng: np.random.Generator, register: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day on which the register learned of rows of things."""
    happened = rows["registered_on"].to_numpy().astype("datetime64[D]")
    return rows.with_columns(known_on=OF_THINGS[register].known_on(rng, happened))


def reported(rng: np.random.Generator, register: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day on which a monthly register learned of rows: the month's end, or later."""
    lag = OF_MONTHS[register]
    month = rows["month"].to_numpy().astype("datetime64[M]")
    known = (month + 1).astype("datetime64[D]")
    lately = month > month.max() - _REPORTED_LATELY if len(month) else np.zeros(0, np.bool_)
    if register == "incomes":
        lately &= (rows["source"] == "wage").to_numpy()
    known[lately] = lag.known_on(rng, known[lately])
    return rows.with_columns(known_on=known)


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
