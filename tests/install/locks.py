"""The locks as they lie in `locks/`: what is installed where, by which hashes, and what it asks for.

A lock is a list of exact versions with the hashes of their files, each list added to the one
before. `distributions.json` keeps of each what the index says and the lock does not: what it
requires, and the names of its wheels.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from packaging.markers import Environment, Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import NormalizedName, canonicalize_name, parse_wheel_filename
from pip_requirements_parser import RequirementsFile

ROOT: Final = Path(__file__).resolve().parents[2]
LOCKS: Final = ROOT / "locks"
DISTRIBUTIONS: Final = LOCKS / "distributions.json"
PRODUCTION: Final = "production"
EXTRAS: Final = {PRODUCTION: (), "train": ("train",), "dev": ("dev",), "mutants": ("mutants",)}
"""The sets, each with all of those before it, and the extras of pyproject that name them."""

Key = tuple[NormalizedName, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One line of a lock: this version, where its marker holds, from files with these hashes."""

    name: NormalizedName
    version: str
    marker: Marker | None
    hashes: frozenset[str]

    @property
    def key(self) -> Key:
        return self.name, self.version

    def holds(self, environment: Environment) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What the index says of one version: what it requires, and its wheels with their hashes."""

    name: NormalizedName
    version: str
    python: str
    requires: tuple[str, ...]
    wheels: dict[str, str]

    @property
    def key(self) -> Key:
        return self.name, self.version


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of machine that the locks are for; of its system, the oldest that we promise."""

    name: str
    system: str
    platform: str
    machine: str
    oldest: tuple[int, int]
    """Linux: the version of glibc. macOS: its own."""

    def platforms(self) -> list[str]:
        """Return the platform tags of its wheels, as pip takes them."""
        if self.system == "Darwin":
            return list(mac_platforms(self.oldest, self.machine))
        major, newest = self.oldest
        old = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        names = []
        for minor in range(newest, 4 if self.machine == "x86_64" else 16, -1):
            names.append(f"manylinux_{major}_{minor}_{self.machine}")
            if minor in old:
                names.append(f"{old[minor]}_{self.machine}")
        return [*names, f"linux_{self.machine}"]


MACHINES: Final = (
    Machine("Linux x86-64", "Linux", "linux", "x86_64", (2, 28)),
    Machine("Linux aarch64", "Linux", "linux", "aarch64", (2, 28)),
    Machine("macOS arm64", "Darwin", "darwin", "arm64", (12, 0)),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A release of Python on a machine: where a lock must be closed."""

    machine: Machine
    python: tuple[int, int]
    patch: int

    def __str__(self) -> str:
        return f"Python {self.release}, {self.machine.name}"

    @property
    def release(self) -> str:
        return f"{self.python[0]}.{self.python[1]}.{self.patch}"

    def environment(self) -> Environment:
        """Return what markers are asked about."""
        return Environment(
            implementation_name="cpython",
            implementation_version=self.release,
            os_name="posix",
            platform_machine=self.machine.machine,
            platform_python_implementation="CPython",
            platform_release="",
            platform_system=self.machine.system,
            platform_version="",
            python_full_version=self.release,
            python_version=f"{self.python[0]}.{self.python[1]}",
            sys_platform=self.machine.platform,
        )

    def tags(self) -> frozenset[Tag]:
        """Return the tags of the wheels that can be installed here."""
        platforms = self.machine.platforms()
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        return frozenset(
            [
                *cpython_tags(self.python, platforms=platforms),
                *compatible_tags(self.python, interpreter, platforms),
            ]
        )


PLACES: Final = tuple(
    Place(machine, python, patch)
    for machine in MACHINES
    for python in ((3, 11), (3, 12), (3, 13), (3, 14))
    for patch in (0, 99)  # the first release, and one later than any: markers know both
)


@cache
def pins(lock: str) -> tuple[Pin, ...]:
    """Return the lines of a lock and of those it adds to, in their order."""
    parsed = RequirementsFile.from_file(str(LOCKS / f"{lock}.lock"), include_nested=True)
    assert not parsed.invalid_lines, parsed.invalid_lines
    return tuple(
        Pin(
            name=canonicalize_name(line.name),
            version=str(line.get_pinned_version),
            marker=Marker(str(line.marker)) if line.marker else None,
            hashes=frozenset(line.hash_options),
        )
        for line in parsed.requirements
    )


@cache
def distributions() -> dict[Key, Distribution]:
    """Return what the index says of every locked version."""
    rows = json.loads(DISTRIBUTIONS.read_text("utf-8"))["distributions"]
    listed = [Distribution(**row | {"requires": tuple(row["requires"])}) for row in rows]
    return {each.key: each for each in listed}


def usable(names: Iterable[str], place: Place) -> list[str]:
    """Return the wheels of these that can be installed in a place."""
    tags = _tags(place)
    return [name for name in names if parse_wheel_filename(name)[3] & tags]


_tags = cache(Place.tags)
_requirement = cache(Requirement)


@cache
def ours() -> Distribution:
    """Return what pyproject declares: the sets that the locks are made for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return Distribution(
        name=canonicalize_name(project["name"]),
        version=project["version"],
        python=project["requires-python"],
        requires=(
            *project["dependencies"],
            *(
                _only_with(extra, line)
                for extra, lines in project["optional-dependencies"].items()
                for line in lines
            ),
        ),
        wheels={"tarazy-0-py3-none-any.whl": ""},
    )


def _only_with(extra: str, line: str) -> str:
    requirement = Requirement(line)
    already = f"({requirement.marker}) and " if requirement.marker else ""
    requirement.marker = Marker(f"{already}extra == '{extra}'")
    return str(requirement)


@cache
def chosen(lock: str, place: Place) -> tuple[Distribution, ...]:
    """Return what a lock installs in a place, with ourselves."""
    environment = place.environment()
    installed = (distributions()[pin.key] for pin in pins(lock) if pin.holds(environment))
    return (*installed, ours())


def unusable(here: Iterable[Distribution], place: Place) -> Iterator[str]:
    """Yield what cannot be installed in a place as it is: nothing is ever built."""
    for each in here:
        if place.release not in SpecifierSet(each.python):
            yield f"{each.name} {each.version} wants Python {each.python}"
        if not usable(each.wheels, place):
            yield f"{each.name} {each.version} has no wheel"


def unmet(here: Iterable[Distribution], place: Place, extras: Iterable[str]) -> Iterator[str]:
    """Yield what is required in a place and not met, when we are installed with these extras.

    Extras are followed: for whom requires ``coverage[toml]``, all must be there that coverage
    requires for ``toml``.
    """
    present = {each.name: each for each in here}
    waiting = [(name, "") for name in present] + [(ours().name, extra) for extra in extras]
    followed = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in followed:
            continue
        followed.add((name, extra))
        for requirement in _required(present[name].requires, place, extra):
            met = present.get(canonicalize_name(requirement.name))
            if met is None:
                yield f"{name} requires {requirement}, which is not locked"
            elif not requirement.specifier.contains(met.version, prereleases=True):
                yield f"{name} requires {requirement}, but {met.version} is locked"
            else:
                waiting += [(met.name, each) for each in requirement.extras]


@cache
def _required(requires: tuple[str, ...], place: Place, extra: str) -> tuple[Requirement, ...]:
    """Return the requirements that hold in a place, for one extra."""
    environment = place.environment() | {"extra": extra}
    return tuple(
        requirement
        for requirement in map(_requirement, requires)
        if requirement.marker is None or requirement.marker.evaluate(environment)
    )
