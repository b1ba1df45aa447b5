"""Scored rows: target, prediction and probabilities side by side, the only thing metrics need."""

from __future__ import annotations

import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import DataError

PROBABILITY = "probability_"


def scored_rows(rows: Rows, predictions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return ``y``, ``prediction``, ``probability_*``, ``weight`` and ``group`` of rows with a known target.

    Parameters
    ----------
    rows : Rows
        With prediction columns, unless ``predictions`` brings them.
    predictions : DataFrame, optional
        Predictions of another model or a baseline, with the index of ``rows``.

    Raises
    ------
    DataError
        When the rows have no predictions.
    """
    source = pd.DataFrame(rows) if predictions is None else predictions
    if "prediction" not in source.columns and not probability_columns(source):
        raise DataError("the rows to evaluate have no predictions", "place Evaluate after the model")
    columns = {"y": rows.y}
    columns.update(
        {name: source[name] for name in source.columns if name == "prediction" or name.startswith(PROBABILITY)}
    )
    if rows.weight is not None:
        columns["weight"] = rows.weight
    if rows.group is not None:
        columns["group"] = rows.group
    scored = pd.DataFrame(columns)
    return scored[scored["y"].notna().to_numpy()]


def probability_columns(frame: pd.DataFrame) -> list[str]:
    """Return the probability columns, in order."""
    return [name for name in frame.columns if isinstance(name, str) and name.startswith(PROBABILITY)]


def classes_of(scored: pd.DataFrame) -> list[str]:
    """Return the classes that have a probability, as texts, in order.

    Examples
    --------
    >>> classes_of(pd.DataFrame({"probability_no": [0.2], "probability_yes": [0.8]}))
    ['no', 'yes']
    """
    return [name.removeprefix(PROBABILITY) for name in probability_columns(scored)]
