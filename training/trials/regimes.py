"""How families come to be inspected: four regimes in one and the same country.

A regime draws the register of inspections anew; everything else stays. A third of the
inspections are drawn at random where the regime has suspicion at all, for without a
random arm nothing is promised. Inspectors miss in all of them as they always do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from models.learned.arrays import Codes, Mask, Vector
from models.rules.red_flags import red_flags
from training.evaluation.evaluate import payments_rule
from training.labels.gather import Labels
from training.population.registers.labels import HALF_A_YEAR
from training.trials.country import World, visited

CAPACITY: Final = 0.04
"""Share of families that are inspected in all."""
AT_RANDOM: Final = 1 / 3
"""Share of the inspections that are drawn at random beside suspicion."""
SUREST: Final = 0.30
"""No family is likelier than this to be targeted: suspicion is spread, not a list of names."""
_FLAGGED: Final = 8.0
"""How many times likelier the rules' regime inspects a family that a rule points at."""
_STEEP: Final = 1.2
"""Growth of the log-chance for each standard deviation of the earlier detector's score."""
_FIRST_DAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How likely each family is targeted, in any unit, and what the register says of it.

    ``logged`` in the same unit; null: the inspectors wrote nothing down.
    """

    pull: Vector
    logged: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Who was inspected, one entry an inspection: row of the family, design, probability.

    ``probability`` is what the register says; NaN where it says nothing.
    """

    family: Codes
    at_random: Mask
    probability: Vector


Regime = Callable[[World, Vector], Chosen | None]
"""From a world and an earlier detector's scores to who is targeted; None: nobody is."""


def _random(world: World, earlier: Vector) -> Chosen | None:
    """Every inspection is drawn at random."""
    del world, earlier
    return None


def _rules(world: World, earlier: Vector) -> Chosen:
    """Published red flags and the payments rule call; their probabilities are logged."""
    del earlier
    raised = red_flags(world.features, world.law)["rule_flag"]
    pointed = raised.fill_null(value=False).to_numpy() | (payments_rule(world.features) > 0)
    pull = np.where(pointed, _FLAGGED, 1.0)
    return Chosen(pull=pull, logged=pull)


def _score_driven(world: World, earlier: Vector) -> Chosen:
    """A detector trained on earlier inspections calls; its probabilities are logged."""
    del world
    pull = np.exp(_STEEP * (earlier - earlier.mean()) / earlier.std())
    return Chosen(pull=pull, logged=pull)


def _private_signal(world: World, earlier: Vector) -> Chosen:
    """Rules call, but inspectors know more: what is hidden draws them. The register says less.

    A family that hides as much as counts as hidden is twice as likely to be visited, one
    that hides three times as much four times. The logged probability is the rules' own.
    """
    rules = _rules(world, earlier)
    return Chosen(pull=rules.pull * (1.0 + _signal(world)), logged=rules.pull)


def _private_signal_unlogged(world: World, earlier: Vector) -> Chosen:
    """Inspectors know more, and nothing is written down of how they chose."""
    return Chosen(pull=_private_signal(world, earlier).pull, logged=None)


REGIMES: Final[Mapping[str, Regime]] = {
    "random": _random,
    "rules": _rules,
    "score_driven": _score_driven,
    "private_signal": _private_signal,
    "private_signal_unlogged": _private_signal_unlogged,
}


def _signal(world: World) -> Vector:
    """What a family hides, in multiples of the sum from which it counts."""
    line = float(world.law.hidden_income_materiality) * float(world.law.subsistence_minimum)
    return np.asarray(world.hidden / (line * world.real["members"].to_numpy()), dtype=np.float64)


def draw(
    world: World,
    regime: str,
    earlier: Vector,
    generator: np.random.Generator,
    *,
    capacity: float = CAPACITY,
) -> Drawn:
    """Draw who is inspected: each family by its own chance, apart for chance and suspicion."""
    return drawn(REGIMES[regime](world, earlier), len(earlier), generator, capacity=capacity)


def drawn(
    chosen: Chosen | None,
    families: int,
    generator: np.random.Generator,
    *,
    capacity: float = CAPACITY,
) -> Drawn:
    """Draw from families of whom it is known how suspicion pulls at them."""
    share = capacity if chosen is None else capacity * AT_RANDOM
    lot = np.flatnonzero(generator.random(families) < share)
    if chosen is None:
        return Drawn(
            family=lot, at_random=np.ones(len(lot), bool), probability=np.full(len(lot), share)
        )
    wanted = capacity * (1 - AT_RANDOM)
    chance = scaled(chosen.pull, wanted)
    target = np.flatnonzero(generator.random(families) < chance)
    logged = np.full(families, np.nan) if chosen.logged is None else scaled(chosen.logged, wanted)
    return Drawn(
        family=np.concatenate([lot, target]),
        at_random=np.repeat([True, False], [len(lot), len(target)]),
        probability=np.concatenate([np.full(len(lot), share), logged[target]]),
    )


def not_drawn(chosen: Chosen | None, families: int, *, capacity: float = CAPACITY) -> Vector:
    """Return each family's chance to be left, by chance and by suspicion alike."""
    if chosen is None:
        return np.full(families, 1.0 - capacity)
    by_suspicion = scaled(chosen.pull, capacity * (1 - AT_RANDOM))
    return np.asarray((1.0 - capacity * AT_RANDOM) * (1.0 - by_suspicion), dtype=np.float64)


def scaled(pull: Vector, share: float) -> Vector:
    """Return chances in proportion to ``pull``, at most `SUREST`, whose mean is ``share``."""
    chance = np.minimum(share * pull / pull.mean(), SUREST)
    for _ in range(50):
        if abs(chance.mean() / share - 1) < 1e-6:
            break
        chance = np.minimum(chance * share / chance.mean(), SUREST)
    return np.asarray(chance, dtype=np.float64)


def inspected(
    world: World,
    regime: str,
    earlier: Vector,
    generator: np.random.Generator,
    *,
    capacity: float = CAPACITY,
) -> Labels:
    """Return the labels of the world with its inspections drawn anew under a regime."""
    chosen = draw(world, regime, earlier, generator, capacity=capacity)
    there = world.features[chosen.family]
    hidden = world.real[chosen.family]
    amount, _ = visited(hidden, world.law, generator)
    after = generator.integers(_FIRST_DAY, HALF_A_YEAR, len(amount))
    as_of = world.labels.as_of
    days = pl.Series([as_of + timedelta(days=int(d)) for d in after], dtype=pl.Date)
    inspections = there.with_columns(
        inspected_on=days,
        design=pl.Series(np.where(chosen.at_random, "random", "targeted")),
        probability=pl.Series(chosen.probability).fill_nan(None),
        hidden_income_monthly=pl.Series(amount).cast(pl.Int64),
        day=days,
        as_of=pl.lit(as_of),
        late=pl.lit(value=False),
    ).sort("household_id", "day", maintain_order=True)
    return replace(world.labels, inspections=inspections)
