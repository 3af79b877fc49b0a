"""What becomes of spoiled registers: refused, warned of, or taken in silence, and whom it moves.

No spoiled family may be automatic in a category that differs from the clean one, unless a
warning names the register: that is the goal, counted here by the commands as a user runs them.
"""

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from serving.commands import main
from tests.spoiled.spoilers import Data, Spoiled, spoiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """One way of spoiling one register, what the product says, and whom it would have moved."""

    kind: str
    register: str
    rows: int
    verdict: str
    """`refused`, `warned` (a warning names the register) or `silent`."""
    moved: int
    """Families whose category is not the clean one."""
    automatic: int
    """Of them those decided without a person."""
    unwarned: int
    """Of these those of whose register no warning says anything: the goal is 0."""

    def as_row(self) -> dict[str, object]:
        return asdict(self)


def read(folder: Path) -> dict[str, pl.DataFrame]:
    """Read every register of a folder, a file or a folder of parts each."""
    named = {path.name.removesuffix(".parquet"): path for path in sorted(folder.iterdir())}
    return {
        name: pl.read_parquet(path / "*.parquet" if path.is_dir() else path)
        for name, path in named.items()
        if path.suffix == ".parquet" or any(path.glob("*.parquet"))
    }


def harms(data: Data, day: date, folder: Path, generator: np.random.Generator) -> Iterator[Harm]:
    """Spoil each register in turn; yield what the commands make of it.

    ``folder`` is scratch: a data set, a home and decisions at a time.
    """
    clean = _decided(_written(data, None, folder), day, folder)
    before = set(_by_line(_check(folder / "data", day)))
    for each in spoiled(data, generator):
        yield _harm(each, data, day, folder, clean, before)


def _harm(
    each: Spoiled, data: Data, day: date, folder: Path, clean: pl.DataFrame, before: set[str]
) -> Harm:
    place = _written(data, each, folder)
    checked = _check(place, day)
    refused = bool(checked["errors"])
    warned = any(
        line not in before and register == each.register
        for line, register in _by_line(checked).items()
    )
    moved = automatic = 0
    if not refused:
        now = _decided(place, day, folder).rename({"category": "now", "status": "as"})
        other = clean.join(now, on="household_id").filter(pl.col("category") != pl.col("now"))
        moved, automatic = other.height, other.filter(pl.col("as") == "automatic").height
    return Harm(
        kind=each.kind,
        register=each.register,
        rows=each.rows,
        verdict="refused" if refused else "warned" if warned else "silent",
        moved=moved,
        automatic=automatic,
        unwarned=0 if warned else automatic,
    )


def _written(data: Data, each: Spoiled | None, folder: Path) -> Path:
    place = folder / "data"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name, frame in data.items():
        spoiled_frame = each.frame if each is not None and each.register == name else frame
        spoiled_frame.write_parquet(place / f"{name}.parquet")
    return place


def _by_line(checked: dict) -> dict[str, str]:
    return {f"{f['register']}.{f['column']}: {f['rule']}": f["register"] for f in checked["faults"]}


def _check(place: Path, day: date) -> dict:
    return json.loads(_tarazy("check", str(place), "--as-of", str(day), "--json", may_fail=True))


def _decided(place: Path, day: date, folder: Path) -> pl.DataFrame:
    shutil.rmtree(folder / "home", ignore_errors=True)
    out = folder / "decisions.parquet"
    words = ("score", str(place), "--as-of", str(day), "--model", "none", "--out", str(out))
    _tarazy(*words, home=folder / "home")
    return pl.read_parquet(out, columns=["household_id", "category", "status"])


def _tarazy(*words: str, home: Path | None = None, may_fail: bool = False) -> str:
    out, error = io.StringIO(), io.StringIO()
    before = os.environ.get("TARAZY_HOME")
    if home is not None:
        os.environ["TARAZY_HOME"] = str(home)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            main(list(words))
    except SystemExit as end:
        if end.code not in ((0, 1, None) if may_fail else (0, None)):
            raise AssertionError(f"tarazy {' '.join(words)}: {error.getvalue()}") from None
    finally:
        if before is None:
            os.environ.pop("TARAZY_HOME", None)
        else:
            os.environ["TARAZY_HOME"] = before
    return out.getvalue()
