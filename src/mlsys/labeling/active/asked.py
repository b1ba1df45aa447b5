"""What a query is about, read once from a frame, and what chooses among its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling._classifier import Classifier, Coded, coded, fitted, shown, taken
from mlsys.labeling.active.query import QUERIED_BY, QUERIED_ROUND, ids_of
from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Chooses(Protocol):
    """A dataclass that chooses rows to label."""

    @property
    def estimator(self) -> Any:
        """The classifier."""

    @property
    def strategy(self) -> str:
        """How it chooses."""

    @property
    def batch(self) -> int:
        """Rows at a time."""

    @property
    def features(self) -> str | Sequence[str] | None:
        """Features of the classifier."""

    @property
    def seed(self) -> int:
        """Root of its randomness."""

    def next_places(
        self, asked: Asked, by: pd.Series, batch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return places of rows that the strategy asks for, their scores, and places of the random sample."""


@dataclass(frozen=True)
class Asked:
    """What a query is about: ids, a random order of them, features, coded target and the places without a label."""

    learner: Chooses
    ids: pd.Index
    order: NDArray[Any]
    features: Any
    target: Coded

    @classmethod
    def of(cls, learner: Chooses, frame: pd.DataFrame, target: str, id: str | None) -> Asked:
        """Read a frame."""
        if target not in frame.columns:
            raise DataError(f"target={target!r} is not a column", "name the column of labels")
        ids = ids_of(frame, id)
        names = [name for name in frame.columns if name not in {target, id, QUERIED_BY, QUERIED_ROUND}]
        features = shown(frame, names, learner.features, "ActiveLearning")
        found = cls(learner, ids, hash_ids(ids, learner.seed), features, coded(frame[target], "ActiveLearning"))
        if not len(found.pool):
            raise DataError("ActiveLearning: every row has a label", "add rows whose target is null to ask about")
        return found

    @property
    def pool(self) -> NDArray[np.int64]:
        """Places of rows without a label."""
        return np.flatnonzero(self.target.codes < 0)

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Places of rows with a label, in an order that is not that of the frame: fits must not depend on it."""
        places = np.flatnonzero(self.target.codes >= 0)
        return places[np.argsort(self.order[places], kind="stable")]

    def narrowed(self, count: int) -> Asked:
        """Return the same about the first rows alone."""
        first = np.arange(count)
        target = Coded(self.target.codes[:count], self.target.classes)
        return Asked(self.learner, self.ids[:count], self.order[:count], taken(self.features, first), target)

    def model(self, estimator: Any = None, places: NDArray[np.int64] | None = None) -> Classifier:
        """Return a classifier fitted on some labelled rows; on all of them by default."""
        at = self.labelled if places is None else places
        # By identity: an ensemble that is not fitted has no length, which its truth value would ask for.
        estimator = self.learner.estimator if estimator is None else estimator
        rng = np.random.default_rng(self.learner.seed)
        codes = self.target.codes[at]
        return fitted(estimator, taken(self.features, at), codes, len(self.target), rng, "ActiveLearning")
