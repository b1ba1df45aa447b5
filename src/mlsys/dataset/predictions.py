"""Which columns are predictions: those a model wrote, or, in a frame of unknown origin, those that read like some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from mlsys.errors import DataError

PREDICTION = "prediction"
PROBABILITY = "probability_"
SCORE = "score_"
"""What a model that gives no probabilities says of each class, on a scale of its own; the largest is predicted."""
NAIVE_ERROR, NAIVE_SQUARED_ERROR = "naive_error", "naive_squared_error"
"""Mean errors that a naive forecast has made of a row's series so far: what scaled metrics divide by."""
STRETCH = "stretch"
"""Number of the stretch of time in which a row's truth lies, where rows of one stretch are not independent."""
HORIZON, TARGET_TIME, STEPS_AHEAD = "horizon", "target_time", "steps_ahead"
"""Of a forecast: how many steps ahead a row is predicted, and the time that is predicted; the last is no feature."""
DECISION, LEVEL_LAG = "decision_number", "level_lag"
"""Of a forecast: what rows of one series and decision moment share; how far back the value lies that is the level."""
LAG, CHANGE = "_lag_", "_change_"
"""In names, between a column and a number of steps: its value so far back, and that less the value one step earlier."""
AHEAD = "_ahead_"
"""What names end in, with a number of steps: of such columns, a row of a forecast has that of its horizon."""
OFFSET, FACTOR = "target_offset", "target_factor"
"""Of a forecast that is learned relative to a level: what is subtracted from the target, or what it is divided by."""
LOWER, UPPER = "prediction_lower", "prediction_upper"
"""Ends of an interval in which the truth lies as often as the model says."""
IN_SET = "in_set_"
"""Whether a class is in the prediction set of a row, which holds the true class as often as the model says."""
ABSTAINS = "abstains"
"""Whether the model declines to answer a row: its prediction is not to be acted on."""
_SUM = 1e-6
"""Probabilities of a row may miss 1 by this much: what single precision leaves of a dozen classes."""


def probability_columns(columns: Iterable[object]) -> list[str]:
    """Return the names that read like a class's probability, in order.

    Examples
    --------
    >>> probability_columns(["x", "prediction", "probability_no", "probability_yes"])
    ['probability_no', 'probability_yes']
    """
    return [name for name in columns if isinstance(name, str) and name.startswith(PROBABILITY)]


def check_probabilities(predictions: pd.DataFrame, who: str) -> None:
    """Raise for probabilities outside 0 and 1; null is no probability, and stands for a class a model does not know.

    Examples
    --------
    >>> check_probabilities(pd.DataFrame({"probability_yes": [0.4, 1.4]}), "Calibrate")
    Traceback (most recent call last):
    mlsys.errors.DataError: Calibrate: probability_yes is 1.4 in row 1, and probabilities lie between 0 and 1
      Remedy: call what has another scale score_yes; Calibrate() makes probabilities of scores
    """
    for name in probability_columns(predictions.columns):
        values = predictions[name].to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = (values < -_SUM) | (values > 1 + _SUM)
        if wrong.any():
            place = int(np.argmax(wrong))
            what, row = name.removeprefix(PROBABILITY), predictions.index.tolist()[place]
            raise DataError(
                f"{who}: {name} is {values[place]:g} in row {row!r}, and probabilities lie between 0 and 1",
                f"call what has another scale {SCORE}{what}; Calibrate() makes probabilities of scores",
            )


def set_columns(columns: Iterable[object]) -> list[str]:
    """Return the names that read like whether a class is in the prediction set, in order.

    Examples
    --------
    >>> set_columns(["prediction", "in_set_no", "in_set_yes"])
    ['in_set_no', 'in_set_yes']
    """
    return [name for name in columns if isinstance(name, str) and name.startswith(IN_SET)]


def score_columns(columns: Iterable[object]) -> list[str]:
    """Return the names that read like a class's score, where no name reads like a probability.

    Examples
    --------
    >>> score_columns(["prediction", "score_no", "score_yes"]), score_columns(["score_no", "probability_no"])
    (['score_no', 'score_yes'], [])
    """
    names = list(columns)
    if probability_columns(names):
        return []
    return [name for name in names if isinstance(name, str) and name.startswith(SCORE)]


