"""Losses by iteration that estimators keep after a fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlsys.models._estimators import BOOSTERS, library_of


def curves_of(estimator: Any) -> dict[str, list[float]]:
    """Return ``loss/train`` and ``loss/watched`` (rows that early stopping watched), or ``score/...``.

    HistGradientBoosting keeps negative losses, or scores where ``scoring`` names one; GradientBoosting and the
    multi-layer perceptron keep losses; boosters that stop early keep each of their metrics under its name.
    """
    if library_of(estimator) in BOOSTERS:
        return _of_booster(estimator)
    found: dict[str, list[float]] = {}
    signed = hasattr(estimator, "scoring")
    name, sign = ("loss", -1.0) if getattr(estimator, "scoring", None) == "loss" else ("score", 1.0)
    for attribute, part in (("train_score_", "train"), ("validation_score_", "watched")):
        values = getattr(estimator, attribute, None)
        if values is not None and np.ndim(values) == 1 and len(values):
            found[f"{name if signed else 'loss'}/{part}"] = [float(sign * v if signed else v) for v in values]
    for attribute, key in (("loss_curve_", "loss/train"), ("validation_scores_", "score/watched")):
        values = getattr(estimator, attribute, None)
        if values is not None and len(values):
            found[key] = [float(value) for value in values]
    return found


def _of_booster(estimator: Any) -> dict[str, list[float]]:
    kept = next((vars(estimator)[name] for name in _KEPT if vars(estimator).get(name)), None)
    if kept is None and hasattr(estimator, "get_evals_result"):  # CatBoost
        kept = estimator.get_evals_result()
    return {
        f"{metric}/{'train' if part == 'learn' else 'watched'}": [float(value) for value in values]
        for part, metrics in (kept or {}).items()
        for metric, values in metrics.items()
    }


_KEPT = ("evals_result_", "_evals_result")
"""Where XGBoost and LightGBM keep metrics by rows and iteration."""
