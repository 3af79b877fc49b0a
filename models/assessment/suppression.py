"""How small a group may be of which a number is shown: fewer could be recognised in it."""

from typing import Final

SHOWN_FROM: Final = 10
"""A group of fewer families is counted but not shown."""
