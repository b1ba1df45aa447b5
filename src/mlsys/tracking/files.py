"""Files of a run by its id: from this machine while it waits, otherwise from MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlsys import folder
from mlsys.errors import TrackingError
from mlsys.secrets import without_secrets
from mlsys.tracking.journal import ARTIFACTS, RUNS, journal_of
from mlsys.tracking.openings import ui_hint
from mlsys.tracking.record import IDENTITY, LoggedRun
from mlsys.tracking.store import store


def run_files(reference: str, name: str, kept: str = "") -> Path:
    """Return a local copy of a folder among a run's artifacts.

    Parameters
    ----------
    reference : str
        MLflow's id of the run, or its id before MLflow was contacted (``run.id``).
    name : str
        Of the folder.
    kept : str
        Part of the run's local folder that still holds it after the run was sent to MLflow.

    Raises
    ------
    TrackingError
        If there is no such run, or it has no such folder.
    """
    here = [folder.home() / RUNS / reference / part / name for part in (kept, ARTIFACTS)]
    if reference == Path(reference).name and any(each.is_dir() for each in here):
        return next(each for each in here if each.is_dir())
    with store() as client:
        import mlflow.artifacts
        from mlflow.exceptions import MlflowException

        run_id = mlflow_id(client, reference)
        try:
            return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=name))
        except (MlflowException, OSError) as error:
            raise TrackingError(
                f"the run {reference!r} holds no {name!r} ({type(error).__name__})",
                "another program may have written it, or its artifacts were removed",
            ) from error


def run_line(reference: str) -> str:
    """Return a line on where a run is and how to view it."""
    journal = journal_of(reference)
    if journal is not None:
        logged = journal.sent()
        return "MLflow: the run waits, `mlsys sync` sends it" if logged is None else f"MLflow: {ui_hint(logged)}"
    with store() as client:
        import mlflow

        found = client.get_run(mlflow_id(client, reference)).info
        where = without_secrets(mlflow.get_tracking_uri())
        return f"MLflow: {ui_hint(LoggedRun(str(found.run_id), str(found.experiment_id), where))}"


def mlflow_id(client: Any, reference: str) -> str:
    """Return MLflow's id of a run, given this id or the one before MLflow was contacted."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_run(reference).info.run_id)
    except MlflowException:
        experiments = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(experiments, f"tags.`{IDENTITY}` = '{reference}'", max_results=1)
        if not found:
            raise TrackingError(
                f"there is no run {reference!r} in MLflow", "pass the id of a run; check MLFLOW_TRACKING_URI"
            ) from None
        return str(found[0].info.run_id)
