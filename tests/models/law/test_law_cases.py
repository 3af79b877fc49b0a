"""Runs every case in tests/law/: a lawyer adds cases there without touching Python."""

import pytest

from tests.law.answers import faults
from tests.law.cases import read

CASES = read()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.page}: {case.name}" for case in CASES])
def test_case(case):
    if differences := faults(case):
        pytest.fail(case.failed(differences), pytrace=False)


def test_there_are_a_hundred_and_fifty_cases_and_more():
    assert len(CASES) >= 150
