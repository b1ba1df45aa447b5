"""Scored rows: target, prediction and probabilities side by side, the only thing metrics need."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import (
    ABSTAINS,
    LOWER,
    NAIVE_ERROR,
    NAIVE_SQUARED_ERROR,
    PREDICTION,
    PROBABILITY,
    SCORE,
    STRETCH,
    UPPER,
    Rows,
    check_probabilities,
    predictions_alone,
    probability_columns,
    score_columns,
    set_columns,
)
from mlsys.errors import DataError
from mlsys.evaluation.side_by_side import beside_each_other


def judged_rows(rows: Rows, what: str) -> Rows:
    """Return the rows to judge by: those with a known target and, where there is a weight role, a weight above 0.

    Of several targets one at least is known.

    Parameters
    ----------
    rows : Rows
        Of one part.
    what : str
        The part, for messages.

    Raises
    ------
    DataError
        When none is left, or a weight is null, negative or infinite.
    """
    several = rows.roles.has_several_targets
    known = (rows.targets.notna().any(axis=1) if several else rows.y.notna()).to_numpy()
    if not known.any():
        raise DataError(f"the {what} part has no rows with a known target", "move the split's boundaries")
    return (rows if known.all() else rows.take_rows(known)).counted(f"the {what} part", "rows with a known target")


def scored_rows(rows: Rows, predictions: pd.DataFrame | None = None, what: str = "judged") -> pd.DataFrame:
    """Return ``y``, ``prediction``, ``probability_*``, ``weight``, ``group`` and what else metrics take of the rows.

    Parameters
    ----------
    rows : Rows
        With the model's predictions, unless ``predictions`` brings it.
    predictions : DataFrame, optional
        Predictions of another model or a baseline, for all of ``rows`` or for the judged ones.
    what : str
        The part, for messages.

    Raises
    ------
    DataError
        When the rows have no predictions, or probabilities outside 0 and 1.
    """
    rows = judged_rows(rows, what)
    if rows.roles.has_several_targets:
        return _side_by_side(rows, rows.predictions if predictions is None else predictions, what)
    source = rows.predictions if predictions is None else predictions
    shares = probability_columns(source.columns) or score_columns(source.columns)
    further = [LOWER, UPPER] if {LOWER, UPPER} <= set(source.columns) else []
    further += [name for name in (*set_columns(source.columns), ABSTAINS) if name in source.columns]
    names = [PREDICTION, *further, *shares] if PREDICTION in source.columns else shares
    if not names:
        raise DataError("the rows to evaluate have no predictions", "place the report after the model")
    check_probabilities(source, f"the predictions of the {what} rows")
    if predictions is not None and len(source) != len(rows):
        source = source.loc[rows.index]
    y = rows.y
    if y.dtype.kind == "b" and PREDICTION in names and not shares and source[PREDICTION].dtype.kind == "f":
        y = y.astype(np.float64)  # numbers were predicted, such as how relevant a row is
    columns = {"y": y, **{name: source[name] for name in names}}
    if rows.weight is not None:
        columns["weight"] = rows.weight
    if rows.group is not None or STRETCH in rows.columns:
        columns["group"] = rows[STRETCH] if rows.group is None else rows.group
    columns |= {name: rows[name] for name in (NAIVE_ERROR, NAIVE_SQUARED_ERROR) if name in rows.columns}
    return pd.DataFrame(columns)


def _side_by_side(rows: Rows, predictions: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the scored rows of several targets in one frame."""
    found = {}
    for target in rows.roles.targets:
        said = predictions_alone(predictions, target, rows.roles.targets)
        found[target] = scored_rows(rows.of_target(target), said, what)
    return beside_each_other(found, rows.index)


def classes_of(scored: pd.DataFrame) -> list[str]:
    """Return the classes that have a probability, or else a score, as texts, in order.

    Examples
    --------
    >>> classes_of(pd.DataFrame({"probability_no": [0.2], "probability_yes": [0.8]}))
    ['no', 'yes']
    """
    scores = [name.removeprefix(SCORE) for name in score_columns(scored.columns)]
    return scores or [name.removeprefix(PROBABILITY) for name in probability_columns(scored.columns)]


def group_codes(group: pd.Series | None) -> NDArray[np.int64] | None:
    """Return the number of each row's group, null as one of them."""
    return None if group is None else np.asarray(pd.factorize(group, use_na_sentinel=False)[0], np.int64)
