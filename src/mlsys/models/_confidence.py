"""How sure a model is of each row's prediction, and from where on it should answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.dataset import LOWER, PREDICTION, PROBABILITY, SCORE, UPPER, probability_columns, score_columns
from mlsys.tables import column_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.tables import Columns

    Numbers = NDArray[np.float64]


def told_by(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the prediction columns that tell how sure a model is; none where nothing does.

    Examples
    --------
    >>> told_by(["prediction", "probability_no", "probability_yes"])
    ('probability_no', 'probability_yes')
    >>> told_by(["prediction"])
    ()
    """
    names = list(columns)
    shares = probability_columns(names) or score_columns(names)
    return tuple(shares or (name for name in (LOWER, UPPER) if {LOWER, UPPER} <= set(names)))


def confidence_of(rows: pd.DataFrame | Columns, columns: tuple[str, ...]) -> Numbers:
    """Return how sure a model is of each prediction: higher for surer ones.

    The probability of the predicted class; of scores, how far that class is ahead of the others; of intervals, minus
    their width.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"prediction": ["b", "b"], "probability_a": [0.4, 0.9], "probability_b": [0.6, 0.1]})
    >>> confidence_of(said, ("probability_a", "probability_b")).tolist()  # a threshold made the second a b
    [0.6, 0.1]
    """
    given = np.column_stack([np.asarray(column_of(rows, name), dtype=np.float64) for name in columns])
    if columns[0] == LOWER:
        return np.asarray(given[:, 0] - given[:, 1])
    classes = {name.removeprefix(SCORE).removeprefix(PROBABILITY): place for place, name in enumerate(columns)}
    predicted = np.asarray(column_of(rows, PREDICTION)).tolist()
    places = np.array([classes.get(str(value), 0) for value in predicted], dtype=np.int64)
    here = np.arange(len(given))
    own = given[here, places]
    if columns[0].startswith(PROBABILITY):
        return np.nan_to_num(own, nan=0.0)
    others = given.copy()
    others[here, places] = -np.inf
    return np.asarray(own - others.max(axis=1, initial=-np.inf))


def cut_by_risk(
    sure: Numbers, wrong: NDArray[np.bool_], weights: Numbers, risk: float, confidence: float | None
) -> float:
    """Return the confidence from which on to answer: as many rows as possible with at most this share wrong.

    Parameters
    ----------
    sure : ndarray of shape (rows,)
        How sure the model is.
    wrong : ndarray of bool
        Whether its prediction is wrong.
    weights : ndarray
        One a row.
    risk : float
        Largest share of wrong answers.
    confidence : float, optional
        With which the share among later rows is at most that; otherwise it is among these.

    Returns
    -------
    float
        Infinite where not even the surest rows are right often enough.

    Notes
    -----
    With confidence, a binary search over thresholds, each tried at an equal share of what may go wrong (Geifman and
    El-Yaniv 2017).

    Examples
    --------
    >>> sure, wrong = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, False, True, True])
    >>> round(cut_by_risk(sure, wrong, np.ones(4), 0.34, None), 3)
    0.65
    """
    values, places = np.unique(-sure, return_inverse=True)
    answered: Numbers = np.cumsum(np.bincount(places.ravel(), weights, len(values)))
    errors: Numbers = np.cumsum(np.bincount(places.ravel(), weights * wrong, len(values)))
    if confidence is None:
        within = np.flatnonzero(errors <= risk * answered * (1 + 1e-12))
        last = int(within[-1]) if len(within) else -1
    else:
        scale = float(weights.sum() / (weights**2).sum())
        last = _last_sure(np.asarray(errors * scale), np.asarray(answered * scale), risk, 1 - confidence)
    if last < 0:
        return float("inf")
    if last == len(values) - 1:
        return float(np.nextafter(-values[-1], -np.inf))
    return float(-(values[last] + values[last + 1]) / 2)


def _last_sure(errors: Numbers, answered: Numbers, risk: float, failing: float) -> int:
    """Return the last place whose error rate surely is at most the risk, by a binary search; -1 if none is found."""
    from scipy.special import betaincinv

    low, high, found = 0, len(answered) - 1, -1
    each = failing / max(1, int(np.ceil(np.log2(len(answered) + 1))))
    while low <= high:
        middle = (low + high + 1) // 2
        n, k = answered[middle], errors[middle]
        upper = 1.0 if k >= n else float(betaincinv(k + 1, n - k, 1 - each))
        if upper <= risk:
            found, low = middle, middle + 1
        else:
            high = middle - 1
    return found
