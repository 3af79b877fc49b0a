"""One partition of the country: some thousands of families told from the first draw to the last.

Every stage draws from its own generator, spawned from the seed and the partition's number:
a partition does not wait for others, and a change in one stage leaves the draws of the
others alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS, REGISTERS
from training.population import labels, possessions, traces
from training.population.calibration import Sums, sums
from training.population.chance import Flags, Floats, Ints, days_before, happens, opaque, words
from training.population.debts import loans
from training.population.families import (
    DAYS_OF_A_YEAR,
    DISABILITY,
    EDUCATION,
    NOWHERE,
    STUDY,
    Families,
    People,
    settle,
)
from training.population.faults import spoil
from training.population.housing import homes, properties
from training.population.payments import Stream, incomes, quarter, streams
from training.population.promises import measures
from training.population.standing import Living, living, standing
from training.population.support import Support, support
from training.population.work import Terms, Work, employ
from training.population.worlds import Shifts

_STAGES: Final = (
    "settle", "employ", "support", "standing", "homes", "properties", "vehicles", "herds",
    "enterprises", "deposits", "living", "loans", "payments", "transfers", "utilities",
    "applications", "inspections", "survey", "registers", "faults",
)  # fmt: skip
_HOUSEHOLD, _PERSON, _CLUSTER, _RECORD = range(4)
_ACTIVITY: Final = (
    "child", "student", "employee", "self_employed", "registered_unemployed", "caring",
    "inactive", "pensioner",
)  # fmt: skip
_WITH_RECORDS: Final = ("properties", "vehicles", "livestock", "loans", "businesses", "deposits")


@dataclass(frozen=True, slots=True)
class Partition:
    """Registers by name in the contract's columns, the truth apart, and sums for calibration."""

    registers: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    sums: Sums
    faults: list[int]
    """Rows that each fault of the world took."""


def tell(
    number: int, size: int, households: int, seed: int, as_of: date, shifts: Shifts
) -> Partition:
    """Tell partition ``number`` of ``size`` families in a country of ``households``."""
    root = np.random.SeedSequence(seed, spawn_key=(number,))
    chance = dict(zip(_STAGES, map(np.random.default_rng, root.spawn(len(_STAGES))), strict=True))
    today = np.datetime64(as_of)
    families, people = settle(chance["settle"], size)
    work = employ(chance["employ"], families, people, shifts)
    aid = support(chance["support"], families, people, work, shifts)
    means = standing(chance["standing"], families, people, work, aid, shifts)
    home = homes(chance["homes"], families, means)
    things = {
        "properties": properties(chance["properties"], families, means, home, today, shifts),
        "vehicles": possessions.vehicles(chance["vehicles"], families, means, work, people, today),
        "livestock": possessions.herds(chance["herds"], families, means, today, shifts),
        "businesses": possessions.enterprises(
            chance["enterprises"], people, work, ~families.urban[people.family], today
        ),
        "deposits": possessions.deposits(chance["deposits"], people, means, today),
        "loans": loans(chance["loans"], people, work, means, today),
    }
    rent, hidden_rent, farm = _returns(things, people, size)
    life = living(
        chance["living"], families, people, work, means, rent + hidden_rent + farm, shifts
    )
    paid = streams(
        chance["payments"], families, people, work, aid,
        things["properties"], things["businesses"], things["vehicles"], shifts,
    )  # fmt: skip
    hidden = people.in_family(work.hidden, size) + hidden_rent + farm
    sent = traces.transfers(chance["transfers"], people, work, aid, as_of, shifts)
    by_family = {
        "utilities": traces.utilities(chance["utilities"], families, home, life, as_of, shifts),
        "applications": traces.applications(
            chance["applications"], families, people, home, means, paid, as_of
        ),
        "inspections": labels.inspections(
            chance["inspections"], families, hidden,
            _suspicion(chance["inspections"], families, people, paid, things, sent),
            life, households, as_of, shifts,
        ),
        "survey": labels.survey(
            chance["survey"], families, life, means,
            opaque(seed, _CLUSTER, number, int(families.neighbourhood.max()) + 1),
            households, as_of,
        ),
    }  # fmt: skip
    by_person = {"incomes": incomes(paid, as_of), "transfers": sent, **things}
    household, person = opaque(seed, _HOUSEHOLD, number, size), opaque(seed, _PERSON, number,
                                                                       len(people))  # fmt: skip
    registers = {
        "households": _households(families, home, household),
        "persons": _persons(chance["registers"], people, work, household, person, paid, today),
    }
    registers |= {
        name: frame.with_columns(person_id=person[frame["person"].to_numpy()])
        for name, frame in by_person.items()
    }
    registers |= {
        name: frame.with_columns(household_id=household[frame["family"].to_numpy()])
        for name, frame in by_family.items()
    }
    for place, name in enumerate(_WITH_RECORDS):
        key = opaque(seed, _RECORD + place, number, registers[name].height)
        registers[name] = registers[name].with_columns(record_id=key)
    shaped = {name: _shape(name, registers[name]) for name in REGISTERS}
    truth = _truth(families, people, work, aid, life, household, rent, hidden_rent, farm)
    watched = None if shifts.bias is None else tuple(REGIONS).index(shifts.bias.region)
    told = {
        **sums(families, people, work, aid, home, shaped, paid, truth, as_of),
        **measures(families, work, hidden, things["livestock"], by_family["inspections"], watched),
    }
    sent_in, faults = spoil(
        chance["faults"], shaped, shifts.faults, seed=seed, number=number, today=today
    )
    arrived = {name: frame for name, frame in sent_in.items() if name not in shifts.silent}
    return Partition(arrived, truth, told, faults)


