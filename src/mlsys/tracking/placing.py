"""The place of a run in a store: its experiment, and the user's parent run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.tracking.record import RunRecord
from mlsys.tracking.writing import LONGEST_NAME

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Run

EXPERIMENT_KIND = "mlflow.experimentKind"
"""Tag that opens MLflow's pages in the view for model training; a trace alone opens the view for agents."""
DESCRIPTION = "mlflow.note.content"
_THERE = "active"


def placed(client: MlflowClient, record: RunRecord, at_home: bool) -> tuple[str, str, list[str]]:
    """Return the experiment's id, MLflow's id of the parent run (empty if there is none), and deviations.

    Parameters
    ----------
    client : MlflowClient
        Of the store.
    record : RunRecord
        The run.
    at_home : bool
        Whether this is the store of the user's settings: in another one the ids have another meaning.
    """
    problems = []
    above = _run(client, record.above) if at_home and record.above else None
    if record.above and above is None:
        problems.append(f"the run above, {record.above}, is not in this store; the run has no parent")
    if above is not None:
        return str(above.info.experiment_id), str(above.info.run_id), problems
    chosen = _by_id(client, record.experiment_id) if at_home and record.experiment_id else None
    if chosen is not None:
        return str(chosen.experiment_id), "", problems
    name = record.experiment[:LONGEST_NAME]
    if record.experiment_id:
        problems.append(f"the experiment {record.experiment_id} is not in this store; the run is in {name!r}")
    return experiment_named(client, name, record.about), "", problems


def _run(client: MlflowClient, run_id: str) -> Run | None:
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            raise
        return None
    return found if found.info.lifecycle_stage == _THERE else None


def _by_id(client: MlflowClient, experiment_id: str) -> Experiment | None:
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_experiment(experiment_id)
    except MlflowException as error:
        if error.error_code not in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            raise
        return None
    return found if found.lifecycle_stage == _THERE else None


def experiment_named(client: MlflowClient, name: str, about: str) -> str:
    """Return the id of the experiment of that name, which is made if there is none."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        tags = {EXPERIMENT_KIND: "custom_model_development", DESCRIPTION: about}
        return str(client.create_experiment(name, tags={key: value for key, value in tags.items() if value}))
    except MlflowException:  # another process made it in the meantime
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)
