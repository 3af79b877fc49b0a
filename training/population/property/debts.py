"""Debts: who borrows what, on what terms, and who falls behind.

Banks lend to those who can pay, hidden earnings included (they see the account); micro-loans
and arrears follow distress. Payment, what is left and the day of issue follow from one
annuity, so they agree with each other. Kinds and their weights follow the published stock
(55 % consumer, 29 % housing, 16 % cars; instalments with 63 % of borrowers); rates and
terms are assumed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from training.population.calibration.figures import by_region
from training.population.chance import (
    Flags,
    Floats,
    Ints,
    days_before,
    happens,
    linked,
    pick,
    tenge,
    tilted,
)
from training.population.people.families import Families, People, Role
from training.population.people.standing import Standing
from training.population.people.work import Terms, Work

_BORROWING: Final = -0.13
_DAYS_OF_A_MONTH: Final = 30.4375


@dataclass(frozen=True, slots=True)
class Product:
    """What is lent under one kind of loan; the register's kinds, in its order."""

    kind: str
    median: float
    """Median principal of a borrower of ordinary standing, tenge."""
    spread: float
    least: float
    most: float
    months: tuple[int, ...]
    rate: tuple[float, float]
    """Lowest and highest yearly interest, as a share."""
    arrears: float = 0.0
    """Added to the chance of falling behind."""


CONSUMER: Final = Product(
    "consumer", 675_000, 1.28, 60_000, 15e6, (12, 24, 36, 48, 60), (0.2, 0.42)
)
MORTGAGE: Final = Product("mortgage", 12.5e6, 0.42, 3e6, 60e6, (120, 180, 240, 300), (0.05, 0.17))
AUTO: Final = Product("auto", 4.6e6, 0.5, 800_000, 25e6, (36, 48, 60, 84), (0.14, 0.26))
MICRO: Final = Product("micro", 95_000, 0.6, 15_000, 600_000, (3, 6, 9, 12), (0.44, 0.46), 0.2)
BUSINESS: Final = Product("business", 3e6, 0.9, 300_000, 60e6, (24, 36, 60), (0.12, 0.25))
INSTALMENT: Final = Product("instalment", 190_000, 0.75, 15_000, 2.5e6, (6, 12, 24), (0.0, 0.0))


def leaning_to_borrow(families: Families, people: People) -> Floats:
    """How much likelier than elsewhere each person's region borrows, in log-odds."""
    return by_region("borrowing")[families.region[people.family]]


def loans(
    rng: np.random.Generator,
    families: Families,
    people: People,
    work: Work,
    standing: Standing,
    borrower: Flags,
    today: np.datetime64,
) -> pl.DataFrame:
    """Open loans in the columns of their register, with ``person`` instead of a key.

    Beside them: ``term`` in months, ``rate`` a month, ``payments`` made so far, and by how
    many days the arrears are ``short_of_months``, that is of the whole months that were missed.
    """
    family = people.family
    level, distress = standing.level[family], standing.distress[family]
    place = leaning_to_borrow(families, people)
    householder = (people.role == Role.HEAD) & (people.age > 23) & (people.age < 62)
    wanted: list[tuple[Product, Ints]] = [
        (CONSUMER, _times(rng, borrower, np.array([0.26, 0.50, 0.18, 0.06]))),
        (MORTGAGE, _who(rng, householder, tilted(0.099, 0.75 * level - 0.1 + place))),
        (AUTO, _who(rng, householder, tilted(0.165, 0.75 * level - 0.1 + place))),
        (MICRO, _who(rng, borrower, tilted(0.08, -0.55 * level + 1.3 * distress))),
        (BUSINESS, _who(rng, (work.terms >= Terms.HONEST_BUSINESS) & people.adult, 0.10)),
        (INSTALMENT, _times(rng, borrower, np.array([0.37, 0.43, 0.15, 0.05]))),
    ]
    return pl.concat(
        [_lent(rng, product, person, level, distress, people, today) for product, person in wanted]
    )


