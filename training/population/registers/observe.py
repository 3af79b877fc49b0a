"""Observing a state: what each register holds of it on its day, and the truth apart."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGIONS, REGISTERS
from training.population.chance import Floats, Ints, days_before, words
from training.population.people.families import (
    DAYS_OF_A_YEAR,
    DISABILITY,
    EDUCATION,
    NOWHERE,
    STUDY,
)
from training.population.registers import labels
from training.population.registers.labels import HALF_A_YEAR
from training.population.registers.payments import quarter
from training.population.registers.survey import Answers, survey
from training.population.state import Chance, State

_ACTIVITY: Final = (
    "child",
    "student",
    "employee",
    "self_employed",
    "registered_unemployed",
    "caring",
    "inactive",
    "pensioner",
)


_SELF_EMPLOYED_BY_BOOK: Final = 0.12
"""Share of idle adults that household books call self-employed; assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What learning is shown with a data set: a time of inspections, and perhaps a survey."""

    households: int
    """Families of the whole country, which set the shares that are drawn."""
    days: int = HALF_A_YEAR
    """Days after the day of the registers over which inspections are dated."""
    survey: Answers | None = None
    """What families would say if the survey asked them; None: no survey is told."""


def observe(chance: Chance, state: State, shown: Round) -> dict[str, pl.DataFrame]:
    """Registers by name in the contract's columns."""
    families, life = state.families, state.life
    by_family = {
        "utilities": state.bills,
        "applications": state.applications,
        "inspections": labels.inspections(
            chance["inspections"],
            families,
            state.hidden,
            _suspicion(chance["inspections"], state),
            life,
            shown.households,
            state.as_of,
            state.shifts,
            shown.days,
        ),
    }
    if shown.survey is not None:
        by_family["survey"] = survey(
            chance["survey"],
            families,
            shown.survey,
            state.keys.clusters(families),
            shown.households,
            state.as_of,
        )
    # Rows stand in the order of their keys: the order of the story would tell what no register
    # can, such as which enterprises work and which cars were sold.
    by_person = {
        "incomes": state.paid.sort("person", "month", "source"),
        "transfers": state.sent.sort("person", "month"),
        **{name: rows.sort("record_id") for name, rows in state.things.items()},
    }
    registers = {"households": _households(state), "persons": _persons(state)}
    registers |= {
        name: frame.with_columns(person_id=state.names.person[frame["person"].to_numpy()])
        for name, frame in by_person.items()
    }
    registers |= {
        name: frame.with_columns(household_id=state.kin.household[frame["family"].to_numpy()])
        for name, frame in by_family.items()
    }
    return {name: _shape(name, registers[name]) for name in REGISTERS if name in registers}


def _shape(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the columns of the contract that the world tells, in its order and types."""
    schema = {
        column: kind for column, kind in REGISTERS[name].schema.items() if column in frame.columns
    }
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _households(state: State) -> pl.DataFrame:
    kin = state.kin
    return state.home.with_columns(
        household_id=kin.household,
        region=words(tuple(REGIONS), kin.region),
        settlement=words(("rural", "urban"), kin.urban.astype(np.int64)),
    )


def _persons(state: State) -> pl.DataFrame:
    people, names = state.people, state.names
    days = np.rint(people.age * DAYS_OF_A_YEAR)
    return pl.DataFrame(
        {
            "person_id": names.person,
            "household_id": state.kin.household[people.family],
            "birth_date": days_before(state.today, days),
            "sex": words(("m", "f"), people.female.astype(np.int64)),
            "relation": words(("head", "spouse", "child", "parent", "other"), people.role),
            "study": words(STUDY, people.study, null=people.study == NOWHERE),
            "guardianship": people.guardianship,
            "clinic_attached": names.clinic,
            "education": words(EDUCATION, people.education),
            "activity": words(_ACTIVITY, _activity(state)),
            "disability": words(DISABILITY, people.disability),
            "chronic_condition": people.chronic,
            "enrolled": people.study != NOWHERE,
            "known_on": names.known_on,
        }
    )


def _activity(state: State) -> Ints:
    """What registers believe a person does; the unregistered look idle, jobless or insured.

    Household books call some people self-employed who live off their plot or off kin: a
    word without an income proves no hidden one.
    """
    people, work = state.people, state.work
    chance = state.names.believed
    unseen = work.unregistered
    believed = [
        (people.age < 16, "child"),
        (work.official_wage > 0, "employee"),
        (work.declared_business > 0, "self_employed"),
        (state.aid.pension > 0, "pensioner"),
        (people.study != NOWHERE, "student"),
        (unseen & (chance < 0.18), "self_employed"),
        (unseen & (chance < 0.30), "registered_unemployed"),
        (work.unemployed & (chance < 0.65), "registered_unemployed"),
        (work.caring, "caring"),
        (~work.at_work & people.adult & (chance > 1 - _SELF_EMPLOYED_BY_BOOK), "self_employed"),
    ]
    return np.select(
        [who for who, _ in believed],
        [_ACTIVITY.index(what) for _, what in believed],
        _ACTIVITY.index("inactive"),
    ).astype(np.int64)


def _suspicion(rng: np.random.Generator, state: State) -> Floats:
    """What inspectors make of the registers, family by family."""
    families, people, things = state.families, state.people, state.things
    count = len(families)

    def of_family(frame: pl.DataFrame, value: str | None = None) -> Floats:
        family = people.family[frame["person"].to_numpy()]
        weights = None if value is None else frame[value].to_numpy()
        return np.bincount(family, weights, count).astype(np.float64)

    dwellings = things["properties"].filter(pl.col("kind").is_in(["apartment", "house"]))
    cars = things["vehicles"].filter(pl.col("kind") == "car")
    latest = state.sent.filter(pl.col("month") == pl.col("month").max())
    return labels.suspicion(
        rng,
        families,
        quarter(state.paid, people, count, state.as_of),
        of_family(cars),
        of_family(dwellings, "share"),
        of_family(things["loans"], "monthly_payment"),
        of_family(latest, "senders"),
    )


def truth(state: State) -> pl.DataFrame:
    """What each family truly lives on, whole tenge a month as of the last quarter."""
    work, aid, people, life = state.work, state.aid, state.people, state.life
    rent, hidden_rent, farm = state.returns
    by_person = {
        "official_wage": work.official_wage,
        "declared_business": work.declared_business,
        "pension": aid.pension,
        "benefits": aid.disability + aid.allowance + aid.scholarship,
        "alimony": aid.alimony,
        "help_of_relatives": aid.relatives,
        "remittances": aid.remittances,
        "hidden_wage": work.envelope,
        "hidden_business": work.shadow,
        "hidden_side_job": work.side_job,
    }
    count = len(state.families)
    columns = {name: people.in_family(each, count) for name, each in by_person.items()}
    columns |= {
        "declared_rent": rent,
        "hidden_rent": hidden_rent,
        "hidden_farm": farm,
    }
    whole = {name: np.rint(each).astype(np.int64) for name, each in columns.items()}
    hidden = np.sum([each for name, each in whole.items() if name.startswith("hidden")], axis=0)
    return pl.DataFrame(
        {
            "household_id": state.kin.household,
            **whole,
            "hidden_income_monthly": hidden,
            "consumption_monthly": np.rint(life.consumption).astype(np.int64),
            "ladder": life.ladder,
        }
    )
