"""What the steps that write have in common: parts, columns, and what a prediction is written with."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.dataset import require_columns
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.folder import ONLY_OWNER
from mlsys.tables import Table
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MODEL, WHEN = "model", "predicted_at"
"""Columns that say which model made a prediction, and when."""
_REMEDY = "correct columns=, or name in parts= those that have it"


def refuse_several(path: Any, who: str) -> None:
    """Raise for several paths: rows are written to one folder."""
    if not isinstance(path, (str, Path)):
        raise ConfigurationError(f"{who} got {len(path)} paths", "name one folder")


def folder_of(path: Any) -> Path:
    """Return the folder that rows are written to, made for its owner alone if it is not there."""
    folder = Path(os.path.expanduser(str(path)))
    folder.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
    return folder


def parts_of(
    rows: Mapping[str, Any], parts: Sequence[str] | None, columns: Sequence[str] | None, who: str
) -> dict[str, Table]:
    """Return the parts to write.

    Raises
    ------
    DataError
        When a part is not open or lacks a column.
    """
    wanted = list(rows) if parts is None else list(parts)
    closed = [part for part in wanted if part not in rows]
    if closed:
        raise DataError(
            f"{who}: the part {closed[0]!r} is not open (open: {', '.join(rows) or 'none'})",
            "name open parts in parts=; test rows open with run.final_test()",
        )
    chosen = {part: _as_table(rows[part]) for part in wanted}
    for part, table in chosen.items():
        require_columns(table.head(0).columns, columns or (), f"{who}: the part {part!r}", _REMEDY)
    return chosen


def frames_of(table: Table, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a part, partition by partition, with the columns to write."""
    for frame in table.frames():
        yield pd.DataFrame(frame if columns is None else frame[list(columns)])


def with_model(predictions: pd.DataFrame, model: Any, who: str) -> pd.DataFrame:
    """Return predictions with the model that made them and the moment, in UTC, at which they are written.

    Parameters
    ----------
    predictions : DataFrame
        What ``model.predict`` returned.
    model : str or ServedModel
        A version by name, or a model, of which the run is named.
    who : str
        For messages.
    """
    version = model if isinstance(model, str) else str(getattr(model, "details", {}).get("run", ""))
    if not version:
        raise DataError(f"{who} cannot tell which model made these predictions", 'name it, such as model="flights/3"')
    for name in (MODEL, WHEN):
        if name in predictions.columns:
            raise DataError(f"{who}: the predictions have a column {name!r} of their own", "rename it before")
    now = pd.Timestamp(datetime.datetime.now(datetime.UTC)).as_unit("us")
    added: dict[str, Any] = {MODEL: version, WHEN: now}
    return with_columns(predictions, added)


def _as_table(rows: pd.DataFrame | Table) -> Table:
    """Return a table; who writes without a pipeline gives frames."""
    return LocalEngine().hold(None, rows) if isinstance(rows, pd.DataFrame) else rows
