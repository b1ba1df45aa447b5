"""What the user has set in MLflow around a run: an experiment, a run that encloses it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from typing import Any

from mlsys.tracking.record import RunRecord

_EXPERIMENT, _EXPERIMENT_ID, _RUN = "MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"


@dataclass(frozen=True)
class Surroundings:
    """Where MLflow is set to write, as it was when a run ended.

    Parameters
    ----------
    experiment : str
        Name of the experiment that was set; empty where none is, or only its id is known.
    experiment_id : str
        Its id in the store; of an enclosing run, the experiment of that run.
    run_id : str
        MLflow's id of the enclosing run.
    said : str
        All that in words for a card; empty where nothing is set.
    """

    experiment: str = ""
    experiment_id: str = ""
    run_id: str = ""
    said: str = ""

    def around(self, record: RunRecord) -> RunRecord:
        """Return a record that says where to write: a run with a parent of ours stays below that one."""
        return replace(
            record,
            experiment=self.experiment or record.experiment,
            experiment_id=self.experiment_id,
            above="" if record.parent else self.run_id,
        )


def surroundings() -> Surroundings:
    """Return what is set in MLflow for the calling thread; asks no store, and imports nothing.

    Notes
    -----
    An open run comes before ``MLFLOW_RUN_ID``, either before an experiment that was set: a nested run stands in the
    experiment of the run above it. ``mlflow.set_experiment`` sets ``MLFLOW_EXPERIMENT_ID``, and comes before a name.
    """
    name, number = os.environ.get(_EXPERIMENT, ""), os.environ.get(_EXPERIMENT_ID, "")
    active = _active_run()
    if active is not None:
        info = active.info
        said = f"nested under the open run {info.run_name or info.run_id!r}"
        return Surroundings("", str(info.experiment_id), str(info.run_id), said)
    above = os.environ.get(_RUN, "")
    if above:
        return Surroundings(name, number, above, f"nested under the run of {_RUN} ({above})")
    if number:
        return Surroundings("", number, "", f"in the experiment that MLflow is set to (id {number})")
    if name:
        return Surroundings(name, "", "", f"in the experiment of {_EXPERIMENT} ({name!r})")
    return Surroundings()


def _active_run() -> Any:
    """Return the run that the user has open in this thread; there is none before MLflow was imported."""
    fluent = sys.modules.get("mlflow.tracking.fluent")
    active = getattr(fluent, "active_run", None)
    return None if active is None else active()
