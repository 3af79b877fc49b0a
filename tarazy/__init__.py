"""Tarazy for notebooks and scripts: registers in, features, decisions and fair comparisons out.

Nothing here is a second way to do anything: each function calls what the command, the API
and training call, so a notebook cannot drift from what families are served. Importing it
loads nothing; what learns needs the extra ``tarazy[train]`` and says so.

    import tarazy

    snapshot = tarazy.open_snapshot("snapshot")
    features = tarazy.build_features(snapshot)             # Polars; .to_pandas() where you like
    model = tarazy.load_model("champion", home="var")
    decisions = tarazy.decide(snapshot, model)             # the columns of `tarazy score`
    why = tarazy.explain(snapshot, decisions["household_id"][0], model)

    labels = tarazy.labels(snapshot)                       # frames for any estimator
    tarazy.estimators.HiddenIncomeClassifier               # ours, as scikit-learn knows them
    tarazy.blind_scores, tarazy.compare                    # theirs against ours, fairly
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from features.registers.snapshot import Snapshot
    from models.law.parameters import Law
    from tarazy import estimators
    from tarazy.country import simulate
    from tarazy.decisions import decide, explain, load_model
    from tarazy.registers import build_features, make_snapshot, open_snapshot
    from training.evaluation.fair_comparison import blind_scores, compare
    from training.labels.frames import labels

    __version__: str

__all__ = [
    "Law",
    "Snapshot",
    "__version__",
    "blind_scores",
    "build_features",
    "compare",
    "decide",
    "estimators",
    "explain",
    "labels",
    "load_model",
    "make_snapshot",
    "open_snapshot",
    "simulate",
]

_PLACES: Final = {
    "Law": "models.law.parameters",
    "Snapshot": "features.registers.snapshot",
    "blind_scores": "training.evaluation.fair_comparison",
    "build_features": "tarazy.registers",
    "compare": "training.evaluation.fair_comparison",
    "decide": "tarazy.decisions",
    "explain": "tarazy.decisions",
    "labels": "training.labels.frames",
    "load_model": "tarazy.decisions",
    "make_snapshot": "tarazy.registers",
    "open_snapshot": "tarazy.registers",
    "simulate": "tarazy.country",
}
"""Public name → the module it is read from, when it is first used (PEP 562)."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tarazy")
    from tarazy.extras import needs_train_extra

    with needs_train_extra(f"tarazy.{name}"):
        if name == "estimators":
            return import_module("tarazy.estimators")
        if name in _PLACES:
            return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"tarazy has no {name!r}; it has {', '.join(__all__)}.")


def __dir__() -> list[str]:
    return __all__
