"""Regrouping: people change families, families begin and end, and everything follows them.

Members of a family stand together, the head first; all columns and frames that speak of
people or families by their place are moved with them here, and nowhere else.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from training.population.calibration.figures import figure
from training.population.chance import Flags, Floats, Ints, happens
from training.population.people.columns import blank, followed, joined, taken
from training.population.people.families import (
    ADULT,
    DAYS_OF_A_YEAR,
    NOWHERE,
    Families,
    Kind,
    People,
    Role,
    chance_of_illness,
    counted_children,
    places,
)
from training.population.people.lives import Leaving
from training.population.people.marriage import Marital
from training.population.people.standing import befall
from training.population.property.housing import INHERITED
from training.population.registers.lags import BIRTHS, INHERITANCES
from training.population.registers.traces import meters
from training.population.state import State

_INHERITED: Final = ("properties", "vehicles", "livestock", "deposits")
"""What heirs take over; loans are settled from the estate, enterprises end."""
_FIRST_DAYS: Final = 30
_MARK_ADDRESS: Final = 0.1
"""Share of those registered elsewhere who register where they live, in a month; assumed."""


def with_births(rng: np.random.Generator, state: State, mothers: Ints) -> State:
    """Add a newborn to the family of each mother; the register hears of it within weeks."""
    born = len(mothers)
    keys, key = state.keys.people(born)
    mother = taken(state.people, mothers)
    age = rng.integers(0, _FIRST_DAYS, born) / DAYS_OF_A_YEAR
    fortune = state.families.fortune[mother.family]
    infant = replace(
        blank(mother),
        family=mother.family,
        role=np.full(born, int(Role.CHILD)),
        age=age,
        female=happens(rng, 0.488, born),
        ability=0.65 * fortune + 0.76 * rng.standard_normal(born),
        disability=np.where(happens(rng, figure("children_with_disability"), born), 4, 0),
        study=np.full(born, NOWHERE),
        chronic=happens(rng, chance_of_illness(age), born),
    )
    birthday = state.today - np.rint(age * DAYS_OF_A_YEAR).astype("timedelta64[D]")
    names = replace(
        taken(state.names, mothers),
        person=key,
        clinic=happens(rng, 0.97, born),
        believed=rng.random(born),
        known_on=BIRTHS.known_on(rng, birthday),
        borrower=np.zeros(born, dtype=np.bool_),
    )
    nothing = taken(state.work, mothers)
    work = replace(blank(nothing), custom=nothing.custom)
    return replace(
        state,
        keys=keys,
        people=joined(state.people, infant),
        names=joined(state.names, names),
        work=joined(state.work, work),
        aid=joined(state.aid, blank(taken(state.aid, mothers))),
        habits=joined(state.habits, blank(taken(state.habits, mothers))),
    )


def with_new_families(rng: np.random.Generator, state: State, leaving: Leaving) -> State:
    """Let people leave for families of their own, in the place of the new head's family."""
    new, count = len(leaving.head), len(state.families)
    keys, key = state.keys.families(new)
    origin = state.people.family[leaving.head]
    family, role = state.people.family.copy(), state.people.role.copy()
    marital = state.people.marital.copy()
    marital[leaving.divorced] = Marital.DIVORCED
    custom = state.work.custom.copy()
    married = leaving.spouse >= 0
    family[leaving.head] = count + np.arange(new)
    role[leaving.head] = Role.HEAD
    spouse = leaving.spouse[married]
    family[spouse] = (count + np.arange(new))[married]
    role[spouse] = Role.SPOUSE
    marital[spouse] = marital[leaving.head[married]] = Marital.MARRIED
    custom[spouse] = custom[leaving.head[married]]
    fortune = 0.7 * state.families.fortune[origin] + 0.71 * rng.standard_normal(new)
    begun = replace(taken(state.families, origin), fortune=fortune)
    kin = replace(taken(state.kin, origin), household=key)
    return replace(
        state,
        keys=keys,
        families=joined(state.families, begun),
        kin=joined(state.kin, kin),
        fate=joined(state.fate, befall(rng, rng, new)),
        meters=joined(state.meters, meters(rng, begun)),
        home=pl.concat([state.home, state.home[origin]]),
        people=replace(state.people, family=family, role=role, marital=marital),
        work=replace(state.work, custom=custom),
    )


