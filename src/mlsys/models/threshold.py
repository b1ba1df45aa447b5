"""Threshold: from which score on a row is called an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd

from mlsys.dataset import PREDICTION, SCORE, Event, known_weights, probability_columns, score_columns, settled, tally
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.models._class_columns import classes_of_columns
from mlsys.models._matrix import plain_target
from mlsys.steps import Postprocess
from mlsys.tables import column_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Numbers = NDArray[np.float64]


class Threshold(Postprocess):
    """Choose from which score on rows are predicted to be events: by a share of the rows, or by what mistakes cost.

    Parameters
    ----------
    share : float, optional
        Share of the rows to flag, above 0 and below 1: what can be looked at. Needs no labels.
    missed, false_alarm : float, optional
        Cost of an event that is not flagged, and of another row that is, in any one unit; the threshold is the one of
        least cost on the rows whose label is known.

    Raises
    ------
    ConfigurationError
        If neither or both are given, if a number is out of range, or if the model gives no score or probability for
        two classes.
    DataError
        If costs are given and no row has a known label, or all have the same.

    Notes
    -----
    The threshold is learned from the calibration part, or from out-of-fold predictions of the training rows; it lies
    halfway between two scores that occur, so that rows of one score are on one side. With ``share``, ties are not
    flagged if that would flag more. Scores are moved so that 0 is the threshold; probabilities stay as they are.
    Weights count. It works for anomaly detectors and classifiers alike.

    With calibrated probabilities the least cost is known without looking (Elkan 2001), and
    ``Evaluate(value=Cost(...))`` uses that; this step also serves models whose scores are no probabilities.
    Cost: one sort of the scores.

    Examples
    --------
    >>> from mlsys.dataset import Roles, Rows
    >>> said = pd.DataFrame({"prediction": False, "score_False": range(4), "score_True": [-0.0, -1.0, -2.0, -3.0]})
    >>> threshold = Threshold(share=0.25)
    >>> state = threshold.learn(Rows.of(said, Roles(), (), predictions=said))
    >>> state["threshold"], threshold.apply(said, state)["prediction"].tolist()
    (-0.5, [True, False, False, False])
    """

    share: float | None = None
    missed: float | None = None
    false_alarm: float | None = None
    serves_columns: ClassVar[bool] = True
    of_one_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is one rule, and that its numbers make sense."""
        costs = [each for each in (self.missed, self.false_alarm) if each is not None]
        if len(costs) != (2 if self.share is None else 0):
            raise ConfigurationError(
                f"{self.title} needs one rule: a share of the rows, or both costs",
                f"write {self.title}(share=0.01) or {self.title}(missed=100, false_alarm=1)",
            )
        if self.share is not None and not 0 < self.share < 1:
            raise ConfigurationError(f"{self.title}: share={self.share}", "give a share above 0 and below 1")
        if any(not (np.isfinite(each) and each > 0) for each in costs):
            raise ConfigurationError(
                f"{self.title}: missed={self.missed}, false_alarm={self.false_alarm}", "give costs above 0"
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the probability columns, or otherwise the score columns."""
        names = list(columns)
        return tuple(probability_columns(names) or score_columns(names))

    def learn(self, calibration: Rows, /) -> dict[str, Any]:
        """Return the threshold, the classes, and the columns of both."""
        rows = calibration.counted(self.title, "rows to choose a threshold by")
        said, columns = rows.predictions, list(self.columns_read(rows.predictions.columns))
        if len(columns) != 2:
            raise ConfigurationError(
                f"{self.title} chooses among scores of two classes, but the model gives {listed(said.columns)}",
                "use it after a detector, or a classifier of two classes",
            )
        known = rows.y.notna().to_numpy() if rows.has_target else np.zeros(len(rows), dtype=bool)
        target = plain_target(rows.y[known]) if known.any() else np.array([])
        classes = classes_of_columns(columns, target, said)
        event = _event_of(rows, known)
        place = next((i for i, value in enumerate(classes) if event is not None and event.is_called(str(value))), 1)
        weights = np.ones(len(rows)) if rows.weight is None else known_weights(rows.weight, self.title)
        scores = said[columns[place]].to_numpy(dtype=np.float64)
        if self.share is not None:
            cut = cut_by_share(scores, weights, self.share)
        else:
            self._refuse_one_kind(known, target)
            cut = cut_by_cost(scores[known], target == classes[place], weights[known], *self._costs)
        ordered = [place, 1 - place]
        return {
            "threshold": cut, "columns": [columns[i] for i in ordered], "classes": [classes[i] for i in ordered]
        }  # fmt: skip

    @property
    def _costs(self) -> tuple[float, float]:
        assert self.missed is not None and self.false_alarm is not None
        return self.missed, self.false_alarm

    def _refuse_one_kind(self, known: NDArray[np.bool_], target: NDArray[Any]) -> None:
        if len(np.unique(target)) < 2:
            held = f"all {len(target):,} have the class {target[0]!s}" if known.any() else "no row has a known label"
            raise DataError(
                f"{self.title} compares costs on labelled rows, but {held}",
                f"name a target with both classes, or flag a share: {self.title}(share=0.01)",
            )

    def apply(self, predictions: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return the predictions by the threshold; scores with 0 at the threshold."""
        event, other = state["columns"]
        beyond = np.asarray(column_of(predictions, event), dtype=np.float64) - state["threshold"]
        changed: dict[str, Any] = {event: beyond, other: -beyond} if event.startswith(SCORE) else {}
        changed[PREDICTION] = np.array(state["classes"])[np.where(beyond > 0, 0, 1)]
        names = predictions.columns.tolist()
        found = {name: changed[name] if name in changed else column_of(predictions, name) for name in names}
        return cast("pd.DataFrame", rows_of(found | changed, predictions))


def _event_of(rows: Rows, known: NDArray[np.bool_]) -> Event | None:
    if not known.any():
        return None
    return settled(rows.roles.event, tally(rows.y[known]), rows.roles.target)


def cut_by_share(scores: Numbers, weights: Numbers, share: float) -> float:
    """Return the threshold above which at most a share of the rows lies, by weight.

    Examples
    --------
    >>> cut_by_share(np.array([1.0, 2.0, 2.0, 3.0]), np.ones(4), 0.5)
    2.5
    """
    values, flagged = _flagged(scores, weights)
    within = flagged <= share * flagged[-1] * (1 + 1e-12)
    return _between(values, int(within.sum()))


def cut_by_cost(scores: Numbers, event: NDArray[np.bool_], weights: Numbers, missed: float, alarm: float) -> float:
    """Return the threshold of least cost; of several the one that flags fewest.

    Examples
    --------
    >>> cut_by_cost(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]), np.ones(3), 5, 1)
    1.5
    """
    values, caught = _flagged(scores, np.where(event, weights, 0.0))
    alarms = _flagged(scores, np.where(event, 0.0, weights))[1]
    cost = np.r_[missed * caught[-1], missed * (caught[-1] - caught) + alarm * alarms]
    return _between(values, int(np.argmin(cost)))


def _flagged(scores: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Return the distinct scores, highest first, and the weight of the rows that have it or a higher one."""
    values, places = np.unique(-scores, return_inverse=True)
    return -values, np.cumsum(np.bincount(places.ravel(), weights, len(values)))


def _between(values: Numbers, flagged: int) -> float:
    """Return the threshold that flags the highest so many distinct scores."""
    if flagged == 0:
        return float(np.nextafter(values[0], np.inf))
    if flagged == len(values):
        return float(np.nextafter(values[-1], -np.inf))
    return float((values[flagged - 1] + values[flagged]) / 2)
