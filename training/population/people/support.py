"""State support: pensions, benefits, stipends, and help among relatives.

Sizes follow the law of 2025; who receives what follows the families' composition and
work. Targeted social assistance comes later (`payments`): it depends on what the
registers say a family earns.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from training.population.calibration.figures import law
from training.population.chance import Flags, Floats, Ints, happens, lognormal
from training.population.people.families import ADULT, Families, Kind, People, Role
from training.population.people.work import Work
from training.population.worlds import Shifts

_DISABILITY_BENEFIT: Final = np.array([0.0, 118_000.0, 91_000.0, 61_500.0, 75_500.0])
"""By group, assumed so that the mean is the published one."""
_CARE_OF_A_DISABLED_CHILD: Final = 65_000.0  # assumed: about 1.4 subsistence minimums
_CARE_OF_GROUP_1: Final = 65_000.0  # assumed: the same
_CARE_TAKE_UP: Final = 0.97
_BIRTH_CARE_LEAST: Final = 22_650.0  # assumed: 5.76 monthly calculation indices of 2025
_BIRTH_CARE_SHARE: Final = 0.4
_STIPEND: Final = np.array([36_000.0, 52_000.0])  # college, university; assumed
_EARLY_PENSIONS: Final = 0.05


class Care(IntEnum):
    """Whom a paid carer cares for."""

    NOBODY = 0
    OF_CHILD = 1
    OF_GROUP_1 = 2


@dataclass(frozen=True, slots=True)
class Support:
    """One entry a person; tenge a month, zero for none."""

    pension: Floats
    disability: Floats
    allowance: Floats
    """Every other benefit: large families, infants, care, loss of job or breadwinner, honours."""
    care: Ints
    """See `Care`: whose carer the person is paid to be, as a part of ``allowance``."""
    scholarship: Floats
    alimony: Floats
    relatives: Floats
    """Help of relatives, which no register shows and which is no hidden income."""
    remittances: Floats
    """What a member who works away sends home; it comes by transfer, from one sender."""
    lasting: Floats
    """Of the allowance, what goes on as it was granted: loss of breadwinner, honours."""

    @property
    def received(self) -> Floats:
        """Everything that is received and not earned, declared or not."""
        return self.declared + self.relatives + self.remittances

    @property
    def declared(self) -> Floats:
        """What the registers of payments hold."""
        return self.pension + self.disability + self.allowance + self.scholarship + self.alimony


def support(
    rng: np.random.Generator, families: Families, people: People, work: Work, shifts: Shifts
) -> Support:
    """Draw the support that every person receives."""
    count = len(people)
    drawn = people.retired | (
        (people.age > 50) & happens(rng, _EARLY_PENSIONS, count) & (people.age < 63)
    )
    earned = lognormal(rng, 94_000.0 * np.exp(0.08 * people.ability), 0.44, count)
    pension = np.where(drawn, np.maximum(law("pension_base") + earned, law("pension_least")), 0.0)
    disabled = happens(rng, 0.98, count) & ~drawn
    disability = np.where(disabled, _DISABILITY_BENEFIT[people.disability], 0.0)
    lasting = _loss_of_breadwinner(rng, families, people) + _honours(rng, people)
    care = _care(rng, families, people)
    allowance = (
        _large_family(families, people)
        + _infants(families, people, work)
        + np.array([0.0, _CARE_OF_A_DISABLED_CHILD, _CARE_OF_GROUP_1])[care]
        + _loss_of_job(work, shifts.of_law("minimum_wage"))
        + lasting
    )
    stipend = np.where(people.study == 3, _STIPEND[0], _STIPEND[1])
    scholarship = np.where(people.student & happens(rng, 0.42, count), stipend, 0.0)
    alone = (families.kind[people.family] == Kind.ONE_PARENT) & (people.role == Role.HEAD)
    alimony = np.where(
        alone & happens(rng, 0.34, count), lognormal(rng, 48_000.0, 0.45, count), 0.0
    )
    return Support(
        pension=shifts.benefits * pension,
        disability=shifts.benefits * disability,
        allowance=shifts.benefits * allowance,
        care=care,
        scholarship=shifts.benefits * scholarship,
        alimony=alimony,
        relatives=_relatives(rng, families, people, work),
        remittances=_remittances(rng, families, people),
        lasting=shifts.benefits * lasting,
    )


def _mothers(people: People) -> Flags:
    """The woman of each family who is its head or the head's spouse, the head first."""
    return _first(people, people.female & (people.role <= Role.SPOUSE))


