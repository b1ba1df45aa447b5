"""Training rows with the labels that a label model gives them, and the report of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.labeling._dtypes import class_series
from mlsys.labeling.statistics import VoteMatrix, VoteStats
from mlsys.steps import Result
from mlsys.values import with_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.labeling.learned_labels import LearnedLabels

VOTE = "vote_"
"""Beginning of the names of columns that hold votes."""


@dataclass(frozen=True)
class Labelling:
    """What a label model learned of training rows, and how they are changed.

    Parameters
    ----------
    learned : LearnedLabels
        What was learned of their votes.
    votes : VoteMatrix
        The votes.
    truth : Series or None
        The truth, null where it is not known.
    target : str
        The column that is written.
    soft : bool
        Whether each class of a row becomes a row of its own.
    """

    learned: LearnedLabels
    votes: VoteMatrix
    truth: pd.Series | None
    target: str
    soft: bool

    def rows_of(self, frame: pd.DataFrame, weight: str | None, given: NDArray[np.float64] | None) -> pd.DataFrame:
        """Return the rows that have votes or truth, with labels; others stay unknown, and are left out.

        Parameters
        ----------
        frame : DataFrame
            The training rows.
        weight : str or None
            The column that tells how sure a label is; without one rows count alike.
        given : array or None
            What each row weighed before.
        """
        classes = self.learned.classes
        likely, known = self.learned.probabilities(self.votes.in_classes(classes)), self.votes.covered
        if self.truth is not None:
            place = {value: number for number, value in enumerate(classes)}
            true = np.array([place.get(value, -1) for value in self.truth.where(self.truth.notna(), None).tolist()])
            told = np.flatnonzero(true >= 0)
            likely[told] = 0.0
            likely[told, true[told]] = 1.0
            known = known | (true >= 0)
        rows = np.flatnonzero(known)
        if self.soft:
            places, (of_row, to_class) = None, np.nonzero(likely[rows] > 0)
            rows, places = rows[of_row], to_class
        else:
            places = likely[rows].argmax(axis=1)
        made = frame.iloc[rows]
        written = {
            self.target: class_series(places, classes, made.index, "LabelModel").astype(frame[self.target].dtype)
        }
        if weight is not None and given is not None:
            written[weight] = pd.Series(given[rows] * likely[rows, places], index=made.index)
        columns = list(dict.fromkeys([*frame.columns, *written]))
        return with_columns(made.drop(columns=list(written), errors="ignore"), written)[columns]

    def report(self) -> Result:
        """Return what was found: sources, classes, conflicts, rows without votes, the majority beside it."""
        learned, rows = self.learned, len(self.votes)
        stats = VoteStats.of(self.votes, self.truth, learned.classes)
        covered, true = float(stats.counts[stats.covered].sum()), float(stats.gold.sum())
        spoken = (stats.patterns >= 0).sum(axis=1)
        most = np.stack([(stats.patterns == place).sum(axis=1) for place in range(len(stats.classes))], axis=1)
        torn = float(stats.counts[most.max(axis=1) < spoken].sum())
        scalars = {
            "rows": float(rows), "rows/voted": covered, "rows/without_votes": rows - covered, "rows/conflict": torn,
            "rows/gold": true, "disagrees_with_majority": learned.disagrees,
        }  # fmt: skip
        summary = (
            f"{len(learned.sources)} sources voted on {covered:,.0f} of {rows:,} training rows and contradict each "
            f"other on {torn:,.0f}; {rows - covered:,.0f} have no votes. {learned.method} and the majority differ on "
            f"{learned.disagrees:.1%} of the rows with votes; {true:,.0f} rows have gold."
        )
        tables = {"classes": learned.classes_table}
        return Result("labels", learned.table, scalars, summary=summary, tables=tables, findings=learned.findings)
