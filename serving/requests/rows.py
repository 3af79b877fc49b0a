"""The rows of a request, over all its households, as frames of the register contract.

Each register becomes one frame. A household is its position in the request and a person
a number of the whole request: the keys that were sent are the request's own and may clash.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Final

import polars as pl

from features.checking.check import broken_places
from features.registers.declared import REGISTERS, SCORING
from serving.requests.cells import read_cells
from serving.requests.problems import Fault

WRITTEN: Final = {r.name: tuple(c for c in r if c.name != "household_id") for r in SCORING}
"""The columns of a register that a row writes; the household's key stands above the rows."""
_EMPTY: Final = {
    r.name: pl.DataFrame(schema={"household_id": pl.Int64(), **r.schema}) for r in SCORING
}
_HOUSEHOLDS: Final = REGISTERS["households"]
_Orphans = dict[int, dict[int, list[str]]]
_Tell = Callable[[str, str, str], None]
"""Called with the place of a fault, the problem and the remedy."""


@dataclass(slots=True)
class Rows:
    """Rows of one register: what was sent, in which household, and at what place."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def put(self, row: dict[str, Any], owner: int, place: str) -> None:
        """Add a row of the household ``owner``."""
        self.rows.append(row)
        self.owners.append(owner)
        self.places.append(place)


def frames(
    gathered: dict[str, Rows], as_of: date | None, faults: list[Fault]
) -> dict[str, pl.DataFrame]:
    """Return the frames of a request, its faults of type, key and contract added to ``faults``."""
    faulty: set[str] = {f.place for f in faults}

    def fault(place: str, problem: str, remedy: str) -> None:
        if place not in faulty:
            faulty.add(place)
            faults.append(Fault(place, problem, remedy))

    read: dict[str, pl.DataFrame] = {}
    for name, mine in gathered.items():
        if not mine.rows:
            read[name] = _EMPTY[name]
            continue
        series = [pl.Series("household_id", mine.owners, pl.Int64)]
        for column in WRITTEN[name]:
            values = [row.get(column.name) for row in mine.rows]
            cells, unreadable = read_cells(column, values)
            for row, problem, remedy in unreadable:
                fault(f"{mine.places[row]}.{column.name}", problem, remedy)
            series.append(cells)
        read[name] = pl.DataFrame(series)
    _number_households(gathered["households"], fault)
    read, orphans = _number_persons(read, gathered)
    for owner, by_person in orphans.items():
        household = gathered["households"].places[owner]
        members = not read["persons"].filter(household_id=owner)["person_id"].is_null().all()
        _refuse_orphans(by_person, f"{household}.persons", fault, has_members=members)
        faulty.update(chain.from_iterable(by_person.values()))
    # Without a readable decision date all promises but those about it are still judged.
    for broken in broken_places(read, as_of or date.max):
        place = gathered[broken.register].places[broken.row]
        place += "" if broken.column is None else f".{broken.column}"
        fault(place, f"breaks the rule: {broken.rule}", broken.remedy)
    _refuse_unknown_families(read["households"], gathered["households"], as_of or date.max, fault)
    return read


def _number_households(households: Rows, fault: _Tell) -> None:
    """A key may be left out; given, it is whole and names one household of the request."""
    column = _HOUSEHOLDS["household_id"]
    keys, unreadable = read_cells(column, [h.get("household_id") for h in households.rows])
    for row, problem, remedy in unreadable:
        fault(f"{households.places[row]}.household_id", problem, remedy)
    for row in (keys.is_duplicated() & keys.is_not_null() & ~keys.is_first_distinct()).arg_true():
        fault(
            f"{households.places[row]}.household_id",
            "the key of an earlier household of this request",
            "send each household once",
        )


def _number_persons(
    read: dict[str, pl.DataFrame], gathered: dict[str, Rows]
) -> tuple[dict[str, pl.DataFrame], _Orphans]:
    """Number persons over the whole request; a row finds its person within its household.

    A person may have several rows of the register of persons, one for each period of membership.
    With the frames come, by household and key, the places of rows whose person it does not have.
    """
    persons = gathered["persons"]
    numbers: dict[tuple[int, int], int] = {}
    absent: dict[tuple[int, int], int] = {}
    for row, key in enumerate(read["persons"]["person_id"]):
        if key is None:
            continue
        numbers.setdefault((persons.owners[row], key), row)
    numbered = dict(read)
    orphans: _Orphans = {}
    for name, frame in read.items():
        if "person_id" not in frame.columns:
            continue
        mine = gathered[name]
        keys = frame["person_id"].to_list()
        ids = [numbers.get((o, k)) for o, k in zip(mine.owners, keys, strict=True)]
        for row, (owner, key) in enumerate(zip(mine.owners, keys, strict=True)):
            if key is not None and ids[row] is None:
                orphans.setdefault(owner, {}).setdefault(key, []).append(
                    f"{mine.places[row]}.person_id"
                )
                # Each has a number as well, or all who are not there would be taken for one.
                ids[row] = absent.setdefault((owner, key), len(persons.rows) + len(absent))
        numbered[name] = frame.with_columns(pl.Series("person_id", ids, pl.Int64))
    return numbered, orphans


def _refuse_orphans(
    by_person: dict[int, list[str]], persons: str, fault: _Tell, *, has_members: bool
) -> None:
    """Name what is missing once, and not each row that follows from it.

    ``by_person``: the places of the rows that name each person whom the household does not have;
    ``persons`` is where its members would stand.
    """
    if not has_members:
        rows = sum(len(places) for places in by_person.values())
        fault(
            persons,
            f"names nobody by a key, though {rows:,} row{'' if rows == 1 else 's'} of other "
            "registers name persons",
            "send the persons whom these rows name, each with its person_id",
        )
        return
    for first, *more in by_person.values():
        others = f" (and {len(more):,} more row{'' if len(more) == 1 else 's'} by the same key)"
        fault(
            first,
            "points to no member of the household" + (others if more else ""),
            "send the person in persons, or correct the key",
        )


def _refuse_unknown_families(
    households: pl.DataFrame, gathered: Rows, as_of: date, fault: _Tell
) -> None:
    """A household that the state learned of after the decision date cannot be decided on it."""
    for row in (households["known_on"] > as_of).arg_true():
        fault(
            f"{gathered.places[row]}.known_on",
            "after the decision date: on that day the state did not know the household",
            "correct the date, or ask for a later as_of",
        )
