"""The training rows that early stopping watches: the latest, or whole groups; never the validation part."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

AUTO_ROWS = 10_000
"""Above this many rows scikit-learn's ``early_stopping="auto"`` means yes."""

_STREAM = int.from_bytes(b"early", "big")


def stops_early(estimator: Any, rows: int) -> bool:
    """Whether the estimator will stop early and lets us say on which rows."""
    wanted = getattr(estimator, "early_stopping", False)
    if not (wanted is True or (wanted == "auto" and rows > AUTO_ROWS)):
        return False
    return {"X_val", "y_val"} <= set(inspect.signature(estimator.fit).parameters)


def watched_rows(train: Rows, target: NDArray[Any], share: float, is_classifier: bool) -> NDArray[np.bool_]:
    """Return the mask of rows to watch: the latest where there is time, else by hash of group or id.

    Rows of a class that no other row has stay in training. Nothing is watched where that leaves no rows.
    """
    times = train.time
    if times is not None and pd.api.types.is_datetime64_any_dtype(times) and times.notna().any():
        ordered = times.dropna().sort_values()
        start = ordered.iloc[min(int(len(ordered) * (1 - share)), len(ordered) - 1)]
        watched = (times >= start).to_numpy()
    else:
        units = train.group if train.group is not None else train.ids
        watched = uniform(hash_ids(units, _STREAM)) < share
    if is_classifier:
        watched = watched & np.isin(target, np.unique(target[~watched]))
    if not watched.any() or watched.mean() > 0.5:
        return np.zeros(len(target), dtype=bool)
    return np.asarray(watched, dtype=bool)


def set_aside(
    estimator: Any, features: Any, target: NDArray[Any], weights: dict[str, Any], watched: NDArray[np.bool_]
) -> tuple[Any, NDArray[Any], dict[str, Any]]:
    """Return features and target to fit on, and the other arguments of ``fit``: weights, and the watched rows."""
    if not watched.any():
        return features, target, weights
    estimator.set_params(early_stopping=True)  # "auto" would count the rows again, without the watched ones
    arguments = {name: values[~watched] for name, values in weights.items()}
    arguments |= {"X_val": features[watched], "y_val": target[watched]}
    if "sample_weight" in weights:
        arguments["sample_weight_val"] = weights["sample_weight"][watched]
    return features[~watched], target[~watched], arguments
