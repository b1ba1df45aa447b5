"""Powers of Box and Cox, and of Yeo and Johnson, and the likeliest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NEXT_TO_NOTHING = 1e-10
"""Powers nearer to 0 than this are the logarithm."""
_BRACKET = (-2.0, 2.0)
"""Where the search begins, as scikit-learn's."""


def raised(values: Floats, power: float, method: str) -> Floats:
    """Return powers of numbers; null stays null.

    Examples
    --------
    >>> raised(np.array([0.0, 3.0]), 2.0, "yeo-johnson").round(9).tolist()
    [0.0, 7.5]
    """
    if method == "box-cox":
        with np.errstate(divide="ignore", over="ignore"):
            return _of_logarithms(np.log(values), power)
    with np.errstate(invalid="ignore"):
        below = values < 0
    with np.errstate(over="ignore"):
        made = _of_logarithms(np.log1p(np.where(below, 0.0, values)), power)
        if below.any():
            made[below] = -_of_logarithms(np.log1p(-values[below]), 2.0 - power)
    return made


def _of_logarithms(logarithms: Floats, power: float) -> Floats:
    if abs(power) < _NEXT_TO_NOTHING:
        return np.asarray(logarithms)
    return np.asarray(np.expm1(power * logarithms) / power)


def best_power(values: Floats, counts: NDArray[np.int64], method: str) -> float:
    """Return the power of the largest likelihood for values that occur so often."""
    from scipy.optimize import minimize_scalar

    n = counts.sum()
    logarithms = np.log(values) if method == "box-cox" else np.sign(values) * np.log1p(np.abs(values))
    slope = float(counts @ logarithms)

    def unlikelihood(power: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            made = raised(values, power, method)
            apart = made - (counts @ made) / n
            variance = float(counts @ (apart * apart)) / n
        if not 0 < variance < np.inf:
            return np.inf
        return float(n / 2 * np.log(variance) - (power - 1) * slope)

    found = minimize_scalar(unlikelihood, bracket=_BRACKET, method="brent", options={"xtol": 1e-8})
    return float(found.x) if np.isfinite(found.fun) else 1.0
