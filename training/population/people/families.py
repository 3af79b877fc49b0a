"""Families: who lives together, where, how old, how healthy and how schooled.

The mix of kinds of families follows the published means (size, large families, people in
families of five and more, ages); no joint distribution is published, so the mix itself
is assumed. Ages come from the children upwards: the youngest child, the gaps between
births and the mother's age at the first birth give the parents' ages.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import numpy as np

from training.population.calibration.figures import by_region, figure
from training.population.chance import Flags, Floats, Ints, happens, pick
from training.population.people.marriage import marriage

ADULT: Final = 18.0
PENSION_AGE_MEN: Final = 63.0
PENSION_AGE_WOMEN: Final = 61.0
"""Held at 61 until 2028 (Social Code, art. 207, as commonly reported; assumed until checked)."""

_STUDENT_COUNTS: Final = 23.0
"""Until this age a student still counts as a child of a large family (Social Code)."""

DAYS_OF_A_YEAR: Final = 365.2425


class Kind(IntEnum):
    """Kinds of families."""

    LONE_ELDER = 0
    LONE_ADULT = 1
    ELDER_COUPLE = 2
    YOUNG_COUPLE = 3
    GROWN_CHILDREN = 4
    COUPLE = 5
    ONE_PARENT = 6
    LARGE = 7
    EXTENDED = 8


class Role(IntEnum):
    """Relation to the head, in the order of the register contract."""

    HEAD = 0
    SPOUSE = 1
    CHILD = 2
    PARENT = 3
    OTHER = 4


EDUCATION: Final = ("none", "primary", "secondary", "vocational", "higher", "postgraduate")
DISABILITY: Final = ("none", "group1", "group2", "group3", "child")
STUDY: Final = ("preschool", "school", "home", "college", "university")
NOWHERE: Final = len(STUDY)

# One column a kind, in the order of Kind. Assumed; tuned together to the figures.
_MIX: Final = np.array([0.124, 0.036, 0.150, 0.023, 0.228, 0.321, 0.058, 0.047, 0.016])
_BY_BIRTHS: Final = np.array([-0.76, -0.50, -0.45, -0.14, -0.23, -0.10, 0.09, 1.07, 1.31])
"""How the odds of each kind move with the births of the place."""
_SPOUSE: Final = np.array([0, 0, 1, 1, 0.72, 1, 0, 0.92, 0.9])
_CHILDREN: Final = {
    Kind.COUPLE: np.array([0, 0.30, 0.66, 0.04]),
    Kind.ONE_PARENT: np.array([0, 0.6, 0.32, 0.08]),
    Kind.LARGE: np.array([0, 0, 0, 0, 0.70, 0.19, 0.07, 0.03, 0.01]),
    Kind.EXTENDED: np.array([0, 0.35, 0.44, 0.21]),
}
_GROWN: Final = {Kind.GROWN_CHILDREN: np.array([0, 0.46, 0.54])}
_PARENTS: Final = {Kind.EXTENDED: np.array([0, 0.7, 0.3])}
_MOST_CHILDREN: Final = 8

# Age of the woman of a family without minor children: centre, spread and bounds by kind.
_WOMAN: Final[Floats] = np.array(
    [
        [74.5, 9.4, 62, 93],
        [37, 11, 19, 61],
        [66, 5, 58, 88],
        [42, 10, 20, 57],
        [52.0, 4.5, 40, 84],
        [0, 0, 18.1, 66],
        [0, 0, 18.1, 66],
        [0, 0, 18.1, 66],
        [0, 0, 18.1, 66],
    ]
)
_FEMALE_HEADS: Final[Floats] = np.array([0.90, 0.47, 0.12, 0.15, 0.48, 0.13, 0.88, 0.14, 0.14])
_DAUGHTERS: Final = 0.486
_GROWN_DAUGHTERS: Final = 0.39
"""Daughters leave their parents' home earlier than sons."""
_MOTHERS_OF_PARENTS: Final = 0.82
_FIRST_BIRTH: Final = 25.3
"""Mean age of the mother at the birth of the oldest child still at home."""
_OLDER_HUSBAND: Final = 2.0
_GENERATION: Final = 28.0
_YOUNGEST: Final = 0.89
"""Below 1: the youngest child is rather older than an even spread of ages would make it."""