def with_moves(rng: np.random.Generator, state: State, moved: Flags) -> State:
    """Let families move to another place; the register of addresses lags behind."""
    families, kin, count = state.families, state.kin, len(state.families)
    region, urban = places(rng, count)
    region = np.where(moved, region, families.region)
    urban = np.where(moved, urban, families.urban)
    cell = region * 2 + urban
    order = np.argsort(families.region * 2 + families.urban, kind="stable")
    there = (families.region * 2 + families.urban)[order]
    first, last = np.searchsorted(there, cell), np.searchsorted(there, cell, side="right")
    neighbour = order[
        np.minimum(first + (rng.random(count) * (last - first)).astype(np.int64), count - 1)
    ]
    joins = moved & (last > first)
    registered = happens(rng, _MARK_ADDRESS, count)
    return replace(
        state,
        families=replace(
            families,
            region=region,
            urban=urban,
            neighbourhood=np.where(
                joins, families.neighbourhood[neighbour], families.neighbourhood
            ),
        ),
        kin=replace(
            kin,
            region=np.where(registered, region, kin.region),
            urban=np.where(registered, urban, kin.urban),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Estate:
    """What becomes of those whom the dead leave behind: one entry a person."""

    kept: Flags
    family: Ints
    heir: Ints
    """The person who takes over the things of this one; the person itself while it lives."""
    orphan: Flags


def _estate(rng: np.random.Generator, people: People, gone: Flags, families: int) -> _Estate:
    """Heirs: an adult of the family; else kin, who also take in the children who are left.

    Kin are another family of the partition.
    """
    kept = ~gone
    adult = kept & people.adult
    has_adult = people.in_family(adult, families) > 0
    if not has_adult.any():
        kept, adult = np.ones_like(kept), people.adult
        has_adult = people.in_family(adult, families) > 0
    able = np.flatnonzero(has_adult)
    home = np.where(has_adult, np.arange(families), able[rng.integers(0, len(able), families)])
    rank = np.where(adult, people.role, 9) + (100 - people.age) / 1000
    order = np.lexsort((rank, people.family))
    first = (
        order[np.searchsorted(people.family[order], np.arange(families))] if len(people) else order
    )
    orphan = kept & ~has_adult[people.family]
    return _Estate(
        kept=kept,
        family=np.where(orphan, home[people.family], people.family),
        heir=np.where(kept, np.arange(len(people)), first[home[people.family]]),
        orphan=orphan,
    )


def regrouped(
    rng: np.random.Generator, state: State, gone: Flags, marks: Ints
) -> tuple[State, Ints]:
    """Strike off those who are ``gone``, and let everything stand in its place again.

    Families without members end. Returns the state, and the ``marks`` of
    the families that are left.
    """
    families, count = state.families, len(state.families)
    estate = _estate(rng, state.people, gone, count)
    role = np.where(estate.orphan, int(Role.OTHER), state.people.role)
    people = replace(
        state.people,
        family=estate.family,
        role=role,
        guardianship=state.people.guardianship | estate.orphan,
    )
    widowed = np.zeros(count, dtype=np.bool_)
    widowed[people.family[gone & (role <= Role.SPOUSE)]] = True
    bereft = widowed[people.family] & (role <= Role.SPOUSE) & (people.marital == Marital.MARRIED)
    role = _heads(people, estate.kept, count)
    people = replace(
        people, role=role, marital=np.where(bereft, int(Marital.WIDOWED), people.marital)
    )
    lived_in = np.bincount(people.family[estate.kept], minlength=count) > 0
    number = np.cumsum(lived_in) - 1
    order = np.lexsort((-people.age, role, people.family))
    order = order[estate.kept[order]]
    place = np.full(len(people), -1)
    place[order] = np.arange(len(order))
    people = taken(replace(people, family=number[people.family]), order)
    left = np.flatnonzero(lived_in)
    things = {
        name: followed(_inherited(rng, name, rows, estate, state.today), "person", place)
        for name, rows in state.things.items()
    }
    number = np.where(lived_in, number, -1)
    state = replace(
        state,
        families=composed(taken(families, left), people),
        kin=taken(state.kin, left),
        fate=taken(state.fate, left),
        meters=taken(state.meters, left),
        home=state.home[left],
        people=people,
        names=taken(state.names, order),
        work=taken(state.work, order),
        aid=taken(state.aid, order),
        habits=taken(state.habits, order),
        things=things,
        paid=followed(state.paid, "person", place),
        sent=followed(state.sent, "person", place),
        bills=followed(state.bills, "family", number),
        applications=followed(state.applications, "family", number),
    )
    return state, marks[left]


def _heads(people: People, kept: Flags, families: int) -> Ints:
    """Roles after everybody who is gone: the spouse heads the family, or its eldest adult."""
    rank = np.where(people.role <= Role.SPOUSE, people.role, np.where(people.adult, 2, 3))
    rank = np.where(kept, rank, 9)
    order = np.lexsort((-people.age, rank, people.family))
    starts = np.unique(people.family[order], return_index=True)[1]
    first = order[starts]
    first = first[kept[first]]
    new = first[people.role[first] > Role.SPOUSE]
    strange = np.zeros(families, dtype=np.bool_)
    strange[people.family[new]] = True
    # Brothers and sisters of the new head are no children of its own.
    siblings = strange[people.family] & (people.role == Role.CHILD)
    role = np.where(siblings, int(Role.OTHER), people.role)
    role[first] = Role.HEAD
    return role


def _inherited(
    rng: np.random.Generator, name: str, rows: pl.DataFrame, estate: _Estate, today: np.datetime64
) -> pl.DataFrame:
    """Things of the dead: with their heirs, whose title the register learns months later."""
    owner = rows["person"].to_numpy()
    left = ~estate.kept[owner]
    if not left.any():
        return rows
    if name not in _INHERITED:
        return rows.filter(pl.Series(~left))
    day = np.full(len(owner), today, dtype="datetime64[D]")
    known = np.where(
        left, INHERITANCES.known_on(rng, day), rows["known_on"].to_numpy().astype("datetime64[D]")
    )
    since = np.where(left, known, rows["registered_on"].to_numpy().astype("datetime64[D]"))
    heir = estate.heir[owner]
    taken_over = rows.with_columns(person=heir, known_on=known, registered_on=since)
    if name == "properties":
        away = left & (estate.family[heir] != estate.family[owner])
        origin = pl.when(pl.Series(away)).then(pl.lit(INHERITED)).otherwise("origin")
        taken_over = taken_over.with_columns(origin=origin)
    return taken_over


def composed(families: Families, people: People) -> Families:
    """Families after their members: sizes, places, children, and the kind that follows."""
    count = len(families)
    size = np.bincount(people.family, minlength=count)
    start = np.concatenate(([0], np.cumsum(size)[:-1]))
    children = counted_children(people, count)
    minors = people.in_family(people.age < ADULT, count)
    spouse = people.in_family(people.role == Role.SPOUSE, count) > 0
    grown = people.in_family((people.role == Role.CHILD) & people.adult, count) > 0
    second = np.minimum(start + 1, max(len(people) - 1, 0))
    paired = (size > 1) & people.adult[second] & (people.role[second] <= Role.CHILD)
    kind = _kind(size, children, minors, spouse, grown, people.age[start], people, count)
    return replace(families, size=size, start=start, children=children, paired=paired, kind=kind)


def _kind(
    size: Ints,
    children: Ints,
    minors: Floats,
    spouse: Flags,
    grown: Flags,
    head: Floats,
    people: People,
    count: int,
) -> Ints:
    elders = people.in_family(people.role == Role.PARENT, count) > 0
    cases = [
        (children >= 4, Kind.LARGE),
        ((minors > 0) & elders, Kind.EXTENDED),
        ((minors > 0) & ~spouse, Kind.ONE_PARENT),
        (minors > 0, Kind.COUPLE),
        (grown, Kind.GROWN_CHILDREN),
        ((size == 1) & (head < 62), Kind.LONE_ADULT),
        (size == 1, Kind.LONE_ELDER),
        (head >= 60, Kind.ELDER_COUPLE),
    ]
    return np.select(
        [case for case, _ in cases], [int(kind) for _, kind in cases], int(Kind.YOUNG_COUPLE)
    ).astype(np.int64)
