"""Observing a state: what each register holds of it on its day, and the truth apart."""

from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS, REGISTERS
from training.population import labels, services, traces
from training.population.chance import Flags, Floats, Ints, days_before, happens, opaque, words
from training.population.families import DAYS_OF_A_YEAR, DISABILITY, EDUCATION, NOWHERE, STUDY
from training.population.payments import incomes, quarter
from training.population.state import CLUSTER, Chance, State
from training.population.work import Terms

_ACTIVITY: Final = (
    "child", "student", "employee", "self_employed", "registered_unemployed", "caring",
    "inactive", "pensioner",
)  # fmt: skip


def observe(chance: Chance, state: State, households: int) -> dict[str, pl.DataFrame]:
    """Registers by name in the contract's columns, in a country of so many ``households``."""
    families, people, as_of, shifts = state.families, state.people, state.as_of, state.shifts
    sent = traces.transfers(chance["transfers"], people, state.work, state.aid, as_of, shifts)
    by_family = {
        "utilities": traces.utilities(
            chance["utilities"], families, state.home, state.life, as_of, shifts
        ),
        "applications": services.applications(
            chance["applications"], families, people, state.home, state.means, state.paid,
            state.things, as_of,
        ),
        "inspections": labels.inspections(
            chance["inspections"], families, state.hidden,
            _suspicion(chance["inspections"], state, sent),
            state.life, households, as_of, shifts,
        ),
        "survey": labels.survey(
            chance["survey"], families, state.life, state.means,
            opaque(state.seed, CLUSTER, state.partition, int(families.neighbourhood.max()) + 1),
            households, as_of,
        ),
    }  # fmt: skip
    by_person = {"incomes": incomes(state.paid, as_of), "transfers": sent, **state.things}
    registers = {
        "households": _households(state),
        "persons": _persons(chance["registers"], state),
    }
    registers |= {
        name: frame.with_columns(person_id=state.person[frame["person"].to_numpy()])
        for name, frame in by_person.items()
    }
    registers |= {
        name: frame.with_columns(household_id=state.household[frame["family"].to_numpy()])
        for name, frame in by_family.items()
    }
    return {name: _shape(name, registers[name]) for name in REGISTERS}


def _shape(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the columns of the contract that the world tells, in its order and types."""
    schema = {
        column: kind for column, kind in REGISTERS[name].schema.items() if column in frame.columns
    }
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _households(state: State) -> pl.DataFrame:
    families = state.families
    return state.home.with_columns(
        household_id=state.household,
        region=words(tuple(REGIONS), families.region),
        settlement=words(("rural", "urban"), families.urban.astype(np.int64)),
    )


def _persons(rng: np.random.Generator, state: State) -> pl.DataFrame:
    people = state.people
    count = len(people)
    drawn = np.zeros(count, dtype=np.bool_)
    for stream in state.paid:
        if stream.source == "pension":
            drawn[stream.person] = True
    days = np.rint(people.age * DAYS_OF_A_YEAR)
    return pl.DataFrame(
        {
            "person_id": state.person,
            "household_id": state.household[people.family],
            "birth_date": days_before(np.datetime64(state.as_of), days),
            "sex": words(("m", "f"), people.female.astype(np.int64)),
            "relation": words(("head", "spouse", "child", "parent", "other"), people.role),
            "study": words(STUDY, people.study, null=people.study == NOWHERE),
            "guardianship": people.guardianship,
            "clinic_attached": happens(rng, 0.97, count),
            "education": words(EDUCATION, people.education),
            "activity": words(_ACTIVITY, _activity(rng, state, drawn)),
            "disability": words(DISABILITY, people.disability),
            "chronic_condition": people.chronic,
            "enrolled": people.study != NOWHERE,
        }
    )


def _activity(rng: np.random.Generator, state: State, drawn: Flags) -> Ints:
    """What registers believe a person does; the unregistered look idle, jobless or insured."""
    people, work = state.people, state.work
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


def _suspicion(rng: np.random.Generator, state: State, sent: pl.DataFrame) -> Floats:
    """What inspectors make of the registers, family by family."""
    families, people, things = state.families, state.people, state.things
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
        quarter(state.paid, people, count),
        of_family(cars),
        of_family(dwellings, "share"),
        of_family(things["loans"], "monthly_payment"),
        of_family(latest, "senders"),
    )


def truth(state: State) -> pl.DataFrame:
    """What each family truly lives on, whole tenge a month as of the last quarter."""
    work, aid, people = state.work, state.aid, state.people
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
    count = len(state.families)
    columns = {name: people.in_family(each, count) for name, each in by_person.items()}
    columns |= {
        "declared_rent": state.rent,
        "hidden_rent": state.hidden_rent,
        "hidden_farm": state.farm,
    }
    whole = {name: np.rint(each).astype(np.int64) for name, each in columns.items()}
    hidden = np.sum([each for name, each in whole.items() if name.startswith("hidden")], axis=0)
    return pl.DataFrame(
        {
            "household_id": state.household,
            **whole,
            "hidden_income_monthly": hidden,
            "consumption_monthly": np.rint(state.life.consumption).astype(np.int64),
            "ladder": state.life.ladder,
        }
    )
