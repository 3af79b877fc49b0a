"""The lot: a secret seed, promised before the draw by its hash and shown after it.

Whoever knows the seed can repeat the draw with SHA-256 alone. That is why no random
number generator is used here: none promises the same numbers in ten years, and an
auditor need not trust our libraries. Each family gets a number of its own, whatever the
order or the company in which families come; another capacity or another model leaves it
as it is.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from features.errors import InputError

_BYTES: Final = 32
_FIELDS: Final = ("seed", "salt", "commitment")


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A seed with the salt that keeps a short one from being guessed from its commitment."""

    seed: str
    salt: str

    @property
    def commitment(self) -> str:
        """SHA-256 over salt and seed, in hexadecimal digits: what is published first."""
        text = f"tarazy-draw-commitment\n{self.salt}\n{self.seed}"
        return hashlib.sha256(text.encode()).hexdigest()

    def opens(self, commitment: str) -> bool:
        """Whether this is the seed that was promised."""
        return hmac.compare_digest(self.commitment.encode(), commitment.encode())

    def as_json(self) -> dict[str, str]:
        """Everything, for the sealed file alone."""
        return {"seed": self.seed, "salt": self.salt, "commitment": self.commitment}

    def lot(self, snapshot_digest: str) -> "Lot":
        """Return the lot of one snapshot."""
        text = f"tarazy-draw-lot\n{self.seed}\n{snapshot_digest}"
        return Lot(hashlib.sha256(text.encode()).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was known of the seed before the draw: when it was sealed, where its hash was published.

    Nothing here is proved by the record: it tells a reader where to look. A seed that was
    drawn with its list was promised to nobody.
    """

    sealed_at: str | None = None
    """The moment the sealed file names; null: it names none, or the seed came with the list."""
    published_on: date | None = None
    published_in: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """Return it for the record of a list."""
        on = None if self.published_on is None else self.published_on.isoformat()
        return {
            "sealed_at": self.sealed_at,
            "published_on": on,
            "published_in": self.published_in,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Lot:
    """Numbers drawn by the seed: for a family, or for a step of the draw."""

    key: bytes

    def numbers(self, purpose: str, household_ids: Iterable[int]) -> npt.NDArray[np.uint64]:
        """Return a number for each family: the first 64 bits of a hash of key, purpose and id."""
        begun = hashlib.sha256(self.key + purpose.encode() + b"\n")

        def number(household_id: int) -> int:
            digest = begun.copy()
            digest.update(b"%d" % household_id)
            return int.from_bytes(digest.digest()[:8], "big")

        return np.fromiter(map(number, household_ids), dtype=np.uint64)

    def start(self, purpose: str) -> float:
        """Return where a systematic draw starts: at least zero, less than one."""
        digest = hashlib.sha256(self.key + purpose.encode() + b"\nstart").digest()
        return int.from_bytes(digest[:7], "big") / 2**56


def seal(seed: str | None = None) -> Sealed:
    """Return a seed from the operating system, or the one given, with a fresh salt."""
    if seed is not None and not seed:
        raise InputError("The seed is empty: leave --seed out to have one drawn.")
    return Sealed(seed or secrets.token_hex(_BYTES), secrets.token_hex(_BYTES))


def promise(content: Any, published: tuple[date, str] | None, today: date) -> Promise:
    """Return what was promised by a sealed file, and where, as whoever draws says.

    Raises InputError for a day after today's: what is not published yet promises nothing.
    """
    day, place = published or (None, None)
    if day is not None and day > today:
        raise InputError(
            f"--published names {day}, which has not come: publish the hash first, then draw."
        )
    if place is not None and not place.strip():
        raise InputError("--published names no place: say where the hash can be read.")
    moment = content.get("sealed_at")
    return Promise(
        sealed_at=moment if isinstance(moment, str) else None,
        published_on=day,
        published_in=place,
    )


def unseal(content: Any) -> Sealed:
    """Return what a sealed file holds; its own commitment must be true."""
    if not isinstance(content, dict) or not all(isinstance(content.get(f), str) for f in _FIELDS):
        raise InputError(
            f"The sealed seed must be a JSON object with {', '.join(_FIELDS)}: take the file that "
            "`tarazy draw` wrote."
        )
    sealed = Sealed(content["seed"], content["salt"])
    if not sealed.opens(content["commitment"]):
        raise InputError(
            "The sealed seed was altered: seed and salt do not give the commitment beside them. "
            "Take the file that `tarazy draw` wrote."
        )
    return sealed
