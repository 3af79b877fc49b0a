"""The words of an explanation, read from `texts.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from models.law.files import read_exactly


@cache
def texts(language: str) -> dict[str, str]:
    """Return every text of the explanation in one language, by its key."""
    every: Mapping[str, Mapping[str, str]] = read_exactly(Path(__file__).with_suffix(".yaml"))
    return {key: each[language] for key, each in every.items()}
