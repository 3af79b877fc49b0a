"""The command reaches training by name: what is named exists, and is what the type checker reads."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from serving.commands import training_side


def test_the_places_are_those_that_the_type_checker_reads():
    tree = ast.parse(Path(training_side.__file__).read_text("utf-8"))
    [checked] = [node for node in tree.body if isinstance(node, ast.If)][:1]
    imported = {
        alias.asname or alias.name: f"{statement.module}.{alias.name}"
        for statement in checked.body
        for alias in statement.names
    }
    assert imported == training_side.PLACES
    assert sorted(training_side.__all__) == sorted(training_side.PLACES)


@pytest.mark.parametrize("name", training_side.PLACES)
def test_every_place_is_a_module(name):
    assert getattr(training_side, name) is importlib.import_module(training_side.PLACES[name])


def test_nothing_of_training_is_loaded_before_it_is_used():
    code = (
        "import sys; from serving.commands import training_side, promoting, learning; "
        "sys.exit(any(name.partition('.')[0] == 'training' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_who_checks_registers_does_not_wait_for_the_libraries_of_learning():
    code = "import sys; from serving.commands import data; sys.exit('lightgbm' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_place_that_nobody_declared_is_refused():
    with pytest.raises(AttributeError, match="has no truth"):
        getattr(training_side, "truth")  # noqa: B009 - as a caller would
