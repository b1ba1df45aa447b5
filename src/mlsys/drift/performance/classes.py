"""Confidence-based estimation: expected labels from calibrated probabilities, and metrics of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mlsys.drift.performance.cells import DRAWS, Cells, Cutting, Learned, known_counts, labels_drawn
from mlsys.drift.performance.lines import FEWEST_LABELS, Asked, Found, Line, check_labels, table_of
from mlsys.drift.performance.metrics import LARGEST, OF_MANY, OF_TWO, Formula, metrics_asked
from mlsys.drift.performance.overlap import MOST_STRANGE, density_ratios
from mlsys.drift.performance.scored import UNKNOWN, Columns, Scored, Values, classes_of, scored


@dataclass(frozen=True)
class OfClasses:
    """Estimates for a classifier.

    Parameters
    ----------
    frame : DataFrame
        The reference.
    reference : Scored
        What the model said of it, and its labels.
    """

    frame: pd.DataFrame
    reference: Scored
    columns: Columns
    classes: tuple[Any, ...]
    metrics: tuple[str, ...]
    who: str

    @classmethod
    def of(
        cls, frame: pd.DataFrame, columns: Columns, event: Any, metrics: Sequence[str] | str | None, who: str
    ) -> OfClasses:
        """Read the reference."""
        classes = classes_of(frame, columns, event, who)
        names = metrics_asked(metrics, "two" if len(classes) == 2 else "many", who)
        reference = scored(frame, columns, classes, "the reference", who)
        check_labels(int((reference.y != UNKNOWN).sum()), who)
        return cls(frame, reference, columns, tuple(classes), names, who)

    def estimated(self, rows: pd.DataFrame, asked: Asked, why: str) -> pd.DataFrame:
        """Return the table of some rows; ``why`` says why nothing can be estimated."""
        new = scored(rows, self.columns, self.classes, "today's rows", self.who)
        cutting = Cutting.of(self.reference, new)
        weights, how = None, "cbpe"
        if asked.features and not why:
            overlap = density_ratios(self.frame, rows, asked.features, asked.seed)
            why = overlap.problem
            if asked.method == "weighted" or (asked.method == "auto" and overlap.has_shifted):
                weights, how = overlap.weights, "weighted cbpe"
        why = why or self._beyond(new)
        old = _Counted.of(self.reference, cutting)
        known = _Counted.of(new, cutting)
        expected = Expected.of(Learned.of(self.reference, cutting, weights), Cells.of(new, cutting), asked.seed)
        formulas = OF_TWO if len(self.classes) == 2 else OF_MANY
        lines = [
            Line(
                name,
                Found() if why else expected.found(name, formulas[name], asked.level),
                old.value(formulas[name]),
                known.found(formulas[name], asked.level, asked.seed),
            )
            for name in self.metrics
        ]
        return table_of(lines, len(rows), int(known.counts.sum()), how, why)

    def _beyond(self, new: Scored) -> str:
        """Say how many of today's probabilities are beyond all of the reference's, if these are too many."""
        old = self.reference.shares
        outside = ((new.shares < old.min(axis=0)) | (new.shares > old.max(axis=0))).any(axis=1).mean()
        if outside <= MOST_STRANGE:
            return ""
        return f"{outside:.0%} of today's probabilities lie beyond all of the reference's"


@dataclass(frozen=True)
class Expected:
    """Counts of labels as they are expected, as they would be by other references, and as they may come.

    Notes
    -----
    A calibration curve follows the chance in its reference, so that metrics expected of it are too good, and those of
    the bootstrap too good twice. What the bootstrap adds is taken off (Efron and Tibshirani 1993, section 10.3): once
    from the estimate, twice from the draws. Weighted references are worth fewer rows, and need it most.
    """

    cells: Cells
    mean: Values
    others: Values
    draws: Values

    @classmethod
    def of(cls, learned: Learned, cells: Cells, seed: int) -> Expected:
        """Draw what the labels of the cells' rows may be."""
        rng = np.random.default_rng(seed)
        mean, shares = learned.expected()[None], learned.drawn(rng)
        whole, others = (each[:, :, None, :] * cells.rows[None, :, :, None] for each in (mean, shares))
        return cls(cells, whole, others, labels_drawn(shares, cells.rows, rng))

    def found(self, name: str, formula: Formula, level: float) -> Found:
        """Return a metric with its interval."""
        value, most = formula(self.mean, self.cells)[0], LARGEST.get(name, 1.0)
        others = formula(self.others, self.cells)
        too_good = float(np.nanmean(others) - value) if np.isfinite(others).any() else 0.0
        draws = np.clip(formula(self.draws, self.cells) - 2 * too_good, 0.0, most)
        return Found.of_draws(float(np.clip(value - too_good, 0.0, most)), draws, level)


@dataclass(frozen=True)
class _Counted:
    """Rows with known labels, counted."""

    counts: Values
    cells: Cells

    @classmethod
    def of(cls, rows: Scored, cutting: Cutting) -> _Counted:
        return cls(known_counts(rows, cutting), Cells.of(rows.taken(rows.y != UNKNOWN), cutting))

    def value(self, formula: Formula) -> float:
        return float(formula(self.counts[None], self.cells)[0])

    def found(self, formula: Formula, level: float, seed: int) -> Found:
        """Return a metric with its interval over rows like these (Bayesian bootstrap)."""
        if self.counts.sum() < FEWEST_LABELS:
            return Found()
        drawn = np.random.default_rng(seed).gamma(np.broadcast_to(self.counts, (DRAWS, *self.counts.shape)))
        return Found.of_draws(self.value(formula), formula(drawn, self.cells), level)
