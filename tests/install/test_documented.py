"""What `docs/dependencies.md` says of the locks is what stands in them."""

import re
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.install.locks import PRODUCTION, ROOT, distributions, pins

TEXT = (ROOT / "docs" / "dependencies.md").read_text("utf-8")


@dataclass(frozen=True)
class HeldBack:
    name: str
    locked: str
    newest: str
    why: str


def held_back():
    rows = TEXT.partition("## Held back")[2].splitlines()
    cells = [
        [cell.strip() for cell in row.split("|")[1:-1]] for row in rows if row.startswith("| ")
    ]
    return [HeldBack(*row) for row in cells[1:]]


@pytest.mark.parametrize("row", held_back(), ids=lambda row: f"{row.name} {row.locked}")
def test_what_is_said_to_be_held_back_is(row):
    assert (row.name, row.locked) in distributions()
    assert Version(row.locked) < Version(row.newest)
    if "requires `" not in row.why:
        return
    by, line = re.findall(r"`([^`]+)`", row.why)
    [holder] = [each for each in distributions().values() if each.name == by]
    assert line in holder.requires
    requirement = Requirement(line)
    assert canonicalize_name(requirement.name) == row.name
    assert not requirement.specifier.contains(row.newest, prereleases=True)


def test_whoever_has_two_versions_holds_one_back():
    names = [name for name, _ in distributions()]
    twice = {name for name in names if names.count(name) > 1}
    assert twice == {row.name for row in held_back() if "Python 3.11 only" in row.why}


@pytest.mark.parametrize("lock", [PRODUCTION, "train", "dev"])
def test_the_number_of_versions_is_right(lock):
    [row] = [line for line in TEXT.splitlines() if f"`locks/{lock}.lock` |" in line]
    assert int(row.split("|")[-2]) == len(pins(lock))
