"""Work: who has it, on what terms, what it truly pays and what of that is declared.

The story: ability, schooling, sex, age and place make a person's earning power; the place
and the person decide between honest employment, an envelope on top of a small official
wage, a declared or a shadow business, and side jobs. Some lost a formal job within the
year. Published levels (employment, self-employment, informal shares, wages by region)
come from `figures`; the slopes are assumed, no microdata being public.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np

from training.population.calibration.figures import by_region, figure
from training.population.chance import Flags, Floats, Ints, happens, lognormal, pick, tilted
from training.population.people.families import ADULT, NOWHERE, Families, Kind, People, Role
from training.population.worlds import Shifts

MONTHS: Final = 12
"""Complete months before the day of the simulation, for which incomes are told."""


class Terms(IntEnum):
    """On what terms a person truly works."""

    NONE = 0
    HONEST_WAGE = 1
    GREY_WAGE = 2
    HONEST_BUSINESS = 3
    UNDER_DECLARED = 4
    UNREGISTERED = 5


# Formal wages: with the official parts of grey ones they give the published median and mean.
_WAGE_MEDIAN: Final = 483_000.0
_WAGE_BY_EDUCATION: Final = np.array([-0.5, -0.45, -0.27, -0.08, 0.27, 0.5])
_WAGE_BY_ABILITY: Final = 0.30
_WAGE_CHANCE: Final = 0.50
_SEX_GAP: Final = 0.13
"""Half of the log gap between men and women (published ratio of mean wages about 0.75)."""
_CUSTOM: Final = 2.6
"""How strongly members of one family share the habit of working off the books."""
_GREY_DISCOUNT: Final = 0.79
_SHADOW_MEDIAN: Final = 280_000.0
_HONEST_BUSINESS_MEDIAN: Final = 248_000.0
_SIDE_JOB_MEDIAN: Final = 21_000.0
_BUSINESS_LEANING: Final = -0.89
_GREY_LEANING: Final = -0.08
_SHADOW_LEANING: Final = -1.84
_SIDE_LEANING: Final = 0.36
"""Log-odds that, with the spread of customs, give the published shares of each kind of work."""
_HIDDEN_FULLY: Final = 0.755
"""Of shadow business: what runs without any registration."""
_WITHOUT_CONTRACT: Final = 0.31
"""Of grey wages: those paid without any contract, in whole from hand to hand; assumed."""
_FIXED: Final = (0.60, 0.45)
"""Share of flat wages among grey and honest ones; assumed. Were only grey wages flat, or much
more often, the swing of a wage would tell what no inspector sees."""
_PUBLISHED_MEAN: Final = 412.6
"""National mean of the table of regional wages, thousand tenge."""


@dataclass(frozen=True, slots=True)
class Work:
    """One entry a person; money in tenge a month as of the last quarter, zero for none."""

    terms: Ints
    trade: Flags
    """Sells to many people: what shows up as many senders of transfers."""
    official_wage: Floats
    declared_business: Floats
    envelope: Floats
    shadow: Floats
    """Business income that nobody declares, the whole or a part."""
    side_job: Floats
    lost_wage: Floats
    """Wage of a job lost within the year."""
    months_since_loss: Ints
    """Full months without that job; 0: no job was lost."""
    swing: Floats
    """How much the declared wage swings from month to month, as a share of it."""
    months_in_job: Ints
    """Months of the year in the present job; 12: all of them."""
    unemployed: Flags
    caring: Flags
    custom: Floats
    """Leaning to work off the books, which members of a family share."""
    chance: Floats
    """Probability with which a person like this one works."""
    care: Floats
    """Probability with which a person like this one is at home to care."""

    @property
    def at_work(self) -> Flags:
        """Whether the person truly works, declared or not."""
        return np.asarray(self.terms != Terms.NONE, dtype=np.bool_)

    @property
    def employee(self) -> Flags:
        """Whether the person works for somebody, with a contract or without."""
        return np.isin(self.terms, (Terms.HONEST_WAGE, Terms.GREY_WAGE))

    @property
    def unregistered(self) -> Flags:
        """Whether the person works without contract and without a registered business."""
        seen = (self.official_wage > 0) | (self.declared_business > 0)
        return np.asarray(self.at_work & ~seen, dtype=np.bool_)

    @property
    def hidden(self) -> Floats:
        """Earnings that no register shows."""
        return self.envelope + self.shadow + self.side_job


def employ(rng: np.random.Generator, families: Families, people: People, shifts: Shifts) -> Work:
    """Draw work and pay of every person."""
    count = len(people)
    care = chance_of_care(families, people)
    caring = happens(rng, care, count)
    chance = chance_of_work(families, people, caring)
    at_work = happens(rng, chance, count)
    # Who works off the books keeps company: a custom that members of a family share.
    custom = _CUSTOM * rng.standard_normal(len(families))[people.family] + shifts.informality
    work, wage = engage(rng, families, people, shifts, at_work, custom)
    unemployed, lost, months = _losses(rng, people, at_work, caring, wage)
    in_job = np.where(happens(rng, 0.12, count), rng.integers(1, MONTHS, count), MONTHS)
    return replace(
        work,
        lost_wage=lost,
        months_since_loss=months,
        months_in_job=np.where(work.official_wage > 0, in_job, MONTHS),
        unemployed=unemployed,
        caring=caring & ~at_work,
        chance=chance,
        care=care,
    )


def engage(
    rng: np.random.Generator,
    families: Families,
    people: People,
    shifts: Shifts,
    at_work: Flags,
    custom: Floats,
) -> tuple[Work, Floats]:
    """Draw the terms and the pay of those ``at_work``, and what anyone's wage would be."""
    count = len(people)
    terms = _terms(rng, families, people, at_work, custom)
    employee = (terms == Terms.HONEST_WAGE) | (terms == Terms.GREY_WAGE)
    business = at_work & ~employee
    trade = business & happens(rng, 0.5, count)
    power = _earning_power(families, people)
    wage = lognormal(rng, _WAGE_MEDIAN * shifts.wages * np.exp(power), _WAGE_CHANCE, count)
    minimum: int = shifts.of_law("minimum_wage")
    # Some honest wages are part-time: a small declared wage is no proof of an envelope.
    part_time = happens(rng, np.where(people.female, 0.09, 0.05), count)
    # The lowest honest wages stand somewhat above the minimum.
    least = minimum * (1.0 + 0.5 * rng.random(count))
    wage = np.where(part_time, 0.45 * wage, np.maximum(wage, least))
    grey = terms == Terms.GREY_WAGE
    paid = np.where(grey, _GREY_DISCOUNT * wage, wage)
    official = np.where(grey, _official_part(rng, paid, minimum), paid)
    leaning = -0.25 * people.ability + np.where(people.education >= 4, -0.6, 0.15)
    by_hand = grey & happens(rng, tilted(_WITHOUT_CONTRACT, leaning), count)
    official = np.where(by_hand, 0.0, official)
    season = shifts.wages * np.where(families.urban[people.family], 1.0, shifts.rural_business)
    earned = season * lognormal(rng, _SHADOW_MEDIAN * np.exp(0.8 * power), 0.62, count)
    honest = season * lognormal(rng, _HONEST_BUSINESS_MEDIAN * np.exp(0.8 * power), 0.75, count)
    declared, shadow = _businesses(rng, terms, earned, honest, minimum)
    on_the_side = tilted(
        figure("side_jobs") / 0.85, 0.35 * custom + _SIDE_LEANING + shifts.platform_work
    )
    openly = employee | (terms == Terms.HONEST_BUSINESS)
    side = openly & happens(rng, on_the_side, count)
    side_job = lognormal(rng, _SIDE_JOB_MEDIAN * shifts.wages * np.exp(0.5 * power), 0.6, count)
    # An envelope keeps the official wage flat; so do the fixed salaries of many honest jobs.
    fixed = happens(rng, np.where(grey, *_FIXED), count)
    none = np.zeros(count)
    work = Work(
        terms=terms,
        trade=trade,
        official_wage=np.where(employee, official, 0.0),
        declared_business=declared,
        envelope=np.where(grey, paid - official, 0.0),
        shadow=shadow,
        side_job=np.where(side, side_job, 0.0),
        lost_wage=none,
        months_since_loss=np.zeros(count, dtype=np.int64),
        swing=np.where(fixed, 0.012, 0.05),
        months_in_job=np.ones(count, dtype=np.int64),
        unemployed=np.zeros(count, dtype=np.bool_),
        caring=np.zeros(count, dtype=np.bool_),
        custom=custom,
        chance=none,
        care=none,
    )
    return work, wage


