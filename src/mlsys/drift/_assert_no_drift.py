"""assert_no_drift: a line in a test that fails when rows have drifted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mlsys.drift.monitor import Monitor


def assert_no_drift(reference: pd.DataFrame | Monitor, today: pd.DataFrame, **options: Any) -> None:
    """Raise an ``AssertionError`` with the columns that drifted, for tests and scheduled jobs.

    Parameters
    ----------
    reference : DataFrame or Monitor
        Rows from a time when all was well, or a monitor of them.
    today : DataFrame
        Later rows.
    options : object
        Arguments of :meth:`Monitor.fit`, where ``reference`` is a frame.

    Raises
    ------
    AssertionError
        If a column drifted, or if the rows cannot be compared.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> assert_no_drift(rows, rows.head(500))
    >>> assert_no_drift(rows, rows + 30)
    Traceback (most recent call last):
    AssertionError: age moved (2,000 rows)
    ...
    """
    monitor = reference if isinstance(reference, Monitor) else Monitor.fit(reference, **options)
    check = monitor.check(today)
    if check.verdict != "no alarm":
        moved = check.table[check.table["verdict"] == "alarm"][["column", "effect", "p", "before", "after"]]
        raise AssertionError(f"{check.summary}\n{moved.round(4).to_string(index=False)}")
