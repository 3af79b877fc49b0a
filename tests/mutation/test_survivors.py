"""An explanation outlives its line too easily: what `survivors.yaml` tells of must still stand."""

import tomllib
from pathlib import Path

from tests.mutation.__main__ import HERE, MODULES, explained

ROOT = Path(__file__).resolve().parents[2]


def _path_of(module):
    """Where the code stands whose mutants a file of settings makes."""
    return tomllib.loads((HERE / f"{module}.toml").read_text("utf-8"))["cosmic-ray"]["module-path"]


def test_every_explained_mutant_is_of_a_line_that_still_stands():
    for module, mutants in explained().items():
        assert module in MODULES
        lines = {line.strip() for line in (ROOT / _path_of(module)).read_text("utf-8").splitlines()}
        for where, by, was, now in mutants:
            assert was in lines, (module, where, by, was)
            assert was != now


def test_every_explanation_is_a_sentence():
    for mutants in explained().values():
        for because in mutants.values():
            assert because.strip().endswith(".")
