"""Marriage: who is married, widowed, divorced, or never was.

Couples of a family are married. For everyone else the state follows age, sex and place in
the family; the chances are assumed, tuned to the published shares. No register of the
contract tells it: it is a part of the truth about people.
"""

from enum import IntEnum
from typing import Final

import numpy as np

from training.population.chance import Flags, Floats, Ints, pick

MARRIAGE_AGE: Final = 18.0
_UNREGISTERED: Final = 0.08
"""Couples that live together without having married; assumed."""


class Marital(IntEnum):
    """Marital state."""

    NEVER = 0
    MARRIED = 1
    WIDOWED = 2
    DIVORCED = 3


def marriage(
    rng: np.random.Generator, couple: Flags, at_home: Flags, age: Floats, female: Flags
) -> Ints:
    """Marital state of each person; ``couple`` lives with a spouse, ``at_home`` with parents."""
    never = np.interp(age, [18, 24, 30, 40, 50, 65], [1.0, 0.95, 0.74, 0.52, 0.38, 0.16])
    widowed = np.interp(age, [30, 40, 50, 60, 70, 80], [0.01, 0.04, 0.14, 0.34, 0.62, 0.85])
    widowed = np.where(female, widowed, 0.55 * widowed)
    never = np.where(at_home, np.maximum(never, 0.55), never) * (1 - widowed)
    apart = np.where(at_home, 0.12, 0.30) * (1 - never - widowed)
    divorced = np.maximum(1 - never - widowed - apart, 0.0)
    alone = pick(rng, np.stack([never, apart, widowed, divorced], axis=1))
    # Some couples live together unregistered.
    registered = couple & (rng.random(len(age)) >= _UNREGISTERED)
    unwed = np.where(age < 45, int(Marital.NEVER), alone)
    state = np.where(registered, int(Marital.MARRIED), np.where(couple, unwed, alone))
    return np.where(age < MARRIAGE_AGE, int(Marital.NEVER), state).astype(np.int64)
