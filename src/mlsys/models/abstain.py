"""Abstain: leave the rows of which the model is least sure to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import pandas as pd

from mlsys.dataset import ABSTAINS, LOWER, PREDICTION, check_probabilities, known_weights
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.models._confidence import confidence_of, cut_by_risk, told_by
from mlsys.models._cuts import cut_by_share
from mlsys.models._matrix import plain_target
from mlsys.steps import Postprocess
from mlsys.tables import Columns, column_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Numbers = NDArray[np.float64]


class Abstain(Postprocess):
    """Mark the rows that the model is not sure enough of to answer.

    Parameters
    ----------
    rate : float, optional
        Share of the rows to leave unanswered, above 0 and below 1: what somebody else can look at. Needs no labels.
    risk : float, optional
        Answer as many rows as possible, so that at most this share of the answers is wrong. For classes.
    confidence : float, optional
        With which the answers to later rows keep ``risk``, such as 0.95. By default, the answers to the rows that it
        is chosen on do, and to later rows in about half of all cases.

    Raises
    ------
    ConfigurationError
        If neither or both rules are given, if a number is out of range, or if the model says nothing of how sure it is:
        numbers without intervals, classes without probabilities or scores.
    DataError
        If a probability is outside 0 and 1; if not even the surest rows are right often enough.

    Notes
    -----
    Adds the column ``abstains``; ``prediction`` stays, for whom it may concern. How sure the model is of a row is the
    probability of the predicted class (Chow 1970); with scores, how far this class is ahead of the others; with
    intervals (:class:`~mlsys.Conformal`), how narrow they are. With ``confidence``, the risk is kept with that
    probability whatever the model and the distribution, as long as later rows are exchangeable with these (Geifman and
    El-Yaniv 2017). ``Evaluate`` shows ``abstention_rate`` and ``selective_accuracy``, the accuracy of what is answered,
    by slice too, and ``run.evaluation.plot(kind="risk_coverage")`` the whole trade-off. Weights count. Cost: one sort
    of the rows.

    References
    ----------
    Chow, C. (1970). On optimum recognition error and reject tradeoff. IEEE Transactions on Information Theory 16(1).

    Geifman, Y. and El-Yaniv, R. (2017). Selective classification for deep neural networks. NeurIPS.

    Examples
    --------
    >>> from mlsys.dataset import Roles, Rows
    >>> said = pd.DataFrame({"prediction": ["a"] * 4, "probability_a": [0.9, 0.8, 0.7, 0.6]})
    >>> said["probability_b"] = 1 - said["probability_a"]
    >>> abstain = Abstain(rate=0.25)
    >>> abstain.apply(said, abstain.learn(Rows.of(said, Roles(), (), predictions=said)))["abstains"].tolist()
    [False, False, False, True]
    """

    rate: float | None = None
    risk: float | None = None
    confidence: float | None = None
    serves_columns: ClassVar[bool] = True
    of_one_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is one rule, and that its numbers make sense."""
        if (self.rate is None) == (self.risk is None):
            raise ConfigurationError(
                f"{self.title} needs one rule: a share of rows to leave unanswered, or a share of wrong answers",
                f"write {self.title}(rate=0.1) or {self.title}(risk=0.02)",
            )
        for name in ("rate", "risk", "confidence"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ConfigurationError(f"{self.title}: {name}={value}", "give a share above 0 and below 1")
        if self.confidence is not None and self.risk is None:
            raise ConfigurationError(
                f"{self.title}: confidence={self.confidence} is with which a risk is kept, and none is given",
                f"leave confidence= out, or write {self.title}(risk=0.02, confidence=0.95)",
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that tell how sure the model is."""
        return (*told_by(columns), PREDICTION)

    def learn(self, calibration: Rows, /) -> dict[str, Any]:
        """Return how sure the model must be to answer, and what that comes to on these rows."""
        rows = calibration.counted(self.title, "rows to choose which to answer")
        said = rows.predictions
        check_probabilities(said, self.title)
        columns = told_by(said.columns)
        if not columns:
            raise ConfigurationError(
                f"{self.title} must know how sure the model is, but it gives {listed(said.columns)}",
                "use an estimator with predict_proba or decision_function, or for numbers Conformal() before it",
            )
        weights = np.ones(len(rows)) if rows.weight is None else known_weights(rows.weight, self.title)
        sure = confidence_of(said, columns)
        known, wrong = self._mistakes(rows, said, columns)
        if self.rate is not None:
            cut = -cut_by_share(-sure, weights, self.rate)
        else:
            cut = self._by_risk(sure[known], wrong[known], weights[known])
        answered = sure > cut
        reached = {"abstention_rate": float(np.average(~answered, weights=weights))}
        judged = known & answered & (weights > 0)
        if judged.any():
            reached["risk"] = float(np.average(wrong[judged], weights=weights[judged]))
        return {"threshold": cut, "columns": list(columns), "reached": reached}

    def _mistakes(
        self, rows: Rows, said: pd.DataFrame, columns: tuple[str, ...]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows have a known class, and which of them are predicted wrong."""
        known = np.zeros(len(rows), dtype=bool)
        wrong = known.copy()
        if columns[0] == LOWER or not rows.has_target:
            return known, wrong
        known = rows.y.notna().to_numpy()
        truth, predicted = plain_target(rows.y[known]), plain_target(said[PREDICTION][known])
        wrong[known] = [str(one) != str(other) for one, other in zip(truth.tolist(), predicted.tolist(), strict=True)]
        return known, wrong

    def _by_risk(self, sure: Numbers, wrong: NDArray[np.bool_], weights: Numbers) -> float:
        assert self.risk is not None
        if not len(sure):
            raise DataError(
                f"{self.title} keeps a risk among rows of a known class, and there is none",
                "name a target of classes, or leave a share unanswered: Abstain(rate=0.1)",
            )
        cut = cut_by_risk(sure, wrong, weights, self.risk, self.confidence)
        if np.isinf(cut):
            best = f"{wrong[sure >= np.quantile(sure, 0.9)].mean():.3g} of the surest tenth of {len(sure):,} rows"
            certain = "" if self.confidence is None else f" with a confidence of {self.confidence:g}"
            raise DataError(
                f"{self.title}: no threshold keeps risk={self.risk:g}{certain}; of these rows, {best} are wrong",
                "allow more risk, use a better model" + ("" if self.confidence is None else ", or choose on more rows"),
            )
        return cut

    def learned_in_words(self, state: dict[str, Any], /) -> str:
        """Return from where on the model answers, and what that comes to on the rows that it is chosen on."""
        columns = tuple(state["columns"])
        what = "width" if columns[0] == LOWER else "probability" if columns[0].startswith("probability") else "margin"
        cut = f"{what} {'below' if what == 'width' else 'above'} {abs(state['threshold']):.4g}"
        figures = ", ".join(f"{name} {value:.3g}" for name, value in state["reached"].items())
        return f"answers from a {cut}: {figures} on these rows"

    def apply(self, predictions: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return the predictions with ``abstains``."""
        rows = cast("pd.DataFrame | Columns", predictions)
        found = {name: column_of(rows, name) for name in rows.columns if name != ABSTAINS}
        found[ABSTAINS] = ~(confidence_of(rows, tuple(state["columns"])) > state["threshold"])
        return cast("pd.DataFrame", rows_of(found, rows))
