"""Models that learn from features alone: how anomalous rows are, and to which cluster they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.dataset import SCORE, settled, tally
from mlsys.errors import DataError
from mlsys.models._estimators import learner_of
from mlsys.warned import hushed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

NORMAL, ANOMALOUS = False, True
"""The classes that are predicted where no target names them."""
_MARKS = (-1, 1)
"""How detectors mark rows: scikit-learn's say -1 for anomalous and 1 for normal, others 1 and 0."""


def classes_named(train: Rows, who: str) -> list[Any]:
    """Return the names of normal and anomalous rows: those of the target where there is one, its event the second.

    Of the target only its classes are read, never which row has which.
    """
    if not train.has_target or not train.y.notna().any():
        return [NORMAL, ANOMALOUS]
    found, name = tally(train.y), repr(train.y.name)
    if not found or len(found) > 2:
        raise DataError(
            f"{who} tells anomalous rows from others, but the target {name} has "
            f"{'more than 2 classes' if found else 'no classes'}",
            "derive two classes from it before the split: NaturalLabel(..., rule=lambda value: ...); or leave target= "
            "out",
        )
    if len(found) == 1:
        return _beside(found[0][0], train, who)
    event = settled(train.roles.event, found, train.roles.target)
    values = [value for value, _ in found]
    assert event is not None
    return sorted(values, key=lambda value: bool(value == event.value))


def _beside(only: Any, train: Rows, who: str) -> list[Any]:
    """Return both classes where training rows hold one: clean rows, that new ones are compared with."""
    event = train.roles.event
    if event is not None and event.value != only:
        return [only, event.value]
    if isinstance(only, bool) or (isinstance(only, (int, float)) and only in (0, 1)):
        return [type(only)(0), type(only)(1)]
    raise DataError(
        f"{who}: all training rows have the class {only!r} of the target {train.y.name!r}, so the name of the "
        "anomalous ones is not known",
        'name it: Pipeline(..., event="...")',
    )


def anomalies_learned(estimator: Any, features: Any) -> float:
    """Return the score from which on a row is anomalous: the detector's own, else by the rows it marks itself."""
    own = getattr(learner_of(estimator), "offset_", None)
    if own is not None and np.ndim(np.squeeze(own)) == 0:
        return -float(np.squeeze(own))
    scores, marks = anomaly_scores(estimator, features), np.asarray(estimator.predict(features))
    flagged = int((marks == (_MARKS[0] if (marks < 0).any() else _MARKS[1])).sum())
    if (marks == 1).all() or not flagged:  # scikit-learn's mark of normal rows
        return float(np.nextafter(scores.max(), np.inf))
    return float(np.nextafter(np.sort(scores)[-flagged], -np.inf))


def anomaly_scores(estimator: Any, features: Any) -> NDArray[np.float64]:
    """Return how anomalous rows are: more for rows less like those of training."""
    with hushed():  # scikit-learn's LocalOutlierFactor hands itself rows without the names that it was fitted with
        return -np.asarray(estimator.score_samples(features), dtype=np.float64).reshape(-1)


def scored(estimator: Any, features: Any, state: dict[str, Any]) -> dict[str, Any]:
    """Return ``prediction`` and ``score_<class>``, 0 at the threshold, which is anomalous for no row on it."""
    beyond = anomaly_scores(estimator, features) - state["threshold"]
    classes = state["classes"]
    columns = {f"{SCORE}{classes[0]}": -beyond, f"{SCORE}{classes[1]}": beyond}
    return {"prediction": np.array(classes)[(beyond > 0).astype(np.int64)], **columns}


def clusters_learned(estimator: Any, features: Any, rows: int, who: str) -> list[int]:
    """Return the numbers of all clusters; raise where training rows are all in one."""
    found = np.unique(np.asarray(estimator.predict(features)))
    if len(found) < 2:
        raise DataError(
            f"{who} put all {rows:,} training rows into one cluster, which tells nothing apart",
            "ask for two or more clusters, bring features to one scale (StandardScaler), or use other features",
        )
    shares = getattr(learner_of(estimator), "n_components", None) if hasattr(estimator, "predict_proba") else None
    numbers: Sequence[int] = range(shares) if isinstance(shares, int) else found.tolist()
    return list(map(int, numbers))


def measured(estimator: Any, features: Any) -> Any:
    """Return the rows as the last step of a scikit-learn pipeline gets them."""
    inside = estimator[:-1] if len(getattr(estimator, "steps", ())) > 1 else None
    found = features if inside is None else inside.transform(features)
    return found.toarray() if hasattr(found, "toarray") else np.asarray(found, dtype=np.float64)
