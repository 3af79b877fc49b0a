"""Passing a month: the same families a month later, in one direction through the story.

Lives (`lives`, `regroup`) → careers and benefits (`careers`) → homes and belongings
(`belongings`) → what the month adds to registers of payments, transfers and bills.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from features.units import add_months
from training.population.chance import Flags, happens
from training.population.people import lives
from training.population.people.careers import careers, supported
from training.population.people.columns import blank, mixed
from training.population.people.families import DAYS_OF_A_YEAR
from training.population.people.regroup import regrouped, with_births, with_moves, with_new_families
from training.population.people.standing import befall
from training.population.people.work import MONTHS, Work
from training.population.property import belongings
from training.population.property.debts import borrowers
from training.population.property.housing import homes
from training.population.registers.payments import (
    assistance,
    chance_of_asking,
    incomes,
    quarter,
    streams,
)
from training.population.registers.services import DAYS_TO_DECIDE, applications
from training.population.registers.traces import (
    REPORTED_MONTHS,
    habits,
    meters,
    transfers,
    utilities,
)
from training.population.state import Chance, Keys, State, reported

_MOVED, _NEW = 1, 2
_BLOWS_END: Final = 1 / 12
"""Share of families whose blows of the year are drawn anew in a month."""
_ASKS_AGAIN: Final = 1 / 12
"""Share of families that think again whether to ask for assistance, in a month; assumed."""
_HABITS: Final = 0.02
"""Share of people whose transfers change without a change of work; assumed."""
_BORROWERS: Final = 0.02
_GUESSES: Final = 0.01
"""Share of people about whom the registers change their mind in a month; assumed."""


def pass_month(chance: Chance, state: State, as_of: date) -> State:
    """The same country on the day ``as_of``, a month later."""
    days = (as_of - state.as_of).days
    state = replace(state, as_of=as_of)
    state, resettled, moved = _lives(chance["lives"], chance["families"], state, days)
    before = state.work
    state = _works(chance, state, days / DAYS_OF_A_YEAR)
    state = _owns(chance, state, before, resettled, moved, days)
    return _shown(chance, state, before)


def _lives(
    rng: np.random.Generator, grouping: np.random.Generator, state: State, days: int
) -> tuple[State, Flags, Flags]:
    """Lives of the month; returns which families have another home, and which of them moved."""
    people, count = state.people, len(state.families)
    urban = state.families.urban[people.family]
    gone = lives.forgotten(rng, people)
    people = lives.aged(rng, people, urban, days)
    people = replace(people, deceased=people.deceased | lives.deaths(rng, people))
    state = replace(state, people=people)
    state = with_births(grouping, state, lives.births(rng, state.families, people))
    gone = np.concatenate([gone, np.zeros(len(state.people) - len(gone), dtype=np.bool_)])
    state = with_new_families(grouping, state, lives.leaving(rng, state.families, state.people))
    new = np.arange(len(state.families)) >= count
    moved = lives.moving(rng, len(state.families)) & ~new
    state = with_moves(grouping, state, moved)
    state, marks = regrouped(grouping, state, gone, np.where(new, _NEW, np.where(moved, _MOVED, 0)))
    return state, marks > 0, marks == _MOVED


def _works(chance: Chance, state: State, years: float) -> State:
    """Careers, benefits, blows and what banks think of people."""
    families, people, shifts = state.families, state.people, state.shifts
    work = careers(chance["employ"], families, people, state.work, shifts)
    aid = supported(chance["support"], families, people, work, state.aid, years, shifts)
    count = len(families)
    fresh = befall(chance["standing"], chance["living"], count)
    again = happens(chance["standing"], _BLOWS_END, count)
    fate = replace(
        state.fate,
        blow=np.where(again, fresh.blow, state.fate.blow),
        broken=np.where(again, fresh.broken, state.fate.broken),
    )
    state = replace(state, work=work, aid=aid, fate=fate)
    names, rng = state.names, chance["registers"]
    crowd = len(people)
    rethink = happens(rng, _BORROWERS, crowd) | lives.crossed(people.age, (18.0, 21.0, 26.0), years)
    return replace(
        state,
        names=replace(
            names,
            borrower=np.where(
                rethink,
                borrowers(chance["loans"], state.families, people, state.means),
                names.borrower,
            ),
            believed=np.where(happens(rng, _GUESSES, crowd), rng.random(crowd), names.believed),
        ),
    )


def _owns(
    chance: Chance, state: State, before: Work, resettled: Flags, moved: Flags, days: int
) -> State:
    """Homes and belongings, one register after the other: each takes keys for its new rows."""
    count = len(state.families)
    fresh = homes(chance["homes"], state.families, state.means)
    place = np.where(resettled, count + np.arange(count), np.arange(count))
    state = replace(
        state,
        home=pl.concat([state.home, fresh])[place],
        meters=mixed(resettled, meters(chance["utilities"], state.families), state.meters),
    )
    steps: dict[str, Callable[[State], tuple[Keys, pl.DataFrame]]] = {
        "properties": lambda now: belongings.real_estate(
            chance["properties"], now, resettled, moved
        ),
        "vehicles": lambda now: belongings.cars(chance["vehicles"], now),
        "livestock": lambda now: belongings.animals(chance["herds"], now),
        "businesses": lambda now: belongings.firms(chance["enterprises"], now, before),
        "deposits": lambda now: belongings.savings(chance["deposits"], now),
        "loans": lambda now: belongings.debts(chance["loans"], now, days),
    }
    for name, step in steps.items():
        keys, rows = step(state)
        state = replace(state, keys=keys, things={**state.things, name: rows})
    return state


def _shown(chance: Chance, state: State, before: Work) -> State:
    """What the month adds to the registers of payments, transfers, bills and applications."""
    families, people, work, aid = state.families, state.people, state.work, state.aid
    as_of, count, crowd = state.as_of, len(state.families), len(state.people)
    month = [add_months(as_of, -1)]
    rng = chance["payments"]
    again = happens(rng, _ASKS_AGAIN, count)
    kin = replace(
        state.kin,
        asking=np.where(
            again, happens(rng, chance_of_asking(families) / 2, count), state.kin.asking
        ),
    )
    new = incomes(
        streams(
            rng,
            families,
            people,
            work,
            aid,
            state.things["properties"],
            state.things["businesses"],
            months=1,
        ),
        month,
    )
    known = state.paid.filter(pl.col("source") != "targeted_assistance")
    shown = quarter(pl.concat([known.select(new.columns), new]), people, count, as_of)
    line = float(state.shifts.of_law("poverty_line"))
    helped = assistance(
        families,
        people,
        kin.asking,
        shown / families.size,
        state.things["vehicles"],
        np.ones(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
        line,
        months=1,
    )
    paid = pl.concat([new, incomes([helped], month)])
    changed = (work.terms != before.terms) | (work.side_job != before.side_job)
    changed |= (work.shadow != before.shadow) | (state.habits.remitted != (aid.remittances > 0))
    fresh = habits(chance["transfers"], people, work, aid, state.shifts)
    habits_ = mixed(changed | happens(chance["transfers"], _HABITS, crowd), fresh, state.habits)
    habits_ = mixed(people.deceased, blank(habits_), habits_)
    lags = chance["lags"]
    filed = applications(
        chance["applications"],
        families,
        people,
        state.home,
        state.means,
        shown,
        state.things,
        as_of,
        days=DAYS_TO_DECIDE,
    )
    sent = transfers(chance["transfers"], habits_, month)
    bills = utilities(
        chance["utilities"], families, state.home, state.life, state.meters, month, state.shifts
    )
    return replace(
        state,
        kin=kin,
        habits=habits_,
        paid=_since(as_of, MONTHS, state.paid, reported(lags, "incomes", paid)),
        sent=_since(as_of, REPORTED_MONTHS, state.sent, reported(lags, "transfers", sent)),
        bills=_since(as_of, MONTHS, state.bills, reported(lags, "utilities", bills)),
        applications=_decided(chance["applications"], state, filed),
    )


def _since(as_of: date, months: int, old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The last months of a monthly register."""
    first = add_months(as_of, -months)
    return pl.concat([old.filter(pl.col("month") >= first), new.select(old.columns)])


def _decided(rng: np.random.Generator, state: State, filed: pl.DataFrame) -> pl.DataFrame:
    """Applications of the last year: those of the month before are decided by now."""
    old = state.applications.filter(pl.col("applied_on") >= add_months(state.as_of, -MONTHS))
    granted = np.where(happens(rng, 0.85, old.height), "granted", "refused")
    return pl.concat(
        [old.with_columns(outcome=pl.col("outcome").fill_null(pl.Series(granted))), filed]
    )
