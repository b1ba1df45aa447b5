"""Fitted: a step, unchanged, with the state it learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from mlsys.dataset import PREDICTION, Rows
from mlsys.errors import ConfigurationError, ContractError, DataError, StateError
from mlsys.states import Held
from mlsys.steps.base import Step
from mlsys.steps.learns import Learns
from mlsys.tables import AnyRows, Columns, column_of, rows_of


class Fitted:
    """A step with its state; made by ``step.fit(frame)`` and held by a run.

    Parameters
    ----------
    step : Step
        The configuration, unchanged.
    state : object
        The learned state: plain data, or a :class:`~mlsys.states.Held` that reads it on first use.
    features : tuple of str
        The columns a model learned from, in order.

    Examples
    --------
    >>> from mlsys.features import Standardize
    >>> fitted = Standardize().fit(pd.DataFrame({"x": [1.0, 3.0]}))
    >>> fitted.transform(pd.DataFrame({"x": [2.0]}))["x"].tolist()
    [0.0]
    """

    def __init__(self, step: Step, state: Any = None, features: Sequence[str] = ()) -> None:
        self.step = step
        self.held = state if isinstance(state, Held) else Held(state)
        self.features = tuple(features)
        self._prepared: list[Any] = []

    @property
    def state(self) -> Any:
        """The learned state."""
        return self.held.get()

    def transform(self, frame: AnyRows) -> AnyRows:
        """Return ``frame`` as the step changes rows it did not learn from."""
        step: Any = self.step
        if isinstance(frame, Columns):
            if not (step.serves_columns and step.is_ours):
                return Columns.of(self.transform(frame.frame()))
            return step.apply(frame) if step.kind == "RowTransform" else step.apply(frame, self.prepared)  # type: ignore[no-any-return]
        shown = frame.copy(deep=False)
        if step.kind == "RowTransform":
            return same_rows(step, frame, step.apply(shown))
        if step.kind == "Transform":
            return same_rows(step, frame, step.apply(shown, self.prepared))
        raise ConfigurationError(
            f"{step.title} is a {step.kind}, which does not transform", "use predict(frame) of a model"
        )

    def predict(self, frame: AnyRows) -> AnyRows:
        """Return the columns ``prediction`` and, for classes, ``probability_<class>``."""
        step: Any = self.step
        if isinstance(frame, Columns):
            return self._predict_columns(frame)
        if step.kind == "Postprocess":
            return self._answered(_predictions(step, frame, step.apply(frame.copy(deep=False), self.prepared)))
        if step.kind != "Model":
            raise ConfigurationError(f"{step.title} is a {step.kind}, which does not predict", "use transform(frame)")
        there = frame.columns.tolist()
        self._refuse_missing(there)
        given = frame if there == list(self.features) else frame[list(self.features)]
        return _predictions(step, frame, step.predict(given, self.prepared))

    def _predict_columns(self, rows: Columns) -> Columns:
        step: Any = self.step
        if not (step.serves_columns and step.is_ours):
            shown = None if step.kind == "Postprocess" else [name for name in self.features if name in rows.held]
            return Columns.of(self.predict(rows.frame(shown)))
        if step.kind == "Postprocess":
            return self._answered(step.apply(rows, self.prepared))  # type: ignore[no-any-return]
        self._refuse_missing(rows.held)
        return step.predict(rows, self.prepared)  # type: ignore[no-any-return]

    def beside(self, predictions: AnyRows, rows: AnyRows) -> AnyRows:
        """Return predictions with the columns of their rows that postprocessing reads beside them."""
        names: tuple[str, ...] = self.step.columns_beside  # type: ignore[attr-defined]
        if not names:
            return predictions
        found = {name: column_of(predictions, name) for name in predictions.columns if name not in names}
        return rows_of(found | {name: column_of(rows, name) for name in names}, predictions)  # type: ignore[no-any-return]

    def _answered(self, predictions: AnyRows) -> AnyRows:
        """Return predictions without the columns that stood beside them."""
        gone: tuple[str, ...] = self.step.columns_beside  # type: ignore[attr-defined]
        if not gone:
            return predictions
        kept = {name: column_of(predictions, name) for name in predictions.columns if name not in gone}
        return rows_of(kept, predictions)  # type: ignore[no-any-return]

    def _refuse_missing(self, there: Iterable[str]) -> None:
        step, known = self.step, set(there)
        missing = [name for name in self.features if name not in known]
        if missing:
            raise DataError(
                f"{step.title} needs the column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}, "
                "which the frame does not have",
                "pass the columns it was trained on; they may contain nulls but must be present",
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...] | None:
        """Return the columns that its step reads out of ``columns``; ``None`` if the step does not say."""
        step: Any = self.step
        if step.kind == "Transform" and step.chooses_columns:
            return tuple(step.columns_taken(self.state))
        return self.step.columns_read(columns)

    @property
    def prepared(self) -> Any:
        """The state prepared for serving, built once."""
        return self.once(self._prepare)

    def _prepare(self, state: Any) -> Any:
        if not isinstance(self.step, Learns):
            return state
        step: Any = self.step
        if not (step.is_ours and step.kind == "Transform"):
            return step.prepare(state)
        try:
            if step.takes_all:
                step.columns_taken(state)
            return step.prepare(state)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise StateError(
                f"the state of {self.step.title} is not of the form that this version of mlsys learns "
                f"({type(error).__name__}: {error})",
                "learn it again with fit() or run(), or load it with the version of mlsys that wrote it",
            ) from error

    def once(self, make: Callable[[Any], Any]) -> Any:
        """Return what requests ask in place of the state, made of it at the first."""
        if not self._prepared:
            self._prepared.append(make(self.state))
        return self._prepared[0]

    def __repr__(self) -> str:
        return f"Fitted({self.step!r})"


def same_rows(step: Step, before: pd.DataFrame, after: Any) -> pd.DataFrame:
    """Return ``after``, checked to be a frame with the rows of ``before``."""
    if not isinstance(after, pd.DataFrame):
        raise ContractError(
            f"{step.title} returned {type(after).__name__}, not a DataFrame",
            "return the frame with your columns assigned: `return frame.assign(new=...)`",
        )
    if len(after) != len(before):
        raise ContractError(
            f"{step.title} is a {step.kind}, which keeps rows, but made {len(after):,} rows out of {len(before):,}",
            "drop rows in a Select step before the split, or add rows in a TrainOnly step",
        )
    if after.index is not before.index and not after.index.equals(before.index):
        raise ContractError(
            f"{step.title} changed the index, which identifies rows",
            "do not reset or sort the index; pd.merge resets it, so assign the joined columns or use Join",
        )
    if isinstance(after, Rows):
        return pd.DataFrame(after)
    if not after.columns.is_unique:
        twice = after.columns[after.columns.duplicated()][0]
        raise ContractError(f"{step.title} returned two columns named {twice!r}", "rename one of them")
    return after


def predicts_something(columns: Iterable[object]) -> bool:
    """Whether there is a prediction among columns, of the target or of one of several."""
    return any(name == PREDICTION or str(name).startswith(f"{PREDICTION}_") for name in columns)


def _predictions(step: Step, before: pd.DataFrame, after: Any) -> pd.DataFrame:
    """Return ``after``, checked to be predictions for the rows of ``before``."""
    if not isinstance(after, pd.DataFrame) or not predicts_something(after.columns):
        found = f"a frame of {list(after.columns)}" if isinstance(after, pd.DataFrame) else type(after).__name__
        raise ContractError(
            f"{step.title} returned {found}, not a DataFrame with the column 'prediction'",
            'return pd.DataFrame({"prediction": ...}, index=frame.index), and for classes probability_<class>; of '
            "several targets prediction_<target> and probability_<target>_<class>",
        )
    return same_rows(step, before, after)
