"""A month of belongings: bought, sold, given up, paid off; and what registers do not hear of.

A part of what people have is renewed every month: some let go of what they have and are
given what anyone of their standing would have. That keeps stocks as they are. Cars that
are sold may stay with the seller in the register; enterprises that earn nothing more stay
open for years. Rates of renewal are assumed from how long things are usually kept.
"""

from typing import Final

import numpy as np
import polars as pl

from training.population.chance import Flags, Floats, Ints, days_before, happens, tenge
from training.population.people.work import Terms, Work
from training.population.property import possessions
from training.population.property.debts import annuity, chance_of_arrears, loans
from training.population.property.housing import HOME, INHERITED, properties
from training.population.registers.lags import PLATES
from training.population.state import Keys, State, learned

_CARS: Final = 0.016
"""Share of cars that are sold in a month: kept for five years."""
_BOUGHT_BY_AGE: Final = ((3, 7, 10, 20), np.array([0.0437, 0.0257, 0.0088, 0.0124, 0.0110]))
"""Bounds of age, and how often a car that a family of this standing would have is bought in a
month: young ones oftener, so that the published ages of cars stand while all of them age."""
_NEW_CARS: Final = 0.64
"""Share of the youngest cars bought that are new."""
_LEFT_REGISTERED: Final = 0.05
"""Share of sold cars that stay registered to the seller."""
_TIDIED_UP: Final = 0.012
"""Share of such cars whose register is put right in a month."""
_FLAGGED: Final = 0.2
_REAL_ESTATE: Final = 0.006
_INHERITED_SOLD: Final = 0.0025
_KEPT_BY_MOVERS: Final = 0.4
"""Share of movers who keep the dwelling they leave; assumed."""
_HERDS: Final = 0.012
_DEPOSITS: Final = 0.03
_DORMANT_CLOSED: Final = 0.045
_FORGOTTEN: Final = 0.028
"""Share of closed enterprises that leave the register in a month."""
_REPAID_EARLY: Final = 0.6
"""How many times in its term a loan would be repaid or refinanced before its end; assumed."""
_TAKEN: Final = _REPAID_EARLY / (1 - np.exp(-_REPAID_EARLY))
"""How many loans are taken in the time of one term to keep one in force."""
_ANOTHER: Final = np.array([1.32, 0.8, 0.95])
"""How much oftener those with no, one or more small loans take one: it keeps their numbers."""
_ANOTHER_LARGE: Final = np.array([1.15, 0.0, 0.0])
_SMALL: Final = ("consumer", "instalment")
_CAUGHT_UP: Final = 0.4
"""Share of borrowers in arrears who catch up in a month."""
_WRITTEN_OFF: Final = 360
_DAYS: Final = 28