_FORTUNE_OF_LARGE: Final = -0.35
"""Large families are more often of little schooling and pay; assumed after poverty by size."""
_RURAL_BIRTHS: Final = 0.99
_FAMILIES_OF_A_NEIGHBOURHOOD: Final = 60


@dataclass(frozen=True, slots=True)
class Families:
    """One entry a family. ``start`` is the place of its first member among the people."""

    region: Ints
    urban: Flags
    kind: Ints
    size: Ints
    start: Ints
    children: Ints
    """Children of the head under 18, and students under 23 (who make a family large too)."""
    paired: Flags
    """Whether the member after the head is an adult too, who may own half of things."""
    neighbourhood: Ints
    """Number of the block the family lives in: the survey's primary sampling unit."""
    fortune: Floats
    """Standard normal: what the members' abilities and the neighbourhood share."""

    def __len__(self) -> int:
        """Number of families."""
        return len(self.region)


@dataclass(frozen=True, slots=True)
class People:
    """One entry a person; members of a family stand together, the head first."""

    family: Ints
    role: Ints
    age: Floats
    female: Flags
    ability: Floats
    education: Ints
    disability: Ints
    study: Ints
    guardianship: Flags
    chronic: Flags
    deceased: Flags
    """Died within the last weeks; the register of persons has not heard of it."""
    marital: Ints
    """See `marriage`; no register tells it."""

    def __len__(self) -> int:
        """Number of people."""
        return len(self.family)

    @property
    def retired(self) -> Flags:
        """Whether the person has reached pension age."""
        pension_age = np.where(self.female, PENSION_AGE_WOMEN, PENSION_AGE_MEN)
        return np.asarray(self.age >= pension_age, dtype=np.bool_)

    @property
    def student(self) -> Flags:
        """Whether the person studies at a college or university."""
        return np.isin(self.study, (STUDY.index("college"), STUDY.index("university")))

    @property
    def adult(self) -> Flags:
        """Whether the person has reached the age of 18."""
        return np.asarray(self.age >= ADULT, dtype=np.bool_)

    def in_family(self, of: Floats | Flags, families: int) -> Floats:
        """Sum a quantity of people over each family."""
        return np.bincount(self.family, weights=of, minlength=families).astype(np.float64)


def settle(rng: np.random.Generator, count: int) -> tuple[Families, People]:
    """Draw ``count`` families and their members as they are on the day of the simulation."""
    region, urban = places(rng, count)
    births = by_region("births")[region] + np.where(urban, 0.0, _RURAL_BIRTHS)
    kind = pick(rng, _MIX * np.exp(np.outer(births, _BY_BIRTHS)))
    neighbourhood, luck_of_place = _neighbourhoods(rng, region, urban)
    fortune = 0.94 * rng.standard_normal(count) + 0.34 * luck_of_place
    fortune = fortune + np.where(kind == Kind.LARGE, _FORTUNE_OF_LARGE, 0.0)
    spouse = happens(rng, _SPOUSE[kind], count).astype(np.int64)
    children, grown, parents = (
        _numbers(rng, kind, table) for table in (_CHILDREN, _GROWN, _PARENTS)
    )
    size = 1 + spouse + children + grown + parents
    start = np.concatenate(([0], np.cumsum(size)[:-1]))
    family = np.repeat(np.arange(count), size)
    place = np.arange(len(family)) - start[family]
    role, child = _roles(place, spouse[family], children[family], grown[family])
    head_female = happens(rng, _FEMALE_HEADS[kind], count)
    age = _ages(rng, kind, children, head_female, family, role, child)
    age = np.maximum(np.rint(age * DAYS_OF_A_YEAR), 0) / DAYS_OF_A_YEAR
    families = Families(
        region=region,
        urban=urban,
        kind=kind,
        size=size,
        start=start,
        children=children,
        paired=(spouse > 0) | (grown > 0),
        neighbourhood=neighbourhood,
        fortune=fortune,
    )
    people = _people(rng, families, family, role, age, head_female)
    return replace(families, children=counted_children(people, count)), people


def counted_children(people: People, families: int) -> Ints:
    """Children of each family by which the law calls it large."""
    counted = (people.role == Role.CHILD) & (
        (people.age < ADULT) | ((people.age < _STUDENT_COUNTS) & (people.study != NOWHERE))
    )
    return people.in_family(counted, families).astype(np.int64)


