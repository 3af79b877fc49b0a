"""Traces: what banks and utilities see of a family's life.

Transfers betray those who sell to many people, but collectors for a class or a wedding
look alike, and help of relatives comes in large sums from few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from training.population.chance import Flags, Floats, happens, lognormal, tenge
from training.population.people.families import Families, People
from training.population.people.standing import Living
from training.population.people.support import Support
from training.population.people.work import Terms, Work
from training.population.worlds import Shifts

REPORTED_MONTHS: Final = 6
"""Months of transfers that banks report."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person takes transfers: one entry each, in an ordinary month."""

    senders: Floats
    amount: Floats
    """Tenge a month from all of them."""
    remitted: Flags
    """Whether one more sender is a member who works away."""


@dataclass(frozen=True, slots=True)
class Meters:
    """How a family is billed: one entry each."""

    billed: Flags
    use: Floats
    """Log of what the family uses against others of its size and dwelling."""


def habits(
    rng: np.random.Generator, people: People, work: Work, support: Support, shifts: Shifts
) -> Habits:
    """Draw who sends money to whom: customers, classmates, relatives, members who work away."""
    count = len(people)
    uses = people.adult & happens(
        rng, np.interp(people.age, [18, 30, 50, 65, 80], [0.85, 0.9, 0.8, 0.5, 0.15]), count
    )
    sells = work.trade & happens(rng, 0.8, count)
    small = (work.side_job > 0) & happens(rng, 0.35, count)
    collects = uses & happens(rng, 0.012, count)
    senders = np.where(uses, lognormal(rng, 3.2 * shifts.transfers, 0.7, count), 0.0)
    senders += np.where(sells, lognormal(rng, 38.0, 1.0, count), 0.0)
    senders += np.where(small, lognormal(rng, 9.0, 0.6, count), 0.0)
    senders += np.where(collects, lognormal(rng, 45.0, 0.6, count), 0.0)
    business = work.shadow + 0.35 * work.declared_business
    # Part of an envelope comes by transfer from one payer; the rest is cash.
    envelope = work.envelope * np.where(happens(rng, 0.35, count), 0.9, 0.0)
    amount = (
        np.where(uses, lognormal(rng, 55_000.0 * shifts.transfers, 1.05, count), 0.0)
        + np.where(sells, 0.85 * business, 0.0)
        + np.where(small, 0.8 * work.side_job, 0.0)
        + np.where(work.terms == Terms.UNREGISTERED, 0.2 * work.shadow, 0.0)
        + np.where(collects, lognormal(rng, 240_000.0, 0.7, count), 0.0)
        + envelope
        + 0.9 * support.relatives
        + support.remittances
    )
    return Habits(senders, amount, support.remittances > 0)


def transfers(rng: np.random.Generator, habits_: Habits, months: Sequence[date]) -> pl.DataFrame:
    """Incoming mobile transfers of some months, by ``person`` and month."""
    person = np.flatnonzero(habits_.amount > 0)
    shape = (len(person), len(months))
    swing = np.exp(0.3 * rng.standard_normal(shape))
    seen = rng.poisson(habits_.senders[person, None] * swing) + habits_.remitted[person, None]
    sums = tenge(
        habits_.amount[person, None] * swing * np.exp(0.2 * rng.standard_normal(shape)), 10
    )
    row, month = np.nonzero((seen > 0) & (sums > 0))
    return pl.DataFrame(
        {
            "person": person[row],
            "month": np.array(months, dtype="datetime64[D]")[month],
            "senders": seen[row, month].astype(np.int64),
            "amount": sums[row, month],
        }
    )


def meters(rng: np.random.Generator, families: Families) -> Meters:
    """Draw who is billed for utilities, and how much each family uses."""
    count = len(families)
    # Stoves are fed with coal, which is bought and not billed.
    billed = happens(rng, np.where(families.urban, 0.98, 0.86), count)
    return Meters(billed, 0.25 * rng.standard_normal(count))


def utilities(
    rng: np.random.Generator,
    families: Families,
    home: pl.DataFrame,
    living: Living,
    meters_: Meters,
    months: Sequence[date],
    shifts: Shifts,
) -> pl.DataFrame:
    """Utility bills of some months, dearer in winter, in ``family`` and month."""
    billed = np.flatnonzero(meters_.billed)
    heated = home["central_heating"].to_numpy()[billed]
    area = home["living_area_m2"].to_numpy()[billed]
    per_head = living.consumption[billed] / shifts.prices / families.size[billed]
    base = 3_500 + 1_900 * families.size[billed] + 85 * area
    base = base * (per_head / 150_000) ** 0.22 * np.exp(meters_.use[billed])
    winter = np.array([1.0 if month.month in (10, 11, 12, 1, 2, 3, 4) else 0.0 for month in months])
    heat = np.where(heated, 150 * area, 0.0)
    amounts = shifts.prices * (base[:, None] + heat[:, None] * winter)
    amounts = amounts * np.exp(0.12 * rng.standard_normal(amounts.shape))
    return pl.DataFrame(
        {
            "family": np.repeat(billed, len(months)),
            "month": np.tile(np.array(months, dtype="datetime64[D]"), len(billed)),
            "amount": tenge(amounts.ravel(), 10),
        }
    )
