"""Conformal: prediction sets and intervals that hold the truth as often as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd

from mlsys.dataset import (
    IN_SET,
    LOWER,
    PREDICTION,
    PROBABILITY,
    SCORE,
    UPPER,
    check_probabilities,
    known_weights,
    probability_columns,
    score_columns,
)
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.models._conforming import conformal_quantile, quantile_of_rows, quantiles_by_group, refuse_few
from mlsys.models._matrix import plain_target
from mlsys.models._refusals import known_target
from mlsys.steps import Postprocess
from mlsys.steps.keys import names_of
from mlsys.tables import Columns, column_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Numbers = NDArray[np.float64]

_CLASS = "its class"
"""In ``by``: each class is covered by itself."""


class Conformal(Postprocess):
    """Add a set of classes, or an interval around a number, that holds the truth of a row as often as is asked for.

    Parameters
    ----------
    coverage : float
        Share of later rows whose truth is to lie inside, above 0 and below 1.
    by : str or list of str, optional
        Columns whose combinations are each covered as often (Mondrian); as they are after the split, and known when a
        row is predicted. ``"its class"`` covers each class by itself: those rows that are of it.

    Raises
    ------
    ConfigurationError
        If ``coverage`` is out of range, or ``by="its class"`` is asked for numbers.
    DataError
        If a probability is outside 0 and 1; if there are too few rows: fewer than ``coverage / (1 - coverage)``, for
        ``by="its class"`` of one class.
    LeakageError
        If a column of ``by`` is not known when a row is predicted.

    Notes
    -----
    Adds ``prediction_lower`` and ``prediction_upper`` for a number, and for classes ``in_set_<class>``, whether the
    class is in the set of the row; the predicted class always is. Split conformal prediction (Vovk et al. 2005; Lei et
    al. 2018): rows that nothing has learned from say how far the truth lies from what is predicted, and the interval
    reaches as far as the ``ceil((n + 1) * coverage)``-th of ``n`` distances; for classes the distance is how improbable
    the true class was (Sadinle et al. 2019). Intervals that are there already, of
    :class:`~mlsys.TrainForecast`, are made wider or narrower (Romano et al. 2019).

    The truth of a row that is exchangeable with those learned from lies inside with at least this probability, whatever
    the model. This is an average over rows: among rows of one kind it may be less, which
    ``Evaluate(["coverage"], slices=...)`` shows and ``by=`` corrects. A group with too few rows, null or a value that
    was not there gets what all rows get. Without a calibration part, distances come from models that
    did not see the row, and the model that serves has learned from more; then, and after other steps of
    postprocessing, the guarantee holds about (simulated in tests/models/test_conformal_coverage.py). Where the future
    differs from the past, it does not hold. Weights count. Cost: one sort of the rows.

    References
    ----------
    Vovk, V., Gammerman, A. and Shafer, G. (2005). Algorithmic learning in a random world. Springer.

    Lei, J. et al. (2018). Distribution-free predictive inference for regression. JASA 113(523).

    Sadinle, M., Lei, J. and Wasserman, L. (2019). Least ambiguous set-valued classifiers with bounded error levels.
    JASA 114(525).

    Romano, Y., Patterson, E. and Candes, E. (2019). Conformalized quantile regression. NeurIPS.

    Examples
    --------
    >>> from mlsys.dataset import Roles, Rows
    >>> said = pd.DataFrame({"prediction": np.zeros(19)})
    >>> happened = said.assign(y=np.arange(1, 20) / 10)
    >>> conformal = Conformal(0.9)
    >>> state = conformal.learn(Rows.of(happened, Roles(target="y"), (), predictions=said))
    >>> conformal.apply(said.head(1), state)
       prediction  prediction_lower  prediction_upper
    0         0.0              -1.8               1.8
    """

    coverage: float = 0.9
    by: str | tuple[str, ...] | list[str] | None = None
    serves_columns: ClassVar[bool] = True
    of_one_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a coverage out of range."""
        if not 0 < self.coverage < 1:
            raise ConfigurationError(
                f"{self.title}: coverage={self.coverage}", "give a share between 0 and 1, such as coverage=0.9"
            )
        if self.by is not None and (not self.columns_beside) and self.by != _CLASS:
            raise ConfigurationError(f"{self.title}: by={self.by!r} names no column", "name one, or leave by= out")

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """The columns whose combinations are covered by themselves."""
        return () if self.by is None or self.by == _CLASS else names_of(self.by)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that intervals or sets are made of."""
        names = list(columns)
        shares = probability_columns(names) or score_columns(names)
        ends = [name for name in (LOWER, UPPER) if name in names]
        return (*(shares or [PREDICTION, *ends]), *self.columns_beside)

    def learn(self, calibration: Rows, /) -> dict[str, Any]:
        """Return how far intervals or sets reach: for all rows, and for each group or class."""
        rows = calibration.counted(self.title, "rows to learn intervals from")
        rows = rows.take_rows(rows.y.notna().to_numpy())
        refuse_few(len(rows), self.coverage, self.title)
        said = rows.predictions
        check_probabilities(said, self.title)
        columns = probability_columns(said.columns) or score_columns(said.columns)
        weights = np.ones(len(rows)) if rows.weight is None else known_weights(rows.weight, self.title)
        state: dict[str, Any] = {"columns": columns, "rows": len(rows)}
        if columns:
            target = plain_target(known_target(rows.y, self.title))
            codes = _codes(target, columns)
            scores = _strangeness(said[columns].to_numpy(dtype=np.float64, na_value=np.nan), codes)
            if self.by == _CLASS:
                state["by class"] = self._by_class(scores, weights, codes, columns)
        else:
            scores = self._distances(rows, said)
            state["ends"] = {LOWER, UPPER} <= set(said.columns)
        state["quantile"] = conformal_quantile(scores, weights, self.coverage)
        if self.columns_beside:
            state["groups"] = quantiles_by_group(scores, weights, rows, self.columns_beside, self.coverage)
        return state

    def _distances(self, rows: Rows, said: pd.DataFrame) -> Numbers:
        """Return how far the truth lies from what is predicted, or beyond the ends (negative: inside)."""
        if self.by == _CLASS:
            raise ConfigurationError(
                f"{self.title}: by={_CLASS!r} is for classes, but the model predicts numbers", "name columns in by="
            )
        predicted = said[PREDICTION]
        if predicted.dtype.kind not in "iuf" or rows.y.dtype.kind not in "iufb":
            raise ConfigurationError(
                f"{self.title} makes sets of classes of probabilities or scores, but the model gives "
                f"{listed(said.columns)}",
                "use an estimator with predict_proba or decision_function",
            )
        y = rows.y.to_numpy(dtype=np.float64, na_value=np.nan)
        if not {LOWER, UPPER} <= set(said.columns):
            return np.asarray(np.abs(y - predicted.to_numpy(dtype=np.float64)))
        lower, upper = (said[name].to_numpy(dtype=np.float64) for name in (LOWER, UPPER))
        return np.asarray(np.maximum(lower - y, y - upper))

    def _by_class(
        self, scores: Numbers, weights: Numbers, codes: NDArray[np.int64], columns: list[str]
    ) -> dict[str, float]:
        found = {}
        for code, name in enumerate(columns):
            mine = codes == code
            refuse_few(int(mine.sum()), self.coverage, self.title, f"rows of the class {_class_of(name)!r}")
            found[name] = conformal_quantile(scores[mine], weights[mine], self.coverage)
        return found

    def learned_in_words(self, state: dict[str, Any], /) -> str:
        """Return how far intervals and sets reach."""
        if self.by == _CLASS:
            return f"each class is in the set of {self.coverage:.0%} of its rows at least"
        if not state["columns"]:
            word = "beyond the ends that were there" if state["ends"] else "around the prediction"
            reach = f"{state['quantile']:.4g} {word}"
        elif state["columns"][0].startswith(SCORE):
            reach = f"classes with a score from {-state['quantile']:.3g} on"
        else:
            reach = f"classes with a probability from {max(0.0, -state['quantile']):.3g} on"
        if "groups" not in state:
            return f"{self.coverage:.0%} coverage: {reach}"
        known, few = len(state["groups"]["keys"]), state["groups"]["few"]
        small = f", {few} with too few rows as all rows together" if few else ""
        return f"{self.coverage:.0%} coverage: {reach}; {known} groups of {', '.join(self.columns_beside)} apart{small}"

    def apply(self, predictions: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return the predictions with intervals or sets."""
        rows = cast("pd.DataFrame | Columns", predictions)
        reach: Any = state["quantile"]
        if "groups" in state:
            names = list(self.columns_beside)
            frame = rows.frame(names) if isinstance(rows, Columns) else rows[names]
            reach = quantile_of_rows(frame, self.columns_beside, state["groups"], state["quantile"])
        columns = state["columns"]
        made = self._sets(rows, columns, reach, state) if columns else self._intervals(rows, reach, state["ends"])
        found = {name: column_of(rows, name) for name in rows.columns if name not in made}
        return cast("pd.DataFrame", rows_of(found | made, rows))

    def _intervals(self, rows: pd.DataFrame | Columns, reach: Any, ends: bool) -> dict[str, Any]:
        lower, upper = (LOWER, UPPER) if ends else (PREDICTION, PREDICTION)
        below, above = (np.asarray(column_of(rows, name), np.float64) for name in (lower, upper))
        made = below - reach, above + reach
        crossed = made[0] > made[1]  # ends that were too wide may pass each other; then they meet
        middle = (made[0] + made[1]) / 2
        return {LOWER: np.where(crossed, middle, made[0]), UPPER: np.where(crossed, middle, made[1])}

    def _sets(
        self, rows: pd.DataFrame | Columns, columns: list[str], reach: Any, state: dict[str, Any]
    ) -> dict[str, Any]:
        given = np.column_stack([np.asarray(column_of(rows, name), dtype=np.float64) for name in columns])
        if "by class" in state:
            reach = np.array([state["by class"][name] for name in columns])[None, :]
        else:
            reach = np.broadcast_to(reach, len(given))[:, None]
        inside = -given <= reach
        predicted = [str(value) for value in np.asarray(column_of(rows, PREDICTION)).tolist()]
        for place, name in enumerate(columns):
            said = _class_of(name)
            inside[:, place] |= np.array([value == said for value in predicted], dtype=bool)
        return {IN_SET + _class_of(name): inside[:, place] for place, name in enumerate(columns)}


def _class_of(column: str) -> str:
    return column.removeprefix(SCORE).removeprefix(PROBABILITY)


def _codes(target: NDArray[Any], columns: list[str]) -> NDArray[np.int64]:
    """Return the place of each row's class among the columns, -1 for a class that the model does not know."""
    places = {_class_of(name): place for place, name in enumerate(columns)}
    found = np.array([places.get(str(value), -1) for value in target.tolist()], dtype=np.int64)
    if (found < 0).all():
        raise DataError(
            f"no row has one of the classes of the model ({listed(map(_class_of, columns))}), but "
            f"{listed(np.unique(target))}",
            "learn from rows with the target that the model was trained on",
        )
    return found


def _strangeness(shares: Numbers, codes: NDArray[np.int64]) -> Numbers:
    """Return how improbable the true class was: minus its probability or score, infinite for an unknown class."""
    own = shares[np.arange(len(codes)), codes]
    return np.asarray(np.where((codes < 0) | np.isnan(own), np.inf, -own))
