"""What a family applied for."""

from typing import Final

from features.registers.declared.columns import KNOWN_ON, enumeration, household, past
from features.registers.schema import STATED, Column, Kind, Register

APPLICATIONS: Final = Register(
    name="applications",
    about="Applications for local services and what came of them.",
    optional=True,
    keeper="Akimats",
    columns=(
        household(),
        Column(
            name="service",
            kind=Kind.TEXT,
            about="Code of the programme applied for.",
            required=True,
        ),
        past("applied_on", "The day of the application.", required=True),
        enumeration(
            "outcome",
            "What came of it; null: still open.",
            ("granted", "refused"),
            null_means=STATED,
        ),
        KNOWN_ON,
    ),
)
