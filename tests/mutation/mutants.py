"""Every mutant of one module, tried in this folder: run it in a copy of the tree, never in yours.

`cosmic-ray` finds the places and changes the file. A mutant's tests run in a fork of this
process, in which everything is loaded that none of the six modules touches: libraries,
features, the files of the law. That spares most of the time.
"""

import ast
import difflib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Loaded before the forks, and used by the tests.
import hypothesis.strategies  # noqa: F401
import pytest
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec

import features.build
import features.catalogue  # noqa: F401
from models.law.files import read_law

HERE = Path(__file__).parent
_FORK = multiprocessing.get_context("fork")


def tried(module: str) -> dict[str, Any]:
    """Try every mutant of a module of `models/`: how many were killed, and who survived."""
    config = tomllib.loads((HERE / f"{module}.toml").read_text("utf-8"))["cosmic-ray"]
    tests, seconds = config["test-command"].split()[3:], config["timeout"]
    read_law()
    if not _pass(tests, seconds, may_cache=True):
        raise SystemExit(f"The tests of {module} fail before anything is changed: {tests}")
    declared = list(_declarations(Path(config["module-path"]).read_text("utf-8")))
    session = Path(f"{module}.sqlite")
    session.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, "-m", "cosmic_ray.cli", "init", HERE / f"{module}.toml", session],
        check=True,
    )
    tally: dict[str, Any] = {"module": module, "killed": 0, "declarations": 0, "survivors": []}
    with use_db(str(session)) as database:
        mutants = [mutant for item in database.work_items for mutant in item.mutations]
    for number, mutant in enumerate(mutants, start=1):
        if any(first <= mutant.start_pos < last for first, last in declared):
            tally["declarations"] += 1
            continue
        operator = get_operator(mutant.operator_name)(**mutant.operator_args)
        with use_mutation(mutant.module_path, operator, mutant.occurrence) as (was, now):
            if now is None or not _pass(tests, seconds):
                tally["killed"] += 1
            else:
                tally["survivors"].append(_survivor(mutant, was, now))
        print(f"\r{module}: {number} of {len(mutants)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return tally


def _pass(tests: list[str], seconds: float, *, may_cache: bool = False) -> bool:
    """Whether the tests pass; those that do not end fail, by the time of the processor.

    On a busy machine a clock on the wall would kill mutants that nothing else has.
    """
    run = _FORK.Process(target=_run, args=(tests, int(seconds), may_cache))
    run.start()
    run.join(100 * seconds)
    if run.exitcode is None:
        run.kill()
        run.join()
    return run.exitcode == 0


def _run(tests: list[str], seconds: int, may_cache: bool) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # Two mutants of one second would share a compiled file.
    sys.dont_write_bytecode = not may_cache
    options = [word for word in tests if word.startswith("-") or not word.endswith(".py")]
    # File by file: most mutants die in the first, and the others are not even collected.
    sys.exit(any(pytest.main([*options, file]) for file in tests[len(options) :]))


def _declarations(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where types are told, and how a class or cache is made: no rule stands there."""
    for node in ast.walk(ast.parse(source)):
        spots: list[ast.expr | None] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            calls = [d for d in node.decorator_list if isinstance(d, ast.Call)]
            spots += [keyword.value for call in calls for keyword in call.keywords]
        if isinstance(node, ast.FunctionDef):
            spots.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            spots.append(node.annotation)
        for spot in spots:
            if spot is not None:
                yield (spot.lineno, spot.col_offset), (spot.end_lineno, spot.end_col_offset)


def _survivor(mutant: MutationSpec, was: str, now: str) -> dict[str, str]:
    """A survivor without line numbers: what the changed lines were and what they became."""
    changed = list(difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=0))[2:]
    return {
        "in": mutant.definition_name or "the module",
        "by": mutant.operator_name.removeprefix("core/"),
        "was": " ".join(line[1:].strip() for line in changed if line.startswith("-")).strip(),
        "now": " ".join(line[1:].strip() for line in changed if line.startswith("+")).strip(),
    }


if __name__ == "__main__":
    print(json.dumps(tried(sys.argv[1])))
