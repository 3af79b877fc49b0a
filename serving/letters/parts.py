"""What a letter is made of, whatever it says and however it is laid out."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a list: its sentence, and what belongs to it in smaller print."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the letter under its heading: paragraphs and lists of points, in their order."""

    heading: str
    body: tuple[str | tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter ready to be laid out."""

    language: str
    day: date
    title: str
    greeting: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    about: str
    record: tuple[tuple[str, str], ...]
    """Names and values of the last lines: what the decision can be found and repeated by."""
