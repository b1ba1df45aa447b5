"""Calibration maps from a model's probabilities to observed frequencies: fitting and applying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_NEVER = 1e-12
"""Probabilities are kept this far from 0 and 1, which have no log-odds."""
_COLDEST = (-6.0, 6.0)
"""Logarithms of the factors of a temperature that are tried: 0.0025 to 400."""


def fit_sigmoid(shares: Numbers, hit: NDArray[np.bool_], weights: Numbers, scored: bool = False) -> dict[str, Any]:
    """Fit ``slope * log-odds + intercept`` by maximum likelihood with Platt's smoothed targets.

    Where what is given are scores rather than shares they stand in place of the log-odds, as Platt had it.

    Examples
    --------
    >>> shares = np.repeat([0.2, 0.8], 1000)
    >>> hit = np.r_[np.arange(1000) < 200, np.arange(1000) < 800]
    >>> line = fit_sigmoid(shares, hit, np.ones(2000))
    >>> round(line["slope"], 2), round(abs(line["intercept"]), 2)
    (1.0, 0.0)
    """
    from sklearn.linear_model import LogisticRegression

    positive, negative = float(weights[hit].sum()), float(weights[~hit].sum())
    target = np.where(hit, (positive + 1) / (positive + 2), 1 / (negative + 2))
    odds = shares if scored else _log_odds(shares)
    # A row with a smoothed target t is t of a hit and 1 - t of a miss.
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(
        np.concatenate([odds, odds])[:, None],
        np.repeat([True, False], len(odds)),
        sample_weight=np.concatenate([weights * target, weights * (1 - target)]),
    )
    found = {"slope": float(line.coef_[0, 0]), "intercept": float(line.intercept_[0])}
    return found | {"of": "score"} if scored else found


def fit_isotonic(shares: Numbers, hit: NDArray[np.bool_], weights: Numbers, scored: bool = False) -> dict[str, Any]:
    """Fit an increasing function as points to interpolate between."""
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(shares, hit.astype(float), weights)
    return {"from": np.asarray(steps.X_thresholds_, float), "to": np.asarray(steps.y_thresholds_, float)}


def fit_temperature(logits: Numbers, codes: NDArray[np.int64], weights: Numbers) -> float:
    """Return what log-probabilities or scores are multiplied by, so that what happened is most likely.

    Examples
    --------
    >>> logits = np.log(np.repeat([[0.8, 0.2], [0.2, 0.8]], 1000, axis=0))
    >>> happened = np.r_[np.arange(1000) >= 600, np.arange(1000) < 600].astype(int)
    >>> round(fit_temperature(logits, happened, np.ones(2000)), 3)  # 0.8 should have been 0.6
    0.292
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(logits))

    def loss(log_factor: float) -> float:
        return float(-weights @ _log_softmax(logits * np.exp(log_factor))[rows, codes])

    return float(np.exp(minimize_scalar(loss, bounds=_COLDEST, method="bounded", options={"xatol": 1e-8}).x))


def tempered(logits: Numbers, factor: float) -> Numbers:
    """Return probabilities of rows whose log-probabilities or scores are multiplied by a factor.

    Examples
    --------
    >>> tempered(np.log([[0.8, 0.2]]), 0.5).round(3).tolist()
    [[0.667, 0.333]]
    """
    return np.asarray(np.exp(_log_softmax(logits * factor)), dtype=np.float64)


def logits_of(shares: Numbers, scored: bool) -> Numbers:
    """Return log-probabilities; scores as they are."""
    return shares if scored else np.asarray(np.log(np.clip(shares, _NEVER, None)), dtype=np.float64)


def _log_softmax(logits: Numbers) -> Numbers:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float64)


def recalibrated(shares: Numbers, maps: Sequence[dict[str, Any]]) -> Numbers:
    """Return a row of probabilities a row that sum to 1."""
    if shares.shape[1] == 2:
        second = _mapped(shares[:, 1], maps[0])
        return np.column_stack([1 - second, second])
    mapped = np.column_stack([_mapped(shares[:, place], each) for place, each in enumerate(maps)])
    total = mapped.sum(axis=1, keepdims=True)
    even = np.full_like(mapped, 1 / mapped.shape[1])
    return np.where(total > 0, np.divide(mapped, total, out=even.copy(), where=total > 0), even)


def _mapped(shares: Numbers, each: dict[str, Any]) -> Numbers:
    if "slope" in each:
        score = each["slope"] * (shares if "of" in each else _log_odds(shares)) + each["intercept"]
        return np.asarray(0.5 * (1 + np.tanh(0.5 * score)), dtype=np.float64)  # the logistic function, without overflow
    return np.asarray(np.interp(shares, each["from"], each["to"]), dtype=np.float64)


def _log_odds(shares: Numbers) -> Numbers:
    kept = np.clip(shares, _NEVER, 1 - _NEVER)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)
