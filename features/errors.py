"""Everything that can go wrong on purpose, and whose job it is to mend it.

* TarazyError
  x InputError            - the caller's: a file, a folder, a date, a request (exit 1)
    x RegisterFaults      - the data owner's: what `tarazy check` lists
    x SnapshotError       - a folder that is not, or is no longer, a snapshot
    x DayError            - the caller's: a day that does not have what was asked of it
      x ParameterNotInForce - the lawyer's: a legal value on a day that has none
    x NoSuchModel         - a model that was never trained, promoted or signed
  x DeclarationError      - ours, before release: something is declared wrongly (exit 3)

No message ever carries a family's personal value: a place, a count and a remedy, no more.
"""

from datetime import date


class TarazyError(Exception):
    """Base of every error that Tarazy raises on purpose."""

    exit_code = 3


class InputError(TarazyError):
    """What was handed in cannot be used as it is; nothing was written."""

    exit_code = 1


class RegisterFaults(InputError):
    """A data set breaks the register contract; `tarazy check` lists every fault at once."""


class SnapshotError(InputError):
    """A folder is not a snapshot, or its bytes are not those its manifest names."""


class DayError(InputError):
    """What was asked does not exist on the day: a legal value, or a month of the calendar."""


class ParameterNotInForce(DayError):
    """A legal value was asked for on a day for which the law on file gives none."""

    def __init__(
        self, name: str, day: date, first: date | None, *, ended: date | None = None
    ) -> None:
        if first:
            why = f"the earliest edition on file starts {first}"
        elif ended:
            why = f"the newest edition begun by then speaks of the time up to {ended} only"
        else:
            why = "it was repealed, or is not published"
        super().__init__(
            f"{name} has no value on {day}: {why}. Add the edition of the act to "
            f"models/law/values/{name}.yaml, or check the date."
        )


class NoSuchModel(InputError):
    """No model stands behind the name or version that was asked for."""


class DeclarationError(TarazyError):
    """A feature, parameter, rule, reason or register is declared wrongly: ours to fix."""
