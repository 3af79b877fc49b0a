"""The models behind a name: verified, tried out in a process of their own, then read."""

import re

from features.errors import NoSuchModel
from models.bundles import aliases, bundle, trial
from models.bundles.bundle import REMEDY
from models.bundles.home import Home
from models.learned.predict import Models


def load(home: Home, name: str) -> Models:
    """Return the models behind an alias or a version, verified and tried out.

    By whichever name, a version comes with the word that let it pass a gate (``override``).
    Raises ``NoSuchModel`` with the remedy when there is none, when a byte differs from what
    was signed, when the alias was given to other bytes, when the features are no
    longer defined as in training, or when the child that reads it first does not survive.
    """
    version, pinned = name, None
    promoted = aliases.read(home)
    if not re.fullmatch(r"\d{1,9}", name):
        if name not in promoted.names:
            raise NoSuchModel(f"No model is promoted as {name!r}. {REMEDY}")
        version, pinned = promoted.names[name].version, promoted.names[name].manifest_sha256
    folder = home.bundles / version
    if not folder.is_dir():
        raise NoSuchModel(f"There is no model version {version}. {REMEDY}")
    verified = bundle.verify(folder, home.public_key())
    if pinned is not None and verified.manifest_sha256 != pinned:
        raise NoSuchModel(
            f"Model version {version} is not the one that was promoted as {name!r}: its manifest "
            "has another hash. Promote it again, or restore the bundle."
        )
    if verified.manifest["version"] != version:
        raise NoSuchModel(
            f"Folder {version} holds the bundle of version {verified.manifest['version']}: "
            "restore the folders' names."
        )
    trial.in_child(folder, verified.manifest_sha256)
    standing = promoted.standing(version, verified.manifest_sha256)
    return bundle.assemble(verified, override=standing.override)
