"""A history by itself: over all rows at once, or fed block by block as they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mlsys.dataset import Roles, check_frame, require_columns
from mlsys.errors import ConfigurationError
from mlsys.execution.catalog import known_from
from mlsys.steps import History
from mlsys.steps.forms import absorbs
from mlsys.steps.memory import Memory

KnownAt = Mapping[str, str]


class Stream:
    """A history that is fed with rows in order of time, and gives each the columns that it would have in a batch.

    Parameters
    ----------
    step : History
        The step.
    roles : Roles
        Time and decision of the rows.
    known_at : mapping of str to str
        For columns known later than their rows: the time column, or the delay after the row's time.

    Notes
    -----
    It holds the rows that later ones may look at, and no others; :meth:`held` counts them.

    Examples
    --------
    >>> from mlsys import Lag
    >>> sales = pd.DataFrame({"store": "a", "sold": [3, 5], "day": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    >>> stream = Lag("store", "sold").stream(time="day")
    >>> [stream.push(sales.iloc[[place]])["sold_lag_1"].tolist() for place in range(2)], stream.held()
    ([[nan], [3.0]], 2)
    """

    def __init__(self, step: History, roles: Roles, known_at: KnownAt) -> None:
        if roles.decision is None:
            raise ConfigurationError(f"{step.title} needs the time of rows", 'name the column: time="..."')
        self._step, self._roles, self._known_at = step, roles, dict(known_at)
        self._memory: Memory | None = None

    def push(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows with the columns of the history; each knows earlier rows and those of this block known before it.

        Parameters
        ----------
        rows : DataFrame
            The next rows, none decided before the rows of earlier calls (or by at most ``late_by``).
        """
        narrow, known, decided = self._moments(rows)
        memory = self._memory or Memory.empty(self._step, narrow, known, {})
        made = memory.beside(narrow, known).applied(rows, decided)
        self._memory = memory.with_rows(narrow, known, decided)
        return made

    def at_once(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what ``push`` returns of rows that nothing follows."""
        narrow, known, decided = self._moments(rows)
        return Memory.empty(self._step, narrow, known, {}).beside(narrow, known).applied(rows, decided)

    def _moments(self, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
        """Return what is kept of rows, when each is known, and when it is decided."""
        if not isinstance(rows, pd.DataFrame) or len(rows):  # a block may be empty
            check_frame(rows, self._step.title)
        decision = self._roles.decision
        assert decision is not None
        return rows[self._read(rows)], self._known(rows), decision.of(rows)

    def held(self) -> int:
        """Return how many rows are held for later ones."""
        return 0 if self._memory is None else len(self._memory.state["tail"])

    def _read(self, rows: pd.DataFrame) -> list[str]:
        """Return the columns that are kept of each row."""
        declared = None if absorbs(self._step) else self._step.columns_read(tuple(rows.columns))
        needed = [*self._step.key_columns, *(rows.columns if declared is None else declared)]
        require_columns(rows.columns, needed, self._step.title, "correct the name")
        return list(dict.fromkeys(needed))

    def _known(self, rows: pd.DataFrame) -> pd.Series:
        declared = self._step.columns_read(tuple(rows.columns))
        waits = {name: [at] for name, at in self._known_at.items() if declared is None or name in declared}
        require_columns(rows.columns, list(self._known_at), self._step.title, "correct the names in known_at=")
        return known_from(rows, waits, self._roles)


def over(step: History, data: pd.DataFrame, known_at: KnownAt | None = None, **named: Any) -> pd.DataFrame:
    """Return rows with the columns of a history, each knowing those known before it."""
    return Stream(step, Roles.named(**named), known_at or {}).at_once(data)


def stream(step: History, known_at: KnownAt | None = None, **named: Any) -> Stream:
    """Return a stream that holds nothing yet."""
    return Stream(step, Roles.named(**named), known_at or {})
