"""The monitor of a run: kept on this machine and among the run's artifacts, and found again by the run's id."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from mlsys.detached import detached
from mlsys.drift.watching.kept import holds_monitor, place_of, read_kept
from mlsys.errors import TrackingError
from mlsys.unfinished import whole

ARTIFACT = "monitor"
"""Name of the folder among the artifacts of a run."""


def keep_with_run(run: str, write: Callable[[Path], None], history: Path) -> None:
    """Add a monitor to the artifacts of its run; it waits with the run where MLflow does not answer.

    Parameters
    ----------
    run : str
        Id of the run.
    write : callable
        Writes the monitor, without rows, into a folder.
    history : Path
        File with its checks, if there are any.
    """

    def filled(folder: Path) -> None:
        write(folder / ARTIFACT)
        if history.exists():
            shutil.copy(history, folder / ARTIFACT)

    detached("keep_files", run, ARTIFACT, filled)


def place_of_run(run: str) -> Path:
    """Return the folder of a run's monitor on this machine; it is copied from MLflow if it is not there.

    Parameters
    ----------
    run : str
        Id of the run, of mlsys or of MLflow.

    Raises
    ------
    TrackingError
        If the run keeps no monitor, or MLflow cannot be reached.
    """
    here = place_of(run)
    if run == here.name and holds_monitor(here):
        return here
    try:
        found: Path = detached("run_files", run, ARTIFACT)
    except TrackingError as error:
        raise TrackingError(
            f"no monitor is kept with the run {run!r}: {error.problem}",
            "where the run was made, keep it: Monitor.from_run(run).save()",
        ) from error
    about, _ = read_kept(found)
    own = place_of(Path(str(about["run"])).name)
    if not holds_monitor(own):
        own.parent.mkdir(parents=True, exist_ok=True)
        with whole(own) as making:
            shutil.copytree(found, making, dirs_exist_ok=True)
    return own
