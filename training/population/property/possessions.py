"""Possessions: cars, herds, enterprises and deposits, as owned and as registered.

Each function returns a frame in the columns of its register, with ``person`` (the place of
the owner among the people) instead of a key, and what only the truth knows in further
columns. Between owning and being registered lie the classic confusers: cars sold but still
registered, overstated herds, dormant enterprises.
"""

from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS
from training.population.calibration.figures import by_region, car_ages, figure
from training.population.chance import (
    Dates,
    Flags,
    Floats,
    Ints,
    days_before,
    happens,
    linked,
    lognormal,
    rank,
    tenge,
    tilted,
    words,
)
from training.population.people.families import DAYS_OF_A_YEAR, Families, People
from training.population.people.standing import Standing
from training.population.people.work import Terms, Work
from training.population.worlds import Shifts

_CARS_IN_USE: Final = 0.62
"""Cars of an ordinary family; with families that own more it gives the published mean."""
_WEALTH_OF_DRIVERS: Final = 0.33
_SOLD_STILL_REGISTERED: Final = 0.055
_OVERSTATED_HERDS: Final = 0.30
LOSS_OF_VALUE: Final = 0.112
"""Of the log price of a vehicle in a year."""
_STATUS: Final = ("normal", "arrested", "stolen", "sold_not_reregistered")
_SPECIES: Final = ("cattle", "horses", "camels", "sheep", "goats", "pigs", "poultry")
_KEPT: Final = np.array([0.72, 0.20, 0.0, 0.42, 0.16, 0.05, 0.50])
_HEADS: Final = np.array([4.6, 3.5, 6.0, 24.0, 7.0, 3.0, 14.0])
_YIELD: Final = np.array([8_500.0, 8_500.0, 8_000.0, 850.0, 850.0, 3_000.0, 250.0])
"""Net yield of a head, tenge a month; assumed (productivity norms are not in reach)."""
_EATEN_AT_HOME: Final = 30_000.0
_SOUTH: Final = ("19", "31", "33", "43", "61", "79")
_CAMELS: Final = ("23", "43", "47", "61")
_PIGS: Final = ("11", "35", "39", "55", "59", "63")


def record(
    person: Ints,
    today: np.datetime64,
    age_of_record: Floats,
    **columns: pl.Series | Ints | Floats | Flags | Dates,
) -> pl.DataFrame:
    """Rows of a register of things with their owner and the day they were entered."""
    entered = days_before(today, np.maximum(age_of_record * DAYS_OF_A_YEAR, 1))
    return pl.DataFrame({"person": person, **columns, "registered_on": entered})


def main_owner(rng: np.random.Generator, families: Families, family: Ints, second: float) -> Ints:
    """The head, or with probability ``second`` the next member, if that one is an adult."""
    other = happens(rng, second, len(family)) & families.paired[family]
    return families.start[family] + other


