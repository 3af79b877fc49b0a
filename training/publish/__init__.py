"""What an authority publishes of a model version: its card and its entry in a public register.

Both are made from the signed manifest alone, and from what only the authority can know.
Nothing is written unless both keep their schemas and every number is the evaluation's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from features.errors import DeclarationError, InputError, NoSuchModel
from features.files.whole import replacing_folder
from models.bundles import aliases, bundle
from models.bundles.home import Home
from training.publish import authority, card, register

CARD: Final = "model_card.cdx.json"
RECORD: Final = "register_record.json"
_NEEDED: Final = ("code", "data", "features", "hyperparameters", "libraries", "preregistration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The files that were written, and the fields that still wait for the authority."""

    folder: Path
    files: tuple[str, ...]
    must_fill: tuple[str, ...]
    measures: int


def publish(
    version: str,
    *,
    home: Home,
    out: Path,
    authority_file: Path | None,
    when: datetime,
    draft: bool = False,
) -> Publication:
    """Write the model card and the register record of a version into a folder.

    Parameters
    ----------
    version : of a bundle in the home; its signature is verified before anything is read.
    out : becomes the folder; one that holds an earlier publication is replaced.
    authority_file : YAML of what only the authority knows; see `authority.EXAMPLE`.
    when : the moment of publication.
    draft : for a look before: the example may answer, and every page says that it is a draft.

    Raises ``NoSuchModel`` for a version that is not there or not as it was signed, and
    ``InputError`` while an owner, a legal basis or a way to appeal is missing, or an answer
    is the example's.
    """
    answers = authority.answers(authority_file, draft=draft)
    _may_take(out)
    folder = home.bundles / version
    if not version.isdigit() or not folder.is_dir():
        raise NoSuchModel(f"There is no model version {version!r}. Run `tarazy train` first.")
    verified = bundle.verify(folder, home.public_key())
    if absent := [part for part in _NEEDED if part not in verified.manifest]:
        raise InputError(
            f"Version {version} was trained by a release that did not record "
            f"{', '.join(absent)}, so it cannot be published: train it again."
        )
    standing = aliases.read(home).standing(version, verified.manifest_sha256)
    made = (verified.manifest, verified.manifest_sha256, answers, standing, when)
    model_card, record = card.card(*made), register.record(*made)
    if draft:
        model_card, record = card.drafted(model_card), register.drafted(record)
    card.check(model_card)
    register.check(record)
    if faults := card.differences(model_card, verified.manifest):
        raise DeclarationError(f"The model card is not the evaluation's: {'; '.join(faults[:5])}")
    files = {
        CARD: _json(model_card),
        RECORD: _json(record),
        "register_record.md": register.page(record),
        register.SCHEMA.name: register.SCHEMA.read_text(encoding="utf-8"),
    }
    with replacing_folder(out) as filled:
        for name, text in files.items():
            (filled / name).write_text(text, encoding="utf-8")
    return Publication(
        folder=out,
        files=tuple(files),
        must_fill=tuple(record["authority_must_fill"]),
        measures=len(record["measured"]),
    )


def _may_take(out: Path) -> None:
    if out.exists() and not (out / CARD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds something else: choose another --out.")


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