def chance_of_care(families: Families, people: People) -> Floats:
    """Women at home with an infant, and a parent who cares for a child with a disability."""
    count = len(families)
    child = people.age < ADULT
    infant = people.in_family(child & (people.age < 2.5), count) > 0
    invalid = people.in_family(child & (people.disability > 0), count) > 0
    mother = people.female & (people.age < 50) & (people.role <= Role.SPOUSE)
    chance = 0.62 * infant[people.family] + 0.75 * invalid[people.family]
    return np.where(mother, chance, 0.0)


def chance_of_work(families: Families, people: People, caring: Flags) -> Floats:
    """Probability that a person of this age, sex, health, schooling and family works."""
    age = people.age
    chance = np.interp(
        age,
        [15, 18, 20, 23, 28, 50, 57, 61, 63.5, 68, 75],
        [0.02, 0.32, 0.66, 0.885, 0.942, 0.942, 0.895, 0.785, 0.33, 0.14, 0.02],
    )
    chance = np.where(age < 15, 1e-9, chance)
    shift = (
        np.where(people.female, -0.35, 0.15)
        + 0.25 * people.ability
        + np.array([0.0, -3.0, -2.2, -0.8, -3.0])[people.disability]
        + np.where((people.study != NOWHERE) & (age >= 17), -2.4, 0.0)
        + np.where(families.kind[people.family] == Kind.LARGE, -0.2, 0.0)
        + np.where(people.retired & people.female, -0.6, 0.0)
    )
    return np.where(caring, 0.04, tilted(chance, shift))


