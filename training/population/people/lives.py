"""A month of lives: people age, fall ill, are born, die, marry, part, leave home and move.

Births and deaths come at the country's rate, spread over those at risk; marriages, partings
and moves at assumed rates that keep the mix of families about as it is. What follows for
work, benefits and things comes after (`months`).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from training.population.calibration.figures import by_region, figure
from training.population.chance import Flags, Floats, Ints, happens
from training.population.people.columns import drifted
from training.population.people.families import (
    ADULT,
    DAYS_OF_A_YEAR,
    NOWHERE,
    Families,
    People,
    Role,
    chance_of_disability,
    chance_of_illness,
    enrol,
    group_of_disability,
    schooling,
)

_MONTHS: Final = 12
_LEAVES_HOME: Final = 0.0072
"""Share of grown children who leave their parents in a month; assumed."""
_PARTS: Final = 0.0009
"""Share of couples with children who part in a month; assumed."""
_MARRIES: Final = 0.9
"""Share of those leaving home who leave for a marriage, where there is a match; assumed."""
_MOVES: Final = 0.003
"""Share of families that move to another place in a month; assumed."""
_HEARD_OF: Final = 0.75
"""Share of deaths of a month that the register of persons has heard of a month later."""

_SCHOOL_AGES: Final = (1.5, 3.0, 6.3, 15.6, 17.6, 19.5, 22.5)
_LEVEL_AGES: Final = (11.0, 17.0, 19.0, 22.0)
_MORTALITY_AGES: Final = (0, 1, 15, 30, 45, 60, 70, 80, 90, 100)
_MORTALITY: Final = (0.008, 0.0006, 0.0005, 0.0017, 0.004, 0.013, 0.027, 0.065, 0.16, 0.4)
"""Yearly, by age; the shape is assumed, the level follows the country's deaths."""
_FERTILITY_AGES: Final = (17, 20, 24, 28, 33, 38, 43, 46)
_FERTILITY: Final = (0.0, 0.12, 0.2, 0.19, 0.12, 0.06, 0.012, 0.0)
_BY_CHILDREN: Final = np.array([2.0, 1.6, 0.35, 0.3, 0.5, 0.5, 0.4, 0.3])
_BY_PLACE: Final = 0.3


def crossed(age: Floats, bounds: tuple[float, ...], years: float) -> Flags:
    """Whether a person reached one of these ages within the last ``years``."""
    passed = np.digitize(age, bounds) != np.digitize(age - years, bounds)
    return np.asarray(passed, dtype=np.bool_)


def aged(rng: np.random.Generator, people: People, urban: Flags, days: int) -> People:
    """People ``days`` later: older, and what comes with age; nobody else changes."""
    age = (np.rint(people.age * DAYS_OF_A_YEAR) + days) / DAYS_OF_A_YEAR
    years = days / DAYS_OF_A_YEAR
    before, after = (chance_of_disability(a, people.female) for a in (people.age, age))
    disabled = drifted(rng, people.disability > 0, before, after)
    group = group_of_disability(rng, age)
    grown_up = (people.disability == 4) & (age >= ADULT)
    kept = np.where((people.disability > 0) & ~grown_up, people.disability, group)
    disability = np.where(disabled, kept, 0)
    level = schooling(rng, age, people.female, people.ability, urban)
    education = np.where(
        crossed(age, _LEVEL_AGES, years), np.maximum(level, people.education), people.education
    )
    study = np.where(
        crossed(age, _SCHOOL_AGES, years),
        enrol(rng, age, people.ability, education, disability),
        people.study,
    )
    ill = drifted(rng, people.chronic, chance_of_illness(people.age), chance_of_illness(age))
    return replace(
        people,
        age=age,
        disability=disability,
        education=education,
        study=study,
        chronic=ill | (disability > 0),
    )


def deaths(rng: np.random.Generator, people: People) -> Flags:
    """Who dies this month."""
    risk = np.interp(people.age, _MORTALITY_AGES, _MORTALITY)
    risk *= np.where(people.female, 0.65, 1.6) * np.where(people.disability > 0, 2.0, 1.0)
    return _at_rate(rng, np.where(people.deceased, 0.0, risk), figure("deaths"))


