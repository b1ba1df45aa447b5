"""Applying what was learned to rows that nothing learned from."""

from __future__ import annotations

from collections.abc import Iterable

from mlsys.steps import Fitted
from mlsys.steps.questions import answers, predicts
from mlsys.tables import Table


def predicted(model: Fitted, rows: Table) -> Table:
    """Return the predictions of a model, gathered in memory because they are narrow."""
    return rows.like(rows.gather(model.predict))


def applied(steps: Iterable[Fitted], rows: Table) -> tuple[Table, Table | None]:
    """Return rows as steps after the split change them, and their predictions."""
    predictions: Table | None = None
    for fitted in steps:
        if predicts(fitted.step):
            predictions = predicted(fitted, rows)
        elif answers(fitted.step):
            assert predictions is not None
            predictions = predictions.map(fitted.predict)
        else:
            rows = rows.map(fitted.transform)
    return rows, predictions
