"""A request of the API, read into the registers that a decision reads.

Requests are checked against the register contract itself (`features.registers`), so
that a family means the same in a file and in a message. All faults of a request are
collected, each with its place; a misspelt register is a fault, for otherwise a typing
mistake would turn into the silence of a register and silence has consequences.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import chain
from typing import Any, Final

import polars as pl

from features.checking.contradictions import Contradiction, by_household
from features.checking.currencies import unpriced
from features.errors import DayError
from features.registers.coverage import COVERED, LOOKS_BACK
from features.registers.declared import LEARNING, REGISTERS, SCORING
from features.registers.schema import Register
from models.law.facts import treatment
from models.law.parameters import Law
from models.rules import programmes
from models.rules.citations import lapsed_values
from models.rules.scorecard import Scorecard
from serving.requests.cells import columns_of, read_day, read_key
from serving.requests.coverage import Answering, Spans, answering, read_coverage
from serving.requests.problems import Fault, invalid, of_day
from serving.requests.rows import WRITTEN, Rows, frames

HOUSEHOLDS_AT_ONCE: Final = 10_000
SERVICE_LENGTH: Final = 64
_NAME_LENGTH: Final = 60
"""Of a name that the caller made up, no more than this is repeated."""
_NAMES_SHOWN: Final = 10
_HINTS: Final = 50
"""So many faults are told with the name that was probably meant; further ones without."""

_HOUSEHOLDS: Final = REGISTERS["households"]
ROW_REGISTERS: Final[dict[str, Register]] = {r.name: r for r in SCORING if r is not _HOUSEHOLDS}
"""Registers that a household of a request carries as lists of rows."""
_LEARNING: Final = {r.name for r in LEARNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household of a request, as it was understood."""

    household_id: int | str | None
    """The key as it was sent."""
    silent: tuple[str, ...]
    """Registers that did not answer, or not for the months that a decision needs."""
    back: dict[str, int]
    """Complete months that a register covers without a gap, where some feature looks further."""
    warnings: tuple[Fault, ...]
    understood: dict[str, Any]
    """Every fact sent, in canonical form: what the decision's key is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """A request that can be decided.

    ``registers`` holds a frame for each scoring register in the contract's types, every
    row with a ``household_id`` that is the household's position in the request, and
    ``person_id`` numbered anew: the keys of a request are its own and may clash. Where a
    register does not cover every month for every household, `COVERED` is among them.
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


def read_one(document: Any) -> ScoreRequest:
    """Read the body of ``POST /score``; Problem: every fault of it at once."""
    return _read(document, "household")


def read_many(document: Any) -> ScoreRequest:
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


def _read(document: Any, subject: str) -> ScoreRequest:
    faults: list[Fault] = []
    if not isinstance(document, dict):
        raise invalid(
            [Fault("request", "not an object", f"send an object with as_of and {subject}")]
        )
    _refuse_unknown(document, ("as_of", "service", "coverage", subject), "", faults)
    as_of = read_as_of(document.get("as_of"), faults)
    law = _law(as_of, faults)
    service = _service(document.get("service"), law, faults)
    spans = read_coverage(document.get("coverage"), "coverage", faults)
    sent = _households(document, subject, faults)
    own = [read_coverage(h.get("coverage"), f"{place}.coverage", faults) for place, h in sent]
    gathered = {r.name: Rows() for r in SCORING}
    for position, (place, household) in enumerate(sent):
        _gather(position, place, household, gathered, faults)
    registers = frames(gathered, as_of, faults)
    _refuse_unpriced(registers["deposits"], gathered["deposits"], law, faults)
    if faults or as_of is None:
        raise invalid(faults)
    contradictory = by_household(registers, as_of)
    households = tuple(
        _understood(household, spans | mine, as_of, contradictory.get(position, []))
        for position, ((_, household), mine) in enumerate(zip(sent, own, strict=True))
    )
    return ScoreRequest(
        as_of=as_of,
        service=service,
        households=households,
        registers=registers | _covered(households),
    )


def _covered(households: Sequence[Household]) -> dict[str, pl.DataFrame]:
    """Return how far back registers answer, a row a household; nothing where all do."""
    if not any(household.back for household in households):
        return {}
    back = [{"household_id": at, **h.back} for at, h in enumerate(households)]
    schema = {"household_id": pl.Int64(), **dict.fromkeys(LOOKS_BACK, pl.Int8())}
    return {COVERED: pl.DataFrame(back, schema=schema)}


def _refuse_unpriced(deposits: pl.DataFrame, gathered: Rows, law: Law, faults: list[Fault]) -> None:
    """A balance in another currency needs the official rate of its day."""
    known = treatment(law)
    if known is None:
        return
    for row, (currency, balance) in enumerate(deposits.select("currency", "balance").rows()):
        if currency is not None and (problem := unpriced(currency, balance, known)):
            faults.append(Fault(f"{gathered.places[row]}.currency", *problem))


