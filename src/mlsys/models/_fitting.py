"""Features in, predictions out, with errors that name columns."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE, of_each
from mlsys.errors import MlsysError
from mlsys.models._boosters import as_agreed, known_levels
from mlsys.models._complaints import explained, refused_kinds
from mlsys.models._estimators import numbers_classes, predicts_likeliest, transforms_itself
from mlsys.models._inputs import text_reader
from mlsys.models._matrix import numpy_column, plain_features
from mlsys.models._several import TARGETS, TOGETHER, of_answers, says
from mlsys.models._without_target import scored
from mlsys.native_threads import few_rows_pinned
from mlsys.steps.shares import corrected
from mlsys.tables import Columns, column_of, rows_of
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray


def selected(
    frame: pd.DataFrame, chosen: str | Sequence[str] | None, names: Sequence[str], own_transforms: bool, who: str
) -> Any:
    """Return the features for an estimator: a frame, or one column as it is."""
    if isinstance(chosen, str):
        return numpy_column(frame[chosen])
    features = frame if type(frame) is pd.DataFrame and frame.columns.tolist() == list(names) else _narrow(frame, names)
    if all(isinstance(kind, np.dtype) and kind.kind in "biuf" for kind in features.dtypes.tolist()):
        return features  # nothing else to ask, which takes as long as one row through ten trees
    refused = None if own_transforms else refused_kinds(features, who)
    if refused is not None:
        raise refused
    return plain_features(features)


def _narrow(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(frame)[list(names)]


@contextmanager
def fitting(features: Any, who: str) -> Iterator[None]:
    """Translate complaints about values into errors that name columns."""
    try:
        yield
    except MlsysError:
        raise
    except Exception as error:  # LightGBM's and CatBoost's are of no narrower type
        translated = explained(error, features, who)
        if translated is None:
            raise
        raise translated from error


def predictions(frame: pd.DataFrame | Columns, state: dict[str, Any], one_column: bool, who: str) -> pd.DataFrame:
    """Return ``prediction`` and ``probability_<class>``, or else ``score_<class>``, for the rows of ``frame``.

    Of several targets, each column is named after its target.
    """
    made: pd.DataFrame
    if TARGETS in state:
        found = {name: predictions(frame, each, one_column, who) for name, each in state[TARGETS].items()}
        columns = {of_each(str(name), target): column_of(table, name)
                   for target, table in found.items() for name in table.columns}  # fmt: skip
        made = rows_of(columns, frame)
        return made
    if TOGETHER in state:
        made = rows_of(_together(frame, state, one_column, who), frame)
        return made
    estimator, classes, names = state["estimator"], state["classes"], state["features"]
    asked = state if "transforms_itself" in state else state | asked_once(state)
    as_text = one_column or asked["reads_text"]
    shown = frame.frame(names) if isinstance(frame, Columns) else frame
    features = selected(shown, names[0] if as_text else None, names, asked["transforms_itself"], who)
    asks = classes is not None and "threshold" not in state and hasattr(estimator, "predict_proba")
    scores = "threshold" in state or (classes is not None and not asks and hasattr(estimator, "decision_function"))
    if not len(frame):
        return _empty(state, PROBABILITY if asks else SCORE if scores else "", frame.index)
    with fitting(features, who), few_rows_pinned(len(frame)):
        told = as_agreed(features, asked)
        if "threshold" in state:
            odd: pd.DataFrame = rows_of(scored(estimator, told, state), frame)
            return odd
        shares = np.asarray(estimator.predict_proba(told), dtype=np.float64) if asks else None
        likeliest = shares is not None and asked["likeliest"]
        answers = shares.argmax(axis=1) if likeliest and shares is not None else np.asarray(estimator.predict(told))
        said = _scores(estimator.decision_function(told), len(classes)) if scores else None
    if classes is not None and (likeliest or asked["numbers_classes"]):
        answers = np.array(classes)[answers.astype(np.int64)]
    if shares is not None and "odds" in state:  # the class stays what the changed shares made of it
        shares = corrected(shares, state["odds"])
    columns = {} if shares is None else _by_class(shares, state, PROBABILITY)
    columns |= {} if said is None else _by_class(said, state, SCORE)
    made = rows_of({"prediction": answers.reshape(len(frame), -1)[:, 0], **columns}, frame)
    return made


def _together(frame: pd.DataFrame | Columns, state: dict[str, Any], one_column: bool, who: str) -> dict[str, Any]:
    """Return the prediction columns of one estimator of all targets."""
    estimator, together, names = state["estimator"], state[TOGETHER], state["features"]
    asked = state if "transforms_itself" in state else state | asked_once(state)
    shown = frame.frame(names) if isinstance(frame, Columns) else frame
    features = selected(
        shown, names[0] if one_column or asked["reads_text"] else None, names, asked["transforms_itself"], who
    )
    prefix = says(estimator)
    if not len(frame):
        return {name: np.array(values)[:0] for name, values in _held(state, prefix).items()}
    with fitting(features, who), few_rows_pinned(len(frame)):
        told = as_agreed(features, asked)
        answers = estimator.predict(told)
        said = None
        if prefix:
            said = estimator.predict_proba(told) if prefix == PROBABILITY else estimator.decision_function(told)
    return of_answers(answers, said, together, state["orders"], prefix)


def columns_of(state: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the prediction columns of each of several targets."""
    if TOGETHER in state:
        prefix = says(state["estimator"])
        shown = {name: _alone(classes, prefix, state["orders"].get(name)) for name, classes in state[TOGETHER].items()}
    else:
        shown = {
            name: _alone(each["classes"], says(each["estimator"]), each.get("order"))
            for name, each in state[TARGETS].items()
        }
    return {target: [of_each(name, target) for name in columns] for target, columns in shown.items()}