def _shape(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the columns of the contract that the world tells, in its order and types."""
    schema = {
        column: kind for column, kind in REGISTERS[name].schema.items() if column in frame.columns
    }
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _households(families: Families, home: pl.DataFrame, key: Ints) -> pl.DataFrame:
    return home.with_columns(
        household_id=key,
        region=words(tuple(REGIONS), families.region),
        settlement=words(("rural", "urban"), families.urban.astype(np.int64)),
    )


def _persons(
    rng: np.random.Generator,
    people: People,
    work: Work,
    household: Ints,
    key: Ints,
    paid: list[Stream],
    today: np.datetime64,
) -> pl.DataFrame:
    count = len(people)
    drawn = np.zeros(count, dtype=np.bool_)
    for stream in paid:
        if stream.source == "pension":
            drawn[stream.person] = True
    days = np.rint(people.age * DAYS_OF_A_YEAR)
    return pl.DataFrame(
        {
            "person_id": key,
            "household_id": household[people.family],
            "birth_date": days_before(today, days),
            "sex": words(("m", "f"), people.female.astype(np.int64)),
            "relation": words(("head", "spouse", "child", "parent", "other"), people.role),
            "study": words(STUDY, people.study, null=people.study == NOWHERE),
            "guardianship": people.guardianship,
            "clinic_attached": happens(rng, 0.97, count),
            "education": words(EDUCATION, people.education),
            "activity": words(_ACTIVITY, _activity(rng, people, work, drawn)),
            "disability": words(DISABILITY, people.disability),
            "chronic_condition": people.chronic,
            "enrolled": people.study != NOWHERE,
        }
    )


def _activity(rng: np.random.Generator, people: People, work: Work, drawn: Flags) -> Ints:
    """What registers believe a person does; the unregistered look idle, jobless or insured."""
    chance = rng.random(len(people))
    unseen = (work.terms == Terms.UNREGISTERED) & (work.declared_business == 0)
    believed = [
        (people.age < 16, "child"),
        (work.official_wage > 0, "employee"),
        (work.declared_business > 0, "self_employed"),
        (drawn, "pensioner"),
        (people.study != NOWHERE, "student"),
        (unseen & (chance < 0.18), "self_employed"),
        (unseen & (chance < 0.30), "registered_unemployed"),
        (work.unemployed & (chance < 0.65), "registered_unemployed"),
        (work.caring, "caring"),
    ]
    return np.select(
        [who for who, _ in believed],
        [_ACTIVITY.index(what) for _, what in believed],
        _ACTIVITY.index("inactive"),
    ).astype(np.int64)


def _returns(
    things: Mapping[str, pl.DataFrame], people: People, families: int
) -> tuple[Floats, Floats, Floats]:
    """Declared rents, hidden rents and the yield of herds, one entry a family."""
    homes_, herds_ = things["properties"], things["livestock"]
    declared = homes_["rent_declared"].to_numpy()
    rent = homes_["rent"].to_numpy()
    of_home = people.family[homes_["person"].to_numpy()]
    of_herd = people.family[herds_["person"].to_numpy()]
    return (
        np.bincount(of_home, np.where(declared, rent, 0.0), families).astype(np.float64),
        np.bincount(of_home, np.where(declared, 0.0, rent), families).astype(np.float64),
        np.bincount(of_herd, herds_["income"].to_numpy(), families).astype(np.float64),
    )


def _suspicion(
    rng: np.random.Generator,
    families: Families,
    people: People,
    paid: list[Stream],
    things: Mapping[str, pl.DataFrame],
    sent: pl.DataFrame,
) -> Floats:
    """What inspectors make of the registers, family by family."""
    count = len(families)

    def of_family(frame: pl.DataFrame, value: str | None = None) -> Floats:
        family = people.family[frame["person"].to_numpy()]
        weights = None if value is None else frame[value].to_numpy()
        return np.bincount(family, weights, count).astype(np.float64)

    dwellings = things["properties"].filter(pl.col("kind").is_in(["apartment", "house"]))
    cars = things["vehicles"].filter(pl.col("kind") == "car")
    latest = sent.filter(pl.col("month") == pl.col("month").max())
    return labels.suspicion(
        rng,
        families,
        quarter(paid, people, count),
        of_family(cars),
        of_family(dwellings, "share"),
        of_family(things["loans"], "monthly_payment"),
        of_family(latest, "senders"),
    )


def _truth(
    families: Families,
    people: People,
    work: Work,
    aid: Support,
    life: Living,
    household: Ints,
    rent: Floats,
    hidden_rent: Floats,
    farm: Floats,
) -> pl.DataFrame:
    """What the family truly lives on, whole tenge a month as of the last quarter."""
    by_person = {
        "official_wage": work.official_wage,
        "declared_business": work.declared_business,
        "pension": aid.pension,
        "benefits": aid.disability + aid.allowance + aid.scholarship,
        "alimony": aid.alimony,
        "help_of_relatives": aid.relatives,
        "hidden_wage": work.envelope,
        "hidden_business": work.shadow,
        "hidden_side_job": work.side_job,
    }
    columns = {name: people.in_family(each, len(families)) for name, each in by_person.items()}
    columns |= {"declared_rent": rent, "hidden_rent": hidden_rent, "hidden_farm": farm}
    whole = {name: np.rint(each).astype(np.int64) for name, each in columns.items()}
    hidden = np.sum([each for name, each in whole.items() if name.startswith("hidden")], axis=0)
    return pl.DataFrame(
        {
            "household_id": household,
            **whole,
            "hidden_income_monthly": hidden,
            "consumption_monthly": np.rint(life.consumption).astype(np.int64),
            "ladder": life.ladder,
        }
    )
