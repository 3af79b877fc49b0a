"""Lags: how long after a fact the register that holds it has learned of it.

None of these is published; each is assumed, with its reason. The day of learning goes into
``known_on``, and later rows are invisible to a decision. Monthly registers are told at the
end of the month by nearly everyone: a register whose last month is missing is silent.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.population.chance import Dates, happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """One delay: whom it meets, and how long it lasts."""

    register: str
    of: str
    share: float
    """Share of the facts that come late; the others are known on their day."""
    days: tuple[int, int]
    """Shortest and longest delay of the late ones, evenly spread."""
    why: str

    def known_on(self, rng: np.random.Generator, happened: Dates) -> Dates:
        """The day on which the register learns of facts of these days."""
        count = len(happened)
        days = rng.integers(self.days[0], self.days[1] + 1, count)
        late = np.where(happens(rng, self.share, count), days, 0)
        return np.asarray(happened + late.astype("timedelta64[D]"), dtype="datetime64[D]")


BIRTHS: Final = Lag(
    register="persons",
    of="births",
    share=1.0,
    days=(5, 60),
    why="parents have two months to register a child; most do so within weeks",
)
DEATHS: Final = Lag(
    register="persons",
    of="deaths",
    share=1.0,
    days=(3, 60),
    why="until the act is written and sent on, the person still counts as a member",
)
REPORTS: Final = Lag(
    register="incomes",
    of="wages of employers that report late",
    share=0.04,
    days=(10, 80),
    why="contributions and returns of small employers follow in the next quarter",
)
DEEDS: Final = Lag(
    register="properties",
    of="purchases",
    share=0.3,
    days=(2, 40),
    why="deeds on paper wait for the register; electronic ones are entered at once",
)
INHERITANCES: Final = Lag(
    register="properties",
    of="inheritances",
    share=1.0,
    days=(182, 270),
    why="heirs have six months to accept, and only then the notary writes the certificate",
)
PLATES: Final = Lag(
    register="vehicles",
    of="cars bought",
    share=0.35,
    days=(3, 60),
    why="a buyer puts off the new plates as long as the old ones pass",
)
COUNTS: Final = Lag(
    register="livestock",
    of="animals",
    share=1.0,
    days=(1, 180),
    why="household books are brought up to date twice a year",
)
LOANS: Final = Lag(
    register="loans",
    of="new loans",
    share=1.0,
    days=(1, 35),
    why="credit bureaus receive what was lent in a month during the next",
)
ENTERPRISES: Final = Lag(
    register="businesses",
    of="enterprises opened",
    share=0.2,
    days=(1, 10),
    why="opened online in minutes, on paper in days",
)
BALANCES: Final = Lag(
    register="deposits",
    of="deposits opened",
    share=1.0,
    days=(1, 92),
    why="banks report balances once a quarter",
)
TRANSFERS: Final = Lag(
    register="transfers",
    of="transfers of banks that report late",
    share=0.02,
    days=(5, 45),
    why="one of many banks is always late",
)
BILLS: Final = Lag(
    register="utilities",
    of="bills of small suppliers",
    share=0.03,
    days=(5, 45),
    why="village suppliers send lists on paper",
)

LAGS: Final = (
    BIRTHS,
    DEATHS,
    REPORTS,
    DEEDS,
    INHERITANCES,
    PLATES,
    COUNTS,
    LOANS,
    ENTERPRISES,
    BALANCES,
    TRANSFERS,
    BILLS,
)
"""Every delay of this world, all of them assumed."""

OF_THINGS: Final = {
    "properties": DEEDS,
    "vehicles": PLATES,
    "livestock": COUNTS,
    "loans": LOANS,
    "businesses": ENTERPRISES,
    "deposits": BALANCES,
}
"""The lag of each register of things."""

OF_MONTHS: Final = {"incomes": REPORTS, "transfers": TRANSFERS, "utilities": BILLS}
"""The lag of each monthly register."""