def _alone(classes: Sequence[Any] | None, prefix: str, order: Sequence[Any] | None) -> list[str]:
    named = [f"{prefix}{value}" for value in order or classes or ()] if prefix else []
    return [PREDICTION, *named]


def _held(state: Mapping[str, Any], prefix: str) -> dict[str, list[Any]]:
    """Return for each column of predictions of several targets a value of its type."""
    held: dict[str, list[Any]] = {}
    for (target, columns), classes in zip(columns_of(state).items(), state[TOGETHER].values(), strict=True):
        held |= {name: [0.0] for name in columns}
        held[of_each(PREDICTION, target)] = [0.0] if classes is None else classes
    return held


def asked_once(state: dict[str, Any]) -> dict[str, Any]:
    """Return what is looked up once rather than at every request."""
    estimator = state["estimator"]
    return {
        "transforms_itself": transforms_itself(estimator),
        "reads_text": text_reader(estimator) is not None,
        "numbers_classes": numbers_classes(estimator),
        "likeliest": predicts_likeliest(estimator),
        "known": known_levels(state),
    }


def _scores(said: Any, classes: int) -> NDArray[np.float64] | None:
    """Return a score a class; of two classes scikit-learn gives that of the second. Nothing for scores of pairs."""
    found = np.asarray(said, dtype=np.float64)
    found = np.column_stack([-found, found]) if found.ndim == 1 and classes == 2 else found
    return found if found.ndim == 2 and found.shape[1] == classes else None


def _by_class(shares: NDArray[np.float64], state: dict[str, Any], prefix: str) -> dict[str, NDArray[np.float64]]:
    """Return a column for each class, in the order of an ordered target, else in the estimator's."""
    classes = state["classes"]
    return {f"{prefix}{value}": shares[:, classes.index(value)] for value in state.get("order", classes)}


def _empty(state: dict[str, Any], prefix: str, index: pd.Index) -> pd.DataFrame:
    classes = state["classes"]
    found = pd.DataFrame({"prediction": np.array([0.0] if classes is None else classes)[:0]}, index=index)
    return with_columns(found, _by_class(np.empty((0, len(classes))), state, prefix)) if prefix else found
