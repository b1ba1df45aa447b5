"""LearnedLabels: what a label model learned; gives labels with probabilities, and its opinion of sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, Finding
from mlsys.labeling._dtypes import class_series
from mlsys.labeling.judged_labels import judged
from mlsys.labeling.label_models import Calibration, Weighed, shares_of_votes
from mlsys.labeling.statistics import VoteMatrix
from mlsys.labeling.statistics.vote_stats import with_gold
from mlsys.labeling.tracing import trace
from mlsys.labeling.votes import matrix_of
from mlsys.pages import Page, Remarks, Shown, Table, Text, Title, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.labeling.votes import Votes
    from mlsys.steps import Result


@dataclass(frozen=True, repr=False, eq=False)
class LearnedLabels(Shown):
    """A label model that has learned from votes.

    Parameters
    ----------
    method : str
        The label model.
    classes, sources : tuple
        The classes, and the sources whose votes it knows.
    weighed : Weighed
        How the sources vote.
    calibration : Calibration or None
        How probabilities are corrected, if there was gold to learn that.
    table : DataFrame
        One row a source; see :attr:`table`.
    classes_table : DataFrame
        One row a class: ``share`` among rows with votes, its share by majority, and the ``prior``.
    disagrees : float
        Share of rows with votes where the majority says something else.
    used : Index
        Items whose gold was used; they cannot be scored.
    findings : tuple of Finding
        Warnings.

    Notes
    -----
    ``table`` has for each source ``votes``, ``coverage`` (share of rows), ``accuracy`` as estimated without truth, with
    a 95 % interval, and ``weight``: what one vote counts, below 1 for sources that repeat each other. With gold also
    ``gold_votes``, ``gold_accuracy`` and its Wilson interval. The interval of the estimate counts only what is known of
    each vote (Louis 1982) and assumes that sources err independently.

    Examples
    --------
    >>> from mlsys import LabelModel
    >>> votes = pd.DataFrame({"ann": ["x", "x", "y", "y"], "ben": ["x", "x", "y", None], "eve": ["y", "x", "y", "y"]})
    >>> learned = LabelModel().fit(votes)
    >>> learned.classes, learned.sources
    (('x', 'y'), ('ann', 'ben', 'eve'))
    >>> learned.predict(votes)[["prediction", "majority", "votes"]]
      prediction majority  votes
    0          x        x      3
    1          x        x      3
    2          y        y      3
    3          y        y      2
    >>> learned.table[["source", "votes", "coverage"]]
      source  votes  coverage
    0    ann      4      1.00
    1    ben      3      0.75
    2    eve      4      1.00
    """

    method: str
    classes: tuple[Any, ...]
    sources: tuple[str, ...]
    weighed: Weighed
    calibration: Calibration | None
    table: pd.DataFrame
    classes_table: pd.DataFrame
    disagrees: float
    used: pd.Index
    findings: tuple[Finding, ...] = ()

    def predict(self, votes: pd.DataFrame | VoteMatrix | Votes, /) -> pd.DataFrame:
        """Return the label of each item.

        Parameters
        ----------
        votes : DataFrame, VoteMatrix or Votes
            Votes of the same sources; one that is missing abstains.

        Returns
        -------
        DataFrame
            ``prediction`` (null where nobody voted), ``probability_<class>``, and beside it ``majority`` (null without
            votes or without a winner) and ``votes``, how many voted.

        Raises
        ------
        DataError
            If there are votes of other sources, or for other classes.
        """
        matrix = self._matrix(votes)
        likely, covered = self.probabilities(matrix), matrix.covered
        shares = shares_of_votes(matrix.codes, len(self.classes))
        most = shares.max(axis=1, keepdims=True)
        won = covered & ((shares == most).sum(axis=1) == 1)
        columns = {"prediction": self._series(np.where(covered, likely.argmax(axis=1), -1), matrix.items)}
        for place, name in enumerate(self.classes):
            columns[f"probability_{name}"] = pd.Series(np.where(covered, likely[:, place], np.nan), index=matrix.items)
        columns["majority"] = self._series(np.where(won, shares.argmax(axis=1), -1), matrix.items)
        columns["votes"] = pd.Series((matrix.codes >= 0).sum(axis=1), index=matrix.items)
        return pd.DataFrame(columns)

    def probabilities(self, matrix: VoteMatrix) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the probability of each class; where nobody voted, what is known of all rows."""
        likely = self.weighed.probabilities(matrix.codes)
        return likely if self.calibration is None else self.calibration(likely)

    def score(self, votes: pd.DataFrame | VoteMatrix | Votes, gold: pd.Series | Mapping[Any, Any], /) -> Result:
        """Return how often labels are right, beside the majority.

        Parameters
        ----------
        votes : DataFrame, VoteMatrix or Votes
            The votes.
        gold : Series or mapping
            True classes by the ids of the items; null where not known.

        Raises
        ------
        DataError
            If gold of items is given that was used to learn or to calibrate, or none of the items has votes and gold.
        """
        labels = pd.Series(gold).dropna()
        again = labels.index.intersection(self.used)
        if len(again):
            raise DataError(
                f"the gold of {len(again):,} items was used to fit or to calibrate the label model, "
                f"{again.tolist()[0]!r} first",
                "score other items: gold.drop(learned.used, errors='ignore')",
            )
        matrix, true = with_gold(self._matrix(votes), labels)
        if len(matrix.classes) > len(self.classes):
            strange = [each for each in matrix.classes if each not in self.classes]
            raise DataError(
                f"gold holds {strange[0]!r}, a class that nobody voted for when the model learned",
                "learn with classes= that name it",
            )
        return judged(self.method, self.classes, self.probabilities(matrix), matrix, true)

    def trace(self, votes: Votes, item: Any, /) -> Result:
        """Return who voted what on an item, when and with which version, and how its label was decided.

        Parameters
        ----------
        votes : Votes
            All votes.
        item : object
            Id of the item.

        Returns
        -------
        Result
            ``table``: one row a vote with ``source``, ``kind``, ``version``, ``label``, ``time``, ``gold``, ``counts``
            (False where the source voted again later, or the vote is gold), ``weight``, and ``says``: the logarithm by
            which it makes the final label likelier than the most likely other one. ``facts["label"]`` is the label.
        """
        return trace(self, votes, item)

    def _matrix(self, votes: Any) -> VoteMatrix:
        return matrix_of(votes).in_classes(self.classes).of_sources(self.sources)

    def _series(self, places: Any, items: pd.Index) -> pd.Series:
        return class_series(places, self.classes, items, "LabelModel")

    def _page(self) -> Page:
        said = (
            f"{len(self.sources)} sources, {len(self.classes)} classes, their shares {self.weighed.prior_from}; the "
            f"majority says something else in {self.disagrees:.1%} of the rows with votes."
        )
        sure = "" if self.calibration else " Probabilities are not calibrated: no gold was given."
        return Page(
            [Title(f"Label model {self.method}"), Text(said + sure), Table(filled(self.table)),
             Table(filled(self.classes_table)), Remarks(self.findings, rest=".findings")]
        )  # fmt: skip
