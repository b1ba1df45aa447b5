"""Writing a run: into its own folder, then to MLflow; after the card is there, without ever costing the run."""

from __future__ import annotations

import logging
import shlex
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys import folder
from mlsys.errors import MlsysError, TrackingError
from mlsys.run.looks import Looks, model_digest

if TYPE_CHECKING:
    from mlsys.run.run import Run
    from mlsys.tracking import Journal, LoggedRun
    from mlsys.tracking.surroundings import Surroundings

logger = logging.getLogger("mlsys")
_writing: weakref.WeakValueDictionary[str, threading.Thread] = weakref.WeakValueDictionary()
"""Threads that write runs, by the run's own id: a variant is written after the run it is nested under."""


class Tracking:
    """Where a run is written, when, and what became of it.

    In a notebook the writing goes on beside the user's next thoughts; in a script it is done before
    ``pipeline.run()`` returns. Whatever asks for the MLflow run waits for it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._thread: threading.Thread | None = None
        self._journal: Journal | None = None
        self._problem = ""
        self._around: Surroundings | None = None
        self.withheld = ""  # why the model is not written, once writing found it out
        self.before = Looks()

    def start(self, track: bool | str, parent: str | None) -> str | None:
        """Show the card and write the run; ``"auto"`` writes runs that have a model."""
        wanted = (
            self._run._execution.parts.is_divided and bool(self._run.predictions) if track == "auto" else bool(track)
        )
        self._run.card  # noqa: B018  the card is made before MLflow is touched
        if not wanted:
            return parent
        from mlsys.tracking.surroundings import surroundings

        self._around = surroundings()  # here: another thread has other open runs
        if _in_notebook():
            self._thread = threading.Thread(target=self._write, args=(parent,), name="mlsys-tracking")
            _writing[self._run.id] = self._thread
            self._thread.start()
        else:
            if sys.stderr.isatty():
                print(self._run.card.headline, file=sys.stderr)
            self._write(parent)
        return parent or self._run.id

    def _write(self, parent: str | None) -> None:
        from mlsys.run.recording import record_of
        from mlsys.tracking import keep
        from mlsys.tracking.journal import WITHHELD

        above = _writing.get(parent or "")
        if above is not None:
            above.join()
        try:
            record = record_of(self._run, parent)
            self._journal = keep(record if self._around is None else self._around.around(record))
            refused = [each for each in self._journal.problems() if each.startswith(WITHHELD)]
            self.withheld = refused[0].removeprefix(WITHHELD) if refused else self.withheld
        except Exception as error:  # a run is more than its notes: whatever goes wrong here must not take it away
            self._problem = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            logger.warning("the run was not written to MLflow: %s", self._problem)
            return
        if self._journal.lost:
            logger.warning("nothing of the run is kept on this machine: %s", self._journal.lost)
        self._send()

    def _send(self) -> None:
        """Send what waits; what goes wrong is said, and waits."""
        from mlsys.tracking import send

        assert self._journal is not None
        try:
            logged = send(self._journal)
        except Exception as error:  # as above
            self._problem = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            logger.warning("the run was not written to MLflow: %s; %s", self._problem, self._way_out())
            return
        self._problem = ""
        for problem in logged.problems:
            logger.warning("MLflow: %s", problem)

    @property
    def journal(self) -> Journal | None:
        """The run's folder, ``None`` if it is not tracked."""
        if self._thread is not None:
            self._thread.join()
        return self._journal

    @property
    def logged(self) -> LoggedRun | None:
        """Where the run went, ``None`` if it is not in MLflow (yet)."""
        journal = self.journal
        return journal.sent() if journal is not None else None

    @property
    def run_id(self) -> str | None:
        """MLflow's id of the run."""
        return self.logged.run_id if self.logged else None

    def line(self) -> str:
        """Say in one line where the run is and how to look at it."""
        if self._thread is not None and self._thread.is_alive():
            return "MLflow: being written"
        logged = self.logged
        if logged is not None:
            from mlsys.tracking import ui_hint

            said = self._around.said if self._around is not None else ""
            return f"MLflow: {ui_hint(logged)}" + (f"; {said}" if said else "")
        return f"MLflow: not written ({self._problem}); {self._way_out()}" if self._problem else ""

    def _way_out(self) -> str:
        if self._journal is None or self._journal.lost:
            return "it is lost when this process ends"
        return f"the run waits, `{_command(self._journal.place.parent.parent)}` sends it"

    def add(self, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        """Add to what was written: kept in the folder first; a run that waits goes on waiting."""
        journal = self.journal
        if journal is None:
            return
        logged = journal.sent()
        try:
            journal.add(metrics, tags)
        except OSError as error:
            logger.warning("the folder %s cannot be written (%s)", journal.place, error.strerror or error)
            self._add_directly(logged, metrics, tags)
            return
        if logged is not None:
            self._send()

    def _add_directly(self, logged: LoggedRun | None, metrics: Mapping[str, float], tags: Mapping[str, str]) -> None:
        from mlsys.tracking import send_addition

        try:
            if logged is None:
                raise TrackingError("the run is not in MLflow")
            send_addition(logged, metrics, tags)
        except TrackingError as error:
            logger.warning("nothing records %s: %s", ", ".join(tags), error.problem)

    def looks(self) -> Looks:
        """Return who opened the run's test rows before; nobody counts for a run that is not tracked."""
        from mlsys.tracking import test_openings

        if self.journal is None:
            return Looks()
        return Looks(model_digest(self._run), test_openings(self._run.digest("test"), ask=self.logged is not None))

    def opened(self, final: Run, looks: Looks) -> Tracking:
        """Record that the test rows were opened, and write what was found to the same MLflow run."""
        tracking = Tracking(final)
        tracking._journal, tracking._problem, tracking.before = self.journal, self._problem, looks
        tracking.withheld, tracking._around = self.withheld, self._around
        if tracking._journal is None:
            return tracking
        from mlsys.run.measures import final_metrics
        from mlsys.run.recording import final_tags

        tracking.add(final_metrics(final), final_tags(final, looks, tracking._journal.id))
        return tracking

    def required(self) -> LoggedRun:
        """Return where the run went; one that waits is sent now, with time for a slow server."""
        from mlsys.tracking import ASKED_FOR, send

        journal = self.journal
        if journal is None:
            raise TrackingError(
                "the run is not in MLflow" + (f": {self._problem}" if self._problem else ""),
                "run the pipeline with track=True, then register",
            )
        try:
            return send(journal, ASKED_FOR)
        except TrackingError as error:
            raise TrackingError(f"the run is not in MLflow: {error.problem}", error.remedy) from error


def _command(place: Path) -> str:
    """Return what to type in the working directory to send what waits in a folder."""
    return "mlsys sync" if place == Path.cwd() / folder.NAME else f"mlsys sync --folder {shlex.quote(str(place))}"


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def required(run: Run) -> Any:
    """Return where a run was written, or raise with what to do."""
    return run._tracking.required()
