"""The ledger of experiments: MLflow keeps runs and versions, and never serves a model.

MLflow is asked by training and promotion only. A server that is down is found out at
once, before any work is done, and named without what its address may hold of secrets.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from features.errors import InputError
from models.bundles import aliases
from models.bundles.home import Home
from training.record import schemas

EXPERIMENT: Final = "tarazy"
MODEL: Final = "tarazy"
CANDIDATE: Final = "candidate"
REFUSED: Final = "refused"
RETIRED: Final = "retired"
"""The stages of a version that no name stands for: never asked, refused by a gate, or replaced."""
KIND: Final = "mlflow.experimentKind"
"""MLflow's tag for the kind of an experiment: without it the first page looks for traces of
language models, of which there are none, instead of showing the runs."""
_MACHINE_LEARNING: Final = "custom_model_development"
_BATCH: Final = 100
"""Parameters that MLflow takes at once; of measures it takes ten times as many."""
_DIGEST: Final = 36
"""Letters of a digest that MLflow keeps; the whole of it stands in the source."""
_NOT_A_NAME: Final = re.compile(r"[^\w.\-/ :]")
_QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


class Registry:
    """Runs, versions and aliases in MLflow: a server's, or a database under the home."""

    def __init__(self, home: Home) -> None:
        """Connect; raises InputError when MLflow does not answer."""
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        for noisy in ("alembic", "mlflow"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        from mlflow import MlflowClient  # late: it reads the settings above as it is imported

        self.uri = os.environ.get("MLFLOW_TRACKING_URI") or home.mlflow_database
        self.local = self.uri == home.mlflow_database
        if self.local:
            home.root.mkdir(parents=True, exist_ok=True)
        with self._answering():
            self._client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            self.experiment = self._experiment(home)

    @staticmethod
    def exists(home: Home) -> bool:
        """Return whether there is anything to ask: a server, or a database under the home."""
        return "MLFLOW_TRACKING_URI" in os.environ or (home.root / "mlflow.db").exists()

    def start(self, tags: Mapping[str, str], name: str | None = None) -> str:
        """Open a run under a name that people can tell from another; returns its id."""
        with self._answering():
            run = self._client.create_run(self.experiment, tags=dict(tags), run_name=name)
            return str(run.info.run_id)

    def log(self, run: str, parameters: Mapping[str, Any], measures: Mapping[str, float]) -> None:
        """Write a run's parameters and measures, however many."""
        from mlflow.entities import Metric, Param

        with self._answering():
            at = self._client.get_run(run).info.start_time
            numbers = [Metric(named(n), value, at, 0) for n, value in measures.items()]
            params = [Param(named(n), str(value)) for n, value in parameters.items()]
            for start in range(0, len(params), _BATCH):
                self._client.log_batch(run, params=params[start : start + _BATCH])
            for start in range(0, len(numbers), 10 * _BATCH):
                self._client.log_batch(run, metrics=numbers[start : start + 10 * _BATCH])

    def read_from(self, run: str, data: Sequence[Mapping[str, Any]]) -> None:
        """Tell which snapshots and labels the run read, each by its digest (`provenance.data`).

        Each comes with its columns: of a snapshot the features of a family, of labels those of
        their register.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        def read(
            name: str, digest: str, of: Mapping[str, Any], context: str, schema: str
        ) -> DatasetInput:
            profile = json.dumps({"households": of["households"], "as_of": of["as_of"]})
            source = json.dumps({"sha256": digest})
            return DatasetInput(
                Dataset(name, digest[:_DIGEST], "snapshot", source, schema=schema, profile=profile),
                [InputTag("mlflow.data.context", context)],
            )

        inputs = []
        for one in data:
            named = f"snapshot {one['as_of']}"
            inputs.append(read(named, one["digest"], one, "training", schemas.of_features()))
            inputs += [
                read(f"{register}, {named}", digest, one, "labels", schemas.of_register(register))
                for register, digest in one["labels"].items()
            ]
        with self._answering():
            self._client.log_inputs(run, inputs)

    def keep(self, run: str, path: Path, folder: str | None = None) -> None:
        """Keep a file or a folder with the run."""
        with self._answering():
            if path.is_dir():
                self._client.log_artifacts(run, str(path), folder or path.name)
            else:
                self._client.log_artifact(run, str(path), folder)

    def register(
        self, run: str, parameters: Mapping[str, Any], tags: Mapping[str, str], words: str
    ) -> tuple[str, str]:
        """Make the run's model a new version; returns its number and MLflow's id of the model.

        The version points to where `hand_in` will put the bundle; ``words`` is what its page
        and the run's say of it.
        """
        from mlflow.exceptions import MlflowException

        with self._answering():
            try:
                self._client.get_registered_model(MODEL)
            except MlflowException:
                self._client.create_registered_model(MODEL)
            model = self._client.create_logged_model(
                self.experiment,
                name=MODEL,
                source_run_id=run,
                params={named(n): str(value) for n, value in parameters.items()},
                tags=dict(tags),
                model_type="tarazy bundle",
            )
            made = self._client.create_model_version(
                MODEL,
                model.artifact_location,
                run,
                tags=dict(tags),
                description=words,
                model_id=model.model_id,
            )
            self._client.set_tag(run, "mlflow.note.content", words)
            name = self._client.get_run(run).info.run_name
            self._client.update_run(run, name=f"version {made.version}: {name}")
            return str(made.version), str(model.model_id)

    def hand_in(self, model: str, *folders: Path) -> None:
        """Put the files of the folders with a registered model, and call it ready."""
        with self._answering():
            for folder in folders:
                self._client.log_model_artifacts(model, str(folder))
            self._client.finalize_logged_model(model, "READY")

    def logged(self, run: str) -> dict[str, float]:
        """Return the measures that a run holds, by name."""
        with self._answering():
            return {str(k): float(v) for k, v in self._client.get_run(run).data.metrics.items()}

    def finish(self, run: str, *, failed: bool = False) -> None:
        """Close a run."""
        with self._answering():
            self._client.set_terminated(run, "FAILED" if failed else "FINISHED")

    def knows(self, version: str) -> None:
        """Raise InputError unless MLflow answers and holds the version."""
        with self._answering():
            self._client.get_model_version(MODEL, version)

    def alias(self, names: Mapping[str, str], version: str, tags: Mapping[str, str]) -> None:
        """Mirror which version each alias stands for, with what was said of one version.

        An alias that stands for nothing any more, or for a version that was registered
        elsewhere, is taken away. The stage of every version says what stands for it now.
        """
        with self._answering():
            self._tag(self._client.get_model_version(MODEL, version), tags)
            versions = self._client.search_model_versions(f"name='{MODEL}'")
            held = {str(each.version) for each in versions}
            stand = {name: number for name, number in names.items() if number in held}
            for name in self._client.get_registered_model(MODEL).aliases.keys() - stand.keys():
                self._client.delete_registered_model_alias(MODEL, name)
            for name, number in stand.items():
                self._client.set_registered_model_alias(MODEL, name, number)
            for each in versions:
                standing_for = [name for name, n in stand.items() if n == str(each.version)]
                stage = _stage(standing_for, each.tags.get("stage"))
                if stage != each.tags.get("stage"):
                    self._tag(each, {"stage": stage})

    def refuse(self, version: str, tags: Mapping[str, str]) -> None:
        """Record that a version was asked to be promoted and was not; its names stay."""
        with self._answering():
            refused = self._client.get_model_version(MODEL, version)
            never_stood = refused.tags.get("stage") in (None, CANDIDATE)
            self._tag(refused, dict(tags) | ({"stage": REFUSED} if never_stood else {}))

    def _tag(self, version: Any, tags: Mapping[str, str]) -> None:
        """Tag a version, and the run and the model that it came of: each has a page of its own."""
        from mlflow.entities import RunTag

        for tag, value in tags.items():
            self._client.set_model_version_tag(MODEL, version.version, tag, value)
        self._client.log_batch(version.run_id, tags=[RunTag(*tag) for tag in tags.items()])
        came_of = f"source_run_id = '{version.run_id}'"
        for model in self._client.search_logged_models([self.experiment], came_of):
            self._client.set_logged_model_tags(model.model_id, dict(tags))

    def _experiment(self, home: Home) -> str:
        known = self._client.get_experiment_by_name(EXPERIMENT)
        if known is None:
            place = home.artefacts.as_uri() if self.local else None
            return str(
                self._client.create_experiment(
                    EXPERIMENT, artifact_location=place, tags={KIND: _MACHINE_LEARNING}
                )
            )
        if KIND not in known.tags:  # made by an earlier release
            self._client.set_experiment_tag(known.experiment_id, KIND, _MACHINE_LEARNING)
        return str(known.experiment_id)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in one line, without secrets, that MLflow does not answer or says no."""
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError, ValueError) as problem:
            place, port = _place(self.uri)
            raise InputError(
                f"MLflow at {place}{port} did not do what was asked ({type(problem).__name__}); "
                "nothing was promoted or registered. Start it, correct MLFLOW_TRACKING_URI, or "
                "unset it to use the database under TARAZY_HOME."
            ) from problem


