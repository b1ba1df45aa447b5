"""data_diff: which rows and values differ between what two runs read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mlsys.dataset import check_frame, check_texts
from mlsys.errors import ConfigurationError
from mlsys.execution.parts import SEALED
from mlsys.run.run import Run
from mlsys.schemas import DataDiff, table_diff


def data_diff(
    old: Run[Any] | pd.DataFrame, new: Run[Any] | pd.DataFrame, on: str | Sequence[str] | None = None
) -> DataDiff:
    """Return which rows and values differ between what two runs read, or between two tables.

    Parameters
    ----------
    old, new : Run or DataFrame
        Of a run its rows just after the split, without the test rows.
    on : str or list of str, optional
        Columns that identify a row; by default the id role of the new run. Without any, rows are matched by all values
        that both tables have, and a changed row is one removed and one added.

    Returns
    -------
    mlsys.schemas.DataDiff
        ``.counts`` of rows, ``.columns`` with changed values, the ``.added`` and ``.removed`` rows, and ``.changes``
        of the tables as a whole.

    Raises
    ------
    ConfigurationError
        If it is neither a run of this process nor a frame.
    DataError
        If a key column is missing or a key repeats.

    See Also
    --------
    compare_tables : Compares types, ranges, nulls and categories only.
    Pipeline.run : ``run(snapshot=True)`` keeps what is read by content, so that ``reproduce()`` can bring back a file
        that was overwritten.

    Examples
    --------
    >>> old = pd.DataFrame({"id": [1, 2], "city": ["Rome", "Oslo"]})
    >>> data_diff(old, pd.DataFrame({"id": [2, 3], "city": ["Bergen", "Rome"]}), on="id")
    Rows of two tables
      rows        0 equal, 1 changed, 1 only in the old, 1 only in the new
      matched by  id
    Values that changed
      column  rows             for example
      city       1  'Oslo' to 'Bergen' (id 2)
    ...
    """
    if on is None:
        on = _id_of(new) or _id_of(old) or ()
    return table_diff(_rows(old), _rows(new), [on] if isinstance(on, str) else list(on))


def _id_of(given: Run[Any] | pd.DataFrame) -> str | None:
    return given._live.execution.parts.roles.id if isinstance(given, Run) else None


def _rows(given: Run[Any] | pd.DataFrame) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        check_frame(given, "data_diff()")
        check_texts(given, "data_diff()")
        return given
    if not isinstance(given, Run):
        raise ConfigurationError(
            f"data_diff() got {type(given).__name__}", "give two runs of this process, or two frames"
        )
    execution = given._live.execution
    if execution.divided is None:
        return execution.parts.rows["all"].frame()
    parts = execution.divided.parts
    return pd.concat([table.frame() for name, table in parts.items() if name != SEALED])
