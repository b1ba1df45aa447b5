"""Writing a run: into its own folder, then to MLflow; after the card is there, without ever costing the run."""

from __future__ import annotations

import logging
import shlex
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlsys import folder
from mlsys.errors import MlsysError, TrackingError
from mlsys.outcome import Card
from mlsys.outcome.looks import Looks
from mlsys.run.live import Live
from mlsys.tracking.journal import ROWS
from mlsys.tracking.record import RunRecord
from mlsys.warned import ready_to_hush

if TYPE_CHECKING:
    from mlsys.tracking import Journal, LoggedRun
    from mlsys.tracking.surroundings import Surroundings

MOST_TOLD = 3
"""Remarks on how MLflow holds a run that are told; a file of the run has all."""
logger = logging.getLogger("mlsys")
_writing: weakref.WeakValueDictionary[str, threading.Thread] = weakref.WeakValueDictionary()
"""Threads that write runs, by the run's own id: a variant is written after the run it is nested under."""


class Tracking:
    """Where a run is written, when, and what became of it.

    In a notebook the writing goes on beside the user's next thoughts; in a script it is done before
    ``pipeline.run()`` returns. Whatever asks for the MLflow run waits for it.

    Parameters
    ----------
    run : str
        The run's own id.
    card : callable
        Makes the card.
    record : callable
        Takes the id of the run above and gives what is written.
    """

    def __init__(self, run: str, card: Callable[[], Card], record: Callable[[str | None], RunRecord]) -> None:
        self._run, self._card, self._record = run, card, record
        self._thread: threading.Thread | None = None
        self._journal: Journal | None = None
        self._problem = ""
        self._around: Surroundings | None = None
        self.withheld = ""  # why the model is not written, once writing found it out
        self.before = Looks()

    def start(self, wanted: bool, parent: str | None) -> str | None:
        """Show the card and write the run if that is wanted; return the id that others are nested under."""
        card = self._card()  # made before MLflow is touched
        if not wanted:
            return parent
        from mlsys.tracking.surroundings import surroundings

        self._around = surroundings()  # here: another thread has other open runs
        if _in_notebook():
            self._thread = threading.Thread(target=self._write, args=(parent,), name="mlsys-tracking")
            _writing[self._run] = self._thread
            self._thread.start()
        else:
            if sys.stderr.isatty():
                print(card.headline, file=sys.stderr)
            self._write(parent)
        return parent or self._run

    @ready_to_hush()
    def _write(self, parent: str | None) -> None:
        from mlsys.tracking import keep
        from mlsys.tracking.journal import WITHHELD

        above = _writing.get(parent or "")
        if above is not None:
            above.join()
        try:
            record = self._record(parent)
            self._journal = keep(record if self._around is None else self._around.around(record))
            refused = [each for each in self._journal.problems() if each.startswith(WITHHELD)]
            self.withheld = refused[0].removeprefix(WITHHELD) if refused else self.withheld
        except Exception as error:  # a run is more than its notes: whatever goes wrong here must not take it away
            self._problem = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            logger.warning("the run was not written to MLflow: %s", self._problem)
            return
        if self._journal.lost:
            logger.warning("nothing of the run is stored on this machine: %s", self._journal.lost)
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
        tell(logged.problems)

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

    @property
    def surroundings(self) -> str:
        """What was set in MLflow around the run."""
        return self._around.said if self._around is not None else ""

    def line(self) -> str:
        """Say in one line where the run is and how to look at it."""
        if self._thread is not None and self._thread.is_alive():
            return "MLflow: being written"
        logged = self.logged
        if logged is not None:
            from mlsys.tracking import ui_hint

            return f"MLflow: {ui_hint(logged)}" + (f"; {self.surroundings}" if self.surroundings else "")
        return f"MLflow: not written ({self._problem}); {self._way_out()}" if self._problem else ""

    def _way_out(self) -> str:
        if self._journal is None or self._journal.lost:
            return "it is lost when this process ends"
        return f"the run waits, `{_command(self._journal.place.parent.parent)}` sends it"

    def add(
        self, metrics: Mapping[str, float], tags: Mapping[str, str], write: Callable[[Path], None] | None = None
    ) -> None:
        """Add to what was written: kept in the folder first; a run that waits goes on waiting.

        ``write`` fills a folder whose files become artifacts.
        """
        journal = self.journal
        if journal is None:
            return
        logged = journal.sent()
        try:
            journal.add(metrics, tags, write)
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

    def keep_rows(self, write: Callable[[Path], None]) -> None:
        """Keep rows beside the run, on this machine only."""
        journal = self.journal
        if journal is None:
            return
        try:
            write(journal.place / ROWS)
        except (OSError, MlsysError) as error:
            logger.warning("evaluated rows of the run were not stored: %s", error)

    def looks(self, run: Live) -> Looks:
        """Return who opened the run's test rows before; nobody counts for a run that is not tracked."""
        from mlsys.tracking import test_openings

        if self.journal is None:
            return Looks()
        return Looks(run.model_digest, test_openings(run.digest("test"), ask=self.logged is not None))

    def continued(self, final: Tracking, looks: Looks) -> Tracking:
        """Let another run, that of the opened test rows, be written to the same MLflow run."""
        final._journal, final._problem, final.before = self.journal, self._problem, looks
        final.withheld, final._around = self.withheld, self._around
        return final

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


def tell(problems: Sequence[str]) -> None:
    """Log what MLflow holds otherwise than it was given, of many remarks the first."""
    for problem in problems[:MOST_TOLD]:
        logger.warning("MLflow: %s", problem)
    if len(problems) > MOST_TOLD:
        logger.warning("MLflow: %d more remarks are in written_differently.txt of the run", len(problems) - MOST_TOLD)