def _first(people: People, who: Flags) -> Flags:
    """The first member of each family among those."""
    first = np.zeros(len(people), dtype=np.bool_)
    _, where = np.unique(people.family[who], return_index=True)
    first[np.flatnonzero(who)[where]] = True
    return first


def _large_family(families: Families, people: People) -> Floats:
    table: dict[int, int] = law("large_family")
    each = law("large_family_each_of_eight")
    by_children = np.array([table.get(n, n * each if n >= 8 else 0) for n in range(16)], float)
    payee = people.role == Role.HEAD
    return np.where(payee, by_children[families.children[people.family]], 0.0)


def _infants(families: Families, people: People, work: Work) -> Floats:
    """Care of a child up to a year and a half: a share of the mother's former wage."""
    infant = people.in_family(people.age < 1.5, len(families)) > 0
    mother = _mothers(people) & infant[people.family] & (people.age < 50)
    formal = np.maximum(work.official_wage, np.where(people.education >= 3, 190_000.0, 60_000.0))
    return np.where(mother, np.maximum(_BIRTH_CARE_SHARE * formal, _BIRTH_CARE_LEAST), 0.0)


def _care(rng: np.random.Generator, families: Families, people: People) -> Ints:
    """Paid carers, at work or not: a parent of the child, an adult beside the person of group I."""
    count = len(people)
    group_1 = people.disability == 1
    child = (people.age < ADULT) & (people.disability > 0)
    of_child = people.in_family(child, len(families))[people.family] > 0
    of_group_1 = people.in_family(group_1, len(families))[people.family] > 0
    parent = _first(people, people.adult & (people.role <= Role.SPOUSE))
    other = _first(people, people.adult & ~group_1 & (people.age < 75))
    asks = rng.random(count)
    return np.select(
        [parent & of_child & (asks < _CARE_TAKE_UP), other & of_group_1 & (asks < _CARE_TAKE_UP)],
        [int(Care.OF_CHILD), int(Care.OF_GROUP_1)],
        int(Care.NOBODY),
    ).astype(np.int64)


def _loss_of_job(work: Work, minimum_wage: int) -> Floats:
    """Social insurance against the loss of a job: 45 % of the wage, up to half a year."""
    paid = (work.months_since_loss > 0) & (work.months_since_loss <= 6)
    return np.where(paid, 0.45 * np.minimum(work.lost_wage, 7 * minimum_wage), 0.0)


def _loss_of_breadwinner(rng: np.random.Generator, families: Families, people: People) -> Floats:
    alone = (families.kind[people.family] == Kind.ONE_PARENT) & (people.role == Role.HEAD)
    count = len(people)
    return np.where(alone & happens(rng, 0.2, count), lognormal(rng, 68_000.0, 0.3, count), 0.0)


def _honours(rng: np.random.Generator, people: People) -> Floats:
    low, high = law("decorated_mother")
    mother = people.female & (people.age > 48) & happens(rng, 0.06, len(people))
    return np.where(mother, np.where(rng.random(len(people)) < 0.6, low, high), 0.0)


def _relatives(rng: np.random.Generator, families: Families, people: People, work: Work) -> Floats:
    """Help that flows to lone, young, jobless and elderly families."""
    count = len(people)
    head = people.role == Role.HEAD
    idle = people.in_family(work.at_work, len(families)) == 0
    chance = 0.05 + 0.40 * (idle[people.family] & ~people.retired) + 0.06 * (people.age < 26)
    helped = head & happens(rng, chance, count)
    return np.where(helped, lognormal(rng, 70_000.0, 0.7, count), 0.0)


def _remittances(rng: np.random.Generator, families: Families, people: People) -> Floats:
    """Money from a member who works in another region or country and is registered there.

    Neither families nor sums are published; assumed for one family in forty, twice as many
    in the countryside as in towns.
    """
    count = len(people)
    chance = np.where(families.urban[people.family], 0.018, 0.036)
    sent_home = (people.role == Role.HEAD) & happens(rng, chance, count)
    return np.where(sent_home, lognormal(rng, 150_000.0, 0.45, count), 0.0)
