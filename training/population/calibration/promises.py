"""What a world promises, and whether it kept it.

Measures are quotients whose parts add up over partitions, like the calibrated figures
(`calibration`), which are measures too.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from training.population.calibration.calibration import Sums, estimate, quotient
from training.population.chance import Floats, Ints
from training.population.people.families import Families
from training.population.people.work import Work
from training.population.worlds import Promise, Shifts


def measures(
    families: Families,
    work: Work,
    hidden: Floats,
    herds: pl.DataFrame,
    household: Ints,
    inspections: pl.DataFrame,
    watched: int | None,
) -> dict[str, Floats]:
    """The sums behind every measure in one partition, beside the calibrated figures.

    ``hidden`` is the families' hidden income and ``household`` their keys; ``herds`` is a
    frame of `possessions`, ``inspections`` the register; ``watched`` is the region with a bias.
    """
    quotients = {
        "animals_alive": quotient(herds["alive"].to_numpy(), herds["heads"].to_numpy()),
        "herd_income": quotient(herds["income"].to_numpy(), herds["income_before"].to_numpy()),
        "side_job_holders": quotient((work.side_job > 0)[work.at_work]),
    }
    if watched is None:
        return quotients
    targeted = inspections.filter(pl.col("design") == "targeted")
    order = np.argsort(household)
    family = order[np.searchsorted(household, targeted["household_id"].to_numpy(), sorter=order)]
    guilty = hidden[family] > 0
    seen = targeted["hidden_income_monthly"].to_numpy() > 0
    for place, here in (("there", True), ("elsewhere", False)):
        chosen = (families.region[family] == watched) == here
        living = (families.region == watched) == here
        inspected = np.bincount(family[chosen], minlength=len(families))
        quotients[f"targeted_{place}"] = quotient(inspected[living])
        quotients[f"found_{place}"] = quotient(seen[guilty & chosen])
    return quotients


def of_registers(
    shifts: Shifts, rows: Mapping[str, int], taken: Mapping[tuple[str, str, str], int]
) -> dict[str, Floats]:
    """Measures of what arrived: rows of silent registers, and shares of rows with a fault.

    ``taken`` holds the rows by register, column and kind of fault.
    """
    arrived = {f"rows_of_{name}": quotient(np.array([rows[name]])) for name in shifts.silent}
    for name in {fault.register for fault in shifts.faults}:
        spoilt = sum(count for (register, _, _), count in taken.items() if register == name)
        arrived[f"faults_in_{name}"] = quotient(np.array([spoilt]), np.array([rows.get(name, 0)]))
    return arrived


def judge(
    promises: tuple[Promise, ...], totals: Sums, targets: Mapping[str, float]
) -> list[dict[str, object]]:
    """Promise, target, achieved value, tolerance and verdict of every promise of a world.

    ``totals`` are measures added up over partitions; ``targets`` those of the figures.
    A measure without a case (no herd in the country, say) keeps no promise.
    """
    return [_judged(promise, totals, targets) for promise in promises]


def _judged(promise: Promise, totals: Sums, targets: Mapping[str, float]) -> dict[str, object]:
    achieved, _ = estimate(totals, promise.measure)
    if promise.against is not None:
        compared, _ = estimate(totals, promise.against)
        achieved = achieved / compared if compared else np.nan
    if promise.figure is not None:
        achieved /= targets[promise.figure]
    return {
        "promise": promise.about,
        "target": promise.target,
        "achieved": None if np.isnan(achieved) else round(achieved, 4),
        "tolerance": promise.tolerance,
        "kept": bool(abs(achieved - promise.target) <= promise.tolerance),
    }
