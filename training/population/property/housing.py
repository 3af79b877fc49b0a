"""Housing: the home each family lives in, and all real estate its members have on record.

Second dwellings are bought by the well-off and inherited by anyone: an old house in a
village, often a share of it, says little of means. Some are let, most of them quietly.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from training.population.calibration.figures import by_region, figure
from training.population.chance import Floats, Ints, happens, pick, tenge, tilted, words
from training.population.people.families import Families, Kind
from training.population.people.standing import Standing
from training.population.property.possessions import main_owner, record
from training.population.worlds import Shifts

HOME: Final = "home"
INHERITED: Final = "inherited"
_CRAMMED: Final = 0.025
_INHERITED: Final = 0.13
"""Share of families with an inherited house, or a part of one; assumed."""


def _price(families: Families, family: Ints) -> Floats:
    """Price of a square metre of housing, tenge; assumed to follow regional wages."""
    wage = by_region("wage")[families.region[family]] / 412.6
    return np.where(families.urban[family], 330_000.0, 115_000.0) * wage**0.7


def homes(rng: np.random.Generator, families: Families, standing: Standing) -> pl.DataFrame:
    """The dwelling each family lives in: the columns of `households` beside the key."""
    count = len(families)
    urban, size = families.urban, families.size
    flat = happens(rng, np.where(urban, 0.86, 0.13), count)
    owned = tilted(figure("owner_families"), 0.75 * standing.wealth + 0.3)
    owned = np.where(families.kind == Kind.LONE_ADULT, owned - 0.12, owned)
    is_owned = happens(rng, np.clip(owned, 0.05, 0.995), count)
    other = 1 + pick(rng, np.array([0.58, 0.08, 0.08, 0.26]), count)
    tenure = np.where(is_owned, 0, other)
    small = np.where(tenure == 3, 0.45, np.where(is_owned, 1.0, 0.8))
    area = (
        np.where(flat, 37.0 + 9.8 * size, 53.0 + 12.5 * size)
        * small
        * np.exp(0.15 * standing.wealth + 0.20 * rng.standard_normal(count))
    )
    # Some of the many live in one room, and more of the poor ones.
    crammed = (size >= 5) & happens(rng, tilted(_CRAMMED, -0.6 * standing.wealth), count)
    area = np.where(crammed, np.minimum(area, rng.uniform(16, 32, count)), area)
    rooms = np.clip(np.rint(area / np.where(flat, 26.8, 29.6)), 1, 9).astype(np.int64)
    rooms = np.where(crammed, 1, rooms)
    area = np.round(np.clip(area, 14, 400), 1)
    piped = flat | happens(rng, np.where(urban, 0.9, 0.62), count)
    return pl.DataFrame(
        {
            "tenure": words(("owned", "rented", "social", "dormitory", "relatives"), tenure),
            "living_area_m2": area,
            "rooms": rooms,
            "piped_water": piped,
            "sewerage": flat | (piped & happens(rng, np.where(urban, 0.6, 0.22), count)),
            "central_heating": flat & happens(rng, np.where(urban, 0.88, 0.4), count),
            "internet": happens(
                rng, tilted(np.where(urban, 0.93, 0.82), 0.6 * standing.wealth), count
            ),
            "flat": flat,
        }
    )


def properties(
    rng: np.random.Generator,
    families: Families,
    standing: Standing,
    home: pl.DataFrame,
    today: np.datetime64,
    shifts: Shifts,
) -> pl.DataFrame:
    """Real estate: the home, second dwellings bought or inherited, plots, garages, shops.

    Beside the register's columns: ``rent``, tenge a month, of dwellings that are let, and
    ``rent_declared``; ``origin`` tells how the family came by it.
    """
    count = len(families)
    wealth, urban = standing.wealth, families.urban
    owned = (home["tenure"] == "owned").to_numpy()
    flat, area = home["flat"].to_numpy(), home["living_area_m2"].to_numpy()
    own = np.flatnonzero(owned)
    bought = np.repeat(np.arange(count), rng.poisson(0.315 * np.exp(0.62 * wealth - 0.19), count))
    inherited = np.flatnonzero(happens(rng, _INHERITED, count))
    plots = np.flatnonzero(happens(rng, np.where(urban, 0.11, 0.42), count))
    garages = np.flatnonzero(happens(rng, np.where(flat, 0.10, 0.03), count))
    shops = np.flatnonzero(happens(rng, np.clip(0.02 * np.exp(wealth), 0, 0.3), count))

    # Half a home may belong to the spouse, or to kin who live elsewhere.
    shared = happens(rng, 0.33, len(own)) & families.paired[own]
    with_kin = happens(rng, 0.03, len(own)) & ~shared
    flat_bought = happens(rng, np.where(urban[bought], 0.8, 0.35), len(bought))
    holdings = [
        _Holding(
            own,
            kind=np.where(flat[own], 0, 1),
            area=area[own],
            share=np.where(shared | with_kin, 0.5, 1.0),
            years=rng.gamma(2.0, 5.5, len(own)),
            second=0.0,
            origin=HOME,
        ),
        _Holding(
            bought,
            kind=np.where(flat_bought, 0, 1),
            area=rng.gamma(9.0, 6.2, len(bought)),
            years=rng.gamma(1.6, 4.5, len(bought)),
            second=0.4,
            let=0.22,
        ),
        _Holding(
            inherited,
            kind=np.ones(len(inherited), dtype=np.int64),
            area=rng.uniform(28, 85, len(inherited)),
            share=np.array([1.0, 0.5, 0.25])[rng.integers(0, 3, len(inherited))],
            years=rng.gamma(1.6, 5.0, len(inherited)),
            second=0.45,
            price=0.35,
            let=0.03,
            origin=INHERITED,
        ),
        _Holding(
            plots,
            kind=np.full(len(plots), 2),
            area=100 * rng.gamma(3.0, 3.0, len(plots)),
            years=rng.gamma(1.8, 6.0, len(plots)),
            second=0.3,
            price=0.012,
        ),
        _Holding(
            garages,
            kind=np.full(len(garages), 4),
            area=rng.uniform(16, 32, len(garages)),
            years=rng.gamma(2.0, 7.0, len(garages)),
            second=0.2,
            price=0.25,
        ),
        _Holding(
            shops,
            kind=np.full(len(shops), 3),
            area=rng.gamma(2.5, 35.0, len(shops)),
            years=rng.gamma(1.6, 4.5, len(shops)),
            second=0.35,
            price=1.2,
            let=0.15,
        ),
    ]
    table = pl.concat([_registered(rng, families, holding, today, shifts) for holding in holdings])
    halves = table.head(len(own)).filter(pl.Series(shared))
    return pl.concat([table, halves.with_columns(pl.col("person") + 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Holding:
    """Things of one sort that families hold: one entry a thing."""

    family: Ints = field(kw_only=False)
    kind: Ints
    area: Floats
    years: Floats
    """Years since it was registered."""
    second: float
    """Chance that the second adult of the family is the owner."""
    share: Floats | float = 1.0
    price: float = 1.0
    """Price of a square metre, as a part of that of housing of the place."""
    let: float = 0.0
    """Chance that it is let."""
    origin: str = "bought"
    """How the family came by it; "home" is the dwelling it lives in."""


def _registered(
    rng: np.random.Generator,
    families: Families,
    holding: _Holding,
    today: np.datetime64,
    shifts: Shifts,
) -> pl.DataFrame:
    count = len(holding.family)
    share = np.broadcast_to(np.asarray(holding.share, dtype=np.float64), count)
    chance = np.exp(0.22 * rng.standard_normal(count))
    value = _price(families, holding.family) * holding.price * holding.area * chance
    let = happens(rng, holding.let, count)
    return record(
        main_owner(rng, families, holding.family, holding.second),
        today,
        np.clip(holding.years, 0.05, 33),
        kind=words(("apartment", "house", "land_plot", "commercial", "garage"), holding.kind),
        area_m2=np.round(holding.area, 1),
        share=share,
        value=tenge(value, 1000),
        rent=np.where(let, np.clip(0.0062 * value * share, 15_000, 700_000), 0.0),
        rent_declared=let & happens(rng, 1 - shifts.hidden_rents, count),
        origin=pl.Series([holding.origin] * count, dtype=pl.String),
    )
