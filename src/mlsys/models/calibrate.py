"""Calibrate: correct the probabilities of a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd

from mlsys.dataset import (
    PREDICTION,
    PROBABILITY,
    SCORE,
    alone,
    check_probabilities,
    known_weights,
    of_each,
    probability_columns,
    score_columns,
)
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.models._calibration import (
    fit_isotonic,
    fit_sigmoid,
    fit_temperature,
    logits_of,
    recalibrated,
    tempered,
)
from mlsys.models._class_columns import classes_of_columns
from mlsys.models._matrix import plain_target
from mlsys.models._refusals import known_target
from mlsys.steps import Postprocess
from mlsys.tables import column_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows


_TARGETS = "targets"
"""In a state: what was learned for each of several targets."""


class Calibrate(Postprocess):
    """Calibrate the probabilities of a classifier on rows it did not learn from.

    Parameters
    ----------
    method : {"sigmoid", "isotonic", "temperature"}
        ``"sigmoid"`` fits a line to the log-odds, with two parameters, and suits a few hundred rows; ``"isotonic"``
        fits any increasing steps, and suits several thousand rows; ``"temperature"`` makes all classes more or less
        certain by one number, and suits many classes with few rows each: no prediction changes.

    Raises
    ------
    ConfigurationError
        If the model gives neither probabilities nor scores: a regressor, or a classifier without ``predict_proba`` and
        ``decision_function``.
    DataError
        If a probability is outside 0 and 1; if the calibration rows have a single class.

    Notes
    -----
    Sigmoid follows Platt (1999) with his smoothed targets, on log-odds so that calibrated probabilities can stay
    unchanged; if a model gives scores (``decision_function``), it is fitted to these, and probabilities replace them.
    Isotonic follows Zadrozny and Elkan (2002). With more than two classes, each is calibrated against the rest and
    rows are scaled to sum to 1; a row of only zeros gets equal shares. ``prediction`` becomes the class with the
    highest probability. A temperature follows Guo et al. (2017): log-probabilities (or scores) are divided by it, which
    keeps the order of the classes of each row. Weights count. Assumes that later rows relate to their probabilities as
    the calibration rows do. Cost: one sort of the predictions.

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines. Advances in Large Margin Classifiers.

    Zadrozny, B. and Elkan, C. (2002). Transforming classifier scores into accurate multiclass probability estimates.
    KDD.

    Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks. ICML.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.dataset import Roles, Rows
    >>> said = pd.DataFrame({"probability_False": [0.6, 0.3], "probability_True": [0.4, 0.7]})
    >>> happened = said.loc[[0, 0, 0, 0, 1, 1, 1, 1]].assign(late=[False, False, False, True, False, True, True, True])
    >>> calibrate = Calibrate("isotonic")
    >>> state = calibrate.learn(Rows.of(happened, Roles(target="late"), ()))
    >>> calibrate.apply(said, state)
       probability_False  probability_True  prediction
    0               0.75              0.25       False
    1               0.25              0.75        True
    """

    method: Literal["sigmoid", "isotonic", "temperature"] = "sigmoid"
    serves_columns: ClassVar[bool] = True

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the probability columns, or otherwise the score columns."""
        names = list(columns)
        return tuple(probability_columns(names) or score_columns(names))

    def learn(self, calibration: Rows, /) -> dict[str, Any]:
        """Return one map per class (only for the second class if there are two); for several targets, of each."""
        if calibration.roles.has_several_targets:
            rows = {name: calibration.of_target(name) for name in calibration.roles.targets}
            return {_TARGETS: {name: self.learn(each) for name, each in rows.items()}}
        calibration = calibration.counted(self.title, "rows to calibrate on")
        predictions = calibration.predictions
        check_probabilities(predictions, self.title)
        columns = probability_columns(predictions.columns) or score_columns(predictions.columns)
        if len(columns) < 2:
            raise ConfigurationError(
                f"{self.title} calibrates probabilities, but the model gives none "
                f"(columns: {listed(predictions.columns)})",
                "remove Calibrate() after a regressor; for classes use an estimator with predict_proba or "
                "decision_function",
            )
        target = plain_target(known_target(calibration.y, self.title))
        classes = classes_of_columns(columns, target, predictions)
        if len(np.unique(target)) < 2:
            raise DataError(
                f"{self.title}: all {len(target):,} rows to calibrate on have the class {target[0]!s}",
                "calibrate on more rows, or on a calibration part that has every class",
            )
        weights = calibration.weight
        weighing = np.ones(len(target)) if weights is None else known_weights(weights, self.title)
        # A model cross-fitted without a rare class has no column for it: to that model the class had no chance.
        shares = predictions[columns].to_numpy(dtype=np.float64, na_value=np.nan)
        scored = columns[0].startswith(SCORE)
        shares = np.where(np.isnan(shares), np.nanmin(shares) if scored else 0.0, shares)
        said = {"method": self.method, "classes": classes, "columns": columns}
        if self.method == "temperature":
            codes = np.array([classes.index(value) for value in target.tolist()], dtype=np.int64)
            return {**said, "factor": fit_temperature(logits_of(shares, scored), codes, weighing)}
        fit = fit_sigmoid if self.method == "sigmoid" else fit_isotonic
        judged = range(1, 2) if len(columns) == 2 else range(len(columns))
        maps = [fit(shares[:, place], target == classes[place], weighing, scored) for place in judged]
        return {**said, "maps": maps}

    def apply(self, predictions: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return the predictions with calibrated probabilities and the most probable class."""
        if _TARGETS in state:
            return self._each(predictions, state[_TARGETS])
        columns = state["columns"]
        shown = [PROBABILITY + name.removeprefix(SCORE) if name.startswith(SCORE) else name for name in columns]
        given = [np.asarray(column_of(predictions, name), dtype=np.float64) for name in columns]
        shares = _changed(np.column_stack(given), state)
        corrected: dict[str, Any] = {name: shares[:, place] for place, name in enumerate(shown)}
        corrected[PREDICTION] = np.array(state["classes"])[shares.argmax(axis=1)]
        kept = [name for name in predictions.columns.tolist() if name not in columns or name in corrected]
        # Made anew: changing each column takes three times as long.
        found = {name: corrected[name] if name in corrected else column_of(predictions, name) for name in kept}
        return cast("pd.DataFrame", rows_of(found | corrected, predictions))

    def learned_in_words(self, state: dict[str, Any], /) -> str:
        """Return how far probabilities move: by which line, temperature or number of points."""
        if _TARGETS in state:
            return "; ".join(f"{name}: {self.learned_in_words(each)}" for name, each in state[_TARGETS].items())
        if "factor" in state:
            return f"temperature {1 / state['factor']:.3g}"
        if self.method == "isotonic":
            return f"increasing through {listed(len(each['from']) for each in state['maps'])} points"
        of = "score" if "of" in state["maps"][0] else "log-odds"
        return listed(f"{each['slope']:.3g} x {of} {each['intercept']:+.3g}" for each in state["maps"])

    def _each(self, predictions: pd.DataFrame, states: dict[str, Any]) -> pd.DataFrame:
        """Return the predictions of several targets, each calibrated by itself."""
        found: dict[str, Any] = {}
        for target, state in states.items():
            names = alone(predictions.columns, target, list(states))
            mine = rows_of({short: column_of(predictions, name) for name, short in names.items()}, predictions)
            changed = self.apply(cast("pd.DataFrame", mine), state)
            found |= {of_each(str(name), target): column_of(changed, name) for name in changed.columns}
        return cast("pd.DataFrame", rows_of(found, predictions))


def _changed(shares: NDArray[np.float64], state: dict[str, Any]) -> NDArray[np.float64]:
    if "factor" in state:
        return tempered(logits_of(shares, state["columns"][0].startswith(SCORE)), state["factor"])
    return recalibrated(shares, state["maps"])
