"""Predictions of rows that come without them, made by the model that is watched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from mlsys.detached import detached
from mlsys.drift.asked import check_rows
from mlsys.errors import DataError
from mlsys.values import with_columns

PREDICTED_NOW = "which the model of the run predicted now"
"""Said of labelled rows that came without predictions."""


@dataclass(frozen=True)
class ModelOfRun:
    """The model of a run, which is loaded when it first predicts.

    Parameters
    ----------
    run : str
        Id of the run.
    """

    run: str

    @cached_property
    def _model(self) -> Any:
        return detached("load", self.run)

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what the model says of rows."""
        made: pd.DataFrame = self._model.predict(rows)
        return made


def predicted(monitor: Any, frame: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return the rows with the column of predictions; the monitor's model makes it where the rows lack it.

    Raises
    ------
    DataError
        If the rows lack it and the monitor holds no model, as one that was loaded.
    """
    check_rows(frame, who)
    name = monitor.prediction
    if name is None or name in frame.columns:
        return frame
    if monitor.model is None:
        raise DataError(
            f"{who}: the rows lack {name!r}, the predictions of the model",
            f"predict first: rows.assign({name}=model.predict(rows)[{name!r}])",
        )
    return with_columns(frame, {name: monitor.model.predict(frame)[name].to_numpy()})


def with_predictions(monitor: Any, frame: pd.DataFrame, labels: Any, who: str) -> Any:
    """Return labels with the predictions they are compared with, where they are whole rows that the model can predict.

    Labels without the monitored columns, with predictions of their own, of the checked rows by id, or of a monitor
    without a model, stay as given.
    """
    if not isinstance(labels, pd.DataFrame) or monitor.model is None or labels.empty:
        return labels
    key = monitor.id
    if key is not None and key in labels.columns and key in frame.columns and labels[key].isin(frame[key]).all():
        return labels  # what was predicted for these rows counts, not what the model would say now
    asked = {name for name in monitor.columns if name != monitor.prediction}
    return predicted(monitor, labels, who) if asked and asked <= set(labels.columns) else labels
