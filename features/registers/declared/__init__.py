"""The register contract itself: every register, every column, every promise.

These files are data. `features.registers.document` prints them for people, `check`
enforces them, `load` reads by them, the API publishes them as JSON Schema. Version
the contract here when a column is added or a promise changes.
"""

from typing import Final

from features.registers.declared.banks import DEPOSITS, LOANS
from features.registers.declared.columns import KNOWN_ON, SUMMABLE
from features.registers.declared.families import HOUSEHOLDS, PERSONS
from features.registers.declared.income import INCOMES, TRANSFERS, UTILITIES
from features.registers.declared.learning import INSPECTIONS, SURVEY
from features.registers.declared.possessions import BUSINESSES, LIVESTOCK, PROPERTIES, VEHICLES
from features.registers.declared.regions import REGIONS
from features.registers.declared.services import APPLICATIONS
from features.registers.schema import Register

__all__ = [
    "CONTRACT_VERSION",
    "KNOWN_ON",
    "LEARNING",
    "REGIONS",
    "REGISTERS",
    "SCORING",
    "SUMMABLE",
]

CONTRACT_VERSION: Final = "2.0"

REGISTERS: Final[dict[str, Register]] = {
    register.name: register
    for register in (
        HOUSEHOLDS,
        PERSONS,
        INCOMES,
        PROPERTIES,
        VEHICLES,
        LIVESTOCK,
        LOANS,
        BUSINESSES,
        TRANSFERS,
        DEPOSITS,
        UTILITIES,
        APPLICATIONS,
        INSPECTIONS,
        SURVEY,
    )
}
"""Every register of the contract by name, in the order of the documentation."""

SCORING: Final = tuple(r for r in REGISTERS.values() if not r.learning)
"""Registers that a score may read."""
LEARNING: Final = tuple(r for r in REGISTERS.values() if r.learning)
"""Registers that only training may read."""
