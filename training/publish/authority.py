"""What only an authority can say of a system that it runs: owner, legal basis, appeal and so on.

What it left out is published as such. An owner, a legal basis and a way to appeal may not
be left out, and no answer may be the example's: nothing is published then, but a draft.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from features.errors import DeclarationError, InputError
from models.law.files import plain, read_exactly

MUST_FILL: Final = "AUTHORITY MUST FILL"
EXAMPLE: Final = "training/publish/authority.example.yaml"
DRAFT: Final = "DRAFT, not published: made to be looked at; no authority answers for it"
"""What every page of a draft says."""
_FOLDER: Final = Path(__file__).parent
_NOTHING: Final = frozenset({"", "-", "—", "?", "n/a", "none", "tbd", "todo", MUST_FILL.lower()})
"""What people write where they mean nothing."""


@cache
def declared() -> Mapping[str, Any]:
    """Return the record as it is declared: its fields, risks and texts (record.yaml)."""
    declaration: Mapping[str, Any] = read_exactly(_FOLDER / "record.yaml")
    return declaration


def fields() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield section, name and declaration of every field, in the order of the record."""
    for section, names in declared()["fields"].items():
        for name, field in names.items():
            yield section, name, field


def questions() -> dict[str, Mapping[str, Any]]:
    """Return the fields that an authority fills, by name."""
    return {name: field for _, name, field in fields() if "asks" in field}


def answers(path: Path | None, *, draft: bool = False) -> dict[str, str]:
    """Return what the authority says, by field; `MUST_FILL` where it says nothing.

    A ``draft`` may say what the example says, and does where there is no file.

    Raises ``InputError`` for a field that nobody asks for, while an owner, a legal basis or
    a way to appeal is missing, and where an answer is still the example's: the message
    names every such field.
    """
    if draft and path is None:
        path = _FOLDER / Path(EXAMPLE).name
    given = {} if path is None else _read(path)
    wanted = questions()
    if unknown := sorted(set(given) - set(wanted)):
        raise InputError(
            f"{path} answers what is not asked: {', '.join(unknown)}. GateVerdicts are "
            f"{', '.join(wanted)}."
        )
    answered = {name: _text(given.get(name)) for name in wanted}
    missing = [
        n for n, field in wanted.items() if field.get("required") and answered[n] == MUST_FILL
    ]
    if missing:
        unanswered = "; ".join(f"{name} ({wanted[name]['asks']})" for name in missing)
        where = (
            f"{path} leaves empty" if path else "no --authority FILE was given, and only it says"
        )
        raise InputError(
            f"Nothing was published: {where}: {unanswered}. Fill in every one; {EXAMPLE} shows "
            "how, and --draft shows the pages before."
        )
    if not draft and (copied := _of_the_example(answered)):
        raise InputError(
            f"Nothing was published: {path} says of {', '.join(copied)} what the example says of a "
            "body that does not exist. Write what is true of yours, or leave the line out; to see "
            "the pages before, pass --draft."
        )
    return answered


def _of_the_example(answers_given: Mapping[str, str]) -> list[str]:
    """Return the fields that are answered in the words of the example."""
    example = _read(_FOLDER / Path(EXAMPLE).name)
    return [
        name
        for name, text in answers_given.items()
        if name in example and text == _text(example[name])
    ]


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise InputError(f"{path} {what}: copy {EXAMPLE}, fill it in and name it.")
    try:
        content = read_exactly(path)
    except DeclarationError as problem:  # the authority's file, so the caller's to mend
        raise InputError(str(problem)) from problem
    if not isinstance(content, Mapping):
        raise InputError(f"{path} must hold one answer a line, such as {EXAMPLE} does.")
    return content


def _text(value: Any) -> str:
    """Return an answer as text; an empty one, or a mark for nothing, is none."""
    if isinstance(value, Mapping):
        value = [f"{key}: {inner}" for key, inner in value.items() if _text(inner) != MUST_FILL]
    if isinstance(value, list | tuple):
        kept = [text for each in value if (text := _text(each)) != MUST_FILL]
        return "; ".join(kept) or MUST_FILL
    text = " ".join(str(plain(value)).split()) if value is not None else ""
    return MUST_FILL if text.lower().rstrip(".") in _NOTHING else text
