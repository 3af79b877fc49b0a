"""A month of careers: jobs found, changed and lost, side jobs begun and ended, benefits granted.

Who works follows age, health, schooling and care with the fewest changes; on top of that
jobs are lost and found. Whoever starts anew draws terms and pay as anyone of the same age,
place and custom, so that published levels hold from month to month. Rates are assumed.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from training.population.chance import Flags, happens
from training.population.people.columns import blank, drifted, mixed
from training.population.people.families import NOWHERE, Families, Kind, People, Role
from training.population.people.lives import crossed
from training.population.people.support import Support, support
from training.population.people.work import (
    MONTHS,
    Terms,
    Work,
    chance_of_care,
    chance_of_work,
    engage,
)
from training.population.worlds import Shifts

_LOST: Final = 0.0050
_FAILED: Final = 0.0030
"""Share of employees who lose their job, and of businesses that fail, in a month."""
_FOUND: Final = 0.08
"""Share of the unemployed who find work in a month; with the jobs lost it keeps unemployment."""
_CHANGED: Final = 0.009
"""Share of those at work who begin anew elsewhere, on whatever terms: 12 % in a year."""
_SIDE_JOBS: Final = 0.03
"""Share of side jobs that end, or begin, in a month."""
_HELP: Final = 0.04
"""Share of families whose relatives think again whether to help, in a month."""
_AWAY: Final = 0.02
"""Share of families whose member goes away to work or comes back, in a month."""
_AWARDED: Final = 0.004
"""Share of lone parents without alimony whose claim is decided in a month."""
_OF_STUDENTS: Final = (15.6, 17.6, 19.5)


def careers(
    rng: np.random.Generator, families: Families, people: People, work: Work, shifts: Shifts
) -> Work:
    """Work of every person a month later."""
    count = len(people)
    care = chance_of_care(families, people)
    caring = drifted(rng, work.caring, work.care, care)
    chance = np.where(people.deceased, 0.0, chance_of_work(families, people, caring))
    at_work = drifted(rng, work.at_work, work.chance, chance)
    rate = np.where(work.employee, _LOST, _FAILED)
    lost = at_work & work.at_work & ~people.retired & happens(rng, rate, count)
    idle = ~at_work & people.adult & ~people.deceased & ~people.retired
    idle &= (people.study == NOWHERE) & ~np.isin(people.disability, (1, 2))
    hired = work.unemployed & idle & happens(rng, _FOUND, count)
    at_work = (at_work & ~lost) | hired
    anew = at_work & (~work.at_work | happens(rng, _CHANGED, count))
    fresh, _ = engage(rng, families, people, shifts, at_work, work.custom)
    now = mixed(anew, fresh, mixed(at_work, work, blank(work)))
    again = at_work & _openly(now) & _openly(fresh) & happens(rng, _SIDE_JOBS, count)
    out_of_work = work.unemployed & idle & ~hired
    months = np.where(out_of_work & (work.months_since_loss > 0), work.months_since_loss + 1, 0)
    months = np.where(months < MONTHS, months, 0)
    wage = np.where(months > 0, work.lost_wage, 0.0)
    return replace(
        now,
        side_job=np.where(again, fresh.side_job, now.side_job),
        lost_wage=np.where(lost, work.official_wage, wage),
        months_since_loss=np.where(lost & (work.official_wage > 0), 1, months),
        months_in_job=np.where(
            anew, 1, np.where(at_work, np.minimum(work.months_in_job + 1, MONTHS), MONTHS)
        ),
        unemployed=out_of_work | lost,
        caring=caring & ~at_work,
        custom=work.custom,
        chance=chance,
        care=care,
    )


def _openly(work: Work) -> Flags:
    return np.isin(work.terms, (Terms.HONEST_WAGE, Terms.GREY_WAGE, Terms.HONEST_BUSINESS))


def supported(
    rng: np.random.Generator,
    families: Families,
    people: People,
    work: Work,
    before: Support,
    years: float,
    shifts: Shifts,
) -> Support:
    """Support of every person a month later: what was granted goes on while its cause does."""
    count = len(people)
    fresh = support(rng, families, people, work, shifts)
    pensioner = (before.pension > 0) | people.retired | crossed(people.age, (50.0,), years)
    pension = np.where(pensioner, np.where(before.pension > 0, before.pension, fresh.pension), 0.0)
    lone = (families.kind[people.family] == Kind.ONE_PARENT) & (people.role == Role.HEAD)
    awarded = lone & (before.alimony == 0) & happens(rng, _AWARDED, count)
    head = people.role == Role.HEAD
    again = head & happens(rng, _HELP, count)
    away = head & happens(rng, _AWAY, count)
    lasting = np.where(people.age < 19, 0.0, before.lasting)
    living = ~people.deceased
    now = Support(
        pension=pension,
        disability=np.where(
            (pension > 0) | (people.disability == 0),
            0.0,
            np.where(before.disability > 0, before.disability, fresh.disability),
        ),
        allowance=fresh.allowance - fresh.lasting + lasting,
        care=fresh.care,
        scholarship=np.where(
            crossed(people.age, _OF_STUDENTS, years),
            fresh.scholarship,
            np.where(people.student, before.scholarship, 0.0),
        ),
        alimony=np.where(awarded, fresh.alimony, np.where(lone, before.alimony, 0.0)),
        relatives=np.where(again, fresh.relatives, np.where(head, before.relatives, 0.0)),
        remittances=np.where(away, fresh.remittances, np.where(head, before.remittances, 0.0)),
        lasting=lasting,
    )
    return mixed(living, now, blank(now))
