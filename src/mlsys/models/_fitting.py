"""Features in, predictions out, with errors that name columns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.models._estimators import numbers_classes, predicts_likeliest, transforms_itself
from mlsys.models._matrix import plain_features
from mlsys.models._refusals import explained, refuse_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def selected(
    frame: pd.DataFrame, chosen: str | Sequence[str] | None, names: Sequence[str], own_transforms: bool, who: str
) -> Any:
    """Return the features for an estimator: a frame, or one column as it is."""
    if isinstance(chosen, str):
        return frame[chosen]
    features = frame if type(frame) is pd.DataFrame and frame.columns.tolist() == list(names) else _narrow(frame, names)
    if not own_transforms:
        refuse_times(features, who)
    return plain_features(features)


def _narrow(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(frame)[list(names)]


@contextmanager
def fitting(features: Any, who: str) -> Iterator[None]:
    """Translate complaints about values into errors that name columns."""
    try:
        yield
    except (ValueError, TypeError) as error:
        translated = explained(error, features, who)
        if translated is None:
            raise
        raise translated from error


def predictions(frame: pd.DataFrame, state: dict[str, Any], one_column: bool, who: str) -> pd.DataFrame:
    """Return ``prediction`` and ``probability_<class>`` for the rows of ``frame``."""
    estimator, classes, names = state["estimator"], state["classes"], state["features"]
    given = names[0] if one_column else None
    itself = state["transforms_itself"] if "transforms_itself" in state else transforms_itself(estimator)
    features = selected(frame, given, names, itself, who)
    asks = classes is not None and hasattr(estimator, "predict_proba")
    if not len(frame):
        return _empty(classes, asks, frame.index)
    with fitting(features, who):
        shares = np.asarray(estimator.predict_proba(features), dtype=np.float64) if asks else None
        likeliest = shares is not None and predicts_likeliest(estimator)
        answers = shares.argmax(axis=1) if likeliest and shares is not None else np.asarray(estimator.predict(features))
    if classes is not None and (likeliest or numbers_classes(estimator)):
        answers = np.array(classes)[answers.astype(np.int64)]
    columns = {} if shares is None else _by_class(shares, classes)
    return pd.DataFrame({"prediction": answers.reshape(len(frame), -1)[:, 0], **columns}, index=frame.index)


def _by_class(shares: NDArray[np.float64], classes: Sequence[Any]) -> dict[str, NDArray[np.float64]]:
    return {f"probability_{value}": shares[:, place] for place, value in enumerate(classes)}


def _empty(classes: Sequence[Any] | None, asks: bool, index: pd.Index) -> pd.DataFrame:
    like = np.array([0.0] if classes is None else classes)[:0]
    found = pd.DataFrame({"prediction": like}, index=index)
    return found.assign(**_by_class(np.empty((0, len(classes))), classes)) if asks and classes is not None else found
