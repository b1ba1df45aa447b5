"""Labels that are known by now: found for the rows of a check, or given with their own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError

WHO = "Monitor.check"


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


def _said(name: Any) -> str:
    return repr(name.item() if isinstance(name, np.generic) else name)
