"""One partition of the country: some thousands of families, from the first draw to the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from features.registers.declared import REGIONS
from training.population.calibration import Sums
from training.population.faults import spoil
from training.population.measurement import measured
from training.population.observe import Round, observe, truth
from training.population.promises import measures
from training.population.state import State, begin, generators
from training.population.survey import Answers, answers
from training.population.worlds import Shifts


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
    chance = generators(seed, number)
    state = begin(chance, seed=seed, partition=number, size=size, as_of=as_of, shifts=shifts)
    said = answers(chance["survey"], state)
    registers = observe(chance, state, Round(households=households, survey=said))
    true = truth(state)
    spoilt, faults = spoil(
        chance["faults"], registers, shifts.faults,
        seed=seed, number=number, today=np.datetime64(as_of),
    )  # fmt: skip
    arrived = {name: frame for name, frame in spoilt.items() if name not in shifts.silent}
    return Partition(arrived, true, _told(state, said, registers, true), faults)


def _told(
    state: State, said: Answers, registers: Mapping[str, pl.DataFrame], true: pl.DataFrame
) -> Sums:
    """What tells of every calibrated figure and of every measure that a world may promise."""
    bias = state.shifts.bias
    sums = measured(state, said, true)
    promised = measures(
        state.families, state.work, state.hidden, state.things["livestock"],
        state.kin.household, registers["inspections"],
        None if bias is None else tuple(REGIONS).index(bias.region),
    )  # fmt: skip
    return Sums({**sums.quotients, **promised}, sums.counts)
