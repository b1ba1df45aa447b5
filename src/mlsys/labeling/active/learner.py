"""ActiveLearning: which rows to label next."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  read when the class is made
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.labeling._classifier import refuse_no_classifier, taken
from mlsys.labeling.active.asked import Asked
from mlsys.labeling.active.batches import clustered, k_center, space_of
from mlsys.labeling.active.query import QUERIED_BY, QUERIED_ROUND, RANDOM, Query, marks
from mlsys.labeling.active.simulation import simulate
from mlsys.labeling.active.stopping import stopping_report
from mlsys.labeling.active.strategies import BY_COMMITTEE, BY_MODEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.steps import Result

Strategy = Literal["margin", "least_confidence", "entropy", "vote_entropy", "kl", "k_center", "clusters", "random"]


@dataclass(frozen=True)
class ActiveLearning:
    """Choose the rows whose labels would tell a classifier most, by id.

    Parameters
    ----------
    estimator : estimator
        A classifier with ``predict_proba``; it is cloned and never changed. A pipeline of estimators may fill and
        encode columns.
    strategy : str
        ``"margin"`` (a small lead of the likeliest class), ``"least_confidence"``, ``"entropy"``; of a committee
        ``"vote_entropy"`` or ``"kl"`` (how much its members disagree); ``"k_center"`` (far from all labelled rows);
        ``"clusters"`` (one of each cluster of the rows of smallest margin); ``"random"``.
    batch : int
        Rows to ask for at a time. Single uncertain rows are much alike in a batch; ``"clusters"`` and ``"k_center"``
        avoid this.
    random_share : float
        Share of each batch that belongs to a random sample of the rows, the only queried rows to evaluate on.
    committee : int or list of estimators
        Members, each fitted on a bootstrap sample of the labelled rows; or the estimators themselves.
    features : list of str or str, optional
        Features; by default all columns but the target, the id and the marks of queries. A single name passes that
        column alone.
    seed : int
        Root of all randomness.

    Raises
    ------
    ConfigurationError
        If the estimator says no probabilities, or a number makes no sense.

    Notes
    -----
    Rows are asked for by id, answers come back by id (:meth:`Query.answered`), and two columns of the frame keep how
    and when each row was chosen, so nothing but the frame has to be kept between rounds. Equal scores are ordered by a
    hash of the id.

    Rows that a strategy chose are harder than others, and those that are left are easier: neither can say how good the
    model is. The random share is a simple random sample of all rows but those labelled at the start: the first rows in
    a random order of ids, whatever the strategy took before. :class:`QueriedSplit` evaluates on it and refuses others.

    Settles (2009) is a survey. Cost of a query: one fit (``committee`` of them) and one prediction of all rows;
    ``"k_center"`` compares each row with each labelled one.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 4.4, 8.0, 9.0], "late": [0, None, None, None, 1]}, index=list("pqrst"))
    >>> query = ActiveLearning(LogisticRegression(), batch=1, random_share=0).query(frame, target="late")
    >>> query.ids
    ['r']
    >>> query.answered(frame, {"r": 1.0})["late"].tolist()
    [0.0, nan, 1.0, nan, 1.0]
    """

    estimator: Any
    strategy: Strategy = "margin"
    batch: int = 20
    random_share: float = 0.1
    committee: int | Sequence[Any] = 5
    features: str | Sequence[str] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the estimator and the numbers."""
        members = self.committee if isinstance(self.committee, Sequence) else [self.estimator]
        for each in [self.estimator, *members]:
            refuse_no_classifier(each, "ActiveLearning")
        if self.strategy not in get_args(Strategy):
            raise ConfigurationError(
                f"ActiveLearning has no strategy {self.strategy!r}", f"use one of {', '.join(get_args(Strategy))}"
            )
        few = isinstance(self.committee, int) and self.committee < 2 or members == []
        if self.batch < 1 or not 0 <= self.random_share <= 1 or few:
            raise ConfigurationError(
                f"ActiveLearning: batch={self.batch}, random_share={self.random_share}, committee={self.committee}",
                "ask for one row or more, a share from 0 to 1, and a committee of two or more",
            )

    def query(self, frame: pd.DataFrame, *, target: str, id: str | None = None, batch: int | None = None) -> Query:
        """Return the rows to label next.

        Parameters
        ----------
        frame : DataFrame
            Labelled rows and those that may be asked about, whose target is null.
        target : str
            Column of the label; at least two classes must be known.
        id : str, optional
            Column that identifies rows; by default the index.
        batch : int, optional
            Rows to ask for, if another number than usual.

        Raises
        ------
        DataError
            If ids repeat, fewer than two classes are known, no row is left to ask about, or the estimator cannot use
            the features.
        """
        asked = Asked.of(self, frame, target, id)
        by, rounds = marks(frame)
        now = 1 if rounds.isna().all() else int(rounds.max()) + 1
        chosen, scores, drawn = self.next_places(asked, by, self.batch if batch is None else batch)
        places, fresh = np.concatenate([chosen, drawn]), drawn[asked.target.codes[drawn] < 0]
        table = pd.DataFrame(
            {
                "id": asked.ids[places],
                QUERIED_BY: [self.strategy] * len(chosen) + [RANDOM] * len(drawn),
                QUERIED_ROUND: now,
                "score": np.concatenate([scores, np.full(len(drawn), np.nan)]),
                "labelled": asked.target.codes[places] >= 0,
            }
        )
        said = f"round {now}: {len(chosen):,} rows by {self.strategy}, {len(fresh):,} at random, of {len(asked.pool):,}"
        return Query("query", table, summary=f"{said} without a label", target=target, id=id)

    def next_places(
        self, asked: Asked, by: pd.Series, batch: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return places of the rows that the strategy asks for, their scores, and places of the random sample."""
        wanted = min(batch, len(asked.pool))
        share = 1.0 if self.strategy == RANDOM else self.random_share
        drawn = self._random(asked, by, int(np.ceil(round(wanted * share, 9))))
        fresh = int((asked.target.codes[drawn] < 0).sum())
        return *self._chosen(asked, np.setdiff1d(asked.pool, drawn), wanted - fresh), drawn

    def _chosen(self, asked: Asked, pool: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return places of rows of the pool in the order to ask, and what their labels would tell."""
        if count <= 0 or not len(pool):
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        if self.strategy in BY_COMMITTEE:
            scores = BY_COMMITTEE[self.strategy](self._committee(asked, pool))
        else:
            model = asked.model()
            if self.strategy == "k_center":
                points = space_of(asked.features, model.estimator, "k_center")
                return k_center(points, pool, np.flatnonzero(asked.target.codes >= 0), count)
            scores = BY_MODEL.get(self.strategy, BY_MODEL["margin"])(model.shares(taken(asked.features, pool)))
            if self.strategy == "clusters":
                points = space_of(asked.features, model.estimator, "clusters")
                places = clustered(points, pool, scores, count, self.seed)
                return places, scores[np.searchsorted(pool, places)]
        best = np.lexsort((asked.order[pool], -scores))[:count]
        return pool[best], scores[best]

    def _random(self, asked: Asked, by: pd.Series, count: int) -> NDArray[np.int64]:
        """Return the next rows of the random sample; some may have been labelled for another reason."""
        start = (asked.target.codes >= 0) & by.isna().to_numpy()
        waiting = np.flatnonzero(~start & (by != RANDOM).to_numpy(dtype=bool, na_value=True))
        in_order = waiting[np.argsort(asked.order[waiting], kind="stable")]
        open_rows = np.cumsum(asked.target.codes[in_order] < 0)
        return in_order[: int(np.searchsorted(open_rows, count)) + 1] if count else in_order[:0]

    def _committee(self, asked: Asked, pool: NDArray[np.int64]) -> NDArray[np.float64]:
        labelled = asked.labelled
        rows, rng = taken(asked.features, pool), np.random.default_rng(self.seed)
        if isinstance(self.committee, int):
            samples = [_bootstrap(asked.target.codes, labelled, rng) for _ in range(self.committee)]
            members = [(self.estimator, sample) for sample in samples]
        else:
            members = [(each, labelled) for each in self.committee]
        return np.stack([asked.model(each, sample).shares(rows) for each, sample in members])

    def stopping(self, frame: pd.DataFrame, *, target: str, id: str | None = None, rounds: int = 5) -> Result:
        """Say whether more labels are still worth it; see :func:`mlsys.labeling.active.stopping.stopping_report`."""
        return stopping_report(self, frame, target, id, rounds)

    def simulate(self, frame: pd.DataFrame, **given: Any) -> Result:
        """Replay queries on rows whose labels are all known; see :func:`mlsys.labeling.active.simulation.simulate`."""
        return simulate(self, frame, **given)


def _bootstrap(codes: NDArray[np.int64], labelled: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a sample with replacement that holds every known class."""
    each = [rng.choice(labelled[codes[labelled] == one]) for one in np.unique(codes[labelled])]
    rest = rng.choice(labelled, max(len(labelled) - len(each), 0))
    return np.concatenate([np.array(each, dtype=np.int64), rest])
