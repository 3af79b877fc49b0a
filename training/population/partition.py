"""One partition of the country: some thousands of families, from the first draw to the last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Final

import polars as pl

from features.registers.declared import REGIONS
from training.population.calibration.calibration import Sums
from training.population.calibration.measurement import measured
from training.population.calibration.promises import measures
from training.population.months import pass_month
from training.population.registers.faults import spoil
from training.population.registers.labels import HALF_A_YEAR
from training.population.registers.observe import Round, observe, truth
from training.population.registers.survey import Answers, answers
from training.population.state import Chance, State, begin, generators
from training.population.worlds import Shifts

_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Partition:
    """Registers by name in the contract's columns, the truth apart, and sums for calibration."""

    registers: Mapping[str, pl.DataFrame]
    truth: pl.DataFrame
    sums: Sums
    faults: list[int]
    """Rows that each fault of the world took."""


def tell(
    number: int, size: int, households: int, seed: int, days: Sequence[date], shifts: Shifts
) -> Iterator[Partition]:
    """Tell partition ``number`` of ``size`` families in a country of ``households``.

    Yields what registers hold on each of the ``days``, a month from one to the next. Every
    day but the last shows the inspections up to the next one, and the survey of a quarter
    where that is just complete; the last shows half a year of inspections and a survey.
    """
    chance = generators(seed, number)
    state = begin(chance, seed=seed, partition=number, size=size, as_of=days[0], shifts=shifts)
    answered: pl.DataFrame | None = None
    for month, (day, following) in enumerate(zip_longest(days, days[1:])):
        if month:
            chance = generators(seed, number, month)
            state = pass_month(chance, state, day)
        survey_answers = answers(chance["survey"], state)
        fresh = (day.month - 1) % _QUARTER == 0 or (following is None and answered is None)
        shown = Round(
            households=households,
            days=HALF_A_YEAR if following is None else (following - day).days,
            survey=survey_answers if fresh else None,
        )
        registers = observe(chance, state, shown)
        if fresh:
            answered = registers["survey"]
        elif following is None and answered is not None:
            # The answers of a quarter are given once: families that are no more left the list.
            known = registers["households"].select("household_id")
            registers["survey"] = answered.join(known, on="household_id", how="semi")
        yield _sent(chance, state, survey_answers, registers, number, seed)


def _sent(
    chance: Chance,
    state: State,
    survey_answers: Answers,
    registers: Mapping[str, pl.DataFrame],
    number: int,
    seed: int,
) -> Partition:
    """What arrives of the registers in this world, and the truth apart."""
    true, shifts = truth(state), state.shifts
    spoilt, faults = spoil(
        chance["faults"],
        registers,
        shifts.faults,
        seed=seed,
        number=number,
        today=state.today,
    )
    arrived = {name: frame for name, frame in spoilt.items() if name not in shifts.silent}
    return Partition(arrived, true, _sums(state, survey_answers, registers, true), faults)


def _sums(
    state: State, survey_answers: Answers, registers: Mapping[str, pl.DataFrame], true: pl.DataFrame
) -> Sums:
    """What tells of every calibrated figure and of every measure that a world may promise."""
    bias = state.shifts.bias
    sums = measured(state, survey_answers, true)
    promised = measures(
        state.families,
        state.work,
        state.hidden,
        state.things["livestock"],
        state.kin.household,
        registers["inspections"],
        None if bias is None else tuple(REGIONS).index(bias.region),
    )
    return Sums({**sums.quotients, **promised}, sums.counts)
