"""Whom to visit: a random arm that stands for everybody, the rest where a visit is worth most.

The random arm is drawn first, in proportion to the families of each region and
settlement, and knows nothing of any model. The rest is drawn from all other families,
each with a chance that grows with what a visit is expected to confirm beyond its burden
on the family, within what each region can visit. Every family has a chance above zero in
both arms, every chance is logged, and nobody is drawn twice.

Both arms are drawn systematically in random order within each stratum (Madow 1949), so
sizes are exact and a family's chance is what was asked for. The second arm is drawn from
what the first left (two-phase sampling; Särndal, Swensson & Wretman 1992, ch. 9): its
logged chance is that of not being in the random arm times that of being drawn then, and
one over it weighs without bias.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.errors import InputError
from models.learned.arrays import Codes, Vector
from training.inspections.lot import Lot
from training.inspections.policy import Policy

RANDOM: Final = "random"
TARGETED: Final = "targeted"
NEEDED: Final = (
    "household_id",
    "region",
    "settlement",
    "members",
    "hidden_income_probability",
    "hidden_income_estimate",
)
"""All that a draw reads of a family. No group that is only audited is among them."""
LIST_SCHEMA: Final[dict[str, pl.DataType]] = {
    "household_id": pl.Int64(),
    "arm": pl.String(),
    "probability": pl.Float64(),
    "stratum": pl.String(),
    "region": pl.String(),
    "settlement": pl.String(),
    "expected_amount": pl.Int64(),
    "position": pl.Int64(),
}
"""Columns of a list, in the order in which they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawn list, and the chances of everybody who could have been drawn.

    ``list`` has the columns of `LIST_SCHEMA`, in the order of the visits. ``chances`` has
    one row a family that may be visited: what a draw reads of it, ``stratum``,
    ``expected_confirmed`` (chance that a visit confirms hidden income; null: silent),
    ``expected_amount`` (KZT a month), ``worth``, ``random_chance`` and ``targeted_chance``
    (0 for a family of the random arm, which was not there to be drawn again).
    """

    list: pl.DataFrame
    chances: pl.DataFrame
    capacities: Mapping[str, int]

    def targeted_by_region(self) -> dict[str, int]:
        """Visits of the targeted arm in each region that has any."""
        mine = self.list.filter(arm=TARGETED).group_by("region").len().sort("region")
        return dict(mine.iter_rows())


def draw(
    families: pl.DataFrame, *, capacities: Mapping[str, int], policy: Policy, lot: Lot
) -> Drawn:
    """Draw a list of families to visit.

    Parameters
    ----------
    families : one row a family with the columns of `NEEDED`, the model's opinion null
        where it gave none; the order does not matter, other columns are not read.
    capacities : visits that each region can make, at least one for each (`shared_out`).
    policy : how large the random arm is, and what makes a visit worth its burden.
    lot : the numbers drawn by the seed.

    The same families, capacities, policy and seed give the same list.
    """
    pool = valued(may_be_visited(families), policy)
    capacity = _within(pool, capacities)
    even = _random_chances(pool, capacity, policy)
    numbers = lot.numbers(RANDOM, pool["household_id"])
    strata = pool["stratum"].to_numpy()
    first = systematic(even, strata, numbers, lot.start(RANDOM))
    chosen = {RANDOM: first, TARGETED: np.empty(0, np.int64)}
    then = np.zeros(pool.height)
    taken = np.zeros(pool.height, dtype=bool)
    taken[first] = True
    numbers = lot.numbers(TARGETED, pool["household_id"])
    regions, worth = pool["region"].to_numpy(), pool["worth"].to_numpy()
    for region, visits in capacity.items():
        here = np.flatnonzero((regions == region) & ~taken)
        left = visits - int((taken & (regions == region)).sum())
        if not left:
            continue
        then[here] = chances(worth[here], left, floor=policy.floor, cap=policy.cap)
        start = lot.start(f"{TARGETED} {region}")
        picked = systematic(then[here], strata[here], numbers[here], start)
        chosen[TARGETED] = np.concatenate([chosen[TARGETED], here[picked]])
    pool = pool.with_columns(random_chance=even, targeted_chance=(1.0 - even) * then)
    return Drawn(list=_listed(pool, chosen, lot), chances=pool, capacities=capacity)


def may_be_visited(families: pl.DataFrame) -> pl.DataFrame:
    """Keep the families that can be visited at all: those with a member, by household.

    No act on file says whom a commission may visit. Where one does, hand in the families
    that it names; nobody else can then be drawn.
    """
    for name in NEEDED:
        if name not in families.columns:
            raise InputError(f"A draw needs the column {name} of every family, and it is missing.")
    pool = families.select(NEEDED).filter(pl.col("members") > 0).sort("household_id")
    if pool.is_empty():
        raise InputError("No family with a member is there to be visited.")
    if pool["household_id"].n_unique() < pool.height:
        raise InputError("A family stands twice among those to draw from: give one row for each.")
    missing = pool.select(pl.col("region", "settlement").null_count()).row(0)
    if any(missing):
        raise InputError(
            f"{max(missing)} families have no region or settlement, so they belong to no stratum: "
            "complete the register households."
        )
    return pool


def valued(pool: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add what a visit of each family is expected to confirm, and what that is worth.

    Where the model is silent nothing is expected and the worth is zero: silence never
    targets.
    """
    knows = pl.col("hidden_income_probability").is_not_null()
    amount = policy.sensitivity * pl.col("hidden_income_estimate")
    beyond = (pl.col("expected_amount") - policy.burden).clip(lower_bound=0).fill_null(0)
    return pool.with_columns(
        stratum=pl.concat_str("region", "settlement", separator=" "),
        expected_confirmed=policy.sensitivity * pl.col("hidden_income_probability"),
        expected_amount=pl.when(knows).then(amount.round().cast(pl.Int64)),
    ).with_columns(worth=beyond.cast(pl.Float64) ** policy.favour)


