"""Numbers that a step holds and that are predictions of evaluated rows: a threshold that was chosen by these rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.captured_values import Holding
from mlsys.leakage.digits import EXACT, RELATIVE, digits_of, is_fraction
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.walking import is_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SEVERAL = 3
"""Predictions in one array, such as the points of an isotonic curve."""
SHARE = 0.5
"""Of the numbers of an array; the others may be its ends."""
MOST_TOLD = 3


def held_prediction_findings(
    held: Sequence[Holding], judged: Mapping[str, pd.DataFrame], training: Callable[[], pd.DataFrame]
) -> list[Finding]:
    """Return a finding about numbers that equal predictions of evaluated rows, and none of training rows.

    Parameters
    ----------
    held : sequence of Holding
        Of one step, from :func:`mlsys.leakage.captured_values.captured_values`.
    judged : mapping of str to DataFrame
        Predictions of evaluated rows by part, as the step gets them.
    training : callable
        Makes the predictions of training rows; called only if a number equals one of evaluated rows.

    Notes
    -----
    Only numbers of at least twelve digits are compared, to nine. Trees give many rows the same prediction; one that
    training rows have as well proves nothing, nor does a simple fraction: neighbours, leaves and votes of few give 4/7
    to rows of any origin, such as those of a fold.

    Examples
    --------
    >>> said = pd.DataFrame({"prediction": [0, 1], "probability_1": [0.12345678901234, 0.98765432109876]})
    >>> held = [Holding("Cut", "", "at", 0.98765432109876)]
    >>> [each.code for each in held_prediction_findings(held, {"validation": said}, lambda: said * 0.9)]
    ['LK220']
    >>> held_prediction_findings(held, {"validation": said}, lambda: said)
    []
    """
    asked = [(each, numbers) for each in held if len(numbers := _numbers(each.value))]
    own: Numbers | None = None
    sentences = []
    for part, predictions in judged.items() if asked else ():
        known = _of_frame(predictions)
        for each, numbers in asked:
            there = _among(numbers, known)
            if not there.any():
                continue
            own = _of_frame(training()) if own is None else own
            there &= ~_among(numbers, own)
            enough = SEVERAL if len(numbers) > 1 else 1
            if there.sum() >= max(enough, SHARE * len(numbers)):
                what = "a prediction" if len(numbers) == 1 else f"{int(there.sum())} predictions"
                sentences.append(f"{each.name!r} is {what} of {part} rows, and of no training row")
    if not sentences:
        return []
    return [
        Finding(
            "LK220",
            f"{held[0].step} holds values computed from held-out rows: {'; '.join(sentences[:MOST_TOLD])}; "
            f"{REMEDIES['held predictions']}",
            "error",
            step=held[0].step,
        )
    ]


def _numbers(value: Any) -> Numbers:
    """Return the long numbers of a held value."""
    found = [value] if is_number(value) else value.ravel().tolist() if isinstance(value, np.ndarray) else []
    numbers = [float(each) for each in found if is_number(each)]
    return np.array([each for each in numbers if digits_of(each) >= EXACT and not is_fraction(each)])


def _of_frame(predictions: pd.DataFrame) -> Numbers:
    numbers = predictions.select_dtypes("number").to_numpy(dtype=np.float64, na_value=np.nan).ravel()
    return np.unique(numbers[np.isfinite(numbers)])


def _among(numbers: Numbers, known: Numbers) -> NDArray[np.bool_]:
    """Return which numbers are among known ones, which are sorted, but for rounding."""
    if not len(known):
        return np.zeros(len(numbers), dtype=bool)
    place = np.searchsorted(known, numbers)
    near = np.stack([known[np.clip(place + shift, 0, len(known) - 1)] for shift in (-1, 0)])
    return np.asarray((np.abs(near - numbers) <= RELATIVE * np.abs(numbers)).any(axis=0))
