"""A request of the API, read into the registers that a decision reads.

Requests are checked against the register contract itself (`features.registers`), so
that a family means the same in a file and in a message. All faults of a request are
collected, each with its place; a misspelt register is a fault, for otherwise a typing
mistake would turn into the silence of a register and silence has consequences.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from itertools import chain
from typing import Any, Final

import polars as pl

from features.registers.check import broken_places
from features.registers.declared import LEARNING, REGISTERS, SCORING
from features.registers.schema import Register
from serving.cells import columns_of, read_cells, read_day
from serving.problems import Fault, invalid

HOUSEHOLDS_AT_ONCE: Final = 10_000
SERVICE_LENGTH: Final = 64
_NAME_LENGTH: Final = 60
"""Of a name that the caller made up, no more than this is repeated."""
_NAMES_SHOWN: Final = 10

_Tell = Callable[[str, str, str], None]
"""Called with the place of a fault, the problem and the remedy."""
_HOUSEHOLDS: Final = REGISTERS["households"]
ROW_REGISTERS: Final[dict[str, Register]] = {r.name: r for r in SCORING if r is not _HOUSEHOLDS}
"""Registers that a household of a request carries as lists of rows."""
_LEARNING: Final = {r.name for r in LEARNING}
_WRITTEN_BY: Final = {r.name: tuple(c for c in r if c.name != "household_id") for r in SCORING}
"""The columns of a register that a request writes; the household's key stands above them."""
_EMPTY: Final = {
    r.name: pl.DataFrame(schema={"household_id": pl.Int64(), **r.schema}) for r in SCORING
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household of a request, as it was understood."""

    household_id: int | None
    silent: tuple[str, ...]
    warnings: tuple[dict[str, str], ...]
    understood: dict[str, Any]
    """Every fact sent, in canonical form: what the decision's key is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that can be decided.

    ``registers`` holds a frame for each scoring register in the contract's types, every
    row with a ``household_id`` that is the household's position in the request, and
    ``person_id`` numbered anew: the keys of a request are its own and may clash.
    """

    as_of: date
    service: str | None
    households: tuple[Household, ...]
    registers: dict[str, pl.DataFrame]

    def alike(self) -> list[tuple[list[int], dict[str, pl.DataFrame | None]]]:
        """Return households by position and their registers, grouped by which are silent.

        Silence belongs to a household here and to a register in the models, so that
        only households with the same silence can be decided in one go. Mostly all are.
        """
        groups: dict[tuple[str, ...], list[int]] = {}
        for position, household in enumerate(self.households):
            groups.setdefault(household.silent, []).append(position)
        answered: list[tuple[list[int], dict[str, pl.DataFrame | None]]] = []
        for silent, positions in groups.items():
            theirs: dict[str, pl.DataFrame | None] = {}
            for name, frame in self.registers.items():
                rows = (
                    frame
                    if len(groups) == 1
                    else frame.filter(pl.col("household_id").is_in(positions))
                )
                theirs[name] = None if name in silent else rows
            answered.append((positions, theirs))
        return answered


def read_one(document: Any) -> Asked:
    """Read the body of ``POST /score``; Problem: every fault of it at once."""
    return _read(document, "household")


def read_many(document: Any) -> Asked:
    """Read the body of ``POST /score_many``; Problem: every fault of it at once."""
    return _read(document, "households")


def read_as_of(value: Any, faults: list[Fault]) -> date | None:
    """Return the decision date of a request, or add a fault."""
    try:
        return read_day(value)
    except ValueError:
        faults.append(
            Fault("as_of", "not a date", "write the day of the decision, such as 2026-01-01")
            if value is not None
            else Fault("as_of", "missing", "give the day of the decision, such as 2026-01-01")
        )
        return None


@dataclass(slots=True)
class _Gathered:
    """Rows of one register over all households of a request, with where each was sent."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


def _read(document: Any, subject: str) -> Asked:
    faults: list[Fault] = []
    if not isinstance(document, dict):
        raise invalid(
            [Fault("request", "not an object", f"send an object with as_of and {subject}")]
        )
    _refuse_unknown(document, ("as_of", "service", subject), "", faults)
    as_of = read_as_of(document.get("as_of"), faults)
    service = _service(document.get("service"), faults)
    sent = _households(document, subject, faults)
    gathered = {r.name: _Gathered() for r in SCORING}
    for position, (place, household) in enumerate(sent):
        _gather(position, place, household, gathered, faults)
    registers = _frames(gathered, as_of, faults)
    if faults or as_of is None:
        raise invalid(faults)
    return Asked(
        as_of=as_of,
        service=service,
        households=tuple(_understood(household) for _, household in sent),
        registers=registers,
    )


def _service(value: Any, faults: list[Fault]) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= SERVICE_LENGTH and value.isprintable():
        return value
    faults.append(
        Fault(
            "service", "not a programme's code", f"send up to {SERVICE_LENGTH} characters of text"
        )
    )
    return None


def _households(
    document: dict[str, Any], subject: str, faults: list[Fault]
) -> list[tuple[str, dict[str, Any]]]:
    """Return (place, object) of each household of the request that is an object."""
    if subject == "household":
        listed: Any = [document.get(subject)]
        if listed[0] is None:
            faults.append(Fault(subject, "missing", "send the household as an object"))
            return []
    else:
        listed = document.get(subject)
        if not isinstance(listed, list):
            faults.append(Fault(subject, "not a list", "send a list of households"))
            return []
        if len(listed) > HOUSEHOLDS_AT_ONCE:
            faults.append(
                Fault(
                    subject,
                    f"more than {HOUSEHOLDS_AT_ONCE:,} households",
                    "send fewer at a time; `tarazy score` decides a whole country",
                )
            )
            return []
    sent = []
    for index, household in enumerate(listed):
        place = subject if subject == "household" else f"{subject}[{index}]"
        if isinstance(household, dict):
            sent.append((place, household))
        else:
            faults.append(
                Fault(place, "not an object", "send the household's columns and its registers")
            )
    return sent


def _gather(
    position: int,
    place: str,
    household: dict[str, Any],
    gathered: dict[str, _Gathered],
    faults: list[Fault],
) -> None:
    """Put a household's own columns and the rows of its registers where they belong."""
    known = [*(c.name for c in _HOUSEHOLDS), *ROW_REGISTERS]
    _refuse_unknown(household, known, f"{place}.", faults)
    key = household.get("household_id")
    _put(gathered["households"], household, position, place)
    for name in ROW_REGISTERS:
        rows = household.get(name)
        if rows is None:
            if ROW_REGISTERS[name].required:
                faults.append(
                    Fault(
                        f"{place}.{name}",
                        "missing",
                        "send its rows; without them nobody is decided",
                    )
                )
            continue
        if not isinstance(rows, list):
            faults.append(
                Fault(
                    f"{place}.{name}",
                    "not a list of rows",
                    "send a list: empty if the register knows of nothing, null if it is silent",
                )
            )
            continue
        for index, row in enumerate(rows):
            where = f"{place}.{name}[{index}]"
            if not isinstance(row, dict):
                faults.append(Fault(where, "not an object", "send the row's columns by name"))
                continue
            if row.get("household_id") not in (None, key) and key is not None:
                faults.append(
                    Fault(
                        f"{where}.household_id",
                        "another household's key",
                        "leave it out, or send the key of the household the row stands in",
                    )
                )
            _put(gathered[name], row, position, where)


def _put(rows: _Gathered, row: dict[str, Any], owner: int, place: str) -> None:
    rows.rows.append(row)
    rows.owners.append(owner)
    rows.places.append(place)


def _frames(
    gathered: dict[str, _Gathered], as_of: date | None, faults: list[Fault]
) -> dict[str, pl.DataFrame]:
    """Return the frames of a request, its faults of type, key and contract added to ``faults``."""
    faulty: set[str] = {f.place for f in faults}

    def fault(place: str, problem: str, remedy: str) -> None:
        if place not in faulty:
            faulty.add(place)
            faults.append(Fault(place, problem, remedy))

    frames: dict[str, pl.DataFrame] = {}
    for name, mine in gathered.items():
        if not mine.rows:
            frames[name] = _EMPTY[name]
            continue
        series = [pl.Series("household_id", mine.owners, pl.Int64)]
        for column in _WRITTEN_BY[name]:
            values = [row.get(column.name) for row in mine.rows]
            read, unreadable = read_cells(column, values)
            for row, problem, remedy in unreadable:
                fault(f"{mine.places[row]}.{column.name}", problem, remedy)
            series.append(read)
        frames[name] = pl.DataFrame(series)
    _number_households(gathered["households"], fault)
    frames = _number_persons(frames, gathered, fault)
    # Without a readable decision date all promises but those about it are still judged.
    for broken in broken_places(frames, as_of or date.max):
        place = gathered[broken.register].places[broken.row]
        fault(f"{place}.{broken.column}", f"breaks the rule: {broken.rule}", broken.remedy)
    _refuse_unknown_families(frames["households"], gathered["households"], as_of or date.max, fault)
    return frames


def _number_households(households: _Gathered, fault: _Tell) -> None:
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
    frames: dict[str, pl.DataFrame], gathered: dict[str, _Gathered], fault: _Tell
) -> dict[str, pl.DataFrame]:
    """Number persons over the whole request; a row finds its person within its household."""
    persons = gathered["persons"]
    numbers: dict[tuple[int, int], int] = {}
    for row, key in enumerate(frames["persons"]["person_id"]):
        if key is None:
            continue
        if (persons.owners[row], key) in numbers:
            fault(
                f"{persons.places[row]}.person_id",
                "the key of an earlier person of this household",
                "give each member a key of their own",
            )
        numbers.setdefault((persons.owners[row], key), row)
    numbered = dict(frames)
    for name, frame in frames.items():
        if "person_id" not in frame.columns:
            continue
        mine = gathered[name]
        keys = frame["person_id"].to_list()
        ids: list[int | None]
        if name == "persons":
            ids = [None if key is None else row for row, key in enumerate(keys)]
        else:
            ids = [numbers.get((o, k)) for o, k in zip(mine.owners, keys, strict=True)]
            for row, (key, number) in enumerate(zip(keys, ids, strict=True)):
                if key is not None and number is None:
                    fault(
                        f"{mine.places[row]}.person_id",
                        "points to no member of the household",
                        "send the person in persons, or correct the key",
                    )
        numbered[name] = frame.with_columns(pl.Series("person_id", ids, pl.Int64))
    return numbered


