"""Services: who asks for which, and so what an applicant of each service looks like.

Who applies is no sample of the needy. First one must belong to the circle that a service
is for: tenants in towns, owners of an only dwelling, families of pupils or of children
with a disability. Then means decide, as everyone can see them: papers are asked for,
schools send lists of their own, people know what an official will find. A service for the
poor repels families with means; the subsidy of rent attracts tenants who can afford to
rent well. How strongly is assumed for each service (`figures.yaml`, ``services``), so that
shares of well-off applicants far apart from each other, like the pilot's published ones,
come from the circles and their means.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from training.population.calibration.figures import figure, repulsion
from training.population.chance import Flags, Floats, days_before, happens, tilted, words
from training.population.people.families import ADULT, Families, People
from training.population.people.standing import Standing

SERVICES: Final = (
    "housing_aid",
    "rent_subsidy",
    "home_teaching",
    "school_meals",
    "summer_camp",
    "dormitory_place",
    "sanatorium",
    "sport_section",
)
DAYS_TO_DECIDE: Final = 30
_YEAR: Final = 365
_AT_MOST: Final = 0.9
_ORDINARY_INCOME: Final = 100_000.0
"""Declared income per head, tenge a month, that neighbours call ordinary; assumed."""


def applications(
    rng: np.random.Generator,
    families: Families,
    people: People,
    home: pl.DataFrame,
    standing: Standing,
    declared: Floats,
    things: Mapping[str, pl.DataFrame],
    as_of: date,
    days: int = _YEAR,
) -> pl.DataFrame:
    """Applications for local services in the last ``days``, each from its circle, by ``family``.

    ``declared`` is the income of each family that registers show, tenge a month.
    """
    today = np.datetime64(as_of)
    count = len(families)
    owned = _owned(people, things, count)
    seen = _seen_means(declared / families.size, owned)
    circles = _circles(families, people, home, owned["homes"])
    parts = []
    for number, service in enumerate(SERVICES):
        weight = circles[service] * np.exp(-repulsion(service) * seen)
        rate = np.minimum(figure(service) * weight / max(weight.mean(), 1e-9), _AT_MOST)
        rate = rate * days / _YEAR
        who = np.flatnonzero(happens(rng, rate, count))
        ago = rng.integers(1, days, len(who))
        granted = happens(rng, tilted(0.85, -0.5 * standing.wealth[who]), len(who))
        parts.append(
            pl.DataFrame(
                {
                    "family": who,
                    "service": words(SERVICES, np.full(len(who), number)),
                    "applied_on": days_before(today, ago),
                    "outcome": words(
                        ("granted", "refused"),
                        np.where(granted, 0, 1),
                        null=ago < DAYS_TO_DECIDE,
                    ),
                }
            )
        )
    return pl.concat(parts)


def _owned(people: People, things: Mapping[str, pl.DataFrame], count: int) -> dict[str, Floats]:
    """Dwellings, cars and open businesses on record of each family."""

    def of_family(rows: pl.DataFrame) -> Floats:
        of = people.family[rows["person"].to_numpy()]
        return np.bincount(of, minlength=count).astype(np.float64)

    return {
        "homes": of_family(
            things["properties"].filter(pl.col("kind").is_in(["apartment", "house"]))
        ),
        "cars": of_family(things["vehicles"].filter(pl.col("kind") == "car")),
        "firms": of_family(things["businesses"].filter(pl.col("closed_on").is_null())),
    }


def _seen_means(per_head: Floats, owned: Mapping[str, Floats]) -> Floats:
    """What everyone can see of a family's means: 0 is ordinary, each sign of wealth about 1."""
    means: Floats = (
        np.clip(owned["homes"] - 1, 0, 2)
        + np.clip(owned["cars"] - 1, 0, 2)
        + np.minimum(owned["firms"], 1)
        + np.clip(np.log(np.maximum(per_head, 1.0) / _ORDINARY_INCOME), 0, 1.5)
    )
    return means


def _circles(
    families: Families, people: People, home: pl.DataFrame, homes: Floats
) -> dict[str, Floats]:
    """Whom each service is for, up to a factor."""
    count = len(families)

    def have(who: Flags) -> Floats:
        return np.minimum(people.in_family(who, count), 3)

    rented = (home["tenure"] == "rented").to_numpy()
    owned = (home["tenure"] == "owned").to_numpy()
    pupils = have(people.study == 1)
    disabled_children = have((people.age < ADULT) & (people.disability > 0))
    students = have(people.student)
    elders = have(people.retired | (people.disability > 0))
    return {
        # The law: it must be the only dwelling in the country.
        "housing_aid": owned * families.urban * (homes <= 1),
        "rent_subsidy": (rented * families.urban).astype(np.float64),
        "home_teaching": disabled_children + 3 * have(people.study == 2),
        "school_meals": pupils * np.where(families.children >= 4, 3.0, 1.0),
        "summer_camp": pupils,
        "dormitory_place": students * np.where(families.urban, 0.7, 1.5),
        "sanatorium": elders,
        "sport_section": pupils,
    }
