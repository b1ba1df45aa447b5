"""Sending what waits: runs that MLflow does not have, each into exactly one run."""

from __future__ import annotations

from dataclasses import dataclass

from mlsys import folder
from mlsys.errors import MlsysError, TrackingError
from mlsys.pages import Lines, Page, Shown, Title
from mlsys.passing import PARITY, SENDING, sweep
from mlsys.secrets import hidden, without_secrets
from mlsys.tracking.journal import Journal, journals
from mlsys.tracking.reach import ASKED_FOR
from mlsys.tracking.reach import silent as silent_now
from mlsys.tracking.sending import send
from mlsys.tracking.store import current_address
from mlsys.unfinished import sweep as sweep_unfinished


@dataclass(frozen=True)
class Synced:
    """What became of one run.

    Parameters
    ----------
    id : str
        The run's own id.
    name : str
        As MLflow shows it.
    mlflow_run_id : str
        Empty while it waits.
    address : str
        The store, without user name and password.
    problem : str
        Why it is still waiting; empty if it was sent.
    """

    id: str
    name: str
    mlflow_run_id: str
    address: str
    problem: str = ""


@dataclass(frozen=True, repr=False)
class SyncReport(Shown):
    """Result of :func:`mlsys.sync`: which runs were sent, and which are still waiting.

    Parameters
    ----------
    sent, waiting : tuple of Synced
        One entry per run.
    place : str
        The folder that was searched.

    Examples
    --------
    >>> from mlsys import sync
    >>> sync().waiting
    ()
    """

    sent: tuple[Synced, ...]
    waiting: tuple[Synced, ...]
    place: str

    def _page(self) -> Page:
        if not self.sent and not self.waiting:
            return Page([Title(f"nothing is waiting in {self.place}", tone="good")])
        head = f"{_runs(len(self.sent))} sent, {_runs(len(self.waiting))} waiting in {self.place}"
        rows = [(each.name, f"sent to {each.address}, run {each.mlflow_run_id}") for each in self.sent]
        rows += [(each.name, f"waits; {each.problem}") for each in self.waiting]
        return Page([Title(head, tone="watch" if self.waiting else "good"), Lines(rows)])


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def sync(uri: str | None = None) -> SyncReport:
    """Send the runs that wait to MLflow.

    Parameters
    ----------
    uri : str, optional
        A store to send them to; without it, each goes where it was meant to go.

    Returns
    -------
    SyncReport
        What was sent, and what goes on waiting, with the reason.

    Notes
    -----
    A run that was cut off is completed, not written again; what MLflow has already is left alone. An
    address where nobody answers is asked once, and has half a minute for each answer. Two at once are
    safe: a run that the other has in hand is left to it. A folder that is damaged waits, with the file that is; the
    others are sent. What is sent is what was written: a file that was changed, or is a link, is refused.

    Examples
    --------
    >>> from mlsys import sync
    >>> "nothing is waiting" in repr(sync())
    True
    """
    sent: list[Synced] = []
    waiting: list[Synced] = []
    silent: dict[str, str] = {}
    for kind in (PARITY, SENDING):
        sweep(kind)
    sweep_unfinished(folder.home())
    for journal in journals():
        done = _sent(journal, uri, silent)
        if done is None:
            journal.tidy()
            continue
        (waiting if done.problem else sent).append(done)
    return SyncReport(tuple(sent), tuple(waiting), str(folder.home()))


def _sent(journal: Journal, uri: str | None, silent: dict[str, str]) -> Synced | None:
    """Send one run that waits and say what became of it; ``None`` for one that MLflow has."""
    address = ""
    try:
        if not journal.waits():
            return None
        target = _target(journal, uri)
        address = without_secrets(target)
        if address in silent:
            return Synced(journal.id, journal.name, "", address, silent[address])
        try:
            logged = send(journal, ASKED_FOR, target)
        except TrackingError as error:
            if silent_now(target):
                silent[address] = error.problem
            raise
    except Exception as error:  # one run that cannot be sent must not keep the others from it
        said = error.problem if isinstance(error, MlsysError) else hidden(f"{type(error).__name__}: {error}")
        return Synced(journal.place.name, journal.name, "", address, said)
    return Synced(journal.id, journal.name, logged.run_id, logged.tracking_uri)


def _target(journal: Journal, uri: str | None) -> str:
    """Return where a run goes: to where its beginning is, then where it is asked to, then where it was meant to."""
    sent = journal.sent()
    meant = sent.tracking_uri if sent is not None else journal.address
    if sent is None and uri is not None:
        return uri
    current = current_address()
    # The address was kept without user name and password: the one in force may have them.
    return current if not meant or without_secrets(current) == meant else meant
