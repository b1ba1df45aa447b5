"""Metrics of a classifier from counts of labels by cell and predicted class, for many draws at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlsys.drift.performance.cells import Cells
from mlsys.drift.performance.scored import Values
from mlsys.errors import ConfigurationError, meant

Formula = Callable[[Values, Cells], Values]
"""From counts by draw, cell, predicted class and label, and from the cells, to one value for each draw."""


def _share(part: Values, whole: Values) -> Values:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


def _confusion(counts: Values) -> Values:
    """Return counts by draw, predicted class and label."""
    return np.asarray(counts.sum(axis=1))


def _accuracy(counts: Values, cells: Cells) -> Values:
    table = _confusion(counts)
    return _share(np.trace(table, axis1=1, axis2=2), table.sum(axis=(1, 2)))


def _hits(counts: Values) -> tuple[Values, Values, Values]:
    """Return right ones, predicted ones and true ones by draw and class."""
    table = _confusion(counts)
    return np.diagonal(table, axis1=1, axis2=2), table.sum(axis=2), table.sum(axis=1)


def _balanced(counts: Values, cells: Cells) -> Values:
    right, _, true = _hits(counts)
    return np.asarray(np.nanmean(_share(right, true), axis=1))


def _precision(counts: Values, cells: Cells) -> Values:
    right, said, _ = _hits(counts)
    return _share(right, said)[:, 1]


def _recall(counts: Values, cells: Cells) -> Values:
    right, _, true = _hits(counts)
    return _share(right, true)[:, 1]


def _f_scores(counts: Values) -> Values:
    right, said, true = _hits(counts)
    return _share(2 * right, said + true)


def _false_positives(counts: Values, cells: Cells) -> Values:
    table = _confusion(counts)
    return _share(table[:, 1, 0], table[:, :, 0].sum(axis=1))


def _selected(counts: Values, cells: Cells) -> Values:
    _, said, _ = _hits(counts)
    return _share(said[:, 1], said.sum(axis=1))


def _roc_auc(counts: Values, cells: Cells) -> Values:
    by_cell = counts.sum(axis=2)
    others, events = by_cell[..., 0], by_cell[..., 1]
    below = np.cumsum(others, axis=1) - others / 2
    return _share((events * below).sum(axis=1), events.sum(axis=1) * others.sum(axis=1))


def _log_loss(counts: Values, cells: Cells) -> Values:
    return np.asarray((counts * cells.losses).sum(axis=(1, 2, 3)) / counts.sum(axis=(1, 2, 3)))


def _brier(counts: Values, cells: Cells) -> Values:
    return np.asarray((counts * cells.squares).sum(axis=(1, 2, 3)) / counts.sum(axis=(1, 2, 3)))


OF_TWO: dict[str, Formula] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced,
    "precision": _precision,
    "recall": _recall,
    "f1": lambda counts, cells: _f_scores(counts)[:, 1],
    "false_positive_rate": _false_positives,
    "selection_rate": _selected,
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "brier": _brier,
}
OF_MANY: dict[str, Formula] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced,
    "macro_f1": lambda counts, cells: np.asarray(np.nanmean(_f_scores(counts), axis=1)),
    "log_loss": _log_loss,
}
OF_NUMBERS = ("mae", "rmse")
LARGEST = {"log_loss": np.inf}
"""Largest value of a metric, where that is not 1."""
LOWER_IS_BETTER = frozenset({"false_positive_rate", "log_loss", "brier", *OF_NUMBERS})
DEFAULTS = {
    "two": ("roc_auc", "accuracy", "precision", "recall"),
    "many": ("accuracy", "macro_f1"),
    "numbers": OF_NUMBERS,
}


def metrics_asked(asked: Sequence[str] | str | None, task: str, who: str) -> tuple[str, ...]:
    """Return the names of metrics, or raise."""
    known = {"two": tuple(OF_TWO), "many": tuple(OF_MANY), "numbers": OF_NUMBERS}[task]
    if asked is None:
        return DEFAULTS[task]
    names = (asked,) if isinstance(asked, str) else tuple(asked)
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"{who}: metrics= asks for {name!r}, which cannot be estimated without labels",
                meant(str(name), known) or f"ask for {', '.join(known)}",
            )
    if not names:
        raise ConfigurationError(f"{who}: metrics=[] asks for nothing", f"ask for {', '.join(known)}")
    return names