def vehicles(
    rng: np.random.Generator,
    families: Families,
    standing: Standing,
    work: Work,
    people: People,
    today: np.datetime64,
) -> pl.DataFrame:
    """Registered vehicles: cars in use, cars sold but still registered, and working machines.

    Beside the register's columns: ``sold``, whether somebody else has it already.
    """
    count = len(families)
    everyone = np.arange(count)
    by_kind = np.array([0.12, 0.62, 0.75, 1.05, 1.3, 1.2, 0.55, 1.15, 1.4])[families.kind]
    rate = (
        by_region("driving")[families.region]
        * _CARS_IN_USE
        * by_kind
        * np.exp(0.45 * standing.wealth)
    )
    used = np.repeat(everyone, np.minimum(rng.poisson(rate * np.where(families.urban, 1, 1.1)), 5))
    sold = np.flatnonzero(happens(rng, _SOLD_STILL_REGISTERED, count))
    bounds, cumulated = car_ages()
    # The richer the family, the younger the car; the published ages of all cars stand.
    place = rank(
        linked(rng, np.clip((standing.wealth[used] - _WEALTH_OF_DRIVERS) / 0.95, -3, 3), -0.55)
    )
    age = np.concatenate([np.interp(place, cumulated, bounds), rng.uniform(11, 33, len(sold))])
    flagged = happens(rng, 0.2, len(sold))
    arrested = happens(rng, np.where(standing.distress[used], 0.06, 0.012), len(used))
    status = np.concatenate([np.where(arrested, 1, 0), np.where(flagged, 3, 0)])
    trader = people.in_family(work.terms >= Terms.HONEST_BUSINESS, count) > 0
    machines = [
        (1, np.where(trader, 0.035, 0.008)),
        (2, np.where(trader, 0.008, 0.001)),
        (3, np.where(families.urban, 0.0, 0.035) * np.exp(0.3 * standing.wealth)),
        (4, np.where(families.urban, 0.004, 0.012)),
    ]
    kind, family = [np.zeros(len(used) + len(sold), np.int64)], [used, sold]
    for code, chance in machines:
        with_it = np.flatnonzero(happens(rng, np.minimum(chance, 0.5), count))
        kind.append(np.full(len(with_it), code))
        family.append(with_it)
    kinds, families_of = np.concatenate(kind), np.concatenate(family)
    extra = len(kinds) - len(age)
    age = np.concatenate([age, rng.uniform(3, 32, extra)])
    status = np.concatenate([status, np.zeros(extra, np.int64)])
    value = 13_500_000 * np.exp(-LOSS_OF_VALUE * age + 0.3 * rng.standard_normal(len(age)))
    value *= np.array([1.0, 1.4, 1.2, 0.9, 0.12])[kinds]
    year = today.astype("datetime64[Y]").astype(np.int64) + 1970
    part_of_year = (today - today.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) / 366
    held = np.minimum(rng.gamma(1.5, 3.0, len(age)), age)
    held = np.where(np.arange(len(age)) < len(used), held, np.maximum(held, np.minimum(2, age)))
    return record(
        main_owner(rng, families, families_of, 0.22),
        today,
        held,
        kind=words(("car", "truck", "bus", "tractor", "motorcycle"), kinds),
        model_year=np.floor(year + part_of_year - age).astype(np.int64),
        value=tenge(value, 10_000),
        status=words(_STATUS, status),
        sold=(np.arange(len(age)) >= len(used)) & (np.arange(len(age)) < len(used) + len(sold)),
    )


def herds(
    rng: np.random.Generator,
    families: Families,
    standing: Standing,
    today: np.datetime64,
    shifts: Shifts,
) -> pl.DataFrame:
    """Animals as registered (rough, often overstated); ``income`` is their true monthly yield.

    The yield leaves out what the family eats itself; it belongs to the first row of a herd.
    In a drought animals die and yield less: ``alive`` are those left, ``income_before`` what
    the herd gave, and the register still holds the herd of before.
    """
    count = len(families)
    code = np.array(list(REGIONS))[families.region]
    keeps = happens(
        rng, np.where(families.urban, 0.015, figure("rural_families_with_livestock")), count
    )
    keeper = np.flatnonzero(keeps)
    kept = np.tile(_KEPT, (len(keeper), 1))
    kept[:, 2] = np.where(np.isin(code[keeper], _CAMELS), 0.06, 0.0)
    kept[:, 3] *= np.where(np.isin(code[keeper], _SOUTH), 1.35, 0.75)
    kept[:, 5] = np.where(np.isin(code[keeper], _PIGS), 0.22, 0.01)
    has = rng.random(kept.shape) < kept
    scale = np.exp(0.35 * standing.wealth[keeper] + 0.75 * rng.standard_normal(len(keeper)) - 0.3)
    grown = np.tile(_HEADS, (len(keeper), 1))
    grown[:, 3:5] *= by_region("flocks")[families.region[keeper], None]
    truly = np.where(has, np.maximum(np.rint(scale[:, None] * grown), 1), 0)
    overstated = happens(rng, _OVERSTATED_HERDS, len(keeper))
    declared_factor = np.where(overstated, rng.uniform(1.2, 2.2, len(keeper)), 1.0)
    declared_factor = np.where(
        happens(rng, 0.15, len(keeper)), rng.uniform(0.4, 0.9, len(keeper)), declared_factor
    )
    heads = np.where(has, np.maximum(np.rint(truly * declared_factor[:, None]), 1), 0).astype(
        np.int64
    )
    before = np.maximum(0.8 * truly @ _YIELD - _EATEN_AT_HOME, 0)
    row, species = np.nonzero(heads)
    first = np.concatenate(([True], row[1:] != row[:-1])) if len(row) else np.zeros(0, bool)
    owner, years = main_owner(rng, families, keeper, 0.25), rng.uniform(0.1, 6, len(keeper))
    alive, income = truly, before
    if shifts.dead_animals:
        alive = rng.binomial(truly.astype(np.int64), 1 - shifts.dead_animals)
        left = 0.8 * shifts.farm_yield * alive @ _YIELD - _EATEN_AT_HOME
        income = np.maximum(left, 0)
    return record(
        owner[row],
        today,
        years[row],
        species=words(_SPECIES, species),
        heads=heads[row, species],
        income=np.where(first, income[row], 0.0),
        alive=alive[row, species],
        income_before=np.where(first, before[row], 0.0),
    )


