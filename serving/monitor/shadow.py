"""Taking a model back: the champion becomes the challenger, and rules answer alone.

The one door through which the monitor acts. It moves a signed alias and nothing else: no
decision that stands is touched, and a person may promote a model again.
"""

import json
from dataclasses import asdict, replace
from datetime import datetime

from features.errors import NoSuchModel
from models import aliases
from models.aliases import Aliases
from models.bundle import Models
from models.home import Home


def is_champion(home: Home, models: Models) -> bool:
    """Return whether these very bytes are what stands as champion."""
    champion = aliases.read(home).names.get("champion")
    return champion is not None and champion.manifest_sha256 == models.manifest.get(
        "manifest_sha256"
    )


def retire(home: Home, reason: str, when: datetime) -> Aliases:
    """Take the name of champion from its version, for a reason that is kept.

    Signs with the home's key, so it runs where models are promoted, not where they serve.
    """
    if known := getattr(aliases, "retire", None):
        moved: Aliases = known(home, reason, when)
        return moved
    before = aliases.read(home)
    if "champion" not in before.names:
        raise NoSuchModel("No model is promoted as 'champion', so none can be taken back.")
    names = {name: alias for name, alias in before.names.items() if name != "champion"}
    since = when.isoformat(timespec="seconds")
    names.setdefault("challenger", replace(before.names["champion"], since=since))
    after = Aliases(before.sequence + 1, names)
    told = {"sequence": after.sequence, "aliases": {n: asdict(a) for n, a in names.items()}}
    content = (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    path = home.bundles / "aliases.json"
    aliases.replace_file(path, content)
    aliases.sign(content, path.with_suffix(".sig"), home.signing_key())
    line = {"when": since, "alias": "champion", "retired": before.names["champion"].version,
            "reason": reason}  # fmt: skip
    with (home.bundles / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
    return after
