"""Worlds: the ordinary country, and others in which one thing is different.

A world is data (`worlds.yaml`): how it shifts the story at the place where the cause acts,
and what it promises to show. A stage asks its shift and knows nothing of the world's name.
The neutral value of every shift leaves the country as it was, to the byte.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from features.errors import DeclarationError, InputError
from features.registers.declared import REGIONS, REGISTERS
from training.population.calibration import figures

ORDINARY: Final = "ordinary"
_FILE: Final = Path(__file__).with_suffix(".yaml")


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read from YAML: an unknown key or a wrong type is refused with its place."""


WHOLE: Final = ("wrong_type", "absent")
"""Kinds of faults that take a whole column: their share is 1."""


class Fault(_Strict, frozen=True, kw_only=True):
    """Cells of one column that a register sends wrongly."""

    register: str
    column: str
    kind: Literal[
        "twice",
        "nowhere",
        "empty",
        "unlisted",
        "negative",
        "too_large",
        "too_late",
        "within_month",
        "not_finite",
        "unreadable",
        "wrong_type",
        "absent",
    ]
    share: float
    """Of the register's rows; at least one row of a register that has any to spare."""


class Bias(_Strict, frozen=True, kw_only=True):
    """What inspectors think of the families of one region, whatever these do."""

    region: str
    suspicion: float
    """Added to the inspectors' score: the log of how much oftener such a family is chosen."""
    zeal: float
    """Added to the log-odds that a targeted inspection there finds what is hidden."""


class Shifts(_Strict, frozen=True, kw_only=True):
    """Where a world differs; each default changes nothing."""

    informality: float = 0.0
    """Added to the leaning to informal terms of work, of which a family's custom is a part."""
    hidden_rents: float = 0.65
    """Share of let dwellings whose rent nobody declares."""
    dead_animals: float = 0.0
    """Share of animals that died; the register has not heard of it."""
    farm_yield: float = 1.0
    """Yield of the animals left, against an ordinary year."""
    rural_business: float = 1.0
    """Earnings of rural businesses, of which farms are a third, against an ordinary year."""
    wages: float = 1.0
    """Nominal pay of every kind of work, against 2025."""
    benefits: float = 1.0
    """Nominal pensions and benefits, against 2025."""
    prices: float = 1.0
    """Consumer prices against 2025: what deflates a standing and inflates bills."""
    platform_work: float = 0.0
    """Added to the log-odds of a side job; platforms pay by transfer."""
    transfers: float = 1.0
    """Senders and sums of everyday transfers, against 2025."""
    law: Mapping[str, int] = {}
    """Amounts of the law that differ from those in `figures.yaml`, tenge."""
    bias: Bias | None = None
    silent: tuple[str, ...] = ()
    """Registers that did not answer."""
    faults: tuple[Fault, ...] = ()

    def of_law(self, name: str) -> Any:
        """A number of the law that this world pays or counts by."""
        return self.law.get(name, figures.law(name))


class Promise(_Strict, frozen=True, kw_only=True):
    """A share that a world must show; ``measure`` is a name of `promises.measures`."""

    about: str
    measure: str
    target: float
    tolerance: float
    """Largest deviation from the target that keeps the promise, in the promise's own unit."""
    against: str | None = None
    """Another measure by which the first is divided."""
    figure: str | None = None
    """A calibrated figure by whose target the measure is divided."""


class World(_Strict, frozen=True, kw_only=True):
    """One country that can be told."""

    about: str
    promises: tuple[Promise, ...]
    shifts: Shifts = Shifts()
    name: str = ""


NEUTRAL: Final = Shifts()


@cache
def worlds() -> Mapping[str, World]:
    """Every world by name; raises DeclarationError where the file is not in order."""
    return read(_FILE.read_bytes())


def read(file: bytes) -> Mapping[str, World]:
    """Read worlds from YAML; raises DeclarationError with the place of the first fault."""
    try:
        declared = msgspec.yaml.decode(file, type=dict[str, World])
    except (msgspec.ValidationError, msgspec.DecodeError) as fault:
        raise DeclarationError(f"worlds.yaml: {fault}") from None
    for name, world in declared.items():
        if unknown := [*_unknown(world)]:
            raise DeclarationError(f"worlds.yaml: {name} speaks of {', '.join(unknown)}.")
    return {name: msgspec.structs.replace(world, name=name) for name, world in declared.items()}


def world(name: str) -> World:
    """The world of that name; raises InputError that lists those there are."""
    if name not in worlds():
        raise InputError(f"There is no world {name!r}: pass one of {', '.join(worlds())}.")
    return worlds()[name]


def _unknown(declared: World) -> list[str]:
    """What a world names that does not exist; a slip of the pen would shift nothing."""
    shifts = declared.shifts
    wrong = [f"no register {name!r}" for name in shifts.silent if name not in REGISTERS]
    wrong += [f"no number of law {name!r}" for name in shifts.law if not figures.is_law(name)]
    if shifts.bias and shifts.bias.region not in REGIONS:
        wrong.append(f"no region {shifts.bias.region!r}")
    for fault in shifts.faults:
        register = REGISTERS.get(fault.register)
        if register is None or fault.column not in register:
            wrong.append(f"no column {fault.register}.{fault.column}")
        if not 0 < fault.share <= 1:
            wrong.append(f"a share of faults outside (0, 1] in {fault.register}")
        if fault.kind in WHOLE and fault.share < 1:
            wrong.append(f"a part of a column that is {fault.kind} in {fault.register}")
    names = figures.figures()
    wrong += [
        f"no figure {p.figure!r}" for p in declared.promises if p.figure not in (None, *names)
    ]
    return wrong
