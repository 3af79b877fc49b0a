"""The one way from the command to training: by name, when the verb is called.

So nothing of serving imports training, and no verb loads what it does not use.
"""

import importlib
from collections.abc import Callable
from typing import Any


def training(place: str) -> Callable[..., Any]:
    """Return a function of the training side by its name, such as ``train:train``."""
    module, _, function = place.partition(":")
    function_named: Callable[..., Any] = getattr(
        importlib.import_module(f"training.{module}"), function
    )
    return function_named