def enterprises(
    rng: np.random.Generator, people: People, work: Work, rural: Flags, today: np.datetime64
) -> pl.DataFrame:
    """Registered businesses: working, dormant and closed ones.

    ``rural`` tells for each person whether it lives in the countryside.
    """
    count = len(people)
    honest = (work.terms == Terms.HONEST_BUSINESS) & happens(rng, 0.93, count)
    under = work.terms == Terms.UNDER_DECLARED
    grown = people.adult & (people.age < 72) & ~honest & ~under
    dormant = grown & happens(rng, np.where(work.terms == Terms.UNREGISTERED, 0.12, 0.045), count)
    closed = grown & ~dormant & happens(rng, 0.02, count)
    person = np.concatenate([np.flatnonzero(who) for who in (honest, under, dormant, closed)])
    active, is_closed = (honest | under)[person], closed[person]
    farm = rural[person] & active & happens(rng, 0.36, len(person))
    company = ~farm & happens(rng, np.where(active, 0.205, 0.08), len(person))
    form = np.where(farm, 2, np.where(company, 1, 0))
    margin = rng.uniform(0.35, 0.8, len(person))
    turnover = np.where(active, 12 * work.declared_business[person] / margin, 0.0)
    years = np.minimum(
        rng.gamma(1.5, 3.2, len(person)) + 0.1, np.maximum(people.age[person] - 18.2, 0.05)
    )
    shut = days_before(today, np.minimum(rng.uniform(0.05, 3, len(person)), 0.8 * years) * 365)
    return record(
        person,
        today,
        years,
        form=words(("IP", "TOO", "KH"), form),
        opened_on=days_before(today, np.maximum(years * DAYS_OF_A_YEAR, 1)),
        closed_on=pl.Series(np.where(is_closed, shut, np.datetime64("NaT"))),
        turnover_12m=tenge(np.where(is_closed, 0.0, turnover), 1000),
    )


def deposits(
    rng: np.random.Generator, people: People, standing: Standing, today: np.datetime64
) -> pl.DataFrame:
    """Balances of deposits; medians and shares assumed, heavy-tailed as savings are."""
    count = len(people)
    wealth = standing.wealth[people.family]
    saver = people.adult & happens(rng, tilted(0.24, 0.7 * wealth), count)
    person = np.flatnonzero(saver)
    balance = lognormal(rng, 160_000 * np.exp(0.85 * wealth[person]), 1.45, len(person))
    years = np.minimum(rng.uniform(0.1, 8, len(person)), people.age[person] - 17.5)
    return record(person, today, years, balance=tenge(np.clip(balance, 1_000, 90_000_000), 100))
