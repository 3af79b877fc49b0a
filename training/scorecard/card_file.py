"""A scorecard as a file: written as a lawyer would write it, steps one to a line."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from features.errors import DeclarationError, InputError
from features.files.whole import replacing
from models.law.files import read_exactly

_WIDTH: Final = 96
_HEAD: Final = "# Points and cut-offs made by `tarazy fit-scorecard`: see `fitted` at the end.\n"


def written(card: Mapping[str, Any]) -> str:
    """Return the text of a card's file; reading it gives the card back."""
    content = {key: value for key, value in card.items() if key != "fitted"}
    if "fitted" in card:
        content["fitted"] = card["fitted"]
    text: str = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return (_HEAD if "fitted" in card else "") + text


def save(card: Mapping[str, Any], out: Path) -> None:
    """Write a card; refuse to replace a file that is no scorecard."""
    if out.exists() and not _is_card(out):
        raise InputError(f"{out} is something else than a scorecard; choose another --out.")
    with replacing(out) as draft:
        draft.write_text(written(card), encoding="utf-8")


def _is_card(path: Path) -> bool:
    try:
        content = read_exactly(path)
    except (DeclarationError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and {"criteria", "categories"} <= content.keys()


class _Dumper(yaml.SafeDumper):
    """Blocks indented under their key; a step on one line; long text folded."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
    flow = "points" in value or {"value", "low", "high"} == value.keys()
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=flow)


def _list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    flow = not any(isinstance(item, dict) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = ">" if len(value) > _WIDTH - 10 and " " in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}")


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _decimal)
_Dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign]