def of_each(name: str, target: str) -> str:
    """Return what a prediction column is called where several targets are predicted.

    Examples
    --------
    >>> of_each("prediction", "a"), of_each("probability_yes", "a")
    ('prediction_a', 'probability_a_yes')
    """
    for prefix in (PROBABILITY, SCORE):
        if name.startswith(prefix):
            return f"{prefix}{target}_{name.removeprefix(prefix)}"
    return f"{name}_{target}"


def alone(columns: Iterable[object], target: str, targets: Sequence[str]) -> dict[str, str]:
    """Return the prediction columns of one of several targets, with the name each has where it is the only one.

    Parameters
    ----------
    columns : iterable of str
        Of predictions of several targets.
    target : str
        One of them.
    targets : sequence of str
        All of them: a name may begin like another, and then the longest counts.

    Examples
    --------
    >>> alone(["prediction_a", "prediction_a_b", "probability_a_b_yes", "probability_a_yes"], "a", ["a", "a_b"])
    {'prediction_a': 'prediction', 'probability_a_yes': 'probability_yes'}
    """
    longest, found = sorted(targets, key=len, reverse=True), {}
    for name in columns:
        if name == f"{PREDICTION}_{target}":
            found[str(name)] = PREDICTION
        for prefix in (PROBABILITY, SCORE):
            if isinstance(name, str) and name.startswith(f"{prefix}{target}_"):
                owner = next(each for each in longest if name.startswith(f"{prefix}{each}_"))
                found |= {name: prefix + name.removeprefix(f"{prefix}{target}_")} if owner == target else {}
    return found


def predictions_alone(predictions: pd.DataFrame, target: str, targets: Sequence[str]) -> pd.DataFrame:
    """Return the predictions of one of several targets, named as where it is the only one."""
    names = alone(predictions.columns, target, targets)
    return predictions[list(names)].set_axis(list(names.values()), axis=1)


def named_like_predictions(frame: pd.DataFrame, roles: Iterable[str] = (), target: str | None = None) -> list[str]:
    """Return the columns of a frame of unknown origin that are predictions, going by their names.

    Parameters
    ----------
    frame : DataFrame
        Rows that nobody says of what wrote them; of those in a pipeline it is known.
    roles : iterable of str
        Columns with a role, which are no predictions.
    target : str, optional
        Its values tell the probability of a class from a column such as ``probability_of_rain``.

    Examples
    --------
    >>> judged = pd.DataFrame({"probability_of_rain": [0.3], "prediction": [4.2], "y": [4.0]})
    >>> named_like_predictions(judged, target="y")
    ['prediction']
    """
    taken = {*roles, target}
    there = [name for name in frame.columns if isinstance(name, str) and name not in taken]
    labels = [target, *([PREDICTION] if PREDICTION in there else [])]
    shares = _of_classes(frame, probability_columns(there), labels)
    classes = {text for name in labels if name in frame.columns for text in _texts(frame[name])} if not shares else ()
    scores = [name for name in score_columns(there) if name.removeprefix(SCORE) in classes]
    further = {LOWER, UPPER, ABSTAINS, *set_columns(there)} if PREDICTION in there else set()
    return [name for name in there if name == PREDICTION or name in {*shares, *scores, *further}]


def _of_classes(frame: pd.DataFrame, shares: Sequence[str], labels: Sequence[str | None]) -> Sequence[str]:
    """Return those of some columns that are probabilities: of classes that occur, or that sum to 1 with these."""
    if not shares:
        return shares
    classes = {text for name in labels if name in frame.columns for text in _texts(frame[name])}
    named = [name for name in shares if name.removeprefix(PROBABILITY) in classes]
    if not named and PREDICTION in labels:  # numbers are predicted
        return named
    sums = np.nansum(frame[shares].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64), axis=1)
    return shares if np.allclose(sums, 1.0, rtol=0.0, atol=_SUM) else named


def _texts(labels: pd.Series) -> set[str]:
    values = labels.dropna().unique()
    whole = {str(int(value)) for value in values if isinstance(value, (float, np.floating)) and value.is_integer()}
    return {str(value) for value in values} | whole
