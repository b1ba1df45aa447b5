"""Estimators of counts and amounts: which deviance they minimize, and which targets that is defined for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.errors import DataError
from mlsys.models._estimators import down_to_learner

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_LOSSES = ("loss", "criterion", "objective", "loss_function")
"""Parameters by which estimators name what they minimize."""
_POWERS = {
    "poisson": 1.0, "count:poisson": 1.0, "gamma": 2.0, "reg:gamma": 2.0, "tweedie": 1.5, "reg:tweedie": 1.5,
}  # fmt: skip
"""Powers of the mean to which the variance is proportional; of Tweedie the boosters' default."""
_CLASSES = {"PoissonRegressor": 1.0, "GammaRegressor": 2.0}
GAMMA = 2.0


def power_of(estimator: Any) -> float | None:
    """Return the power of the deviance that an estimator minimizes; ``None`` where it minimizes another loss.

    Examples
    --------
    >>> from sklearn.linear_model import PoissonRegressor, Ridge, TweedieRegressor
    >>> power_of(PoissonRegressor()), power_of(TweedieRegressor(power=1.7)), power_of(Ridge())
    (1.0, 1.7, None)
    """
    powers = (_own_power(each) for each in down_to_learner(estimator))
    return next((each for each in powers if each is not None), None)


def _own_power(estimator: Any) -> float | None:
    name = type(estimator).__name__
    if name in _CLASSES:
        return _CLASSES[name]
    given = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if name == "TweedieRegressor":
        return float(given["power"]) if given["power"] >= 1 else None
    named = next((given[each] for each in _LOSSES if isinstance(given.get(each), str)), "")
    loss, _, told = named.lower().partition(":variance_power=")
    if "tweedie" in loss:
        return float(told or given.get("tweedie_variance_power") or _POWERS[loss])
    return _POWERS.get(loss)


def metrics_of_power(power: float | None) -> tuple[str, ...]:
    """Return the deviance and the share of it that is explained, by name; nothing for another loss.

    Examples
    --------
    >>> metrics_of_power(1.0), metrics_of_power(1.5), metrics_of_power(None)
    (('poisson_deviance', 'd2_poisson'), ('tweedie_deviance_1.5', 'd2_tweedie_1.5'), ())
    """
    if power is None:
        return ()
    family = {1.0: "poisson", 2.0: "gamma"}.get(power)
    if family:
        return f"{family}_deviance", f"d2_{family}"
    return f"tweedie_deviance_{power:g}", f"d2_tweedie_{power:g}"


def check_amounts(target: pd.Series, values: NDArray[Any], power: float, who: str) -> None:
    """Raise where a target has no deviance: below 0, or with a power of 2 and more at 0, or where all of it is 0."""
    numbers = values.astype(np.float64)
    wrong = numbers < 0 if power < GAMMA else numbers <= 0
    if wrong.any():
        row, least = target.index[wrong].tolist()[0], "0 or more" if power < GAMMA else "more than 0"
        raise DataError(
            f"{who} is for counts and amounts of {least}, but the target {target.name!r} is {numbers[wrong][0]:g} in "
            f"row {row!r} ({int(wrong.sum()):,} such rows)",
            "use a Tweedie loss with a power between 1 and 2 for amounts of which some are 0, squared error for "
            "numbers of any sign, or set what is not known to null",
        )
    if not numbers.any():
        raise DataError(
            f"{who}: the target {target.name!r} is 0 in all {len(numbers):,} training rows",
            "check the step that makes it, or train on more rows",
        )
