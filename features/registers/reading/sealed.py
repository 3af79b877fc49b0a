"""What no register can hold: the truth of a simulated country, and the loud refusal of it.

A simulated country keeps what its families truly live on apart from the registers. Who
read it here would teach or judge a model by answers that no state has. So a path inside
that folder, and a register that carries a column only the truth can have, end in an
error, never in a warning.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from features.errors import SealedTruth
from features.registers.schema import Register

FOLDER: Final = "truth"
"""Name of the folder that lies beside the registers of a simulated country."""

COLUMNS: Final = frozenset(
    {
        "hidden_wage",
        "hidden_business",
        "hidden_side_job",
        "hidden_rent",
        "hidden_farm",
        "hidden_income_monthly",
        "consumption_monthly",
        "ladder",
    }
)
"""What only the truth knows; what an inspection or the survey found of it stands in theirs."""


def refuse_place(*places: Path) -> None:
    """Raise SealedTruth for a path that lies in a folder of truth, through links as well."""
    for place in places:
        if FOLDER in (*place.parts, *place.resolve().parts):
            raise SealedTruth.in_folder(place, FOLDER)


def refuse_columns(register: Register, place: str, stored: Collection[str]) -> None:
    """Raise SealedTruth for a file of a register that carries columns only the truth has."""
    if revealed := sorted(name for name in stored if name in COLUMNS and name not in register):
        raise SealedTruth.in_columns(place, register.name, revealed)
