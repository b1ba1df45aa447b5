"""The Dask trainers of XGBoost and LightGBM: some rounds more on what workers keep."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.errors import EngineError
from mlsys.models.across.rows import TARGET, WEIGHT, NumbersOf, features_of, weights_of

_TIMEOUT = 10
"""Minutes that a worker of LightGBM waits for another."""


@dataclass(frozen=True)
class Rounds:
    """Rounds of boosting that workers do together.

    Parameters
    ----------
    library : str
        ``"xgboost"`` or ``"lightgbm"``.
    parameters : dict
        Of the library.
    rounds : int
        How many.
    earlier : object
        The booster of the rounds before, or ``None``.
    features : DataFrame of shape (0, n_features)
        Columns and their types.
    classes : ndarray or None
        In order, for a classifier.
    weighted : bool
        Whether rows have weights.
    missing : float
        Value that means unknown, for XGBoost.
    """

    library: str
    parameters: dict[str, Any]
    rounds: int
    earlier: Any
    features: pd.DataFrame
    classes: Any
    weighted: bool
    missing: float

    def __call__(self, client: Any, kept: Sequence[Any]) -> Any:
        """Return the booster with these rounds, trained by every worker that keeps rows."""
        features, target = _collected(kept, features_of, self.features), self._target(kept)
        weights = _collected(kept, weights_of, _empty(WEIGHT, "float64")) if self.weighted else None
        train = _xgboost if self.library == "xgboost" else _lightgbm
        booster, ranks = train(self, client, features, target, weights)
        expected = len({each.worker for each in kept})
        if ranks != expected:
            raise EngineError(
                f"{ranks} of {expected} workers that keep rows trained the model",
                "run again; if it stays so, start workers with more memory, or run without engine=",
            )
        return booster

    def _target(self, kept: Sequence[Any]) -> Any:
        return _collected(kept, NumbersOf(self.classes), _empty(TARGET, "float64" if self.classes is None else "int64"))


def _empty(name: str, dtype: str) -> pd.Series:
    return pd.Series([], name=name, dtype=dtype)


def _collected(kept: Sequence[Any], function: Any, empty: Any) -> Any:
    """Return a collection of Dask whose partitions stay on the workers that keep them."""
    import dask.dataframe as dd

    futures = [each.then(function) for each in kept]
    return dd.from_delayed(futures, meta=empty, verify_meta=False)


def _xgboost(asked: Rounds, client: Any, features: Any, target: Any, weights: Any) -> tuple[Any, int]:
    import xgboost
    from xgboost import dask

    with xgboost.config_context(verbosity=0):
        matrix = dask.DaskDMatrix(client, features, target, weight=weights, missing=asked.missing)
        found = dask.train(
            client, asked.parameters, matrix, num_boost_round=asked.rounds, xgb_model=asked.earlier, verbose_eval=False
        )
    return found["booster"], len(matrix.worker_map)


def _lightgbm(asked: Rounds, client: Any, features: Any, target: Any, weights: Any) -> tuple[Any, int]:
    from lightgbm.dask import DaskLGBMRegressor

    # Labels are numbers already: of its classifier, each worker would number the classes that its own rows have.
    model = DaskLGBMRegressor(client=client, n_estimators=asked.rounds, time_out=_TIMEOUT, **asked.parameters)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():  # "Finding random open ports"
        warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored")  # said of its default, too
        model.fit(features, target, sample_weight=weights, init_model=asked.earlier)
    booster = model.booster_
    return booster, int(booster.params.get("num_machines", 1))
