"""Labels that are known by now: found for the rows of a check, or given with their own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.values import NUMERIC, is_of_type

WHO = "Monitor.check"
MOST_CORRECTED = 0.5
"""Share of rows whose numbers may have been corrected between prediction and label; with more, they are other rows."""


def labelled(
    frame: pd.DataFrame, labels: Any, prediction: str, target: str, key: str | None
) -> tuple[pd.Series, pd.Series]:
    """Return predictions and labels, row by row; a label that is not known is null.

    Parameters
    ----------
    frame : DataFrame
        Today's rows.
    labels : Series, DataFrame or None
        A Series by row id; a DataFrame with the target and the id; or one with target and prediction, of any rows whose
        labels are known by now. ``None`` takes the target of the rows, if they have it.
    prediction, target, key : str
        Columns of the prediction, of the label and of the id; without one the index is the id.
    """
    if labels is None:
        found = frame[target] if target in frame.columns else pd.Series(np.nan, frame.index, name=target)
        return frame[prediction], found
    if isinstance(labels, pd.DataFrame):
        if target not in labels.columns:
            raise DataError(
                f"{WHO}: labels= lacks the target {target!r}; it has {', '.join(map(str, labels.columns))}",
                "give a column of that name",
            )
        if prediction in labels.columns:
            return labels[prediction], labels[target]
        if key is not None and key in labels.columns:
            labels = labels.set_index(key)
        _refuse_other_rows(frame, labels, prediction, target, key)
        labels = labels[target]
    if not isinstance(labels, pd.Series):
        raise DataError(f"{WHO}: labels= is {type(labels).__name__}", "give a Series by row id, or a DataFrame")
    ids = pd.Index(frame[key]) if key is not None and key in frame.columns else frame.index
    if not labels.index.is_unique:
        twice = labels.index[labels.index.duplicated()][0]
        raise DataError(f"{WHO}: labels= has the row {_said(twice)} twice", "keep the latest label of each row")
    if len(labels) and not labels.index.isin(ids).any():
        raise DataError(
            f"{WHO}: none of the {len(labels):,} labels is of a row that is checked, such as {_said(labels.index[0])}",
            f"give labels by {key or 'the index of the rows'}, or with their predictions in a column {prediction!r}",
        )
    return frame[prediction], pd.Series(labels.reindex(ids).to_numpy(), frame.index, name=target)


def _refuse_other_rows(
    frame: pd.DataFrame, labels: pd.DataFrame, prediction: str, target: str, key: str | None
) -> None:
    """Raise if labels are found by the index, but the rows they come with are not the rows that are checked."""
    if (key is not None and key in frame.columns) or not (frame.index.is_unique and labels.index.is_unique):
        return
    both = labels.index.intersection(frame.index)
    shared = [
        name
        for name in labels.columns.intersection(frame.columns)
        if name not in (target, prediction) and all(is_of_type(each[name].dtype, NUMERIC) for each in (labels, frame))
    ]
    if not len(both) or not shared:
        return
    ours, theirs = (each.loc[both, shared].astype("float64") for each in (frame, labels))
    other = ~np.isclose(ours, theirs, rtol=1e-6, equal_nan=True)
    rows = other.any(axis=1)
    if rows.mean() > MOST_CORRECTED:
        first = int(rows.argmax())
        name = shared[int(other[first].argmax())]
        raise DataError(
            f"{WHO}: labels= holds other rows than those that are checked: {name!r} is {theirs[name].iloc[first]:g} "
            f"in row {_said(both[first])}, and {ours[name].iloc[first]:g} there",
            f"give earlier rows with their predictions in a column {prediction!r}, or of the checked rows only "
            f"labels[{target!r}], by their index",
        )


def _said(name: Any) -> str:
    return repr(name.item() if isinstance(name, np.generic) else name)
