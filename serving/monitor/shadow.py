"""Taking a model back: the champion becomes the challenger, and rules answer alone.

The one door through which the monitor acts. It moves a signed alias and nothing else: no
decision that stands is touched, and a person may promote a model again.
"""

from datetime import datetime

from models.bundles import aliases
from models.bundles.aliases import Aliases
from models.bundles.home import Home
from models.learned.predict import Models


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
    return aliases.retire(home, reason, when)
