"""Serving a request: what each kind of step does with rows that nothing learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import pandas as pd

from mlsys.dataset import Moment
from mlsys.steps import Fitted
from mlsys.steps.capabilities import AsksAhead
from mlsys.steps.memory import Memory
from mlsys.steps.questions import sees_history
from mlsys.tables import Columns


@dataclass(frozen=True)
class Request:
    """Rows to predict, as the steps so far have changed them.

    Parameters
    ----------
    rows : DataFrame or Columns
        A few rows are held as separate columns, because a frame costs more than the work on their values.
    decision : Moment or None
        When each row is decided.
    predictions : DataFrame or Columns, optional
        What the model says of the rows.
    at_split : DataFrame or Columns, optional
        The rows before the first step that has learned changed them; postprocessing may read some of their columns.
    """

    rows: pd.DataFrame | Columns
    decision: Moment | None = None
    predictions: pd.DataFrame | Columns | None = None
    at_split: pd.DataFrame | Columns | None = None

    @property
    def shown(self) -> pd.DataFrame | Columns:
        """What the next step is shown."""
        return self.rows if self.predictions is None else self.predictions


def serve(fitted: Fitted, request: Request) -> Request:
    """Return a request as the next step leaves it."""
    if request.at_split is None and fitted.step.kind in _LEARNED:
        request = replace(request, at_split=request.rows)
    return _SERVE[fitted.step.kind](fitted, request)


def _transformed(fitted: Fitted, request: Request) -> Request:
    return replace(request, rows=fitted.transform(cast("pd.DataFrame", request.rows)))


def _predicted(fitted: Fitted, request: Request) -> Request:
    return replace(request, predictions=fitted.predict(cast("pd.DataFrame", request.rows)))


def _changed(fitted: Fitted, request: Request) -> Request:
    assert request.predictions is not None
    given: Any = fitted.beside(request.predictions, cast("Any", request.at_split))
    return replace(request, predictions=fitted.predict(given))


def _beside_the_past(fitted: Fitted, request: Request) -> Request:
    step, apart = fitted.step, isinstance(request.rows, Columns)
    assert sees_history(step) and request.decision is not None
    rows = request.rows.frame() if isinstance(request.rows, Columns) else request.rows
    made = fitted.once(partial(Memory, step)).applied(rows, request.decision.of(rows))
    return replace(request, rows=Columns.of(made) if apart else made)


def _asked(fitted: Fitted, request: Request) -> Request:
    """Complete the rows: those of a request are such as the step made in training, but for what only a model reads."""
    step, rows = fitted.step, request.rows
    assert isinstance(step, AsksAhead)
    made = step.completed(rows.frame() if isinstance(rows, Columns) else rows, fitted.state)
    return replace(request, rows=Columns.of(made) if isinstance(rows, Columns) else made)


_LEARNED = frozenset({"Transform", "Model"})
_SERVE: dict[str, Callable[[Fitted, Request], Request]] = {
    "RowTransform": _transformed,
    "Transform": _transformed,
    "History": _beside_the_past,
    "Reshape": _asked,
    "Model": _predicted,
    "Postprocess": _changed,
}
