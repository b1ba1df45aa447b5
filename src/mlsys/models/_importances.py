"""What estimators say themselves that their features matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_INSIDE = ("best_estimator_", "regressor_", "estimator_")
"""Where searches, transformed targets and thresholds keep the fitted estimator."""


def own_importances(estimator: Any, names: Sequence[str]) -> dict[str, float] | None:
    """Return importances by feature; ``None`` where the estimator has none, or of other columns than it was given.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> own_importances(LinearRegression().fit([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]], [0.0, 2.0, 4.0]), ["a", "b"])
    {'a': 2.0, 'b': 0.0}
    """
    found = getattr(estimator, "feature_importances_", None)
    if found is None and hasattr(estimator, "coef_"):
        found = np.abs(np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))).sum(axis=0)
    if found is None:
        inside = next((getattr(estimator, name) for name in _INSIDE if hasattr(estimator, name)), None)
        return None if inside is None else own_importances(inside, names)
    if found is None or np.ndim(found) != 1 or len(found) != len(names):
        return None
    return dict(zip(names, np.round(np.asarray(found, dtype=np.float64), 12).tolist(), strict=True))
