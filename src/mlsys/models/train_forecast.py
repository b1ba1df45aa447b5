"""TrainForecast: an estimator as the model of forecasts: for all horizons, one for each, or fed its own predictions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from mlsys.dataset import (
    DECISION,
    FACTOR,
    HORIZON,
    LAG,
    LEVEL_LAG,
    LOWER,
    OFFSET,
    PREDICTION,
    STEPS_AHEAD,
    UPPER,
    Rows,
    require_columns,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._along import Decisions, as_changes, summed
from mlsys.models._estimators import classifies
from mlsys.models._feeding import columns_fed, fed, fed_columns, refuse_other_values
from mlsys.models._fitting import asked_once
from mlsys.models._rolling import spread_of, usual_spread, width_of, widths, windows
from mlsys.models._scale import Scale, on_scale, usual_scale
from mlsys.models.needs import Needs
from mlsys.models.train import Train
from mlsys.steps import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Integers = NDArray[np.int64]

BESIDE = (STEPS_AHEAD, DECISION, OFFSET, FACTOR, LEVEL_LAG)
"""What a model is told beside its features."""
NO_FEEDS: dict[str, Any] = {"lags": [], "dropped": [], "changes": {}}
ALL = 0
"""In place of a horizon, where one model is for all of them."""


class TrainForecast(Train):
    """Train an estimator on rows of :class:`~mlsys.Forecast`: one model, or one for each horizon, with intervals.

    Parameters
    ----------
    strategy : {"one_model", "per_horizon", "recursive"}
        ``"one_model"`` learns all horizons together, with the horizon as a feature; ``"per_horizon"`` trains the
        estimator once for each (in the literature also *direct*); ``"recursive"`` learns one step ahead, and predicts
        the next ones with its own predictions as lags of the target.
    changes : bool
        Learn the change from the step before rather than the value; predictions are the sums of changes up to their
        horizon. Not with ``"recursive"``, which learns changes with ``Forecast(level="<target>_lag_1")``.
    coverage : float, optional
        Share of the truths that shall lie in an interval: predictions then have the columns ``prediction_lower`` and
        ``prediction_upper``.
    spread : str, optional
        Column that says at the decision how far values vary now, such as their standard deviation over the last month.
        Intervals are then as wide as a multiple of it, and grow and shrink over time and from series to series.
    windows : int
        Number of later periods of the training rows whose errors give the width of intervals; the estimator is trained
        once more for each.

    The other parameters are those of :class:`~mlsys.Train`.

    Raises
    ------
    ConfigurationError
        If the estimator is a classifier; with ``"recursive"``, if lags of the target are missing between the first and
        the farthest, or its values are known later than at the next step.
    DataError
        If the rows were not made by :class:`~mlsys.Forecast`; if there are too few decisions for the coverage; if a row
        to predict has a horizon that was not learned.

    Notes
    -----
    Intervals are conformal by horizon: the latest half of the training decisions is cut into ``windows`` periods, each
    is predicted by a model of what was known before it, and the width is the quantile of the absolute errors at the
    same horizon (of errors relative to the level with ``Forecast(relative="ratio")``, so that intervals grow with it).
    With ``spread=``, the width is the quantile of errors in multiples of that column, times its value in the row
    (normalized conformal prediction, Papadopoulos et al. 2008): it follows what the histories before know, also of
    rows that a served model absorbs. If errors to come are exchangeable with these, the truth lies inside in a share
    of ``coverage`` at least. Where errors grow, or the series changes, it lies inside less often: the metric
    ``coverage`` says how often it did.

    With ``Forecast(level=...)`` the target is learned relative to the level, and predictions are given back on the
    scale of the target. Rows without a level have the mean level of the training rows when they are predicted, and are
    not learned from. Training time is that of the estimator times the number of windows; a model for each horizon
    learns from the rows of this horizon.

    With ``"recursive"`` or ``changes=True``, what is said of a row depends on the rows of the same series and decision
    with smaller horizons; rows of one decision are therefore predicted together. Where a request lacks a smaller
    horizon, the row of the next larger one stands in for it: its calendar and columns known ahead are then taken for
    the step between. A recursive model is fed the columns ``<target>_lag_1``, ``_2`` and so on, and
    ``<target>_change_1`` (``Lag(changes=True)``); every other column is as in the row: windows of the past stay those
    of the decision. Compute a mean of lags inside the estimator (``make_pipeline(FunctionTransformer(...), ...)``), so
    that it is of predictions, too.

    References
    ----------
    Ben Taieb et al. (2012), A review and comparison of strategies for multi-step ahead time series forecasting. Vovk,
    Gammerman and Shafer (2005), Algorithmic Learning in a Random World. Papadopoulos, Gammerman and Vovk (2008),
    Normalized nonconformity measures for regression conformal prediction. Lei et al. (2018), Distribution-free
    predictive inference for regression.

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

    strategy: Literal["one_model", "per_horizon", "recursive"] = Field(default="one_model", kw_only=True)
    changes: bool = Field(default=False, kw_only=True)
    coverage: float | None = Field(default=None, kw_only=True)
    spread: str | None = Field(default=None, kw_only=True)
    windows: int = Field(default=3, ge=1, kw_only=True)
    serves_columns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse classifiers, and shares that are none."""
        super().__post_init__()
        if classifies(self.estimator):
            raise ConfigurationError(
                f"{self._who} is a classifier, but forecasts are numbers", "use a regressor, or Train(...) for classes"
            )
        if self.changes and self.strategy == "recursive":
            raise ConfigurationError(
                f"{self.title}: changes=True sums changes of several models, but strategy='recursive' has one, of the "
                "next step",
                'take the last value as the level, Forecast(level="<target>_lag_1"): the model then learns the change',
            )
        if self.spread is not None and self.coverage is None:
            raise ConfigurationError(
                f"{self.title}: spread={self.spread!r} is for intervals, but there is no coverage=", "add coverage=0.9"
            )
        if self.coverage is not None and not 0 < self.coverage < 1:
            raise ConfigurationError(
                f"{self.title}: coverage={self.coverage}", "give a share between 0 and 1, such as coverage=0.9"
            )

    @property
    def needs(self) -> Needs:
        """What the estimator needs; features that predictions are fed to stay on the scale of the target."""
        return replace(super().needs, scale=False) if self.strategy == "recursive" else super().needs

    def learns_in_parts(self, in_memory: bool) -> bool:
        """Return that rows are gathered: errors by horizon need them all."""
        return False

    @property
    def answered_together(self) -> str | None:
        """Column that names rows of one decision, where what is said of one depends on others."""
        return DECISION if self.changes or self.strategy == "recursive" else None

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features used, and what tells the horizon, the decision and the level of a series."""
        used = super().columns_learned([name for name in columns if name not in BESIDE], state)
        learned, together = state(), self.answered_together
        told = [STEPS_AHEAD, *(name for name in (together, self.spread) if name is not None), *learned["scale"]]
        return tuple(dict.fromkeys([*used, *columns_fed(learned.get("feeds", NO_FEEDS)), *told]))

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the models, the horizons they are for, the usual scale, and the widths of intervals."""
        train = train.counted(self._who, "training rows")
        remedy = "make the rows with Forecast(...) before the split; for other rows use Train(...)"
        together = [] if self.answered_together is None else [self.answered_together]
        require_columns(train.columns, [STEPS_AHEAD, *together], self._who, remedy)
        state = self._models(train, rng)
        return state if self.coverage is None else {**state, "intervals": self._intervals(train, rng)}

    def _models(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return a fitted model for each horizon, or for all."""
        scale = usual_scale(train, self._who)
        given, target = on_scale(train, scale), str(train.y.name)
        horizons = given[STEPS_AHEAD].to_numpy(dtype=np.int64)
        farthest = int(horizons.max(initial=1))
        # Of rows with one horizon, it tells nothing.
        beside = {*BESIDE, *([HORIZON] if self.strategy != "one_model" and self.features is None else [])}
        features = tuple(name for name in given.feature_names if name not in beside)
        given = Rows.of(pd.DataFrame(given), given.roles, features)
        feeds: dict[str, Any] = {}
        if self.changes:
            given, horizons = as_changes(given, target, horizons, self._who)
        if self.strategy == "recursive":
            refuse_other_values(train, train[STEPS_AHEAD].to_numpy(dtype=np.int64), f"{target}{LAG}1", scale, self._who)
            given, horizons = self._next_step(given, horizons)
            feeds = {"feeds": fed_columns(given, self.columns_read(features), target, self._who)}
        each = np.unique(horizons).tolist() if self.strategy == "per_horizon" else [ALL]
        rows_of = (given if one == ALL else given.take_rows(horizons == one) for one in each)
        models = [super(TrainForecast, self).learn(_unscaled(rows, scale), rng) for rows in rows_of]
        return {"models": models, "horizons": each, "farthest": farthest, "scale": scale, **feeds}

    def _next_step(self, given: Rows, horizons: Integers) -> tuple[Rows, Integers]:
        """Return the rows one step ahead."""
        if not (horizons == 1).any():
            raise DataError(
                f"{self._who}: strategy='recursive' learns one step ahead, but no training row has the horizon 1",
                "keep the rows of horizon 1, or use strategy='per_horizon'",
            )
        return given.take_rows(horizons == 1), horizons[horizons == 1]

    def _intervals(self, train: Rows, rng: np.random.Generator) -> dict[str, list[float]]:
        """Return how far from predictions of later rows the truth lay, by horizon."""
        if train.time is None or self.coverage is None:
            raise DataError(
                f"{self._who}: coverage= needs times to tell what was known when",
                'name the time role: Pipeline(time="day")',
            )
        errors, horizons, usual = [], [], usual_spread(train, self.spread, self._who)
        for earlier, later in windows(train, self.windows, self._who):
            state, rows = self._models(train.take_rows(earlier), rng), train.take_rows(later)
            ahead, scale = rows[STEPS_AHEAD].to_numpy(dtype=np.int64), Scale.of(rows, state["scale"])
            said = self._said(pd.DataFrame(rows), state, ahead, scale)
            unit = scale.factor if usual is None else spread_of(rows, self.spread, usual, self._who)
            with np.errstate(divide="ignore", invalid="ignore"):
                errors.append(np.where(unit > 0, (rows.y.to_numpy(dtype=np.float64) - said) / unit, np.nan))
            horizons.append(ahead)
        found = widths(np.concatenate(errors), np.concatenate(horizons), self.coverage, self._who)
        return found if usual is None else {**found, "spread": [usual]}

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with its lookups built once rather than at every request."""
        return {**state, "models": [each | asked_once(each) for each in state["models"]]}

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` and, with ``coverage=``, the ends of the interval."""
        ahead, scale = self._ahead(frame, state), Scale.of(frame, state["scale"])
        said = self._said(frame, state, ahead, scale)
        made = {PREDICTION: said}
        if "intervals" in state:
            usual = state["intervals"].get("spread")
            unit = scale.factor if usual is None else spread_of(frame, self.spread, usual[0], self._who)
            wide = width_of(ahead, state["intervals"]) * unit
            made |= {LOWER: said - wide, UPPER: said + wide}
        return pd.DataFrame(made, index=frame.index)

    def _ahead(self, frame: pd.DataFrame, state: dict[str, Any]) -> Integers:
        """Return the horizon of each row; raise at one that was not learned."""
        ahead = frame[STEPS_AHEAD].to_numpy(dtype=np.float64, na_value=np.nan)
        learned = state["horizons"] if state["horizons"] != [ALL] else state.get("intervals", {}).get("horizons")
        if self.answered_together is not None:
            learned = learned or list(range(1, state["farthest"] + 1))
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
        by_horizon = dict(zip(state["horizons"], state["models"], strict=True))

        def say(horizon: int, rows: pd.DataFrame) -> Numbers:
            model = by_horizon[ALL if ALL in by_horizon else horizon]
            answers = super(TrainForecast, self).predict(rows, model)[PREDICTION]
            return np.asarray(answers.to_numpy(dtype=np.float64))

        if "feeds" in state:
            decisions, as_ratio = Decisions.of(frame, ahead), FACTOR in state["scale"]
            said = fed(frame, decisions, state["feeds"], as_ratio, lambda rows: say(ALL, rows))
        elif self.changes:
            said = summed(frame, Decisions.of(frame, ahead), say)
        else:
            said = np.full(len(frame), np.nan)
            for horizon in by_horizon:
                rows = np.arange(len(frame)) if horizon == ALL else np.flatnonzero(ahead == horizon)
                if len(rows):
                    said[rows] = say(horizon, frame if horizon == ALL else frame.iloc[rows])
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


def _unscaled(rows: Rows, scale: Iterable[str]) -> Rows:
    """Return rows without the columns of their level, which the target already has."""
    return Rows.of(pd.DataFrame(rows).drop(columns=list(scale)), rows.roles, rows.feature_names)


def _range(horizons: Sequence[int]) -> str:
    """Return horizons in words.

    Examples
    --------
    >>> _range([1, 2, 3]), _range([2])
    ('1 to 3', '2')
    """
    return str(horizons[0]) if len(horizons) == 1 else f"{horizons[0]} to {horizons[-1]}"
