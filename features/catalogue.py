"""The visible list of everything that is declared: import the features from here.

A new feature goes into one of these files, or into a new one named here; nothing
else needs to know. Files that derive from others come after them.
"""

import hashlib
import inspect
from datetime import date
from functools import cache

# isort: off
from features import composition
from features import wellbeing
from features import place
from features import income
from features import self_realisation
from features import possessions
from features import consumption
from features import signals

# isort: on
from features.declare import FEATURES, VIEWS

__all__ = ["FEATURES", "VIEWS", "catalogue_version", "definition"]

_ANY_DAY = date(2025, 1, 1)


def definition(name: str) -> str:
    """Return everything that a feature computes, as text: another text, another definition.

    The whole expression with every literal (its printed form leaves long ones out), the
    source of the view it counts, and what the declaration says of units and silence.
    """
    f = FEATURES[name]
    view = inspect.getsource(VIEWS[f.source].regroup) if f.source in VIEWS else None
    expression = f.expression(_ANY_DAY).meta.serialize(format="json")
    declared = (f.name, str(f.unit), str(f.span), f.source, f.registers, f.empty, f.direction)
    return repr((*declared, f.model_input, expression, view))


@cache
def catalogue_version() -> str:
    """Return a short hash of what every feature computes."""
    digest = hashlib.sha256("".join(definition(name) for name in FEATURES).encode())
    return f"features-{digest.hexdigest()[:12]}"
