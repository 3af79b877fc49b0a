"""What a world promises, and whether it kept it.

Measures are quotients whose parts add up over partitions, like the calibrated figures
(`calibration`), which are measures too.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from training.population.calibration import Sums
from training.population.chance import Floats, Ints
from training.population.families import Families
from training.population.work import Work
from training.population.worlds import Promise, Shifts


def measures(
    families: Families,
    work: Work,
    hidden: Floats,
    herds: pl.DataFrame,
    household: Ints,
    inspections: pl.DataFrame,
    watched: int | None,
) -> Sums:
    """The parts of every measure in one partition, beside the calibrated figures.

    ``hidden`` is the families' hidden income and ``household`` their keys; ``herds`` is a
    frame of `possessions`, ``inspections`` the register; ``watched`` is the region with a bias.
    """
    told = {
        "animals_alive": (float(herds["alive"].sum()), float(herds["heads"].sum())),
        "herd_income": (float(herds["income"].sum()), float(herds["income_before"].sum())),
        "side_jobs": (float((work.side_job > 0).sum()), float(work.at_work.sum())),
    }
    if watched is None:
        return told
    targeted = inspections.filter(pl.col("design") == "targeted")
    order = np.argsort(household)
    family = order[np.searchsorted(household, targeted["household_id"].to_numpy(), sorter=order)]
    guilty = hidden[family] > 0
    seen = targeted["hidden_income_monthly"].to_numpy() > 0
    for place, here in (("there", True), ("elsewhere", False)):
        chosen = (families.region[family] == watched) == here
        living = (families.region == watched) == here
        told[f"targeted_{place}"] = (float(chosen.sum()), float(living.sum()))
        told[f"found_{place}"] = (float((seen & chosen).sum()), float((guilty & chosen).sum()))
    return told


def of_registers(
    shifts: Shifts, rows: Mapping[str, int], taken: Mapping[tuple[str, str, str], int]
) -> Sums:
    """Measures of what arrived: rows of silent registers, and shares of rows with a fault.

    ``taken`` holds the rows by register, column and kind of fault.
    """
    told = {f"rows_of_{name}": (float(rows[name]), 1.0) for name in shifts.silent}
    for name in {fault.register for fault in shifts.faults}:
        spoilt = sum(count for (register, _, _), count in taken.items() if register == name)
        told[f"faults_in_{name}"] = (float(spoilt), float(rows[name]))
    return told


def judge(
    promises: tuple[Promise, ...], totals: Sums, targets: Mapping[str, float]
) -> list[dict[str, object]]:
    """Promise, target, achieved value, tolerance and verdict of every promise of a world.

    ``totals`` are measures added up over partitions; ``targets`` those of the figures.
    A measure without a case (no herd in the country, say) keeps no promise.
    """
    return [_judged(promise, totals, targets) for promise in promises]


def _judged(promise: Promise, totals: Sums, targets: Mapping[str, float]) -> dict[str, object]:
    achieved = _quotient(totals[promise.measure])
    if promise.against is not None:
        achieved = _quotient((achieved, _quotient(totals[promise.against])))
    if promise.figure is not None:
        achieved /= targets[promise.figure]
    return {
        "promise": promise.about,
        "target": promise.target,
        "achieved": None if np.isnan(achieved) else round(achieved, 4),
        "tolerance": promise.tolerance,
        "kept": bool(abs(achieved - promise.target) <= promise.tolerance),
    }


def _quotient(parts: tuple[float, float]) -> float:
    top, bottom = parts
    return top / bottom if bottom else float("nan")
