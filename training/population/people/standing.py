"""Standing: what a family lives on for good, and how wealth, consumption and the ladder follow.

Permanent income is everything the family truly earns and receives, net of levies, hidden
money included. Wealth follows it, but loosely: inheritance, past years and luck matter as
much. Consumption follows permanent income with an elasticity below one (the rich save,
the poor are helped), which gives the published inequality of the survey. Elasticities
are assumed; levels come from `figures`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.population.calibration.figures import by_region
from training.population.chance import Flags, Floats, Ints, happens
from training.population.people.families import Families, Kind, People
from training.population.people.support import Support
from training.population.people.work import Work
from training.population.worlds import Shifts

_NET_OF_WAGE: Final = 0.81
"""Left of a wage after the pension contribution and income tax (10 % each)."""
_NET_OF_BUSINESS: Final = 0.93
ECONOMIES_OF_SIZE: Final = 0.75
"""Exponent of family size: how many equal adults a family costs. The state's own
coefficient is not published; assumed."""
POVERTY_SCALE: Final = 0.79
"""The same exponent in the state's count of the poor, as far as a poor family has the published
5.7 members; assumed."""
_TYPICAL_LOG: Final = 12.47
_SPREAD_LOG: Final = 0.55
"""Centre and spread of log permanent income per equal adult: they make it standard normal."""

_CUSHION: Final = 165_000.0
_CUSHION_BY_SIZE: Final = -0.08
"""Kin help a family and not a head: the cushion of each thins out in a large family."""
_FORSAKEN: Final = -2.0
_LEFT_TO_THE_FORSAKEN: Final = 0.2
"""Families of worse luck than this have few to turn to: those below the food basket."""
_OF_LARGE: Final = -0.27
_OF_TOWN: Final = -0.047
"""Townspeople buy what the countryside grows; both in log consumption, assumed."""
_CONSUMED: Final = 167_800.0
_ELASTICITY: Final = 0.76
_BY_WEALTH: Final = 0.14
_TASTE: Final = 0.11
_AFTER_A_LOSS: Final = -0.16

_LADDER: Final = np.array([-2.45, -1.65, -0.8, 0.64, 2.03])
"""Steps of the six-step ladder on the standard scale of living. Its shares are assumed:
published self-ratings have other steps (average 74 %, above it 20 %, well-off 5 %)."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls a family, one entry each: its luck, its blows and its tastes."""

    luck: Floats
    """Standard normal: inheritance, past years, and chance, in wealth."""
    blow: Flags
    """An illness or another blow this year."""
    broken: Flags
    """Whether the loss of a job would throw the family off balance."""
    taste: Floats
    """Standard normal: whether the family spends or saves."""
    mood: Floats
    """Standard normal: how the family sees its own life."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry a family; money in tenge a month."""

    equal_adults: Floats
    permanent: Floats
    level: Floats
    """Permanent income per equal adult on a standard normal scale."""
    wealth: Floats
    """What assets follow, on a standard normal scale: permanent income, the past and luck."""
    distress: Flags
    """Hit by a loss of job, an illness or another blow this year."""


@dataclass(frozen=True, slots=True)
class Living:
    """One entry a family: true consumption, tenge a month, and the step of the ladder, 1 to 6."""

    consumption: Floats
    comfort: Floats
    """Where the family stands on the scale behind the ladder."""
    ladder: Ints


def befall(fortune: np.random.Generator, taste: np.random.Generator, count: int) -> Fate:
    """Draw the fate of ``count`` families."""
    return Fate(
        luck=fortune.standard_normal(count),
        blow=happens(fortune, 0.05, count),
        broken=happens(fortune, 0.6, count),
        taste=taste.standard_normal(count),
        mood=taste.standard_normal(count),
    )


def standing(
    families: Families, people: People, work: Work, support: Support, fate: Fate, shifts: Shifts
) -> Standing:
    """Derive each family's standing from what its members truly earn and receive."""
    count = len(families)
    # A wage lost this year still carries the standard of living for a while.
    earned = (
        _NET_OF_WAGE * (work.official_wage + 0.7 * work.lost_wage)
        + _NET_OF_BUSINESS * work.declared_business
        + work.hidden
    )
    permanent = people.in_family(earned + support.received, count)
    equal_adults = families.size.astype(np.float64) ** ECONOMIES_OF_SIZE
    level = (
        np.log(_cushioned(permanent / shifts.prices / equal_adults, families.size)) - _TYPICAL_LOG
    ) / _SPREAD_LOG
    level = np.clip(level, -3.2, 3.5)
    oldest = np.zeros(count)
    np.maximum.at(oldest, people.family, people.age)
    years = np.interp(oldest, [20, 35, 55, 75], [-0.5, -0.1, 0.2, 0.0])
    wealth = 0.68 * level + 0.25 * families.fortune + 0.60 * fate.luck + years
    lost = people.in_family(work.months_since_loss > 0, count) > 0
    blow = fate.blow | (lost & fate.broken)
    return Standing(equal_adults, permanent, level, wealth, blow)


def living(
    families: Families,
    people: People,
    work: Work,
    standing_: Standing,
    fate: Fate,
    returns: Floats,
    shifts: Shifts,
) -> Living:
    """Derive consumption and the ladder; ``returns`` are rents and herds, tenge a month."""
    count = len(families)
    real = (standing_.permanent + returns) / shifts.prices
    kin = np.where(fate.luck < _FORSAKEN, _LEFT_TO_THE_FORSAKEN, 1.0)
    income = _cushioned(real / standing_.equal_adults, families.size, kin)
    lost = people.in_family(work.months_since_loss > 0, count) > 0
    spirit = (
        _ELASTICITY
        * (1.0 - by_region("sharing")[families.region])
        * (np.log(income) - _TYPICAL_LOG)
        + _BY_WEALTH * standing_.wealth
        + _TASTE * fate.taste
        + np.where(lost, _AFTER_A_LOSS, 0.0)
        + by_region("means")[families.region]
        + np.where(families.urban, _OF_TOWN, -_OF_TOWN)
        + np.where(families.kind == Kind.LARGE, _OF_LARGE, 0.0)
    )
    consumption = _CONSUMED * shifts.prices * np.exp(spirit) * standing_.equal_adults
    comfort = 1.75 * spirit + 0.30 * standing_.wealth - 0.5 * standing_.distress + 0.25 * fate.mood
    return Living(consumption, comfort, step_of_ladder(comfort))


def _cushioned(income: Floats, size: Ints, kin: Floats | float = 1.0) -> Floats:
    """Income per equal adult with what keeps the poorest afloat: kin, credit, the kitchen garden.

    ``kin`` is what kin give of an ordinary family's cushion. Few live below the food basket
    (0.2 % of people, published); assumed form.
    """
    return np.hypot(income, kin * _CUSHION * size.astype(np.float64) ** _CUSHION_BY_SIZE)


def step_of_ladder(comfort: Floats) -> Ints:
    """The step from 1 (cannot afford food) to 6 (no material difficulty)."""
    return 1 + np.digitize(comfort, _LADDER).astype(np.int64)