def _terms(
    rng: np.random.Generator, families: Families, people: People, at_work: Flags, custom: Floats
) -> Ints:
    """Terms of work: tilted to informal ones by place, schooling, age and the family's custom."""
    count = len(people)
    place = by_region("informality")[families.region[people.family]] + np.where(
        families.urban[people.family], -0.12, 0.2
    )
    own = place - 0.20 * people.ability + np.where(people.education >= 4, -0.35, 0.12)
    own = own + np.where(people.retired, 0.5, 0.0) + np.where(people.female, -0.05, 0.05) + custom
    own_business = happens(
        rng, tilted(figure("self_employment"), 0.85 * own + _BUSINESS_LEANING), count
    )
    grey = happens(
        rng,
        tilted(figure("grey_wages") / (1 - figure("self_employment")), 0.9 * own + _GREY_LEANING),
        count,
    )
    shadow = happens(
        rng,
        tilted(figure("shadow_business") / figure("self_employment"), 0.7 * own + _SHADOW_LEANING),
        count,
    )
    hidden_fully = happens(rng, _HIDDEN_FULLY, count)
    business = np.where(
        shadow,
        np.where(hidden_fully, int(Terms.UNREGISTERED), int(Terms.UNDER_DECLARED)),
        int(Terms.HONEST_BUSINESS),
    )
    employee = np.where(grey, int(Terms.GREY_WAGE), int(Terms.HONEST_WAGE))
    return np.where(at_work, np.where(own_business, business, employee), int(Terms.NONE))


def _earning_power(families: Families, people: People) -> Floats:
    """Log of expected pay against the national median."""
    region = families.region[people.family]
    place = np.log(by_region("wage") / _PUBLISHED_MEAN)
    place = place - np.average(place, weights=by_region("people"))
    power: Floats = (
        place[region]
        + by_region("pay")[region]
        + np.where(families.urban[people.family], 0.06, -0.12)
        + _WAGE_BY_EDUCATION[people.education]
        + _WAGE_BY_ABILITY * people.ability
        + np.where(people.female, -_SEX_GAP, _SEX_GAP)
        - 0.0005 * (np.clip(people.age, 18, 66) - 44) ** 2
    )
    return power


def _official_part(rng: np.random.Generator, paid: Floats, minimum: int) -> Floats:
    """What of a grey wage is declared: mostly about the minimum wage, else a share."""
    near_minimum = minimum * (1.0 + 0.8 * rng.beta(2.2, 3.0, len(paid)))
    share = paid * rng.uniform(0.35, 0.75, len(paid))
    return np.minimum(np.where(happens(rng, 0.72, len(paid)), near_minimum, share), paid)


def _businesses(
    rng: np.random.Generator, terms: Ints, earned: Floats, honest: Floats, minimum: int
) -> tuple[Floats, Floats]:
    """Declared and undeclared income of one's own business."""
    count = len(terms)
    under = terms == Terms.UNDER_DECLARED
    unregistered = terms == Terms.UNREGISTERED
    declared = np.where(terms == Terms.HONEST_BUSINESS, honest, 0.0)
    declared = np.where(under, 1.25 * earned * rng.uniform(0.1, 0.55, count), declared)
    # Some unregistered people pay the unified payment on a token income, to be insured.
    token = unregistered & happens(rng, 0.25, count)
    declared = np.where(token, minimum * rng.uniform(0.4, 1.0, count), declared)
    total = np.where(under, 1.25 * earned, np.where(unregistered, earned, declared))
    return declared, np.maximum(total - declared, 0.0)


def _losses(
    rng: np.random.Generator, people: People, at_work: Flags, caring: Flags, wage: Floats
) -> tuple[Flags, Floats, Ints]:
    """The unemployed, and among them those who lost a formal job within the year."""
    count = len(people)
    idle = ~at_work & ~caring & people.adult & ~people.retired & (people.study == NOWHERE)
    idle &= ~np.isin(people.disability, (1, 2))
    sought = figure("unemployment") / (1 - figure("unemployment")) * at_work.sum()
    unemployed = idle & happens(rng, min(sought / max(idle.sum(), 1), 1.0), count)
    lost = unemployed & happens(rng, 0.55, count)
    months = np.where(lost, 1 + pick(rng, np.linspace(1.0, 0.4, MONTHS - 2), count), 0)
    return unemployed, np.where(lost, wage, 0.0), months