def _law(as_of: date | None, faults: list[Fault]) -> Law:
    """Return the law of the day, or of the newest edition where the day has none: a fault.

    The rest of the request is still read, so that all its faults are named at once.
    """
    newest = Law(date.max)
    if as_of is None:
        return newest
    law = Law(as_of)
    try:
        Scorecard.in_force(law)
        programmes.in_force(law)
        lapsed_values(law)
    except DayError as none:
        faults.append(of_day(none))
        return newest
    return law


def _service(value: Any, law: Law, faults: list[Fault]) -> str | None:
    """Return the programme asked for; what no function may decide is a fault that says why."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= SERVICE_LENGTH:
        faults.append(
            Fault(
                "service",
                "not a programme's code",
                f"send the code of a local programme, up to {SERVICE_LENGTH} characters",
            )
        )
        return None
    try:
        return programmes.programme(value, law).code
    except programmes.NoSuchProgramme as refused:
        faults.append(Fault("service", "cannot be decided here", str(refused)))
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
    gathered: dict[str, Rows],
    faults: list[Fault],
) -> None:
    """Put a household's own columns and the rows of its registers where they belong."""
    known = [*(c.name for c in _HOUSEHOLDS), *ROW_REGISTERS, "coverage"]
    _refuse_unknown(household, known, f"{place}.", faults)
    key = household.get("household_id")
    gathered["households"].put(household, position, place)
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
            if key is not None and _another_key(row.get("household_id"), key):
                faults.append(
                    Fault(
                        f"{where}.household_id",
                        "another household's key",
                        "leave it out, or send the key of the household the row stands in",
                    )
                )
            gathered[name].put(row, position, where)


def _another_key(sent: Any, key: Any) -> bool:
    """Whether a row names another household than the one that it stands in."""
    try:
        return sent is not None and read_key(sent) != read_key(key)
    except ValueError:
        return bool(sent != key)


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
        # Looking for a name that is near is slow, and a request may hold very many names.
        hinted = len(faults) < _HINTS
        near = get_close_matches(name.lower()[:_NAME_LENGTH], known, n=1) if hinted else []
        remedy = f"did you mean {near[0]}?" if near else f"send only {', '.join(known)}"
        faults.append(Fault(place, "not a name of the contract", remedy))


def shown_name(name: str) -> str:
    """Return a name that the caller made up as far as it can safely be repeated.

    Long numbers are masked, and what may be a person's name: two words or more that begin with a
    capital. A body keyed by personal numbers or names must not come back with them.
    """
    if sum(word[:1].isupper() for word in re.split(r"[\s.]+", name)) > 1:
        return "…"
    clean = "".join(c if c.isprintable() else "?" for c in name[:_NAME_LENGTH])
    clean = re.sub(r"\d{6,}", "…", clean)
    return clean + ("…" if len(name) > _NAME_LENGTH else "")


def _understood(
    household: dict[str, Any], spans: Spans, as_of: date, contradictory: Sequence[Contradiction]
) -> Household:
    key = household.get("household_id")
    facts: dict[str, Any] = columns_of(_HOUSEHOLDS, household)
    silent, warnings = [], []
    back: dict[str, int] = {}
    for name, register in ROW_REGISTERS.items():
        rows = household.get(name)
        if rows is None:
            silent.append(name)
            continue
        monthly = name in LOOKS_BACK
        answers = answering(name, rows, spans.get(name), as_of) if monthly else Answering()
        if answers.silent:
            silent.append(name)
        if answers.back is not None:
            back[name] = answers.back
        if answers.warning is not None:
            warnings.append(answers.warning)
        facts[name] = [columns_of(WRITTEN[name], row) for row in rows]
        declared = {c.name for c in register} | {"household_id"}
        if ignored := sorted(set(chain.from_iterable(rows)) - declared):
            names = ", ".join(shown_name(n) for n in ignored[:_NAMES_SHOWN])
            names += ", …" if len(ignored) > _NAMES_SHOWN else ""
            warnings.append(
                Fault(
                    name,
                    f"columns that the contract does not know: {names}",
                    "they were ignored; leave them out",
                )
            )
    warnings += [
        Fault(c.place, c.rule, c.remedy)
        for c in contradictory
        if not {c.register, *c.reads} & set(silent)
    ]
    if spans:
        facts["coverage"] = {name: [str(month) for month in span] for name, span in spans.items()}
    return Household(
        household_id=key if isinstance(key, str) or key is None else int(key),
        silent=tuple(silent),
        back=back,
        warnings=tuple(warnings),
        understood=facts,
    )