def _lately(rng: np.random.Generator, today: np.datetime64, rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, as entered within the month."""
    return rows.with_columns(registered_on=days_before(today, rng.integers(1, _DAYS, rows.height)))


def _joined(old: pl.DataFrame, fresh: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([old, fresh.select(old.columns)])


def _named(
    rng: np.random.Generator, keys: Keys, name: str, old: pl.DataFrame, fresh: pl.DataFrame
) -> tuple[Keys, pl.DataFrame]:
    keys, fresh = keys.records(name, learned(rng, name, fresh))
    return keys, _joined(old, fresh)


def renewed(
    rng: np.random.Generator, old: pl.DataFrame, fresh: pl.DataFrame, unit: Ints, share: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Let a ``share`` of the units have the ``fresh`` rows instead of their ``old`` ones.

    ``unit`` is the family (or other unit) of each person.
    """
    chosen = happens(rng, share, int(unit.max(initial=-1)) + 1)
    gives_up = chosen[unit[old["person"].to_numpy()]]
    is_given = chosen[unit[fresh["person"].to_numpy()]]
    return old.filter(pl.Series(~gives_up)), fresh.filter(pl.Series(is_given))


def cars(rng: np.random.Generator, state: State) -> tuple[Keys, pl.DataFrame]:
    """Vehicles a month later: sold, left with the seller, re-registered late, and bought."""
    old, today = state.things["vehicles"], state.today
    count = old.height
    old = old if "removed_on" in old.columns else old.with_columns(removed_on=pl.lit(None, pl.Date))
    phantom = old["sold"].to_numpy()
    removed = old["removed_on"].to_numpy().astype("datetime64[D]")
    leaving = ~np.isnat(removed)
    selling = happens(rng, _CARS, count) & ~phantom & ~leaving
    stays = selling & happens(rng, _LEFT_REGISTERED, count)
    flagged = stays & happens(rng, _FLAGGED, count)
    day = np.full(count, today, dtype="datetime64[D]")
    removed = np.where(selling & ~stays, PLATES.known_on(rng, day), removed)
    tidy = phantom & happens(rng, _TIDIED_UP, count)
    removed = np.where(tidy, day, removed)
    status = pl.when(pl.Series(flagged)).then(pl.lit("sold_not_reregistered"))
    old = old.with_columns(
        sold=phantom | stays, removed_on=removed, status=status.otherwise("status")
    ).filter(pl.Series(np.isnat(removed) | (removed > today)))
    fresh = possessions.vehicles(
        rng, state.families, state.means, state.work, state.people, today
    ).filter(~pl.col("sold"))
    bounds, chance = _BOUGHT_BY_AGE
    age = state.as_of.year + (state.as_of.month - 7) / 12 - fresh["model_year"].to_numpy()
    buying = happens(rng, chance[np.digitize(age, bounds)], fresh.height)
    new = (age < bounds[0]) & happens(rng, _NEW_CARS, fresh.height)
    years = np.where(new, np.maximum(age, 0.0), 0.0)
    worth = fresh["value"].to_numpy() * np.exp(possessions.LOSS_OF_VALUE * years)
    fresh = fresh.with_columns(
        model_year=np.where(
            new,
            (today - 30).astype("datetime64[Y]").astype(int) + 1970,
            fresh["model_year"].to_numpy(),
        ),
        value=tenge(worth, 10_000),
    )
    fresh = _lately(rng, today, fresh.filter(pl.Series(buying)))
    fresh = fresh.with_columns(removed_on=pl.lit(None, pl.Date))
    return _named(rng, state.keys, "vehicles", old, fresh)


def real_estate(
    rng: np.random.Generator, state: State, resettled: Flags, moved: Flags
) -> tuple[Keys, pl.DataFrame]:
    """Real estate a month later; ``resettled`` families have another home, some of them moved.

    A family that moves sells the home it leaves, or keeps it as a second dwelling.
    """
    old, family = state.things["properties"], state.people.family
    fresh = properties(
        rng, state.families, state.means, state.home, state.today, state.shifts
    ).filter(pl.col("origin") != INHERITED)
    at_home = (old["origin"] == HOME).to_numpy()
    owner = family[old["person"].to_numpy()]
    inherited = (old["origin"] == INHERITED).to_numpy()
    chosen = happens(rng, _REAL_ESTATE, len(state.families))
    keeps = happens(rng, _KEPT_BY_MOVERS, len(state.families))
    sold_at_rate = happens(rng, _INHERITED_SOLD, old.height)
    gone = np.where(
        at_home,
        resettled[owner] & ~keeps[owner],
        np.where(inherited, sold_at_rate, chosen[owner]),
    )
    left = at_home & moved[owner] & keeps[owner]
    origin = pl.when(pl.Series(left)).then(pl.lit("bought")).otherwise("origin")
    old = old.with_columns(origin=origin).filter(pl.Series(~gone))
    is_home = (fresh["origin"] == HOME).to_numpy()
    buyer = family[fresh["person"].to_numpy()]
    bought = np.where(is_home, resettled[buyer], chosen[buyer])
    fresh = _lately(rng, state.today, fresh.filter(pl.Series(bought)))
    return _named(rng, state.keys, "properties", old, fresh)


def animals(rng: np.random.Generator, state: State) -> tuple[Keys, pl.DataFrame]:
    """Herds a month later."""
    fresh = possessions.herds(rng, state.families, state.means, state.today, state.shifts)
    old, fresh = renewed(rng, state.things["livestock"], fresh, state.people.family, _HERDS)
    return _named(rng, state.keys, "livestock", old, _lately(rng, state.today, fresh))


def savings(rng: np.random.Generator, state: State) -> tuple[Keys, pl.DataFrame]:
    """Deposits a month later."""
    fresh = possessions.deposits(rng, state.people, state.means, state.today)
    unit = np.arange(len(state.people))
    old, fresh = renewed(rng, state.things["deposits"], fresh, unit, _DEPOSITS)
    return _named(rng, state.keys, "deposits", old, _lately(rng, state.today, fresh))


def firms(rng: np.random.Generator, state: State, before: Work) -> tuple[Keys, pl.DataFrame]:
    """Enterprises a month later: opened with a business, dormant when it ends, closed in time."""
    old, people, today = state.things["businesses"], state.people, state.today
    owner = old["person"].to_numpy()
    count = old.height
    trades = state.work.terms >= Terms.HONEST_BUSINESS
    traded = before.terms >= Terms.HONEST_BUSINESS
    is_open = old["closed_on"].is_null().to_numpy()
    turnover = old["turnover_12m"].to_numpy()
    asleep = is_open & ((turnover == 0) | (traded & ~trades)[owner])
    closing = asleep & ~trades[owner] & happens(rng, _DORMANT_CLOSED, count)
    closed = old["closed_on"].to_numpy().astype("datetime64[D]")
    closed = np.where(closing, days_before(today, rng.integers(1, _DAYS, count)), closed)
    # Whoever opens an enterprise with the business has no use for the one that slept.
    opens = trades & ~traded
    gone = (~is_open & happens(rng, _FORGOTTEN, count)) | (is_open & opens[owner])
    old = old.with_columns(
        turnover_12m=np.where(asleep, 0, turnover), closed_on=pl.Series(closed).cast(pl.Date)
    ).filter(pl.Series(~gone))
    fresh = possessions.enterprises(
        rng, people, state.work, ~state.families.urban[people.family], today
    )
    working = opens[fresh["person"].to_numpy()] & (fresh["turnover_12m"].to_numpy() > 0)
    fresh = _lately(rng, today, fresh.filter(pl.Series(working)))
    fresh = fresh.with_columns(opened_on="registered_on")
    return _named(rng, state.keys, "businesses", old, fresh)


def debts(rng: np.random.Generator, state: State, days: int) -> tuple[Keys, pl.DataFrame]:
    """Loans a month later: paid down, paid off, fallen behind, written off, and newly taken."""
    old, people, means, today = state.things["loans"], state.people, state.means, state.today
    owner, count = old["person"].to_numpy(), old.height
    family = people.family[owner]
    # Payments are missed by whole months, each from the day of the month when it was due.
    short = old["short_of_months"].to_numpy()
    overdue = old["days_overdue"].to_numpy() + short
    of_kind = np.where((old["kind"] == "micro").to_numpy(), 0.2, 0.0)
    behind = chance_of_arrears(of_kind, means.distress[family], means.level[family])
    falls = happens(rng, np.minimum(_CAUGHT_UP * behind / (1 - behind), 1.0), count)
    recovers = happens(rng, _CAUGHT_UP, count)
    late = np.where(overdue > 0, ~recovers, falls)
    overdue_now = np.where(late, overdue + days, 0)
    until_due = (old["issued_on"].dt.day().to_numpy().astype(np.int64) - state.as_of.day) % days
    short_now = np.where(late, np.where(overdue > 0, short, until_due), 0)
    # Catching up pays what was missed, too.
    missed = np.where(late, 0, np.ceil(overdue / days).astype(np.int64) + 1)
    made = np.minimum(old["payments"].to_numpy() + missed, old["term"].to_numpy())
    principal = old["principal"].to_numpy().astype(np.float64)
    left = annuity(
        principal, old["rate"].to_numpy(), old["term"].to_numpy(), made.astype(np.float64)
    )[1]
    over = (made >= old["term"].to_numpy()) | (overdue_now > _WRITTEN_OFF)
    over |= ~late & happens(rng, _REPAID_EARLY / old["term"].to_numpy(), count)
    old = old.with_columns(
        payments=made,
        outstanding=tenge(left),
        days_overdue=(overdue_now - short_now).astype(np.int64),
        short_of_months=short_now,
    ).filter(pl.Series(~over))
    fresh = loans(rng, state.families, people, state.work, means, state.names.borrower, today)
    held = (
        fresh.join(
            old.group_by("person", "kind").agg(held=pl.len()),
            on=["person", "kind"],
            how="left",
            maintain_order="left",
        )["held"]
        .fill_null(0)
        .clip(upper_bound=2)
        .to_numpy()
    )
    small = fresh["kind"].is_in(_SMALL).to_numpy()
    another = np.where(small, _ANOTHER[held], _ANOTHER_LARGE[held])
    taken: Flags = happens(rng, _TAKEN * another / fresh["term"].to_numpy(), fresh.height)
    fresh = _lately(rng, today, fresh.filter(pl.Series(taken)))
    none: Floats = np.zeros(fresh.height)
    whole = annuity(
        fresh["principal"].to_numpy().astype(np.float64),
        fresh["rate"].to_numpy(),
        fresh["term"].to_numpy(),
        none,
    )[1]
    fresh = fresh.with_columns(
        issued_on="registered_on",
        payments=none.astype(np.int64),
        days_overdue=none.astype(np.int64),
        outstanding=tenge(whole),
    )
    return _named(rng, state.keys, "loans", old, fresh)