def places(rng: np.random.Generator, count: int) -> tuple[Ints, Flags]:
    """Region and settlement: people by place, divided by the mean size of families there."""
    people, urban_share = by_region("people"), by_region("urban")
    cells = np.stack([people * (1 - urban_share), people * urban_share], axis=1)
    births = by_region("births")[:, None] + np.array([_RURAL_BIRTHS, 0.0])
    mix = _MIX * np.exp(births[..., None] * _BY_BIRTHS)
    mean_size = (mix * _mean_sizes()).sum(axis=2) / mix.sum(axis=2)
    cell = pick(rng, (cells / mean_size).ravel(), count)
    return cell // 2, cell % 2 == 1


def _mean_sizes() -> Floats:
    sizes = 1 + _SPOUSE
    for tables in (_CHILDREN, _GROWN, _PARENTS):
        for kind, table in tables.items():
            sizes[kind] += table @ np.arange(len(table)) / table.sum()
    return sizes


def _neighbourhoods(rng: np.random.Generator, region: Ints, urban: Flags) -> tuple[Ints, Floats]:
    """Blocks of about sixty families of one place, each with its own standard normal luck."""
    cell = region * 2 + urban
    blocks = np.maximum(np.bincount(cell, minlength=40) // _FAMILIES_OF_A_NEIGHBOURHOOD, 1)
    first = np.concatenate(([0], np.cumsum(blocks)))
    number = first[cell] + (rng.random(len(cell)) * blocks[cell]).astype(np.int64)
    return number, rng.standard_normal(first[-1])[number]


def _numbers(rng: np.random.Generator, kind: Ints, table: dict[Kind, Floats]) -> Ints:
    numbers = np.zeros(len(kind), dtype=np.int64)
    for of, weights in table.items():
        mine = kind == of
        numbers[mine] = pick(rng, weights, int(mine.sum()))
    return numbers


def _roles(place: Ints, spouse: Ints, children: Ints, grown: Ints) -> tuple[Ints, Ints]:
    """Role of each member by its place in the family, and which child of the family it is."""
    child = place - 1 - spouse
    role = np.full(len(place), int(Role.PARENT))
    role[child < children + grown] = Role.CHILD
    role[child < 0] = Role.SPOUSE
    role[place == 0] = Role.HEAD
    return role, child


def _ages(
    rng: np.random.Generator,
    kind: Ints,
    children: Ints,
    head_female: Flags,
    family: Ints,
    role: Ints,
    child: Ints,
) -> Floats:
    count = len(kind)
    youngest = np.where(
        kind == Kind.LARGE, 8.5 * rng.beta(1.0, 1.4, count), 17.9 * rng.beta(1.0, _YOUNGEST, count)
    )
    pace = np.where(kind == Kind.LARGE, 1.1, 2.4)
    gaps = 1.0 + rng.standard_exponential((count, _MOST_CHILDREN)) * pace[:, None]
    gaps[:, 0] = youngest
    births = gaps.cumsum(axis=1)
    oldest = births[np.arange(count), np.maximum(children - 1, 0)]
    mother = oldest + np.clip(rng.normal(_FIRST_BIRTH, 4.6, count), 17.5, 42)
    at_home = children > 0
    centre, spread, low, high = _WOMAN[kind].T
    woman = np.clip(np.where(at_home, mother, rng.normal(centre, spread)), low, high)
    man = np.clip(woman + rng.normal(_OLDER_HUSBAND, 3.0, count), low, high + 3)
    head, spouse = np.where(head_female, woman, man), np.where(head_female, man, woman)
    age = np.where(role == Role.HEAD, head[family], spouse[family])
    minor = (role == Role.CHILD) & at_home[family]
    age[minor] = births[family[minor], child[minor]]
    grown = (role == Role.CHILD) & ~at_home[family]
    age[grown] = np.clip(
        woman[family[grown]] - rng.normal(_GENERATION, 4.0, grown.sum()), ADULT, 48
    ) - np.where(child[grown] == 1, 2.0, 0.0)
    age[grown] = np.maximum(age[grown], ADULT)
    parent = role == Role.PARENT
    age[parent] = np.clip(head[family[parent]] + rng.normal(26, 4, parent.sum()), 46, 95)
    return age


def _people(
    rng: np.random.Generator,
    families: Families,
    family: Ints,
    role: Ints,
    age: Floats,
    head_female: Flags,
) -> People:
    count = len(family)
    daughter = np.where(age < ADULT, _DAUGHTERS, _GROWN_DAUGHTERS)
    female = happens(rng, np.where(role == Role.PARENT, _MOTHERS_OF_PARENTS, daughter), count)
    female = np.where(role == Role.HEAD, head_female[family], female)
    female = np.where(role == Role.SPOUSE, ~head_female[family], female)
    ability = 0.65 * families.fortune[family] + 0.76 * rng.standard_normal(count)
    education = schooling(rng, age, female, ability, families.urban[family])
    disability = _disability(rng, age, female)
    study = enrol(rng, age, ability, education, disability)
    orphan = (age < ADULT) & (role == Role.CHILD) & happens(rng, figure("orphans"), count)
    chronic = happens(rng, chance_of_illness(age), count)
    with_spouse = np.bincount(family[role == Role.SPOUSE], minlength=len(families)) > 0
    couple = (role <= Role.SPOUSE) & with_spouse[family]
    marital = marriage(rng, couple, role == Role.CHILD, age, female)
    return People(
        family=family,
        role=np.where(orphan, int(Role.OTHER), role),
        age=age,
        female=female,
        ability=ability,
        education=education,
        disability=disability,
        study=study,
        guardianship=orphan,
        chronic=chronic | (disability > 0),
        deceased=np.zeros(count, dtype=np.bool_),
        marital=marital,
    )


def schooling(
    rng: np.random.Generator, age: Floats, female: Flags, ability: Floats, urban: Flags
) -> Ints:
    """Highest level completed; cut-offs give the census shares among people of 15 and more."""
    leaning = (
        0.62 * ability
        + 0.78 * rng.standard_normal(len(age))
        + np.where(urban, 0.13, -0.2)
        + np.where(female, 0.08, -0.08)
        + np.interp(age, [22, 40, 55, 80], [0.05, 0.1, -0.1, -0.5])
    )
    level = np.digitize(leaning, [-2.2, -1.75, -0.33, 0.48, 2.15])
    level = np.where(age < 22, np.minimum(level, 3), level)
    level = np.where(age < 19, np.minimum(level, 2), level)
    level = np.where(age < 17, 1, level)
    return np.where(age < 11, 0, level).astype(np.int64)


def chance_of_illness(age: Floats) -> Floats:
    """Share of people under regular medical observation, by age; assumed."""
    return np.asarray(np.interp(age, [0, 18, 40, 60, 85], [0.03, 0.05, 0.12, 0.4, 0.7]))


def _disability(rng: np.random.Generator, age: Floats, female: Flags) -> Ints:
    disabled = happens(rng, chance_of_disability(age, female), len(age))
    return np.where(disabled, group_of_disability(rng, age), 0).astype(np.int64)


def group_of_disability(rng: np.random.Generator, age: Floats) -> Ints:
    """Draw the group that people of these ages have or would have; children have their own."""
    group = 1 + pick(rng, np.array([0.10, 0.40, 0.50]), len(age))
    return np.where(age < ADULT, 4, group).astype(np.int64)


def chance_of_disability(age: Floats, female: Flags) -> Floats:
    """Share of people with a recognised disability by age and sex."""
    child, adult, elder = (
        figure(f"{who}_with_disability") for who in ("children", "adults", "elders")
    )
    growing = np.interp(age, [18, 30, 45, 61], [0.45, 0.7, 1.2, 2.0])
    pension_age = np.where(female, PENSION_AGE_WOMEN, PENSION_AGE_MEN)
    return np.where(age < ADULT, child, np.where(age < pension_age, adult * growing, elder))


def enrol(
    rng: np.random.Generator, age: Floats, ability: Floats, education: Ints, disability: Ints
) -> Ints:
    """Draw where people of these ages study."""
    chance = rng.random(len(age))
    study = np.full(len(age), NOWHERE)
    study[
        (age >= 1.5) & (age < 6.3) & (chance < np.interp(age, [1.5, 3, 5], [0.2, 0.75, 0.95]))
    ] = 0
    school = (age >= 6.3) & (age < 17.6) & ((age < 15.6) | (chance < 0.72))
    study[school] = 1
    study[school & (disability > 0) & (rng.random(len(age)) < 0.18)] = 2
    study[(age >= 15.6) & (age < 19.5) & ~school & (chance > 0.25)] = 3
    bright = ability + rng.standard_normal(len(age)) > 0.1
    study[(age >= 17.6) & (age < 22.5) & bright & (education >= 2)] = 4
    return study
