"""Any family that the contract allows is decided; any other is refused by name."""

import copy
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registers.schema import Kind, OneOf, Within
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.answers import answers
from serving.requests.problems import Problem
from serving.requests.request import ROW_REGISTERS, read_many, read_one

LIMIT = 10**15 - 1


def values(column):
    """What the contract allows in a column, its extremes among it."""
    for constraint in column.constraints:
        if isinstance(constraint, OneOf):
            return st.sampled_from(constraint.values)
    bounds = [c for c in column.constraints if isinstance(c, Within)]
    least = max((b.least for b in bounds if b.least is not None), default=-(2**63))
    most = min((b.most for b in bounds if b.most is not None), default=2**63 - 1)
    if column.kind is Kind.DECIMAL:
        return st.floats(least, most, exclude_min=any(b.open_below for b in bounds))
    if column.kind in (Kind.IDENTIFIER, Kind.COUNT, Kind.AMOUNT):
        return st.sampled_from([least, most]) | st.integers(least, most)
    if column.kind is Kind.DATE:
        return st.dates(max_value=date.fromisoformat(AS_OF)).map(date.isoformat)
    if column.kind is Kind.MONTH:
        days = st.dates(date(2024, 1, 1), date.fromisoformat(AS_OF))
        return days.map(lambda d: d.replace(day=1).isoformat())
    return st.booleans() if column.kind is Kind.FLAG else st.text(max_size=5)


def rows(register):
    """Rows of a register about the two members of the family; optional columns come and go."""
    needed, free = {}, {}
    for column in register:
        if column.name == "household_id":
            continue
        chosen = st.sampled_from([1, 2]) if column.name == "person_id" else values(column)
        if column.required:
            needed[column.name] = chosen
        else:
            free[column.name] = st.none() | chosen
    return st.lists(st.fixed_dictionaries(needed, optional=free), max_size=3)


FAMILIES = st.fixed_dictionaries(
    {},
    optional={
        name: st.none() | rows(register)
        for name, register in ROW_REGISTERS.items()
        if name != "persons"
    },
)


@settings(max_examples=60, deadline=None)
@given(FAMILIES)
def test_every_family_that_the_contract_allows_is_decided(registers):
    request = read_one({"as_of": AS_OF, "household": FAMILY | registers})
    [decision] = answers(request, None)
    assert decision.category in range(1, 7)
    assert msgspec.json.decode(msgspec.json.encode(decision))["status"] in ("automatic", "review")


@settings(max_examples=15, deadline=None)
@given(st.lists(FAMILIES, min_size=2, max_size=5))
def test_company_changes_no_decision(many):
    families = [FAMILY | registers | {"household_id": at} for at, registers in enumerate(many)]
    together = answers(read_many({"as_of": AS_OF, "households": families}), None)
    alone = [answers(read_one({"as_of": AS_OF, "household": f}), None)[0] for f in families]
    assert together == alone


@pytest.mark.parametrize("day", ["0001-01-01", "2018-12-31", "2025-05-20"])
def test_a_day_before_the_law_is_a_problem_that_names_the_day(day):
    family = copy.deepcopy(FAMILY) | {name: [] for name in ROW_REGISTERS}
    with pytest.raises(Problem) as problem:
        answers(read_one({"as_of": day, "household": family}), None)
    assert [f.place for f in problem.value.faults] == ["as_of"]
