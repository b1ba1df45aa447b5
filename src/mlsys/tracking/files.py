"""Files of a run, by its id: from this machine while it waits, else from MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlsys import folder
from mlsys.errors import TrackingError
from mlsys.tracking.journal import ARTIFACTS, RUNS
from mlsys.tracking.record import IDENTITY
from mlsys.tracking.store import store


def run_files(reference: str, name: str) -> Path:
    """Return a local copy of a folder among a run's artifacts.

    Parameters
    ----------
    reference : str
        MLflow's id of the run, or the id it had before MLflow was asked (``run.id``).
    name : str
        Of the folder.

    Raises
    ------
    TrackingError
        When there is no such run, or it holds no such folder.
    """
    waiting = folder.home() / RUNS / reference / ARTIFACTS / name
    if reference == Path(reference).name and waiting.is_dir():
        return waiting
    with store() as client:
        import mlflow.artifacts
        from mlflow.exceptions import MlflowException

        run_id = _mlflow_id(client, reference)
        try:
            return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=name))
        except (MlflowException, OSError) as error:
            raise TrackingError(
                f"the run {reference!r} holds no {name!r} ({type(error).__name__})",
                "it may have been written by another program, or its artifacts were removed",
            ) from error


def _mlflow_id(client: Any, reference: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_run(reference).info.run_id)
    except MlflowException:
        experiments = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(experiments, f"tags.`{IDENTITY}` = '{reference}'", max_results=1)
        if not found:
            raise TrackingError(
                f"there is no run {reference!r} in MLflow", "give the id of a run; check MLFLOW_TRACKING_URI"
            ) from None
        return str(found[0].info.run_id)
