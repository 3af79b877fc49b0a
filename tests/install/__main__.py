"""Makes the locks and what is recorded of them: `make lock`, and `make upgrade` for newer releases.

One resolution for all sets, so that a version is the same wherever it stands; uv makes it, pip
reads what the index says of each version. Neither writes the name of a host.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from tests.install.locks import (
    DISTRIBUTIONS,
    EXTRAS,
    LOCKS,
    PLACES,
    PRODUCTION,
    ROOT,
    Key,
    Pin,
    Place,
    pins,
    usable,
)

_STRICT = "--require-hashes\n--only-binary :all:\n"
_ABOUT = {
    PRODUCTION: "What serves and decides",
    "train": "What also trains",
    "dev": "What also develops",
    "mutants": "What `make mutants` needs besides",
}


def make(uv: str, *, upgrade: bool) -> None:
    """Write all locks, and the record of what they name."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        described = (ROOT / "pyproject.toml").read_text("utf-8")
        (project / "pyproject.toml").write_text(described if upgrade else _kept(described), "utf-8")
        shutil.copy(ROOT / "README.md", project)
        _run(uv, "lock", "--quiet", "--no-build", "--project", project)
        _write_locks(uv, project)
        resolved = tomllib.loads((project / "uv.lock").read_text("utf-8"))["package"]
    wheels = {(canonicalize_name(p["name"]), p["version"]): _wheels(p) for p in resolved}
    _write_distributions(wheels)


def _kept(described: str) -> str:
    """Return pyproject with what is locked already as a constraint: only what must move moves.

    Where one name has two versions, their markers go along; others would only split the
    resolution by implementations of Python that no lock is for.
    """
    locked = pins("mutants")
    count = Counter(pin.name for pin in locked)
    lines = [
        f"{pin.name}=={pin.version}" + (f" ; {pin.marker}" if count[pin.name] > 1 else "")
        for pin in locked
    ]
    return described.replace(
        "[tool.uv]\n", f"[tool.uv]\nconstraint-dependencies = {json.dumps(lines)}\n"
    )


def _write_locks(uv: str, project: Path) -> None:
    smaller: list[str] = []
    before = None
    for lock, extras in EXTRAS.items():
        exported = _run(
            uv,
            "export",
            "--quiet",
            "--frozen",
            "--project",
            project,
            "--no-emit-project",
            "--no-annotate",
            "--no-header",
            *(f"--extra={extra}" for extra in extras),
        )
        blocks = re.findall(r"^\S.*(?:\n[ ].*)*\n", exported, re.MULTILINE)
        added = "".join(block for block in blocks if block not in smaller)
        head = f"# {_ABOUT[lock]}. Made by `make lock`; names no host.\n"
        nested = f"-r {before}.lock\n" if before else ""
        (LOCKS / f"{lock}.lock").write_text(head + _STRICT + nested + added, "utf-8")
        smaller, before = blocks, lock
    pins.cache_clear()


def _wheels(package: dict[str, Any]) -> dict[str, str]:
    """Return the wheels of a package that can be used somewhere, with their hashes."""
    hashes = {each["url"].rsplit("/", 1)[1]: each["hash"] for each in package.get("wheels", ())}
    names = {name for place in PLACES for name in usable(hashes, place)}
    return {name: hashes[name] for name in sorted(names)}


def _write_distributions(wheels: dict[Key, dict[str, str]]) -> None:
    """Ask pip, place by place, what the index says of the versions that no place before had."""
    locked = pins("mutants")
    rows: dict[Key, dict[str, Any]] = {}
    for place in PLACES:
        environment = place.environment()
        missing = [p for p in locked if p.holds(environment) and p.key not in rows]
        for metadata in _reported(missing, place) if missing else ():
            key = canonicalize_name(metadata["name"]), metadata["version"]
            rows[key] = {
                "name": key[0],
                "version": key[1],
                "python": metadata.get("requires_python", ""),
                "requires": metadata.get("requires_dist", []),
                "wheels": wheels[key],
            }
    about = "What the index says of each locked version: what it requires, and its wheels."
    DISTRIBUTIONS.write_text(
        json.dumps(
            {"description": about, "distributions": [rows[key] for key in sorted(rows)]}, indent=1
        )
        + "\n",
        "utf-8",
    )


def _reported(missing: Iterable[Pin], place: Place) -> Iterator[dict[str, Any]]:
    """Yield the metadata of these versions, of the wheels that a place would install."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _run(
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--dry-run",
            "--ignore-installed",
            "--no-deps",
            "--only-binary=:all:",
            "--ignore-requires-python",  # of this Python, when another is meant
            "--report",
            report,
            "--target",
            Path(folder) / "nothing",
            "--implementation=cp",
            f"--python-version={'.'.join(map(str, place.python))}",
            *(f"--platform={platform}" for platform in place.machine.platforms()),
            *(f"{pin.name}=={pin.version}" for pin in missing),
        )
        for each in json.loads(report.read_text("utf-8"))["install"]:
            yield each["metadata"]


def _run(*words: str | Path) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", default="uv", help="The program uv.")
    parser.add_argument("--upgrade", action="store_true", help="Take the newest of everything.")
    options = parser.parse_args()
    make(options.uv, upgrade=options.upgrade)