def forgotten(rng: np.random.Generator, people: People) -> Flags:
    """Who of the dead is struck off the register of persons this month."""
    return people.deceased & happens(rng, _HEARD_OF, len(people))


def births(rng: np.random.Generator, families: Families, people: People) -> Ints:
    """Mothers of the children born this month: heads of families, or their spouses."""
    grown = people.in_family((people.role <= Role.SPOUSE) & ~people.deceased, len(families))
    mother = people.female & (people.role <= Role.SPOUSE) & ~people.deceased
    infant = people.in_family(people.age < 0.8, len(families)) > 0
    births_there = by_region("births")[families.region] + np.where(families.urban, 0.0, 0.45)
    of_family = (
        _BY_CHILDREN[np.minimum(families.children, len(_BY_CHILDREN) - 1)]
        * np.exp(_BY_PLACE * births_there)
        * np.where(grown > 1, 1.0, 0.15)
        * ~infant
    )
    weight = mother * np.interp(people.age, _FERTILITY_AGES, _FERTILITY) * of_family[people.family]
    return np.flatnonzero(_at_rate(rng, weight, figure("births")))


def _at_rate(rng: np.random.Generator, weight: Floats, rate: float) -> Flags:
    """Happens to as many as a yearly ``rate`` of all people says, in proportion to ``weight``."""
    total = weight.sum()
    share = rate * len(weight) / _MONTHS / total if total > 0 else 0.0
    return happens(rng, np.minimum(share * weight, 0.9), len(weight))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves a family for one of their own: one entry a new family."""

    head: Ints
    spouse: Ints
    """-1 where the head lives alone."""
    divorced: Ints
    """People of broken marriages, whoever of them leaves; not one entry a family."""


def leaving(rng: np.random.Generator, families: Families, people: People) -> Leaving:
    """Grown children who marry or live alone, and men who part from a family with children."""
    count, crowd = len(families), len(people)
    free = (people.age >= 20) & ~people.deceased & (people.disability == 0)
    free &= (people.role == Role.CHILD) & (people.study == NOWHERE)
    # The fuller the home, the sooner one leaves it.
    rate = _LEAVES_HOME * np.maximum(families.size[people.family] - 2, 1)
    left = np.flatnonzero(free & happens(rng, rate, crowd))
    left = left[np.unique(people.family[left], return_index=True)[1]]  # one of a family
    left = rng.permutation(left)
    wanted = happens(rng, _MARRIES, len(left))
    men, women = left[wanted & ~people.female[left]], left[wanted & people.female[left]]
    pairs = min(len(men), len(women))
    # The young marry the young.
    men, women = (each[np.argsort(people.age[each], kind="stable")] for each in (men, women))
    matched = np.concatenate([men[:pairs], women[:pairs]])
    alone = left[~np.isin(left, matched)]
    minors = people.in_family(people.age < ADULT, count) > 0
    couple = people.in_family((people.role == Role.SPOUSE) & ~people.deceased, count) > 0
    parts = (couple & minors & happens(rng, _PARTS, count))[people.family]
    husbands = np.flatnonzero(
        parts & ~people.female & (people.role <= Role.SPOUSE) & ~people.deceased
    )
    husbands = husbands[np.unique(people.family[husbands], return_index=True)[1]]
    singles = np.concatenate([alone, husbands])
    # A wife from whom the husband parts is divorced as well as he.
    left_alone = np.isin(people.family, people.family[husbands]) & (people.role <= Role.SPOUSE)
    return Leaving(
        head=np.concatenate([men[:pairs], singles]),
        spouse=np.concatenate([women[:pairs], np.full(len(singles), -1)]),
        divorced=np.flatnonzero(left_alone),
    )


def moving(rng: np.random.Generator, families: int) -> Flags:
    """Which families move to another place this month."""
    return happens(rng, _MOVES, families)
