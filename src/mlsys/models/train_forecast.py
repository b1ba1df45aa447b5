"""TrainForecast: an estimator as the model of forecasts, one for all horizons or one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import (
    FACTOR,
    HORIZON,
    LOWER,
    OFFSET,
    PREDICTION,
    STEPS_AHEAD,
    UPPER,
    Rows,
    require_columns,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._estimators import classifies
from mlsys.models._fitting import asked_once
from mlsys.models._rolling import width_of, widths, windows
from mlsys.models._scale import Scale, on_scale, usual_scale
from mlsys.models.train import Train
from mlsys.steps import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Integers = NDArray[np.int64]

BESIDE = (STEPS_AHEAD, OFFSET, FACTOR)
"""What a model is told beside its features."""
ALL = 0
"""In place of a horizon, where one model is for all of them."""


class TrainForecast(Train):
    """Train an estimator on rows of :class:`~mlsys.Forecast`: one model, or one for each horizon, with intervals.

    Parameters
    ----------
    strategy : {"one_model", "per_horizon"}
        ``"one_model"`` learns all horizons together, with the horizon as a feature; ``"per_horizon"`` trains the
        estimator once for each (in the literature also *direct*).
    coverage : float, optional
        Share of the truths that shall lie in an interval: predictions then have the columns ``prediction_lower`` and
        ``prediction_upper``.
    windows : int
        Number of later periods of the training rows whose errors give the width of intervals; the estimator is trained
        once more for each.

    The other parameters are those of :class:`~mlsys.Train`.

    Raises
    ------
    ConfigurationError
        If the estimator is a classifier.
    DataError
        If the rows were not made by :class:`~mlsys.Forecast`; if there are too few decisions for the coverage; if a row
        to predict has a horizon that was not learned.

    Notes
    -----
    Intervals are conformal by horizon: the latest half of the training decisions is cut into ``windows`` periods, each
    is predicted by a model of what was known before it, and the width is the quantile of the absolute errors at the
    same horizon (of errors relative to the level with ``Forecast(relative="ratio")``, so that intervals grow with it).
    If errors to come are exchangeable with these, the truth lies inside in a share of ``coverage`` at least. Where
    errors grow, or the series changes, it lies inside less often: the metric ``coverage`` says how often it did.

    With ``Forecast(level=...)`` the target is learned relative to the level, and predictions are given back on the
    scale of the target. Rows without a level have the mean level of the training rows when they are predicted, and are
    not learned from. Training time is that of the estimator times the number of windows; a model for each horizon
    learns from the rows of this horizon.

    References
    ----------
    Ben Taieb et al. (2012), A review and comparison of strategies for multi-step ahead time series forecasting. Vovk,
    Gammerman and Shafer (2005), Algorithmic Learning in a Random World. Lei et al. (2018), Distribution-free predictive
    inference for regression.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> rows = pd.DataFrame({"sold_lag_1": [1.0, 1.0, 2.0, 2.0, 4.0, 4.0], "steps_ahead": [1, 2] * 3,
    ...                      "sold": [2.0, 3.0, 3.0, 4.0, 5.0, 6.0]})
    >>> model = TrainForecast(LinearRegression(), strategy="per_horizon").fit(rows, target="sold")
    >>> model.predict(pd.DataFrame({"sold_lag_1": [10.0, 10.0], "steps_ahead": [1, 2]}))["prediction"].round(6).tolist()
    [11.0, 12.0]
    """

    strategy: Literal["one_model", "per_horizon"] = Field(default="one_model", kw_only=True)
    coverage: float | None = Field(default=None, kw_only=True)
    windows: int = Field(default=3, ge=1, kw_only=True)
    serves_columns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse classifiers, and shares that are none."""
        super().__post_init__()
        if classifies(self.estimator):
            raise ConfigurationError(
                f"{self._who} is a classifier, but forecasts are numbers", "use a regressor, or Train(...) for classes"
            )
        if self.coverage is not None and not 0 < self.coverage < 1:
            raise ConfigurationError(
                f"{self.title}: coverage={self.coverage}", "give a share between 0 and 1, such as coverage=0.9"
            )

    def learns_in_parts(self, in_memory: bool) -> bool:
        """Return that rows are gathered: errors by horizon need them all."""
        return False

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features used, and what tells the horizon and the level of a series."""
        used = super().columns_learned([name for name in columns if name not in BESIDE], state)
        return tuple(dict.fromkeys([*used, STEPS_AHEAD, *state()["scale"]]))

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the models, the horizons they are for, the usual scale, and the widths of intervals."""
        train = train.counted(self._who, "training rows")
        remedy = "make the rows with Forecast(...) before the split; for other rows use Train(...)"
        require_columns(train.columns, [STEPS_AHEAD], self._who, remedy)
        state = self._models(train, rng)
        return state if self.coverage is None else {**state, "intervals": self._intervals(train, rng)}

    def _models(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return a fitted model for each horizon, or for all."""
        scale = usual_scale(train, self._who)
        given = on_scale(train, scale)
        horizons = given[STEPS_AHEAD].to_numpy(dtype=np.int64)
        each = [ALL] if self.strategy == "one_model" else np.unique(horizons).tolist()
        # Of rows with one horizon, it tells nothing.
        beside = {*BESIDE, *([HORIZON] if self.strategy == "per_horizon" and self.features is None else [])}
        features = tuple(name for name in given.feature_names if name not in beside)
        given = Rows.of(pd.DataFrame(given).drop(columns=list(scale)), given.roles, features)
        rows_of = (given if one == ALL else given.take_rows(horizons == one) for one in each)
        models = [super(TrainForecast, self).learn(rows, rng) for rows in rows_of]
        return {"models": models, "horizons": each, "scale": scale}

    def _intervals(self, train: Rows, rng: np.random.Generator) -> dict[str, list[float]]:
        """Return how far from predictions of later rows the truth lay, by horizon."""
        if train.time is None or self.coverage is None:
            raise DataError(
                f"{self._who}: coverage= needs times to tell what was known when",
                'name the time role: Pipeline(time="day")',
            )
        errors, horizons = [], []
        for earlier, later in windows(train, self.windows, self._who):
            state, rows = self._models(train.take_rows(earlier), rng), train.take_rows(later)
            ahead, scale = rows[STEPS_AHEAD].to_numpy(dtype=np.int64), Scale.of(rows, state["scale"])
            said = self._said(pd.DataFrame(rows), state, ahead, scale)
            with np.errstate(divide="ignore", invalid="ignore"):
                errors.append((rows.y.to_numpy(dtype=np.float64) - said) / scale.factor)
            horizons.append(ahead)
        return widths(np.concatenate(errors), np.concatenate(horizons), self.coverage, self._who)

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with its lookups built once rather than at every request."""
        return {**state, "models": [each | asked_once(each) for each in state["models"]]}

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` and, with ``coverage=``, the ends of the interval."""
        ahead, scale = self._ahead(frame, state), Scale.of(frame, state["scale"])
        said = self._said(frame, state, ahead, scale)
        made = {PREDICTION: said}
        if "intervals" in state:
            wide = width_of(ahead, state["intervals"]) * scale.factor
            made |= {LOWER: said - wide, UPPER: said + wide}
        return pd.DataFrame(made, index=frame.index)

    def _ahead(self, frame: pd.DataFrame, state: dict[str, Any]) -> Integers:
        """Return the horizon of each row; raise at one that was not learned."""
        ahead = frame[STEPS_AHEAD].to_numpy(dtype=np.float64, na_value=np.nan)
        learned = state["horizons"] if state["horizons"] != [ALL] else state.get("intervals", {}).get("horizons")
        strange = np.flatnonzero(np.isnan(ahead) if learned is None else ~np.isin(ahead, learned))
        if len(strange):
            row, has = frame.index[strange[0]], f"{ahead[strange[0]]:g}"
            raise DataError(
                f"{self._who} has learned the horizons {_range(learned or [1])}, but row {row!r} has {has}",
                "ask for these horizons, or train with a longer one: Forecast(horizon=...)",
            )
        return ahead.astype(np.int64)

    def _said(self, frame: pd.DataFrame, state: dict[str, Any], ahead: Integers, scale: Scale) -> Numbers:
        """Return what the models say, on the scale of the target."""
        said = np.full(len(frame), np.nan)
        for horizon, model in zip(state["horizons"], state["models"], strict=True):
            rows = np.arange(len(frame)) if horizon == ALL else np.flatnonzero(ahead == horizon)
            if len(rows):
                given = frame if horizon == ALL else frame.iloc[rows]
                said[rows] = super().predict(given, model)[PREDICTION].to_numpy(dtype=np.float64)
        return said * scale.factor + scale.offset

    def importances(self, state: dict[str, Any], /) -> dict[str, float] | None:
        """Return the importances of the models, on average over the horizons."""
        found = [super(TrainForecast, self).importances(each) for each in state["models"]]
        if any(each is None for each in found):
            return None
        return {name: float(np.mean([(each or {})[name] for each in found])) for name in found[0] or {}}

    def curves(self, state: dict[str, Any], /) -> dict[str, list[float]]:
        """Return the losses of the only model; those of several horizons are not of one length."""
        return super().curves(state["models"][0]) if len(state["models"]) == 1 else {}


def _range(horizons: Sequence[int]) -> str:
    """Return horizons in words.

    Examples
    --------
    >>> _range([1, 2, 3]), _range([2])
    ('1 to 3', '2')
    """
    return str(horizons[0]) if len(horizons) == 1 else f"{horizons[0]} to {horizons[-1]}"