def mirror_retirement(home: Home, name: str, version: str) -> str | None:
    """Tell MLflow that a name was taken from a version; returns why that could not be, if so.

    What serves is the signed file, which has changed already: an MLflow that is down, not
    installed or without the version undoes nothing, it only shows what was. The next
    promotion puts it right.
    """
    standing = aliases.read(home)
    move = standing.retired(name)
    if move is None:
        return None
    try:
        if not Registry.exists(home):
            raise InputError(
                "This home has no MLflow database, and MLFLOW_TRACKING_URI is not set."
            )
        Registry(home).alias(
            {each: stands.version for each, stands in standing.names.items()},
            version,
            {"taken_back": f"{move.since} as {name}: {move.reason}"},
        )
    except (InputError, ImportError) as problem:
        why = "MLflow is not installed here." if isinstance(problem, ImportError) else problem
        return (
            f"MLflow may still show version {version} as {name}; it decides nothing, and the next "
            f"promotion puts it right. {why}"
        )
    return None


def _stage(standing_for: Sequence[str], before: str | None) -> str:
    """Return what a version is now: what it stands for, or what it is while nothing does."""
    if standing_for:
        return " and ".join(sorted(standing_for))
    return RETIRED if before not in (None, CANDIDATE, REFUSED) else before or CANDIDATE


def named(name: str) -> str:
    """Return a name in letters that MLflow takes, no longer than it takes."""
    return _NOT_A_NAME.sub("_", name)[:250]


def _place(uri: str) -> tuple[str, str]:
    """Return host and port of an address, or the name of a file: nothing that may be secret."""
    try:
        address = urlsplit(uri)
        return (
            address.hostname or Path(address.path).name,
            f":{address.port}" if address.port else "",
        )
    except ValueError:
        return "the address in MLFLOW_TRACKING_URI", ""
