"""Any family that the contract allows is decided; any other is refused by name."""

import copy
from collections import Counter
from datetime import date

import msgspec
import pytest
from hypothesis import strategies as st

from features.checking.currencies import unpriced
from features.registers.declared import SUMMABLE
from features.registers.schema import Kind, NotAfterNextYear, OneOf, PartOfWhole, Within
from models.law.facts import treatment
from models.law.parameters import Law
from serving.api.examples import AS_OF, FAMILY
from serving.decisions.answers import answers
from serving.requests.problems import Problem
from serving.requests.request import ROW_REGISTERS, read_many, read_one
from tests.drawn import drawn

DAY = date.fromisoformat(AS_OF)
PRICED = treatment(Law(DAY))


def values(column):
    """What the contract allows in a column, its extremes among it."""
    for constraint in column.constraints:
        if isinstance(constraint, OneOf):
            return st.sampled_from(constraint.values)
    if column.name == "currency":
        return st.sampled_from(["KZT", *PRICED.rates])
    bounds = [c for c in column.constraints if isinstance(c, Within)]
    least = max((b.least for b in bounds if b.least is not None), default=-(2**63))
    most = min((b.most for b in bounds if b.most is not None), default=2**63 - 1)
    if any(isinstance(c, NotAfterNextYear) for c in column.constraints):
        most = DAY.year + 1
    if column.kind is Kind.DECIMAL:
        return st.floats(least, most, exclude_min=any(b.open_below for b in bounds))
    if column.kind in (Kind.IDENTIFIER, Kind.COUNT, Kind.AMOUNT):
        return st.sampled_from([least, most]) | st.integers(least, most)
    if column.kind is Kind.DATE:
        return st.dates(max_value=DAY).map(date.isoformat)
    if column.kind is Kind.MONTH:
        days = st.dates(date(2024, 1, 1), DAY)
        return days.map(lambda d: d.replace(day=1).isoformat())
    return st.booleans() if column.kind is Kind.FLAG else st.text(max_size=5)


def keeping(rule, row):
    """The row, its two days or numbers in the order that the contract asks for."""
    first, second = rule.columns
    if row.get(first) is not None and row.get(second) is not None:
        return row | dict(zip((first, second), sorted((row[first], row[second])), strict=True))
    if isinstance(rule, PartOfWhole):
        return row | {first: None, second: None}
    return row


def possible(register, row):
    """The row as it keeps what the contract asks of several of its columns."""
    for rule in register.rules:
        row = keeping(rule, row)
    currency = row.get("currency")
    if currency is not None and unpriced(currency, row["balance"], PRICED):
        row = row | {"balance": int(SUMMABLE / PRICED.rates[currency])}
    return row


def names(register):
    """What no two rows of a register share: all that they say, and each key that they have."""

    def named_by(columns, present=()):
        def name(row):
            naming = columns if all(row.get(c) is not None for c in present) else whole
            return tuple(row.get(c) for c in naming)

        return name

    whole = tuple(column.name for column in register)
    keys = [
        named_by((*key.columns, key.apart) if key.apart else key.columns, key.present)
        for key in register.keys
    ]
    return (named_by(whole), *keys)


def kept_apart(register, sent):
    """Whether rows of one key that only a record of its own keeps apart have one each."""
    for key in (key for key in register.keys if key.apart is not None):
        named = Counter(tuple(row.get(c) for c in key.columns) for row in sent)
        alone = [row for row in sent if row.get(key.apart) is None]
        if any(named[tuple(row.get(c) for c in key.columns)] > 1 for row in alone):
            return False
    return True


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
    row = st.fixed_dictionaries(needed, optional=free).map(lambda sent: possible(register, sent))
    several = st.lists(row, max_size=3, unique_by=names(register))
    return several.filter(lambda sent: kept_apart(register, sent))


FAMILIES = st.fixed_dictionaries(
    {},
    optional={
        name: st.none() | rows(register)
        for name, register in ROW_REGISTERS.items()
        if name != "persons"
    },
)


@drawn(20, 60, FAMILIES)
def test_every_family_that_the_contract_allows_is_decided(registers):
    request = read_one({"as_of": AS_OF, "household": FAMILY | registers})
    [decision] = answers(request, None)
    assert decision.category in range(1, 7)
    assert msgspec.json.decode(msgspec.json.encode(decision))["status"] in ("automatic", "review")


@drawn(5, 15, st.lists(FAMILIES, min_size=2, max_size=5))
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
