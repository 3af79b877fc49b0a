"""An explanation outlives its line too easily: what `survivors.yaml` tells of must still stand."""

from pathlib import Path

import models
from tests.mutation.__main__ import MODULES, explained


def test_every_explained_mutant_is_of_a_line_that_still_stands():
    for module, mutants in explained().items():
        assert module in MODULES
        lines = {
            line.strip()
            for line in (Path(models.__path__[0]) / f"{module}.py").read_text("utf-8").splitlines()
        }
        for where, by, was, now in mutants:
            assert was in lines, (module, where, by, was)
            assert was != now


def test_every_explanation_is_a_sentence():
    for mutants in explained().values():
        for because in mutants.values():
            assert because.strip().endswith(".")
