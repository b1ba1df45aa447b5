"""Sending a run from its folder to MLflow: into one run, whatever was cut off before."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlsys.errors import TrackingError
from mlsys.secrets import without_secrets
from mlsys.tracking.journal import RUNS, Addition, Journal, journal_of
from mlsys.tracking.locks import StillHeld, held_at_home
from mlsys.tracking.models import log_model
from mlsys.tracking.placing import placed
from mlsys.tracking.reach import IN_A_RUN, Clock, Patience
from mlsys.tracking.record import IDENTITY, DatasetRecord, LoggedRun, RunRecord
from mlsys.tracking.store import current_address, store
from mlsys.tracking.timeline import write_timeline
from mlsys.tracking.writing import LONGEST_NAME, RunWriter

if TYPE_CHECKING:
    from mlflow import MlflowClient

PARENT = "mlsys.parent"
CUT_OFF = "the process ended before all files were written; this is what was written"
NESTED = "mlflow.parentRunId"
_HALF = ".artifact.uploading."
"""How MLflow calls a file among artifacts until all of it is there."""


def send(journal: Journal, patience: Patience = IN_A_RUN, uri: str | None = None) -> LoggedRun:
    """Write a run that waits, and what was added to it, to MLflow; nothing is there twice.

    Parameters
    ----------
    journal : Journal
        The run's folder.
    patience : Patience
        How long MLflow may take.
    uri : str, optional
        The store; by default where MLflow is set to.

    Returns
    -------
    LoggedRun
        Where it went, and what could not be written as asked.

    Raises
    ------
    TrackingError
        When the store cannot be reached or refuses, or another process has the folder in hand; the run
        goes on waiting.

    Notes
    -----
    The user's active run is never touched.
    """
    with journal.locked():
        logged, outstanding = journal.sent(), journal.outstanding()
        if logged is not None and not outstanding:
            return logged
        if logged is None:
            journal.record()  # a damaged folder is told before the store is asked
        if not journal.address:
            journal.aim(without_secrets(uri or current_address()))
        if not patience.remembers:
            time.sleep(journal.late_for)
        with store(patience, uri) as client, _noting(journal):
            clock = Clock(patience)
            logged = logged or _send_whole(client, clock, journal)
            for addition in outstanding:
                _send_addition(client, clock, logged, addition, _judges(journal.noted()))
        journal.mark_sent(logged, outstanding[-1].number + 1 if outstanding else 0)
        return logged


@contextmanager
def _noting(journal: Journal) -> Iterator[None]:
    """Note when a request was not answered in time: the store may do it all the same, later."""
    from requests.exceptions import Timeout

    try:
        yield
    except StillHeld:
        raise
    except Exception as error:
        if isinstance(error, TrackingError) or isinstance(error.__cause__, Timeout):
            journal.unanswered()
        raise


def send_addition(logged: LoggedRun, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
    """Add to a run in MLflow what could not be kept in its folder first.

    Raises
    ------
    TrackingError
        When the store cannot be reached or refuses.
    """
    with store(IN_A_RUN) as client:
        _send_addition(client, Clock(IN_A_RUN), logged, Addition(0, metrics, tags, time.time()), {})


def _send_whole(client: MlflowClient, clock: Clock, journal: Journal) -> LoggedRun:
    import mlflow

    record = journal.record()
    at_home = without_secrets(current_address()) == journal.address
    experiment, above, problems = placed(client, record, at_home)
    begun = journal.begun
    run_id = _one_run(client, experiment, record, begun, above)
    journal.begin(run_id)
    writer = RunWriter(client, run_id, clock)
    writer.problems += [*problems, *journal.problems()]
    # The model goes first: MLflow ties metrics to it as they are written.
    model_uri = log_model(client, clock, record, experiment, run_id) if record.model else None
    model_id = _model_id(model_uri)
    writer.datasets(record.datasets)  # before the metrics that are tied to them
    others = writer.metrics(record.metrics, record.ended, model_id, _judges(record))
    writer.params(record.params)
    complete = journal.complete()
    cut_off = {} if complete else {"mlsys.journal": CUT_OFF}
    nested = {NESTED: above} if above else {}
    writer.tags({**record.tags, **others, **cut_off, **nested, "mlflow.note.content": record.description})
    writer.curves(record.curves, record.ended)
    if journal.artifacts.is_dir():
        writer.artifacts(journal.artifacts)
    clock.check()
    write_timeline(client, experiment, run_id, record)
    writer.differences()
    if begun:
        _remove_half_uploads(client, run_id, model_id)
    client.set_terminated(run_id, "FINISHED" if complete else "KILLED", end_time=int(record.ended * 1000))
    _remove_others(client, experiment, record.mlsys_id, run_id)
    return LoggedRun(run_id, experiment, without_secrets(mlflow.get_tracking_uri()), model_uri, writer.problems)


def _remove_half_uploads(client: MlflowClient, run_id: str, model_id: str | None) -> None:
    """Remove what MLflow leaves among artifacts on a disk when it is killed while it copies a file there."""
    from mlflow.utils.file_utils import local_file_uri_to_path

    places = [str(client.get_run(run_id).info.artifact_uri)]
    if model_id:
        places.append(str(client.get_logged_model(model_id).artifact_location))
    for place in places:
        if urlsplit(place).scheme in {"", "file"}:
            for left in Path(local_file_uri_to_path(place)).rglob(f"{_HALF}*"):  # type: ignore[no-untyped-call]
                left.unlink(missing_ok=True)


def _send_addition(
    client: MlflowClient, clock: Clock, logged: LoggedRun, addition: Addition, judges: Mapping[str, DatasetRecord]
) -> None:
    writer = RunWriter(client, logged.run_id, clock)
    others = writer.metrics(addition.metrics, addition.at, _model_id(logged.model_uri), judges)
    writer.tags({**addition.tags, **others})
    if addition.files is not None:
        writer.artifacts(addition.files)
    writer.differences(f"-{addition.number}")


def _judges(record: RunRecord) -> dict[str, DatasetRecord]:
    """Return the parts of the data by the name that metrics have in front."""
    start = f"{record.experiment}-"
    return {each.name.removeprefix(start): each for each in record.datasets}


def _model_id(uri: str | None) -> str | None:
    return uri.removeprefix("models:/") if uri else None


def _one_run(client: MlflowClient, experiment: str, record: RunRecord, begun: str, above: str) -> str:
    """Return the run that has the record's identity, made if there is none; the one begun if there are several."""
    # Two processes here would both find none and make one each.
    with held_at_home(RUNS, "making.lock", "the run cannot be started in MLflow"):
        known = _runs(client, experiment, record.mlsys_id)
        if known:
            return begun if begun in known else known[0]
        tags = {IDENTITY: record.mlsys_id}
        if record.parent:
            tags[PARENT] = record.parent
            parents = _runs(client, experiment, record.parent) or _parent_made(client, experiment, record.parent)
            above = parents[0] if parents else ""
        if above:
            tags[NESTED] = above
        made = client.create_run(experiment, int(record.started * 1000), tags, record.run_name[:LONGEST_NAME])
        return str(made.info.run_id)


def _parent_made(client: MlflowClient, experiment: str, parent: str) -> list[str]:
    """Make the run above, which waits as well; its own sending finds and fills it."""
    waiting = journal_of(parent)
    try:
        if waiting is None or waiting.sent() is not None:
            return []
        begun = int(waiting.started * 1000)
    except TrackingError:  # its folder is damaged: the run below is sent by itself
        return []
    made = client.create_run(experiment, begun, {IDENTITY: parent}, waiting.name[:LONGEST_NAME])
    return [str(made.info.run_id)]


def _runs(client: MlflowClient, experiment: str, mlsys_id: str) -> list[str]:
    """Return the runs of an identity in an order on which all agree."""
    found = client.search_runs([experiment], f"tags.`{IDENTITY}` = '{mlsys_id}'", max_results=100)
    return sorted(str(each.info.run_id) for each in found)


def _remove_others(client: MlflowClient, experiment: str, mlsys_id: str, run_id: str) -> None:
    """Remove a run that a slow server made after it had been given up."""
    for other in _runs(client, experiment, mlsys_id):
        if other != run_id:
            client.delete_run(other)
