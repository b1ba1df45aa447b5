"""Checks of monitors in MLflow: one run a monitor, whose metrics are the checks over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.tracking.placing import experiment_named
from mlsys.tracking.store import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "monitors"
SENT = "mlsys.checks_sent"
"""Tag for how many checks of a history a run has."""
MONITOR = "mlsys.monitor"
_NUMBERS = ("rows", "largest_effect", "loss", "loss_lower", "loss_upper", "labelled", "estimate", "estimate_lower",
            "estimate_upper", "reference_loss")  # fmt: skip


def log_checks(checks: Sequence[Mapping[str, Any]], run: str | None, name: str) -> str:
    """Write checks that a run does not have yet, and return the run's id.

    Parameters
    ----------
    checks : sequence of mapping
        Of a history, from the first on.
    run : str or None
        Id of a run; otherwise the one of that name in the experiment ``monitors``.
    name : str
        Name of the run.

    Raises
    ------
    TrackingError
        When MLflow cannot be reached, or has no such run.
    """
    with store() as client:
        found = run or _run_of(client, name)
        begin = int(client.get_run(found).data.tags.get(SENT, 0))
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
