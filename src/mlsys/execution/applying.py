"""Applying what was learned to rows that nothing learned from."""

from __future__ import annotations

from collections.abc import Iterable

from mlsys.steps import Fitted
from mlsys.steps.questions import answers, predicts
from mlsys.tables import Table


def predicted(model: Fitted, rows: Table) -> Table:
    """Return the predictions of a model, gathered in memory because they are narrow."""
    return rows.like(rows.gather(model.predict, list(model.features)))


def answered(fitted: Fitted, predictions: Table, rows: Table) -> Table:
    """Return predictions as a step of postprocessing changes them; ``rows`` are theirs, as the split left them."""
    if not fitted.step.columns_beside:  # type: ignore[attr-defined]
        return predictions.map(fitted.predict)
    said = predictions.frame()
    beside = rows.frame().loc[said.index]
    return predictions.like(fitted.predict(fitted.beside(said, beside)))


def applied(steps: Iterable[Fitted], rows: Table) -> tuple[Table, Table | None]:
    """Return rows as steps after the split change them, and their predictions."""
    predictions, at_split = None, rows
    for fitted in steps:
        if predicts(fitted.step):
            predictions = predicted(fitted, rows)
        elif answers(fitted.step):
            assert predictions is not None
            predictions = answered(fitted, predictions, at_split)
        else:
            rows = rows.map(fitted.transform)
    return rows, predictions