def borrowers(
    rng: np.random.Generator, families: Families, people: People, standing: Standing
) -> Flags:
    """Draw who borrows for daily life: most of those in working age, fewer of the poor."""
    level = standing.level[people.family]
    by_age = np.interp(
        people.age, [18, 21, 26, 45, 58, 66, 76], [0.1, 0.5, 0.78, 0.8, 0.68, 0.4, 0.05]
    )
    chance = tilted(
        np.clip(by_age, 0.01, 0.99), 0.15 * level + leaning_to_borrow(families, people) + _BORROWING
    )
    return people.adult & happens(rng, chance, len(people))


def _who(rng: np.random.Generator, eligible: Flags, chance: Floats | float) -> Ints:
    return np.flatnonzero(eligible & happens(rng, chance, len(eligible)))


def _times(rng: np.random.Generator, eligible: Flags, weights: Floats) -> Ints:
    person = np.flatnonzero(eligible)
    return np.repeat(person, pick(rng, weights, len(person)))


def _lent(
    rng: np.random.Generator,
    product: Product,
    person: Ints,
    level: Floats,
    distress: Flags,
    people: People,
    today: np.datetime64,
) -> pl.DataFrame:
    """One loan for each entry of ``person``, somewhere in its term on the day ``today``."""
    count = len(person)
    wish = linked(rng, np.clip(level[person], -3, 3), 0.5)
    sought = np.round(product.median * np.exp(product.spread * wish), -3)
    principal = np.clip(sought, product.least, product.most)
    months = np.array(product.months)[rng.integers(0, len(product.months), count)]
    monthly_rate = rng.uniform(*product.rate, count) / 12
    # Loans in force are older the longer they run; nobody borrowed before coming of age.
    grown = np.maximum((people.age[person] - 18.0) * 12.0, 0.3)
    elapsed = np.minimum(rng.uniform(0.02, 0.97, count) ** 1.25 * months, grown)
    behind = happens(
        rng, chance_of_arrears(product.arrears, distress[person], level[person]), count
    )
    overdue = np.where(behind, np.minimum(1 + rng.gamma(0.8, 70.0, count), elapsed * 30.0), 0.0)
    paid = np.maximum(np.floor(elapsed) - np.ceil(overdue / _DAYS_OF_A_MONTH), 0)
    payment, left = annuity(principal, monthly_rate, months, paid)
    issued = days_before(today, np.maximum(elapsed * _DAYS_OF_A_MONTH, 1))
    return pl.DataFrame(
        {
            "person": person,
            "kind": pl.Series([product.kind] * count, dtype=pl.String),
            "monthly_payment": tenge(payment),
            "principal": tenge(principal),
            "issued_on": issued,
            "outstanding": tenge(left),
            "days_overdue": np.floor(overdue).astype(np.int64),
            "registered_on": issued,
            "term": months,
            "rate": monthly_rate,
            "payments": paid.astype(np.int64),
            "short_of_months": np.zeros(count, dtype=np.int64),
        }
    )


def chance_of_arrears(of_kind: Floats | float, distress: Flags, level: Floats) -> Floats:
    """Probability that a borrower is behind; ``of_kind`` is what the kind of loan adds."""
    return np.clip(0.045 + of_kind + 0.20 * distress - 0.02 * level, 0.005, 0.8)


def annuity(principal: Floats, rate: Floats, months: Ints, paid: Floats) -> tuple[Floats, Floats]:
    """Monthly payment, and what is left after ``paid`` of ``months`` equal payments.

    ``rate`` is a month's interest as a share; 0 is an instalment without interest.
    """
    free = rate < 1e-9
    safe = np.where(free, 1.0, rate)
    growth = (1 + safe) ** months
    payment = np.where(free, principal / months, principal * safe * growth / (growth - 1))
    so_far = (1 + safe) ** paid
    left = np.where(
        free, principal * (1 - paid / months), principal * (growth - so_far) / (growth - 1)
    )
    return payment, left
