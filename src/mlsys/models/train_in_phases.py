"""TrainInPhases: an estimator that learns from rows with other shares of the classes, one phase after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlsys.errors import ConfigurationError, DataError
from mlsys.models._early_stopping import watched_rows
from mlsys.models._estimators import classifies
from mlsys.models._warm_start import continued, refuse_no_warm_start
from mlsys.models.train import Train
from mlsys.steps import Field
from mlsys.steps.cloning import unfitted
from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mlsys.models._learning_rows import Learned

    Places = NDArray[np.int64]

_ROUNDS = "n_estimators"
"""Parameter of boosters and forests that counts what each phase adds."""


class TrainInPhases(Train):
    """Train a classifier on classes of other shares first: two-phase learning, or dynamic sampling, for rare classes.

    Parameters
    ----------
    estimator : estimator
        A classifier that can go on from what it learned: with ``partial_fit``, with ``warm_start``, or of LightGBM,
        XGBoost or CatBoost. It is cloned, never changed.
    method : {"two_phase", "dynamic"}
        ``"two_phase"``: first from as many rows of each class as the rarest has, then from all rows (Lee et al. 2016).
        ``"dynamic"``: in each round from about as many rows as there are, of which a class gets the more, the worse
        its F1 score was on rows set aside (Pouyanfar et al. 2018).
    rounds : int
        Rounds of ``"dynamic"``.
    watched_share : float
        Share of the training rows on which ``"dynamic"`` measures F1; the latest rows, or whole groups, as for early
        stopping. The model does not learn from them.

    Raises
    ------
    ConfigurationError
        If it is no classifier, cannot go on on other rows, or numbers make no sense.
    DataError
        If no rows can be set aside.

    Notes
    -----
    Other fields are those of :class:`Train`, without ``focal`` and ``warm_start``. Trees are shared out: with
    ``n_estimators=100`` each of two phases adds 50. Which rows a phase draws follows from a hash of their ids. After
    ``"dynamic"`` probabilities are those of no shares in particular: follow it with :class:`Calibrate`. An estimator
    that minimizes a convex loss to its end, such as ``LogisticRegression``, forgets the first of two phases. Both were
    found for images; on tables :func:`imbalance_study` says whether they help. State: as of ``Train``.

    References
    ----------
    Lee, H., Park, M. and Kim, J. (2016). Plankton classification on imbalanced large scale database via convolutional
    neural networks with transfer learning. ICIP.

    Pouyanfar, S. et al. (2018). Dynamic sampling in convolutional neural networks for imbalanced data classification.
    MIPR.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import SGDClassifier
    >>> frame = pd.DataFrame({"x": np.arange(100) / 100, "fraud": [False] * 90 + [True] * 10})
    >>> model = TrainInPhases(SGDClassifier(loss="log_loss", random_state=0)).fit(frame, target="fraud")
    >>> model.predict(frame.tail(2)).columns.tolist()
    ['prediction', 'probability_False', 'probability_True']
    """

    method: Literal["two_phase", "dynamic"] = Field(default="two_phase", kw_only=True)
    rounds: int = Field(default=5, kw_only=True)
    watched_share: float = Field(default=0.2, kw_only=True)
    of_one_target: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that it can go on, and the numbers."""
        super().__post_init__()
        if not classifies(self.estimator):
            raise ConfigurationError(f"{self._who} is no classifier", "use Train(...) for other estimators")
        refuse_no_warm_start(self.estimator, self._who)
        given = [name for name in ("focal", "warm_start") if getattr(self, name) is not None]
        if given:
            raise ConfigurationError(f"{self._who} takes no {given[0]}=", f"leave it out, or use Train({given[0]}=...)")
        if self.rounds < 1 or not 0 < self.watched_share <= 0.5:  # noqa: PLR2004
            raise ConfigurationError(
                f"{self._who}: rounds={self.rounds}, watched_share={self.watched_share}",
                "use 1 round or more, and a share above 0 and at most 0.5",
            )

    @property
    def tells_rounds(self) -> bool:
        """Return that nothing is told: there are several fits."""
        return False

    def learns_in_parts(self, in_memory: bool) -> bool:
        """Return that rows are gathered, because phases draw from all of them."""
        return False

    def _fit(self, estimator: Any, given: Learned, beside: Mapping[str, Any], /) -> tuple[Any, dict[str, list[float]]]:
        """Fit phase after phase."""
        target, ids = given.target, hash_ids(given.train.ids)
        if self.method == "two_phase":
            least = int(np.unique(target, return_counts=True)[1].min())
            phases = [_drawn(target, dict.fromkeys(np.unique(target).tolist(), least), ids), np.arange(len(target))]
            _share_out(estimator, len(phases))
            for number, places in enumerate(phases):
                estimator = self._phase(estimator, number, given.rows(places))
            return estimator, {}
        watched = watched_rows(given.train, target, self.watched_share, True)
        if not watched.any():
            raise DataError(
                f"{self._who} measures each class on rows set aside, but none of the {len(target):,} training rows "
                "can be",
                "set another watched_share=, or use more rows",
            )
        open_places = np.flatnonzero(~watched)
        counts = {value: len(open_places) // len(np.unique(target)) for value in np.unique(target).tolist()}
        _share_out(estimator, self.rounds)
        for number in range(self.rounds):
            drawn = _drawn(target[open_places], counts, hash_ids(given.train.ids, number + 1)[open_places])
            estimator = self._phase(estimator, number, given.rows(open_places[drawn]))
            said = estimator.predict(given.rows(watched).taken)
            counts = _by_need(target[watched], said, list(counts), len(open_places))
        return estimator, {}

    def _phase(self, estimator: Any, number: int, given: Learned) -> Any:
        """Return the estimator fitted on the rows of a phase: from the beginning, or on from what was learned."""
        beside: dict[str, Any] = {}
        if number:
            own = dict(given.weights)
            going, beside, done = continued(unfitted(estimator), estimator, given.taken, given.target, own, self.epochs)
            if not done and not beside:
                going.fit(given.taken, given.target, **own)
            if done or not beside:
                return going
        return super()._fit(estimator, given, beside)[0]


def _share_out(estimator: Any, phases: int) -> None:
    """Let each phase add its share of the trees."""
    trees = estimator.get_params(deep=False).get(_ROUNDS) if hasattr(estimator, "get_params") else None
    if isinstance(trees, int):
        estimator.set_params(**{_ROUNDS: max(trees // phases, 1)})


def _drawn(target: NDArray[Any], counts: Mapping[Any, int], ids: NDArray[Any]) -> Places:
    """Return the places of so many rows of each class, those of the smallest hashes; of too few, all are repeated."""
    found = []
    for value, count in counts.items():
        mine = np.flatnonzero(target == value)
        found.append(np.resize(mine[np.argsort(ids[mine], kind="stable")], count if len(mine) else 0))
    return np.sort(np.concatenate(found))


def _by_need(truth: NDArray[Any], said: NDArray[Any], classes: list[Any], rows: int) -> dict[Any, int]:
    """Return how many rows each class gets next: the more, the lower its F1 score; one row at least."""
    from sklearn.metrics import f1_score

    lacking = 1 - f1_score(truth, said, labels=classes, average=None, zero_division=0.0)
    shares = lacking / lacking.sum() if lacking.sum() > 0 else np.full(len(classes), 1 / len(classes))
    return {value: max(int(round(share * rows)), 1) for value, share in zip(classes, shares.tolist(), strict=True)}
