"""Writing a run to MLflow: after the card is there, without ever costing the run."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from mlsys.errors import TrackingError

if TYPE_CHECKING:
    from mlsys.run.run import Run
    from mlsys.tracking import LoggedRun

logger = logging.getLogger("mlsys")


class Tracking:
    """Where a run is written, when, and what became of it.

    In a notebook the writing goes on beside the user's next thoughts; in a script it is done before
    ``pipeline.run()`` returns. Whatever asks for the MLflow run waits for it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._thread: threading.Thread | None = None
        self._logged: LoggedRun | None = None
        self._problem = ""
        self.openings = 0

    def start(self, track: bool | str, parent: str | None) -> str | None:
        """Show the card and write the run; ``"auto"`` writes runs that have a model."""
        wanted = (
            self._run._execution.tail is not None and bool(self._run.predictions) if track == "auto" else bool(track)
        )
        self._run.card  # noqa: B018  the card is made before MLflow is touched
        if not wanted:
            return parent
        if _in_notebook() and parent is None:
            self._thread = threading.Thread(target=self._write, args=(parent,), name="mlsys-tracking")
            self._thread.start()
            return None
        if sys.stderr.isatty():
            print(self._run.card.headline, file=sys.stderr)
        self._write(parent)
        return parent or self.run_id

    def _write(self, parent: str | None) -> None:
        from mlsys.run.recording import record_of
        from mlsys.tracking import log_run

        try:
            self._logged = log_run(record_of(self._run, parent))
            for problem in self._logged.problems:
                logger.warning("MLflow: %s", problem)
        except TrackingError as error:
            self._problem = error.problem
            logger.warning("the run was not written to MLflow: %s", error)

    @property
    def logged(self) -> LoggedRun | None:
        """Where the run went, ``None`` if it was not written."""
        if self._thread is not None:
            self._thread.join()
        return self._logged

    @property
    def run_id(self) -> str | None:
        """MLflow's id of the run."""
        return self.logged.run_id if self.logged else None

    def line(self) -> str:
        """Say in one line where the run is and how to look at it."""
        if self._thread is not None and self._thread.is_alive():
            return "MLflow: being written"
        if self._problem:
            return f"MLflow: not written ({self._problem})"
        if self._logged is None:
            return ""
        from mlsys.tracking import ui_hint

        return f"MLflow: {ui_hint(self._logged)}"

    def opened(self, final: Run) -> Tracking:
        """Record that the test rows were opened, and write what was found to the same MLflow run."""
        tracking = Tracking(final)
        tracking._logged, tracking._problem = self.logged, self._problem
        if self._logged is None:
            return tracking
        from mlsys.run.measures import final_metrics
        from mlsys.run.recording import final_tags
        from mlsys.tracking import log_more, test_openings

        digest = final.digest("test")
        try:
            before = test_openings(digest)
            tracking.openings = sum(before.values())
            mine = before.get(self._logged.run_id, 0) + 1
            log_more(self._logged.run_id, final_metrics(final), final_tags(final, digest, tracking.openings, mine))
        except TrackingError as error:
            logger.warning("the opening of the test rows was not written to MLflow: %s", error)
        return tracking


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules


def required(run: Run) -> Any:
    """Return where a run was written, or raise with what to do."""
    logged = run._tracking.logged
    if logged is None:
        raise TrackingError(
            "the run is not in MLflow" + (f": {run._tracking._problem}" if run._tracking._problem else ""),
            "run the pipeline with track=True and MLflow reachable, then register",
        )
    return logged
