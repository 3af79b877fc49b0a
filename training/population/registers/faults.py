"""Faults of registers: what a world that sends bad data does to good rows.

These faults are made on the side of the observer: the families lived as they did. Each
fault has rows of its own, so that a check which finds them can be counted exactly.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from features.registers.declared import REGISTERS
from features.registers.schema import Within
from training.population.chance import Ints, opaque
from training.population.worlds import WHOLE, Fault

_BEYOND: Final = 1 << 27
"""Added to a partition's number: keys of partitions that no country has."""
_LATEST: Final = 300
"""Days after the day of the registers up to which a false date may lie."""


def spoil(
    rng: np.random.Generator,
    registers: Mapping[str, pl.DataFrame],
    faults: tuple[Fault, ...],
    *,
    seed: int,
    number: int,
    today: np.datetime64,
) -> tuple[dict[str, pl.DataFrame], list[int]]:
    """Spoil the registers of partition ``number``; return them and the rows each fault took."""
    spoilt, taken = dict(registers), []
    free = {
        name: rng.permutation(_known(registers[name], today))
        for name in dict.fromkeys(fault.register for fault in faults)
        if name in registers
    }
    for fault in faults:
        if fault.register not in registers:  # no survey is told in this month
            taken.append(0)
            continue
        frame, left = spoilt[fault.register], free[fault.register]
        if fault.kind in WHOLE:
            rows = registers[fault.register].height
        else:
            wanted = max(round(fault.share * registers[fault.register].height), 1)
            chosen, free[fault.register] = np.sort(left[:wanted]), left[wanted:]
            rows = len(chosen)
        if fault.kind == "absent":
            frame = frame.drop(fault.column)
        elif fault.kind == "wrong_type":
            frame = frame.with_columns(pl.col(fault.column).is_not_null())
        elif fault.kind == "twice":
            frame = pl.concat([frame, frame[chosen]])
        elif rows:
            values = _wrong(rng, fault, frame[fault.column][chosen], seed, number, today)
            column = frame[fault.column].cast(values.dtype)
            frame = frame.with_columns(column.scatter(chosen, values).alias(fault.column))
        spoilt[fault.register] = frame
        taken.append(rows)
    return spoilt, taken


def _known(rows: pl.DataFrame, today: np.datetime64) -> Ints:
    """Places of the rows that the state has learned: a check leaves the others alone."""
    if "known_on" not in rows.columns:
        return np.arange(rows.height)
    learned = rows["known_on"].to_numpy().astype("datetime64[D]")
    return np.flatnonzero(np.isnat(learned) | (learned <= today))


def _wrong(
    rng: np.random.Generator,
    fault: Fault,
    right: pl.Series,
    seed: int,
    number: int,
    today: np.datetime64,
) -> pl.Series:
    """What stands in the place of the right values."""
    count = len(right)
    match fault.kind:
        case "nowhere":
            return pl.Series(opaque(seed, _KEYS[fault.column], number + _BEYOND, count))
        case "empty":
            return pl.Series([None] * count, dtype=right.dtype)
        case "unlisted":
            return pl.Series(["?"] * count)
        case "negative":
            return -right - 1
        case "too_large":
            return pl.Series([_most(fault) + 1] * count).cast(right.dtype)
        case "too_late":
            after = rng.integers(1, _LATEST, count).astype("timedelta64[D]")
            return pl.Series(today.astype("datetime64[D]") + after)
        case "within_month":
            return right.dt.offset_by("14d")
        case "not_finite":
            return pl.Series([float("inf")] * count)
    return pl.Series(["n/a"] * count)


_KEYS: Final = {"household_id": 0, "person_id": 1}
"""Kinds of keys, as `partition` numbers them: a key of the same kind never meets a real one."""


def _most(fault: Fault) -> float:
    """The contract's upper bound of the column."""
    column = REGISTERS[fault.register][fault.column]
    return max(c.most for c in column.constraints if isinstance(c, Within) and c.most is not None)