def shared_out(families: pl.DataFrame, visits: int) -> dict[str, int]:
    """Share visits out over the regions by their families, at least one each.

    Largest remainders; equal ones by the order of the codes.
    """
    sizes = _sizes(may_be_visited(families))
    if visits < len(sizes):
        raise InputError(
            f"A capacity of {visits} cannot give each of {len(sizes)} regions a visit, and a "
            "family of a region without one could never be drawn: raise it."
        )
    total, spare = sum(sizes.values()), visits - len(sizes)
    exact = {region: spare * size / total for region, size in sizes.items()}
    shared = {region: 1 + int(part) for region, part in exact.items()}
    by_rest = sorted(exact, key=lambda region: (int(exact[region]) - exact[region], region))
    for region in by_rest[: visits - sum(shared.values())]:
        shared[region] += 1
    return shared


def chances(worth: Vector, visits: int, *, floor: float, cap: float) -> Vector:
    """Return the chance of each family, proportional to its worth above a floor, under a cap.

    They add up to ``visits``. The floor is an even chance on the share ``floor`` of the
    visits; where nobody is worth a visit all is even. The cap yields only where there are
    more visits than it lets through.
    """
    even = visits / len(worth)
    if even > 1:
        raise InputError(f"{visits} visits are more than the {len(worth)} families to visit.")
    most, least = max(cap, even), floor * even
    # In parts of the largest: an amount to a high power must not leave the range of numbers.
    worth = worth / max(float(worth.max()), np.finfo(float).tiny)
    chance = np.full(len(worth), even)
    full = np.zeros(len(worth), dtype=bool)
    while True:
        open_, weight = ~full, float(worth[~full].sum())
        room = visits - most * full.sum()
        if not open_.any():
            return chance
        if weight <= 0:
            chance[open_] = room / open_.sum()
            return chance
        chance[open_] = least + (room - least * open_.sum()) * worth[open_] / weight
        over = open_ & (chance > most)
        if not over.any():
            return chance
        chance[over] = most
        full |= over


def systematic(
    chance: Vector, strata: npt.NDArray[Any], numbers: npt.NDArray[np.uint64], start: float
) -> Codes:
    """Draw places with given chances, an exact number of them, evenly over the strata.

    Families are laid side by side, stratum by stratum, within each in the order of their
    numbers, each as wide as its chance; a step of one picks them from ``start`` on. A
    stratum gets its expected number, rounded down or up.
    """
    visits = round(float(chance.sum()))
    if not visits:
        return np.empty(0, np.int64)
    order = np.lexsort((numbers, strata))
    ends = np.cumsum(chance[order])
    ends *= visits / ends[-1]
    ends[-1] = visits
    return np.asarray(order[np.searchsorted(ends, start + np.arange(visits), side="right")])


def random_visits(capacity: int, policy: Policy) -> int:
    """Return the size of the random arm: its share or its least number, never above capacity."""
    # A share such as 0.2 is no exact binary fraction: 0.2 × 1,505 must not become 302.
    share = int(np.ceil(round(policy.random_share * capacity, 9)))
    return min(capacity, max(share, policy.random_least))


def _sizes(pool: pl.DataFrame) -> dict[str, int]:
    return dict(pool.group_by("region").len().sort("region").iter_rows())


def _within(pool: pl.DataFrame, capacities: Mapping[str, int]) -> dict[str, int]:
    """Return the visits of each region that has families, never more than it has."""
    sizes = _sizes(pool)
    without = [region for region in sizes if capacities.get(region, 0) < 1]
    if without:
        raise InputError(
            f"{'Region' if len(without) == 1 else 'Regions'} {', '.join(without)}: families live "
            "there but there is no capacity, so they could never be drawn. Give each at least one "
            "visit."
        )
    return {region: min(capacities[region], size) for region, size in sizes.items()}


def _random_chances(pool: pl.DataFrame, capacity: Mapping[str, int], policy: Policy) -> Vector:
    """Return the even chance of each family; a region that can visit fewer has a smaller one."""
    sizes = _sizes(pool)
    wanted = random_visits(sum(capacity.values()), policy)
    share: dict[str, float] = {}
    rest, people = float(wanted), sum(sizes.values())
    for region in sorted(sizes, key=lambda r: (capacity[r] / sizes[r], r)):
        share[region] = min(float(capacity[region]), rest * sizes[region] / people)
        rest, people = rest - share[region], people - sizes[region]
    return (
        pool.select(
            pl.col("region").replace_strict(
                {r: share[r] / sizes[r] for r in sizes}, return_dtype=pl.Float64
            )
        )
        .to_series()
        .to_numpy()
    )


def _listed(pool: pl.DataFrame, chosen: Mapping[str, Codes], lot: Lot) -> pl.DataFrame:
    arms = [
        pool[rows].with_columns(arm=pl.lit(arm), probability=pl.col(f"{arm}_chance"))
        for arm, rows in chosen.items()
    ]
    table = pl.concat(arms)
    # The order of the visits says nothing of the arm, and what is left undone is left at random.
    order = pl.Series(lot.numbers("position", table["household_id"]))
    return (
        table.with_columns(_order=order)
        .sort("_order", "household_id")
        .with_row_index("position", offset=1)
        .select(pl.col(name).cast(dtype) for name, dtype in LIST_SCHEMA.items())
    )
