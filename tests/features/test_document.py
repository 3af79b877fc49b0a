"""The pages and schemas of the contract say what the declarations say."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from features.registers.declared import CONTRACT_VERSION, REGISTERS
from features.registers.document import json_schema, markdown
from tests.features.data_sets import GOOD


def rows(register):
    """The good rows as a message writes them."""
    return json.loads(GOOD[register].write_json())


def broken(register, row, **options):
    schema = json_schema(REGISTERS[register], **options)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return sorted({".".join(map(str, e.path)) or e.validator for e in validator.iter_errors(row)})


@pytest.mark.parametrize("register", GOOD)
def test_good_rows_are_valid_by_the_schema_of_their_register(register):
    assert [broken(register, row) for row in rows(register)] == [[]] * GOOD[register].height


@pytest.mark.parametrize("register", REGISTERS)
def test_every_register_has_a_valid_schema_that_describes_every_column(register):
    schema = json_schema(REGISTERS[register])
    Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == [c.name for c in REGISTERS[register]]
    assert schema["required"] == [c.name for c in REGISTERS[register] if c.required]
    assert all(p["description"] for p in schema["properties"].values())


@pytest.mark.parametrize(
    ("register", "column", "value", "kept"),
    [
        ("incomes", "amount", 0, True),
        ("incomes", "amount", -1, False),
        ("incomes", "amount", "1", False),
        ("incomes", "amount", 0.5, False),
        ("incomes", "amount", None, False),
        ("incomes", "month", "2025-12-01", True),
        ("incomes", "month", "2025-12-02", False),
        ("incomes", "month", "December", False),
        ("incomes", "known_on", None, True),
        ("households", "region", "71", True),
        ("households", "region", "99", False),
        ("households", "tenure", None, True),
        ("households", "tenure", "castle", False),
        ("inspections", "probability", 1, True),
        ("inspections", "probability", 0, False),
        ("inspections", "probability", None, True),
        ("households", "piped_water", "yes", False),
    ],
)
def test_the_schema_says_what_the_promises_say(register, column, value, kept):
    row = rows(register)[0] | {column: value}
    assert broken(register, row) == ([] if kept else [column])


def test_a_required_column_may_not_be_left_out_unless_the_request_says_it_elsewhere():
    row = rows("persons")[0]
    del row["household_id"]
    assert broken("persons", row) == ["required"]
    assert broken("persons", row, leave_out=("household_id",)) == []
    assert broken("persons", row, optional=("household_id",)) == []
    assert broken("persons", row | {"household_id": None}, optional=("household_id",)) == []


def test_a_closed_schema_refuses_what_the_contract_does_not_know():
    row = rows("vehicles")[0] | {"colour": "red"}
    assert broken("vehicles", row) == []
    assert broken("vehicles", row, closed=True) == ["additionalProperties"]


def test_a_null_that_means_a_value_is_told_as_the_default():
    properties = json_schema(REGISTERS["properties"])["properties"]
    assert properties["share"]["default"] == 1.0
    assert "default" not in properties["value"]


def test_the_page_shows_every_register_and_every_column_with_its_promises():
    page = markdown()
    assert CONTRACT_VERSION in page
    sections = page.split("\n## ")
    for register in REGISTERS.values():
        [section] = [s for s in sections if s.split()[0] == register.name]
        assert register.about in section
        lines = section.splitlines()
        for column in register:
            name = f"**{column.name}**" if column.required else column.name
            [line] = [line for line in lines if line.startswith(f"| {name} |")]
            assert line.count(" | ") == 4
            assert column.about in line
            assert all(c.rule in line for c in column.constraints)


def test_the_page_names_every_region():
    assert "`79` Shymkent" in markdown()
