"""TuneThreshold: from which score on a row is called an event, or which class costs least."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd

from mlsys.dataset import (
    PREDICTION,
    PROBABILITY,
    SCORE,
    Event,
    check_probabilities,
    known_weights,
    probability_columns,
    score_columns,
    settled,
    tally,
)
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.models._class_columns import classes_of_columns
from mlsys.models._cuts import Held, cut_by_cost, cut_by_share, cut_that_holds
from mlsys.models._matrix import plain_target
from mlsys.steps import Postprocess
from mlsys.tables import column_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Numbers = NDArray[np.float64]

_LEAST = float(np.finfo(np.float64).min)
_HELD: tuple[Held, ...] = ("recall", "precision", "false_positive_rate")


class TuneThreshold(Postprocess):
    """Choose from which score on rows are predicted to be events: by share, by cost, or by a rate that must hold.

    Parameters
    ----------
    share : float, optional
        Share of the rows to flag, above 0 and below 1: what can be looked at. Needs no labels.
    missed, false_alarm : float, optional
        Cost of an event that is not flagged, and of another row that is, in any one unit; the threshold is the one of
        least cost on the rows whose label is known.
    recall : float, optional
        Flag as few rows as possible so that at least this share of the events is flagged.
    precision : float, optional
        Flag as many events as possible so that at least this share of the flagged rows are events.
    false_positive_rate : float, optional
        Flag as many events as possible so that at most this share of the other rows is flagged.
    confidence : float, optional
        With which later rows keep ``recall``, ``precision`` or ``false_positive_rate``, such as 0.95. By default, the
        rows that the threshold is chosen on keep it, and later rows do in about half of all cases.
    costs : mapping of class to mapping of class to float, optional
        ``costs[truth][predicted]`` of two or more classes, 0 for what is right unless it is given. The class of least
        expected cost is predicted; needs probabilities.

    Raises
    ------
    ConfigurationError
        If there is not one rule, if a number is out of range, or if the model gives no score or probability for
        two classes (with ``costs``: no probabilities, or of other classes).
    DataError
        If a probability is outside 0 and 1; if labels are needed and no row has a known one, or all have the same; if
        no threshold keeps the rate.

    Notes
    -----
    The threshold is learned from the calibration part, or from out-of-fold predictions of the training rows; it lies
    halfway between two scores that occur, so that rows of one score are on one side. With ``share``, ties are not
    flagged if that would flag more. Scores are moved so that 0 is the threshold; probabilities stay as they are.
    Weights count. It works for anomaly detectors and classifiers alike.

    With calibrated probabilities the least cost is known without looking (Elkan 2001), and
    ``Evaluate(value=Cost(...))`` uses that; ``missed`` and ``false_alarm`` also serve models whose scores are no
    probabilities. ``costs`` is Elkan's rule for any number of classes, so calibrate first. With ``confidence``, recall
    and false positive rate hold exactly, whatever the distribution (Tong, Feng and Li 2018); precision holds about,
    since its threshold is the best of many.
    Cost: one sort of the scores.

    References
    ----------
    Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI.

    Tong, X., Feng, Y. and Li, J. J. (2018). Neyman-Pearson classification algorithms and NP receiver operating
    characteristics. Science Advances 4(2).

    Examples
    --------
    >>> from mlsys.dataset import Roles, Rows
    >>> said = pd.DataFrame({"prediction": False, "score_False": range(4), "score_True": [-0.0, -1.0, -2.0, -3.0]})
    >>> threshold = TuneThreshold(share=0.25)
    >>> state = threshold.learn(Rows.of(said, Roles(), (), predictions=said))
    >>> state["threshold"], threshold.apply(said, state)["prediction"].tolist()
    (-0.5, [True, False, False, False])

    >>> said = pd.DataFrame({"prediction": "a", "probability_a": [0.6], "probability_b": [0.3], "probability_c": [0.1]})
    >>> costs = {"a": {"b": 1, "c": 1}, "b": {"a": 1, "c": 1}, "c": {"a": 20, "b": 1}}
    >>> threshold = TuneThreshold(costs=costs)
    >>> threshold.apply(said, threshold.learn(Rows.of(said, Roles(), (), predictions=said)))["prediction"].tolist()
    ['b']
    """

    share: float | None = None
    missed: float | None = None
    false_alarm: float | None = None
    recall: float | None = None
    precision: float | None = None
    false_positive_rate: float | None = None
    confidence: float | None = None
    costs: dict[Any, dict[Any, float]] | None = None
    serves_columns: ClassVar[bool] = True
    of_one_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is one rule, and that its numbers make sense."""
        costs = [each for each in (self.missed, self.false_alarm) if each is not None]
        given = ["share"] if self.share is not None else []
        given += ["costs"] if self.costs is not None else []
        given += [name for name in _HELD if getattr(self, name) is not None]
        if len(costs) == 1 or len(given) + bool(costs) != 1:
            raise ConfigurationError(
                f"{self.title} needs one rule: a share of the rows, both costs of two classes, a rate that holds, or "
                "costs of any classes",
                f"write {self.title}(share=0.01), {self.title}(missed=100, false_alarm=1), {self.title}(recall=0.9) or "
                f"{self.title}(costs=...)",
            )
        for name in ("share", *_HELD, "confidence"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ConfigurationError(f"{self.title}: {name}={value}", "give a share above 0 and below 1")
        if self.confidence is not None and given[:1] not in [[name] for name in _HELD]:
            raise ConfigurationError(
                f"{self.title}: confidence={self.confidence} is with which a rate holds, and none is asked for",
                f"leave confidence= out, or write {self.title}(recall=0.9, confidence=0.95)",
            )
        if any(not (np.isfinite(each) and each > 0) for each in costs):
            raise ConfigurationError(
                f"{self.title}: missed={self.missed}, false_alarm={self.false_alarm}", "give costs above 0"
            )
        self._refuse_costs()

    def _refuse_costs(self) -> None:
        if self.costs is None:
            return
        values = [float(cost) for row in self.costs.values() for cost in row.values()]
        if len(self.costs) < 2 or not np.isfinite(values).all():  # noqa: PLR2004  two classes
            raise ConfigurationError(
                f"{self.title}: costs={self.costs}",
                'give a cost of each mistake: costs={"good": {"bad": 1}, "bad": {"good": 5}}, by truth and prediction',
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the probability columns, or otherwise the score columns."""
        names = list(columns)
        return tuple(probability_columns(names) or score_columns(names))

    def learn(self, calibration: Rows, /) -> dict[str, Any]:
        """Return the threshold or the costs, the classes, and the columns of both."""
        rows = calibration.counted(self.title, "rows to choose a threshold by")
        said, columns = rows.predictions, list(self.columns_read(rows.predictions.columns))
        check_probabilities(said, self.title)
        known = rows.y.notna().to_numpy() if rows.has_target else np.zeros(len(rows), dtype=bool)
        target = plain_target(rows.y[known]) if known.any() else np.array([])
        if self.costs is not None:
            return self._by_costs(self.costs, columns, target, said)
        if len(columns) != 2:
            raise ConfigurationError(
                f"{self.title} chooses among scores of two classes, but the model gives {listed(said.columns)}",
                f"use it after a detector, or a classifier of two classes; of more, write {self.title}(costs=...)",
            )
        classes = classes_of_columns(columns, target, said)
        event = _event_of(rows, known)
        place = next((i for i, value in enumerate(classes) if event is not None and event.is_called(str(value))), 1)
        weights = np.ones(len(rows)) if rows.weight is None else known_weights(rows.weight, self.title)
        # What a model says nothing of is flagged last.
        scores = np.nan_to_num(said[columns[place]].to_numpy(dtype=np.float64, na_value=np.nan), nan=_LEAST)
        if self.share is not None:
            cut = cut_by_share(scores, weights, self.share)
        else:
            self._refuse_one_kind(known, target)
            cut = self._by_labels(scores[known], target == classes[place], weights[known])
        ordered = [place, 1 - place]
        labels = (target == classes[place]).astype(float) if known.any() else np.array([])
        return {
            "threshold": cut, "columns": [columns[i] for i in ordered], "classes": [classes[i] for i in ordered],
            "reached": _reached(scores > cut, known, labels, weights),
        }  # fmt: skip

    def learned_in_words(self, state: dict[str, Any], /) -> str:
        """Return the threshold, and what it reached on the rows that it was chosen on."""
        if "costs" in state:
            return "the class of least expected cost"
        figures = ", ".join(f"{name} {value:.3g}" for name, value in state["reached"].items())
        return f"{state['classes'][0]!s} above {state['threshold']:.4g}: {figures} on these rows"

    def _by_labels(self, scores: Numbers, event: NDArray[np.bool_], weights: Numbers) -> float:
        if self.missed is not None and self.false_alarm is not None:
            return cut_by_cost(scores, event, weights, self.missed, self.false_alarm)
        held = next(name for name in _HELD if getattr(self, name) is not None)
        return cut_that_holds(scores, event, weights, held, getattr(self, held), self.confidence, self.title)

    def _by_costs(
        self, costs: Mapping[Any, Mapping[Any, float]], columns: list[str], target: NDArray[Any], said: pd.DataFrame
    ) -> dict[str, Any]:
        """Return the matrix of costs in the order of the probability columns."""
        if not columns or columns[0].startswith(SCORE):
            raise ConfigurationError(
                f"{self.title}(costs=...) needs probabilities, but the model gives {listed(said.columns)}",
                "use an estimator with predict_proba, or Calibrate() before it",
            )
        named = [name.removeprefix(PROBABILITY) for name in columns]
        asked = {str(truth): {str(name): cost for name, cost in row.items()} for truth, row in costs.items()}
        unknown = sorted({*asked, *(name for row in asked.values() for name in row)} - set(named))
        lacking = [
            f"[{truth!r}][{name!r}]"
            for truth in named for name in named if truth != name and name not in asked.get(truth, {})
        ]  # fmt: skip
        if unknown or lacking:
            what = f"names {listed(map(repr, unknown))}" if unknown else f"lacks {listed(lacking)}"
            raise ConfigurationError(
                f"{self.title}: costs= {what}, but the classes are {listed(named)}",
                "give costs[truth][predicted] for each pair of classes",
            )
        matrix = [[float(asked[truth].get(name, 0.0)) for name in named] for truth in named]
        classes = classes_of_columns(columns, target, said) if len(target) else list(_classes_said(named, said))
        return {"costs": np.array(matrix), "columns": columns, "classes": classes}

    def _refuse_one_kind(self, known: NDArray[np.bool_], target: NDArray[Any]) -> None:
        if len(np.unique(target)) < 2:
            held = f"all {len(target):,} have the class {target[0]!s}" if known.any() else "no row has a known label"
            raise DataError(
                f"{self.title} chooses by labelled rows, but {held}",
                f"name a target with both classes, or flag a share: {self.title}(share=0.01)",
            )

    def apply(self, predictions: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return the predictions by the threshold; scores with 0 at the threshold."""
        if "costs" in state:
            return self._cheapest(predictions, state)
        event, other = state["columns"]
        beyond = np.asarray(column_of(predictions, event), dtype=np.float64) - state["threshold"]
        changed: dict[str, Any] = {event: beyond, other: -beyond} if event.startswith(SCORE) else {}
        changed[PREDICTION] = np.array(state["classes"])[np.where(beyond > 0, 0, 1)]
        names = predictions.columns.tolist()
        found = {name: changed[name] if name in changed else column_of(predictions, name) for name in names}
        return cast("pd.DataFrame", rows_of(found | changed, predictions))

    def _cheapest(self, predictions: pd.DataFrame, state: dict[str, Any]) -> pd.DataFrame:
        """Return the predictions with the class of least expected cost."""
        shares = np.column_stack([np.asarray(column_of(predictions, name), np.float64) for name in state["columns"]])
        cheapest = (shares @ state["costs"]).argmin(axis=1)
        names = predictions.columns.tolist()
        found: dict[str, Any] = {name: column_of(predictions, name) for name in names}
        found[PREDICTION] = np.array(state["classes"])[cheapest]
        return cast("pd.DataFrame", rows_of(found, predictions))


def _reached(
    flagged: NDArray[np.bool_], known: NDArray[np.bool_], event: Numbers, weights: Numbers
) -> dict[str, float]:
    """Return the share flagged and, of labelled rows, the rates that a threshold trades against each other."""
    found = {"flagged": float(np.average(flagged, weights=weights))}
    there, weight = flagged[known], weights[known]
    for name, part, among in (
        ("recall", there, event == 1), ("precision", event == 1, there), ("false_positive_rate", there, event == 0)
    ):  # fmt: skip
        if weight[among].sum() > 0:
            found[name] = float(np.average(part[among], weights=weight[among]))
    return found


def _classes_said(named: list[str], said: pd.DataFrame) -> list[Any]:
    """Return the classes of columns where no label is known: as they are predicted, otherwise as texts."""
    there = {str(value): value for value in plain_target(said[PREDICTION]).tolist()}
    return [there.get(name, name) for name in named]


def _event_of(rows: Rows, known: NDArray[np.bool_]) -> Event | None:
    if not known.any():
        return None
    return settled(rows.roles.event, tally(rows.y[known]), rows.roles.target)
