"""The register contract for readers: a page for people and a JSON Schema for programs.

Both are printed from the declarations, so that neither can drift away from what
`load` reads and `check` enforces.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final

from features.registers import deliveries
from features.registers.declared import CONTRACT_VERSION, REGIONS, REGISTERS
from features.registers.schema import STATED, UNKNOWN, Column, Kind, Register

_JSON_TYPES: Final[dict[Kind, dict[str, Any]]] = {
    Kind.IDENTIFIER: {"type": ["integer", "string"], "format": "int64", "pattern": r"^-?\d{1,19}$"},
    Kind.COUNT: {"type": "integer", "format": "int64"},
    Kind.AMOUNT: {"type": "integer", "format": "int64"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MONTH: {"type": "string", "format": "date"},
    Kind.TEXT: {"type": "string"},
    Kind.FLAG: {"type": "boolean"},
}

_CONVENTIONS: Final = """\
A data set is a folder. Each register is one file `NAME.parquet`, a folder of parts
`NAME/*.parquet`, or the same as text (`NAME.csv`, `NAME/*.csv`): UTF-8 with or without a
byte-order mark; cells separated by commas, semicolons or tabs; the first line names the
columns, every row ends its line, an empty cell is null. A file in another encoding, one
that is compressed and one that is cut off are errors, each named once. So is whatever
stands under a register's name and cannot be read, such as a link into nowhere: only what
is not there at all did not answer. A sub-folder `truth` is not looked at.

* Columns in **bold** are required and never null; others may be null or absent.
* Keys are opaque whole numbers, made so before they reach Tarazy. An IIN is never a key.
  A key that was stored as a float is an error from 2^53 on, for it may have lost digits.
* Money is whole tenge. Areas are m². A date may be a timestamp at midnight, a month is
  its first day. Smaller integers, whole floats and categorical text are read as they are.
* A register that is absent did not answer: what it would tell is unknown, never zero.
  A register without rows for a family says that there is nothing.
* A monthly register answers for the months that it covers: those that `deliveries` names or,
  without it, those with at least half of the rows of its median month (`coverage_least_share`),
  in the country and in the region. What looks at another month is unknown, and a register that
  lacks one of the three complete months before a decision is silent for it.
* Unknown extra columns are ignored, with one warning for each register.
* A row whose `known_on` lies after the decision date is invisible on that day.
"""


def markdown() -> str:
    """Return the contract as a page: every register, every column, every promise."""
    parts = [
        f"# The register contract, version {CONTRACT_VERSION}\n",
        "<!-- Printed from features/registers/declared/; change it there. -->\n",
        _CONVENTIONS,
        *(_section(register) for register in REGISTERS.values()),
        _deliveries(),
        "## Regions\n",
        "KATO codes of the first level: "
        + ", ".join(f"`{code}` {name}" for code, name in REGIONS.items())
        + ".\n",
    ]
    return "\n".join(parts)


def json_schema(
    register: Register,
    *,
    leave_out: Collection[str] = (),
    optional: Collection[str] = (),
    closed: bool = False,
) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one row of the register, for OpenAPI 3.1.

    ``leave_out`` names columns that a row of a request does not have, such as
    household_id; ``optional`` names required ones that a request may leave out or null;
    ``closed`` refuses properties outside the contract. What JSON Schema cannot say (dates
    against the decision date, keys that must exist) stands in the descriptions and is
    checked by `check.broken_places`.
    """
    columns = [column for column in register if column.name not in leave_out]
    schema: dict[str, Any] = {
        "type": "object",
        "description": register.about,
        "properties": {c.name: _property(c, needed=_needed(c, optional)) for c in columns},
        "required": [c.name for c in columns if _needed(c, optional)],
    }
    if closed:
        schema["additionalProperties"] = False
    return schema


def _needed(column: Column, optional: Collection[str]) -> bool:
    return column.required and column.name not in optional


def _property(column: Column, *, needed: bool) -> dict[str, Any]:
    schema = dict(_JSON_TYPES[column.kind])
    for constraint in column.constraints:
        schema |= constraint.json_schema()
    unsaid = [c.rule for c in column.constraints if not c.json_schema()]
    schema["description"] = " ".join([column.about, *(_sentence(rule) for rule in unsaid)])
    if needed:
        return schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    schema["type"] = [*kinds, "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    if column.null_means is UNKNOWN:
        schema["description"] += " Null: unknown."
    elif column.null_means is not STATED:
        schema["default"] = column.null_means
    return schema


def _section(register: Register) -> str:
    traits = [
        "required" if register.required else "",
        "optional" if register.optional else "",
        "for training only, never for a score" if register.learning else "",
    ]
    traits_text = "; ".join(trait for trait in traits if trait)
    head = f"## {register.name}" + (f" ({traits_text})" if traits_text else "")
    about = f"{register.about} Kept by: {register.keeper}.\n"
    of_rows = [
        *(key.rule for key in register.keys),
        *(one.rule for one in register.agreeing),
        *(one.rule for one in register.rules),
    ]
    rules = [f"* {rule}" for rule in dict.fromkeys(of_rows)]
    if rules:
        rules = ["", "A fault of rows:", "", *rules]
    return "\n".join([f"{head}\n", about, *_table(register), *rules, ""])


def _deliveries() -> str:
    return "\n".join(
        [f"## {deliveries.NAME} (optional)\n", f"{deliveries.ABOUT}\n", *_table(deliveries.COLUMNS)]
    )


def _table(columns: Iterable[Column]) -> list[str]:
    return [
        "| column | type | null means | promises | about |",
        "|---|---|---|---|---|",
        *(_row(column) for column in columns),
    ]


def _row(column: Column) -> str:
    name = f"**{column.name}**" if column.required else column.name
    promises = [
        f"points to {column.points_to}" if column.points_to else "",
        *(constraint.rule for constraint in column.constraints),
    ]
    stored = f"{column.kind} (`{column.kind.dtype}`)"
    promised = "; ".join(promise for promise in promises if promise)
    cells = (name, stored, _null(column), promised, column.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _null(column: Column) -> str:
    if column.required:
        return "never null"
    return "as described" if column.null_means is STATED else str(column.null_means)


def _sentence(rule: str) -> str:
    return f"{rule[0].upper()}{rule[1:]}."
