"""Which register earns its keep: the detector learned again without what one register shows.

A register that is never asked costs families nothing. So each is taken away in turn: what
reads it is silent in every label and in the population, expected consumption and the detector
are learned again as always, and both are asked to rank the same families. What small a change
means nothing the last row tells: nothing taken away, another seed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from models.assessment import metrics
from models.learned.inputs import BESIDES_INPUTS, declared_inputs
from training.labels.gather import Labels
from training.trials import rankings
from training.trials.country import Country, World, trained

ANOTHER_SEED: Final = "nothing, another seed"


def read() -> tuple[str, ...]:
    """Return every register that some model input reads, in the order of the alphabet."""
    return tuple(sorted({register for each in declared_inputs() for register in each.registers}))


def showing(register: str) -> tuple[str, ...]:
    """Return the inputs that read a register, without the few that more than models rest on.

    Declared income of the quarter stays: the gap is measured from it. The number of members
    stays: every sum is divided by it.
    """
    return tuple(
        i.name
        for i in declared_inputs()
        if register in i.registers and i.name not in BESIDES_INPUTS
    )


def without(labels: Labels, register: str) -> Labels:
    """Return the labels as they would be if a register had been silent for everybody."""

    def silenced(families: pl.DataFrame) -> pl.DataFrame:
        named = [name for name in showing(register) if name in families.columns]
        return families.with_columns(
            pl.lit(None, dtype=families.schema[name]).alias(name) for name in named
        )

    return replace(
        labels,
        inspections=silenced(labels.inspections),
        survey=silenced(labels.survey),
        population=silenced(labels.population),
    )


def table(
    base: Country,
    world: World,
    generator: np.random.Generator,
    *,
    seed: int,
    registers: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """Take each register away in turn; what is lost is AUC, with its paired 95 % interval.

    Parameters
    ----------
    base : the country trained with everything, by this ``seed``.
    generator : of the resampling on the random arm.

    Returns
    -------
    A row each, the dearest first: ``inputs`` taken away; ``auc`` without them and
    ``lost``, on families that no label speaks of, against the truth; ``lost_in_random_arm``
    as a run could see it itself, on cross-fitted scores.
    """
    inspected, among = base.fitted.inspected, ~base.labelled
    arm = inspected.in_random_arm
    drawn = metrics.draws(inspected.households[arm], generator) if arm.any() else np.ones((1, 0))
    hides, whole = world.hides[among], rankings.rankings(base)["tarazy"][among]

    def row(name: str, inputs: Iterable[str], other: Country) -> dict[str, Any]:
        score = rankings.rankings(other)["tarazy"][among]
        seen = metrics.auc_difference(
            inspected.confirmed[arm],
            inspected.margin[arm],
            other.fitted.inspected.margin[arm],
            inspected.random[arm],
            drawn,
        )
        return {
            "register": name,
            "inputs": list(inputs),
            "auc": metrics.auc(hides, score),
            "lost": rankings.lost(hides, whole, score).as_json(),
            "lost_in_random_arm": seen.as_json(),
        }

    rows = [
        row(
            name,
            showing(name),
            trained(without(base.labels, name), base.law, base.silent, seed=seed),
        )
        for name in registers or read()
    ]
    rows.sort(key=lambda r: -(r["lost"]["value"] or 0.0))
    again = trained(base.labels, base.law, base.silent, seed=seed + 1)
    return [*rows, row(ANOTHER_SEED, (), again)]
