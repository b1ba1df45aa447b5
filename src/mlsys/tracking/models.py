"""Models in MLflow: logged as code with the mlsys folder, and found again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mlsys.errors import TrackingError
from mlsys.passing import SENDING, passed
from mlsys.states.sealed import check, seal_beside
from mlsys.tracking.files import mlflow_id
from mlsys.tracking.keys import LONGEST_PARAMETER, MOST_PARAMETERS
from mlsys.tracking.missing import missing_model
from mlsys.tracking.reach import Clock
from mlsys.tracking.record import IDENTITY, ModelRecord, RunRecord
from mlsys.tracking.replaced import replaced
from mlsys.tracking.store import store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

ARTIFACT = "mlsys_model"
_SERVED_THROUGH = ("MLmodel", "loader.py")
"""Files that MLflow reads and runs to serve the model: the manifest also lists these."""
_LOADER = '''"""Loads the mlsys model that lies beside this file; nothing in it is pickled."""

import mlflow.pyfunc
import pandas as pd
from mlflow.exceptions import MlflowException

import mlsys
from mlsys.errors import MlsysError


class Served(mlflow.pyfunc.PythonModel):
    """Answers with prediction columns; over HTTP a request that cannot be answered gets status 400 and the reason."""

    def load_context(self, context):
        self.model = mlsys.load(context.artifacts["mlsys_model"])

    def predict(self, context, model_input: pd.DataFrame, params=None):
        try:
            return self.model.predict(model_input)
        except MlsysError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error
        except Exception as error:  # of the author's own code; the notes name the step
            said = "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
            raise MlflowException.invalid_parameter_value(f"the request cannot be answered: {said}") from error


mlflow.models.set_model(Served())
'''


def log_model(client: MlflowClient, clock: Clock, record: RunRecord, experiment: str, run_id: str) -> str:
    """Log the model of a run and return its URI; an incomplete model is completed, an existing one is kept."""
    from mlflow.entities import LoggedModelOutput

    assert record.model is not None
    known = client.search_logged_models([experiment], f"tags.`{IDENTITY}` = '{record.mlsys_id}'")
    ready_first = sorted(known, key=lambda each: str(each.status) != "READY")
    model, *others = ready_first or [_made(client, record, experiment, run_id)]
    for other in others:  # made by a slow server after it had been given up
        client.delete_logged_model(other.model_id)
    if str(model.status) != "READY":
        with passed(SENDING) as folder:
            (folder / "made").mkdir()
            _write_mlflow_model(record.model, folder / "made", run_id, model)
            written = folder / "made" / "model"
            clock.upload(written, lambda path, inside: client.log_model_artifact(model.model_id, path, inside))
        client.finalize_logged_model(model.model_id, "READY")
    outputs = client.get_run(run_id).outputs
    if model.model_id not in [each.model_id for each in (outputs.model_outputs if outputs else [])]:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    return f"models:/{model.model_id}"


def _made(client: MlflowClient, record: RunRecord, experiment: str, run_id: str) -> LoggedModel:
    params = {key: str(value)[:LONGEST_PARAMETER] for key, value in list(record.params.items())[:MOST_PARAMETERS]}
    return client.create_logged_model(experiment, "model", run_id, {IDENTITY: record.mlsys_id}, params)


def _write_mlflow_model(record: ModelRecord, place: Path, run_id: str, model: LoggedModel) -> None:
    """Write what MLflow's own format requires: a loader as code, the folder, signature and requirements.

    The signature declares only outputs. MLflow would convert declared inputs before the model sees a request: a null
    truth value becomes false, 3.7 becomes 3, and integers are refused for other declared numbers.
    """
    import mlflow.pyfunc
    from mlflow.models import Model, ModelSignature

    record.write(place / ARTIFACT)
    check(place / ARTIFACT)
    (place / "loader.py").write_text(_LOADER, encoding="utf-8")
    described = Model(
        artifact_path=model.artifact_location, model_uuid=model.model_id, run_id=run_id, model_id=model.model_id
    )
    with _requirements_as_given(), _temporary_files_in(place):
        mlflow.pyfunc.save_model(
            path=str(place / "model"),
            mlflow_model=described,
            python_model=str(place / "loader.py"),
            artifacts={ARTIFACT: str(place / ARTIFACT)},
            signature=ModelSignature(outputs=_schema(record.outputs)),
            metadata={"inputs": dict(record.inputs)},
            pip_requirements=list(record.requirements),
        )
    for left in (place / "model").rglob("__pycache__"):  # of the loader, which MLflow runs once
        shutil.rmtree(left, ignore_errors=True)
    seal_beside(place / "model" / "artifacts" / ARTIFACT, _SERVED_THROUGH, place / "model")


@contextmanager
def _requirements_as_given() -> Iterator[None]:
    """Skip MLflow's search for package versions that differ from the installed ones: the requirements name these.

    It reads the metadata of all packages, which takes half a second per process.
    """
    from mlflow.utils import environment

    with replaced(environment, "warn_dependency_requirement_mismatches", lambda requirements: None):
        yield


@contextmanager
def _temporary_files_in(place: Path) -> Iterator[None]:
    """Let MLflow copy the model in a folder that is removed even if this process is killed.

    In the system's temporary folder the copy would remain, with the tables that a model contains.
    """
    from mlflow import pyfunc
    from mlflow.utils import file_utils

    here = SimpleNamespace(
        TemporaryDirectory=partial(tempfile.TemporaryDirectory, dir=place), mkdtemp=partial(tempfile.mkdtemp, dir=place)
    )
    with replaced(file_utils, "create_tmp_dir", here.mkdtemp), replaced(pyfunc, "tempfile", here):
        yield


def _schema(columns: Mapping[str, str]) -> Any:
    from mlflow.types import ColSpec, Schema

    return Schema([ColSpec(_type(kind), name) for name, kind in columns.items()])


def _type(kind: str) -> str:
    """Return MLflow's type for one of pandas."""
    if kind.startswith("datetime"):
        return "datetime"
    if kind in {"bool", "boolean"}:
        return "boolean"
    return "double" if kind[:1] in "iufIUF" else "string"


def resolve(reference: str) -> Path:
    """Return the local folder of a model: ``models:/name@alias``, ``models:/name/3``, ``runs:/...`` or a run id."""
    with store() as client:
        import mlflow.artifacts
        from mlflow.exceptions import MlflowException

        uri = reference
        try:
            if "/" not in reference:
                uri = _model_of_run(client, reference)
            folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
        except (MlflowException, OSError) as error:
            raise missing_model(client, reference, error) from error
    inside = folder / "artifacts" / ARTIFACT
    if not (inside / "pipeline.json").is_file():
        raise TrackingError(f"{reference!r} is not an mlsys model", "load it with mlflow.pyfunc.load_model")
    return inside


def _model_of_run(client: Any, run_id: str) -> str:
    run = client.get_run(mlflow_id(client, run_id))
    outputs = run.outputs.model_outputs if run.outputs else []
    if not outputs:
        raise TrackingError(
            f"the MLflow run {run_id} has no model", "it was withheld or never logged; see its description"
        )
    return f"models:/{outputs[0].model_id}"
