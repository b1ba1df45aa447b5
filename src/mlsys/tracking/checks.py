"""Monitors in MLflow: kept with the run that they watch; checks as metrics over time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import TrackingError
from mlsys.tracking.files import mlflow_id
from mlsys.tracking.journal import journal_of
from mlsys.tracking.placing import experiment_named
from mlsys.tracking.sending import send
from mlsys.tracking.store import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger("mlsys")
EXPERIMENT = "monitors"
FOLDER = "monitor"
"""Artifacts of checks stand in the folder of the monitor that a run keeps."""
SENT = "mlsys.checks_sent"
"""Tag for how many checks of a history a run has."""
MONITOR = "mlsys.monitor"
_NUMBERS = ("rows", "largest_effect", "loss", "loss_lower", "loss_upper", "labelled", "estimate", "estimate_lower",
            "estimate_upper", "reference_loss")  # fmt: skip


def keep_files(run: str, name: str, write: Callable[[Path], None]) -> None:
    """Add files to the artifacts of a run that this machine wrote; it waits with the run if MLflow is away.

    Parameters
    ----------
    run : str
        The run's own id. A run that was not tracked has no artifacts: nothing happens.
    name : str
        What they are called in a warning.
    write : callable
        Fills a folder with them.
    """
    journal = journal_of(run)
    if journal is None:
        return
    journal.add({}, {}, write)
    if journal.sent() is None:
        return
    try:
        send(journal)
    except TrackingError as error:
        logger.warning("the %s of the run is not in MLflow yet: %s; `mlsys sync` sends it", name, error.problem)


def log_checks(checks: Sequence[Mapping[str, Any]], run: str, name: str, files: Mapping[str, str]) -> str:
    """Write checks that a run does not have yet, and return the run's id.

    Parameters
    ----------
    checks : sequence of mapping
        Of a history, from the first on.
    run : str
        Id of a run; empty for the one of that name in the experiment ``monitors``.
    name : str
        Name of the run.
    files : mapping of str to str
        Texts that become artifacts.

    Raises
    ------
    TrackingError
        When MLflow cannot be reached, has no such run, or has more checks of it.
    """
    with store() as client:
        found = mlflow_id(client, run) if run else _run_of(client, name)
        begin = int(client.get_run(found).data.tags.get(SENT, 0))
        if begin > len(checks):
            raise TrackingError(
                f"the run {found} has {begin} checks and this history {len(checks)}: it is not their continuation",
                "load the monitor that made them (Monitor.from_run(id), Monitor.load), or give another name=",
            )
        from mlflow.entities import Metric, RunTag

        metrics = [
            Metric(f"monitor/{key}", float(value), _milliseconds(check), step)
            for step, check in enumerate(checks[begin:], begin)
            for key, value in _numbers(check).items()
        ]
        last: Mapping[str, Any] = checks[-1] if checks else {}
        tags = {SENT: str(len(checks)), **_tags(last)}
        for start in range(0, len(metrics), 500):
            client.log_batch(found, metrics=metrics[start : start + 500])
        for file, text in files.items():
            client.log_text(found, text, f"{FOLDER}/{file}")
        client.log_batch(found, tags=[RunTag(key, value) for key, value in tags.items()])
    return found


def _run_of(client: MlflowClient, name: str) -> str:
    where = experiment_named(client, EXPERIMENT, "Checks of models in use, over time.")
    quoted = name.replace("'", "")
    found = client.search_runs([where], f"tags.`{MONITOR}` = '{quoted}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    return str(client.create_run(where, tags={MONITOR: quoted}, run_name=name).info.run_id)


def _numbers(check: Mapping[str, Any]) -> dict[str, float]:
    level = check.get("level")
    found = {"page": float(level == "page"), "ticket": float(level == "ticket")}
    return found | {key: float(check[key]) for key in _NUMBERS if check.get(key) is not None}


def _tags(last: Mapping[str, Any]) -> dict[str, str]:
    return {f"mlsys.monitor_{key}": str(last[key]) for key in ("verdict", "cause", "said") if last.get(key)}


def _milliseconds(check: Mapping[str, Any]) -> int:
    return int(pd.Timestamp(check["time"]).timestamp() * 1000)