def _refuse_unknown_families(
    households: pl.DataFrame, gathered: _Gathered, as_of: date, fault: _Tell
) -> None:
    """A household that the state learned of after the decision date cannot be decided on it."""
    for row in (households["known_on"] > as_of).arg_true():
        fault(
            f"{gathered.places[row]}.known_on",
            "after the decision date: on that day the state did not know the household",
            "correct the date, or ask for a later as_of",
        )


def _refuse_unknown(
    sent: dict[str, Any], known: Sequence[str], prefix: str, faults: list[Fault]
) -> None:
    for name in sent:
        if name in known:
            continue
        place = prefix + shown_name(name)
        if name in _LEARNING:
            faults.append(Fault(place, "a register that no score may read", "leave it out"))
            continue
        near = get_close_matches(name.lower()[:_NAME_LENGTH], known, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"send only {', '.join(known)}"
        faults.append(Fault(place, "not a name of the contract", remedy))


def shown_name(name: str) -> str:
    """Return a name that the caller made up as far as it can safely be repeated."""
    clean = "".join(c if c.isprintable() else "?" for c in name[:_NAME_LENGTH])
    return clean + ("…" if len(name) > _NAME_LENGTH else "")


def _understood(household: dict[str, Any]) -> Household:
    facts: dict[str, Any] = columns_of(_HOUSEHOLDS, household)
    silent, warnings = [], []
    for name, register in ROW_REGISTERS.items():
        rows = household.get(name)
        if rows is None:
            silent.append(name)
            continue
        facts[name] = [columns_of(_WRITTEN_BY[name], row) for row in rows]
        declared = {c.name for c in register} | {"household_id"}
        if ignored := sorted(set(chain.from_iterable(rows)) - declared):
            names = ", ".join(shown_name(n) for n in ignored[:_NAMES_SHOWN])
            names += ", …" if len(ignored) > _NAMES_SHOWN else ""
            warnings.append(
                {
                    "place": name,
                    "problem": f"columns that the contract does not know: {names}",
                    "remedy": "they were ignored; leave them out",
                }
            )
    return Household(
        household_id=household.get("household_id"),
        silent=tuple(silent),
        warnings=tuple(warnings),
        understood=facts,
    )
