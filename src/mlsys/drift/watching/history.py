"""History: what checks said, one line each; kept in memory, in the monitor's folder, and in MLflow."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.detached import detached
from mlsys.drift.watching.over_time import draw_history, history_page
from mlsys.errors import ConfigurationError, StateError
from mlsys.files import refuse_no_place
from mlsys.pages import Page, Shown, document
from mlsys.unfinished import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE = "history.jsonl"
COLUMNS = ("time", "rows", "verdict", "level", "cause", "alarms", "largest_effect", "metric", "loss", "loss_lower",
           "loss_upper", "labelled", "estimate", "estimate_lower", "estimate_upper", "reference_loss", "said",
           "effects")  # fmt: skip
"""What is kept of a check; effects are those of each column."""
NUMBERS = ("rows", "largest_effect", "loss", "loss_lower", "loss_upper", "labelled", "estimate", "estimate_lower",
           "estimate_upper", "reference_loss")  # fmt: skip


class History(Shown):
    """Checks of a monitor in order; no rows of the data.

    Parameters
    ----------
    file : Path, optional
        JSON lines, to which each check is added at once.
    run : str
        Id of the run whose model is watched, or nothing.

    Examples
    --------
    >>> from mlsys import Monitor
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> monitor = Monitor.fit(rows)
    >>> for later in (rows.head(500), rows + 30):
    ...     _ = monitor.check(later)
    >>> monitor.history.table[["rows", "verdict", "level"]]
         rows     verdict   level
    0   500.0    no alarm
    1  2000.0  alarm: age  ticket
    """

    def __init__(self, file: Path | None = None, run: str = "") -> None:
        self._file, self._run = file, run
        self._entries: list[dict[str, Any]] = []
        if file is not None and file.exists():
            self._entries = list(_read(file))

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add a check; to the file too, if there is one."""
        made = {name: entry.get(name) for name in COLUMNS}
        self._entries.append(made)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:  # one write, which others cannot come between
                file.write(json.dumps(made) + "\n")

    def keep_in(self, file: Path) -> None:
        """Continue the history of a file: write checks that it lacks, and those to come."""
        if file == self._file:
            return
        self._entries = [*(_read(file) if file.exists() else ()), *self._entries]
        if self._entries:
            with whole(file) as making:
                making.write_text(self._lines(), encoding="utf-8")
        self._file = file

    @property
    def table(self) -> pd.DataFrame:
        """One row per check, the earliest first; a ``RetrainPolicy`` reads it.

        ``time`` (the latest of the rows), ``rows``, ``verdict``, ``level``, ``cause``, ``alarms``, ``largest_effect``,
        ``metric``; ``loss`` with its interval on ``labelled`` rows, ``estimate`` with its interval, ``reference_loss``;
        ``said``; ``effects`` by column; ``broken``: what was wrong with rows that could not be read.
        """
        made = pd.DataFrame(self._entries, columns=list(COLUMNS))
        made = made.astype(dict.fromkeys(NUMBERS, np.float64))
        broken = made["said"].where(made["verdict"] == "broken", "")
        return made.assign(time=pd.to_datetime(made["time"], utc=True, format="ISO8601"), broken=broken)

    @property
    def last(self) -> dict[str, Any]:
        """The latest check."""
        if not self._entries:
            raise ConfigurationError("the monitor has made no check", "call monitor.check(rows) first")
        return dict(self._entries[-1])

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter([dict(each) for each in self._entries])

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss with its interval over time, or the largest effect where there are no labels; pages red."""
        return draw_history(self.table, ax)

    def report(self, path: str | Path, title: str = "monitor") -> Path:
        """Write all checks into one HTML file without outside links; under 300 kB.

        Parameters
        ----------
        path : str or Path
            The file; an existing one is replaced.
        title : str
            Heading, such as the model's name.
        """
        place = Path(path)
        refuse_no_place(place)
        with whole(place) as making:
            making.write_text(self._document(title), encoding="utf-8")
        return place

    def to_mlflow(self, run: str | None = None, *, name: str | None = None) -> str:
        """Write checks that MLflow does not have yet: metrics over time, and all checks as artifacts.

        The artifacts are ``monitor/checks.html``, the page over time, and ``monitor/history.jsonl``, with which
        ``Monitor.from_run(id)`` goes on.

        Parameters
        ----------
        run : str, optional
            Id of a run; by default the one whose model is watched.
        name : str, optional
            Name of a run in the experiment ``monitors``, which is made; ``"monitor"`` where neither is known.

        Returns
        -------
        str
            Id of the MLflow run.

        Raises
        ------
        TrackingError
            If MLflow cannot be reached, has no such run, or has more checks of it than this history.
        """
        chosen = run or (self._run if name is None else "")
        files = {FILE: self._lines(), "checks.html": self._document(name or "monitor")}
        sent: str = detached("log_checks", list(self), chosen, name or "monitor", files)
        return sent

    def _document(self, title: str) -> str:
        return document(title, [("", history_page(self.table, title))])

    def _lines(self) -> str:
        return "".join(json.dumps(each) + "\n" for each in self._entries)

    def _page(self) -> Page:
        return history_page(self.table, "monitor")


def now() -> str:
    """Return the time of a check without times of its own."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _read(file: Path) -> Iterator[dict[str, Any]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    for place, line in enumerate(lines):
        try:
            entry = json.loads(line)
            if not isinstance(entry, dict):
                raise ValueError("no object")
        except ValueError as error:
            if place == len(lines) - 1:
                return  # the last line of a process that was stopped while it wrote
            raise StateError(f"{file} is damaged in line {place + 1}", "remove the line, or the file") from error
        yield {name: entry.get(name) for name in COLUMNS}
