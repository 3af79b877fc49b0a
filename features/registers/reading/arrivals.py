"""How registers arrived: which files of a folder stand for which register, and which cannot.

A register that nobody delivered is silent. One whose file is there but cannot be read is a fault:
a link into nowhere, a pipe, a locked folder, a compressed or misnamed part. Confusing the two
would take a family's income for unknown, or its car for sold, and nobody would be the wiser.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from features.registers.masked import masked

SUFFIXES: Final = ("parquet", "csv")
_COMPRESSED: Final = frozenset({".gz", ".zst", ".bz2", ".xz", ".zip", ".7z", ".lz4", ".br"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A place that stands for a register and cannot be read: what is wrong, and what to do."""

    rule: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One way in which a register arrived: a file, or a folder of parts."""

    place: str
    files: tuple[Path, ...]
    text: bool


@dataclass(slots=True, kw_only=True)
class Arrival:
    """What stands in a folder for one register: ways to read it, and what is in the way."""

    sources: list[Source] = field(default_factory=list)
    unusable: list[Unusable] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """Names of files among its parts that are none."""

    @property
    def files(self) -> Iterator[Path]:
        """Every file that is to be read."""
        return (file for source in self.sources for file in source.files)


def names_in(folder: Path) -> list[str]:
    """Return what a folder holds, sorted; raise OSError where it cannot be looked into."""
    return sorted(place.name for place in folder.iterdir())


def arrival(folder: Path, register: str, names: list[str]) -> Arrival:
    """Return how a register arrived in a folder that holds ``names``.

    A register is ``NAME.parquet``, a folder ``NAME/*.parquet``, ``NAME.csv`` or ``NAME/*.csv``;
    Spark writes a folder whose own name ends in .parquet.
    """
    arrived = Arrival()
    for suffix in SUFFIXES:
        if (name := f"{register}.{suffix}") in names:
            _look(arrived, folder / name, suffix)
    if register in names:
        _look(arrived, folder / register, None)
    for name in names:
        if name not in _readable_names(register) and _stands_for(name, register):
            _misnamed(arrived, name, register)
    return arrived


def _readable_names(register: str) -> tuple[str, ...]:
    return (register, *(f"{register}.{suffix}" for suffix in SUFFIXES))


def _stands_for(name: str, register: str) -> bool:
    """Whether a name is that of a register but for its letters' case, or for being compressed."""
    lower, readable = name.lower(), _readable_names(register)
    return lower in readable or (
        Path(lower).suffix in _COMPRESSED and lower.removesuffix(Path(lower).suffix) in readable
    )


def _misnamed(arrived: Arrival, name: str, register: str) -> None:
    if Path(name).suffix.lower() in _COMPRESSED:
        rule, remedy = f"{masked(name)} is compressed", "unpack it into the folder"
    else:
        rule = f"{masked(name)} is not written as the contract names it"
        remedy = f"rename it to {name.lower()}"
    arrived.unusable.append(Unusable(rule=rule, remedy=remedy))


def _look(arrived: Arrival, place: Path, suffix: str | None) -> None:
    """Add what stands at a place: a file, a folder of parts, or what can be neither."""
    try:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            _parts(arrived, place, names_in(place))
            return
    except OSError as problem:
        arrived.unusable.append(_out_of_reach(place.name, problem))
        return
    if not stat.S_ISREG(mode):
        arrived.unusable.append(_no_file(place.name))
    elif suffix is None:
        arrived.unusable.append(
            Unusable(
                rule=f"{place.name} is a file without an ending",
                remedy=f"name it {place.name}.parquet or {place.name}.csv, as what it is",
            )
        )
    else:
        arrived.sources.append(Source(place=place.name, files=(place,), text=suffix == "csv"))


def _parts(arrived: Arrival, folder: Path, names: list[str]) -> None:
    parts: dict[str, list[Path]] = {suffix: [] for suffix in SUFFIXES}
    before = len(arrived.unusable)
    for name in names:
        if name.startswith((".", "_")):  # what writers keep beside the parts
            continue
        place = f"{folder.name}/{masked(name)}"
        suffix = Path(name).suffix.removeprefix(".")
        try:
            mode = (folder / name).stat().st_mode
        except OSError as problem:
            arrived.unusable.append(_out_of_reach(place, problem))
            continue
        if not _is_text(name):
            arrived.unusable.append(
                Unusable(rule=f"{place} has a name that is no UTF-8 text", remedy="rename it")
            )
        elif stat.S_ISDIR(mode):
            arrived.unusable.append(
                Unusable(
                    rule=f"{place} is a folder among its parts",
                    remedy="put all parts side by side into one folder",
                )
            )
        elif Path(name).suffix.lower() in _COMPRESSED:
            arrived.unusable.append(
                Unusable(rule=f"{place} is compressed", remedy="unpack it beside the other parts")
            )
        elif suffix not in parts and suffix.lower() in parts:
            arrived.unusable.append(
                Unusable(
                    rule=f"{place} has an ending in capitals",
                    remedy=f"let its name end in .{suffix.lower()}",
                )
            )
        elif suffix not in parts:
            arrived.ignored.append(place)
        elif not stat.S_ISREG(mode):
            arrived.unusable.append(_no_file(place))
        else:
            parts[suffix].append(folder / name)
    for suffix, files in parts.items():
        if files:
            arrived.sources.append(
                Source(place=f"{folder.name}/*.{suffix}", files=tuple(files), text=suffix == "csv")
            )
    if not any(parts.values()) and len(arrived.unusable) == before:
        arrived.unusable.append(
            Unusable(
                rule="an empty folder",
                remedy="add its parts; or remove the folder, and the register counts as silent",
            )
        )


def _is_text(name: str) -> bool:
    """Whether a name is text: the bytes of one that is not come as halves of letters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _out_of_reach(place: str, problem: OSError) -> Unusable:
    return Unusable(
        rule=f"{place} is there but cannot be read ({problem.strerror or 'no reason given'})",
        remedy="mend the link or the rights; or remove it, and the register counts as silent",
    )


def _no_file(place: str) -> Unusable:
    return Unusable(
        rule=f"{place} is a pipe, a socket or a device", remedy="put a regular file in its place"
    )
