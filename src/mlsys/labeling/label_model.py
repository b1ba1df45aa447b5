"""LabelModel: labels of training rows from votes of sources that err, with how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import TRAINING_WEIGHT, known_weights, require_columns, weights_before
from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling.label_models import Calibration, Method, Weighed, calibrated, learned
from mlsys.labeling.labelled_rows import VOTE, Labelling
from mlsys.labeling.learned_labels import LearnedLabels
from mlsys.labeling.sources_learned import classes_table, opinion_of, sources_table, warned_of
from mlsys.labeling.statistics import VoteMatrix, VoteStats
from mlsys.labeling.votes import Votes, matrix_of
from mlsys.steps import TrainOnly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.labeling.statistics.sums import Totals
    from mlsys.steps import Result

LEAST_GOLD = 20
"""Gold rows with votes from which probabilities are calibrated."""


class LabelModel(TrainOnly):
    """Estimate labels from votes of annotators, functions and models, without or with some truth.

    Parameters
    ----------
    method : {"auto", "majority", "dawid_skene", "one_coin", "triplet"}
        How. ``"auto"``: how sources vote on rows of each class, estimated by EM from the majority on. Where most votes
        come from functions that know one class only, these are believed to be right in 75 % before any vote, and the
        classes' shares are fixed (``prior``, else equal, or those of gold where that makes clearly more gold rows
        right): they cannot be told from such votes. Of annotators little is believed, and less with each vote (Dawid
        and Skene 1979, with Jeffreys' prior), and shares are estimated.
        ``"dawid_skene"``: as for annotators, whoever votes. ``"one_coin"``: each source is right with one probability.
        ``"triplet"``: the same, from the agreement of pairs, without iteration.
    prior : mapping of class to share, optional
        Shares of the classes, if they are known.
    classes : list
        All classes, in order; by default those voted for.
    gold : str, optional
        In a pipeline: column with the truth of training rows, null where it is not known; by default the target. Such
        rows keep it as their label, and it calibrates the others' probabilities. ``None``: the target is no truth but
        itself made of votes.
    soft : bool
        In a pipeline: whether a training row comes once for each class, weighted by its probability, rather than once
        with the likeliest class. The weights stand in the column ``training_weight``, which the model learns by and
        nothing else reads; the estimator's ``fit`` must accept weights. With the likeliest class only, rows are
        weighted by how likely it is where there is a weight role.
    columns : list of str, optional
        In a pipeline: columns of votes; by default those of ``CastVotes``, whose names begin with ``vote_``.

    Raises
    ------
    ConfigurationError
        If the method is unknown, or ``prior`` does not sum to 1.
    DataError
        If votes are for other classes, or nobody voted.

    Notes
    -----
    Abstaining tells nothing. Sources that repeat each other beyond what the truth explains count together as one. The
    majority stands beside every result, and a model that gives one class to nearly all rows, a source below chance,
    repeated sources and silent ones are findings. With gold of at least 20 rows with votes, probabilities are
    calibrated on them, and these rows cannot be scored. All is learned from
    :class:`~mlsys.labeling.VoteStats`: distinct rows of votes and their counts. Cost: one sort
    of the rows, then each round once over distinct rows.

    Examples
    --------
    >>> votes = pd.DataFrame({"ann": ["x", "x", "y", "y"], "ben": ["x", "x", "y", None], "eve": ["y", "x", "y", "y"]})
    >>> LabelModel().fit(votes).predict(votes)["prediction"].tolist()
    ['x', 'x', 'y', 'y']
    """

    method: Method = "auto"
    prior: Mapping[Any, float] | None = None
    classes: tuple[Any, ...] | list[Any] = ()
    takes_unlabelled: ClassVar[bool] = True
    before_preparation: ClassVar[bool] = True
    gold: str | None = ""
    soft: bool = False
    columns: tuple[str, ...] | list[str] | None = None

    def __post_init__(self) -> None:
        """Check the shares."""
        if self.prior is None:
            return
        shares = list(self.prior.values())
        if not shares or min(shares) <= 0 or abs(sum(shares) - 1) > 0.01:
            raise ConfigurationError(
                f"LabelModel got prior={dict(self.prior)}, whose shares are not above 0 with sum 1",
                "give the share of every class, such as {'spam': .2, 'ham': .8}",
            )
        missing = [each for each in self.classes if each not in self.prior]
        if missing:
            raise ConfigurationError(f"LabelModel: prior= has no share for {missing[0]!r}", "name every class")

    @property
    def weighs_by(self) -> str:
        """The column of the weights of soft labels."""
        return TRAINING_WEIGHT if self.soft else ""

    def fit(
        self, votes: pd.DataFrame | VoteMatrix | VoteStats | Votes, gold: pd.Series | Mapping[Any, Any] | None = None
    ) -> LearnedLabels:
        """Learn from votes alone, without a pipeline.

        Parameters
        ----------
        votes : DataFrame, VoteMatrix, VoteStats or Votes
            One column a source and one row an item, null where a source abstains; or statistics of such rows.
        gold : Series or mapping, optional
            True classes of some items, by their ids: for the classes' shares where they cannot be estimated, and to
            calibrate probabilities. What a table of ``Votes`` flags as gold is used if this is left out.
        """
        used = pd.Index([])
        if isinstance(votes, VoteStats):
            stats = votes
        else:
            if gold is None and isinstance(votes, Votes):
                gold = votes.gold()
            given = None if gold is None else pd.Series(gold).dropna()
            stats = VoteStats.of(matrix_of(votes), given, self._classes())
            used = used if given is None else given.index
        return self.learned(stats, used)

    def learned(self, stats: VoteStats, used: pd.Index) -> LearnedLabels:
        """Learn from statistics; ``used`` names the items whose gold they hold."""
        if not stats.covered.any():
            raise DataError(
                f"nobody voted: {stats.rows:,} rows, {len(stats.sources)} sources, all abstain",
                "check what the sources read, and what they return where they have an opinion",
            )
        weighed = learned(stats, self.method, self._shares(stats))
        calibration = _calibration(stats, weighed)

        def label(totals: Totals) -> NDArray[np.float64]:
            likely = weighed.of(totals)
            return likely if calibration is None else calibration(likely)

        said = opinion_of(stats, label)
        sources, classes = sources_table(stats, said, weighed), classes_table(stats, said, weighed)
        findings = tuple(warned_of(stats, label, sources, classes, weighed))
        return LearnedLabels(
            self.method, stats.classes, stats.sources, weighed, calibration, sources, classes,
            said.differs / max(said.rows, 1.0), used, findings,
        )  # fmt: skip

    def learn(self, train: Rows) -> Labelling:
        """Learn from the votes of training rows, and from the truth where their target is known."""
        target = train.roles.target
        if target is None:
            raise ConfigurationError(f"{self.title} has no target to set", 'name it: Pipeline(target="...")')
        frame = pd.DataFrame(train)
        votes, truth = self._votes_in(frame), self._truth_in(frame, str(target))
        learned = self.fit(votes, truth)
        return Labelling(learned, votes, truth, str(target), self.soft)

    def change(self, train: Rows, rng: np.random.Generator, state: Labelling) -> pd.DataFrame:
        """Return training rows with votes or truth, with their labels and weights."""
        frame, role = pd.DataFrame(train), train.roles.weight
        if self.soft:
            return state.rows_of(frame, TRAINING_WEIGHT, weights_before(frame, train.weight, self.title))
        given = None if train.weight is None else known_weights(train.weight, self.title)
        return state.rows_of(frame, role, given)

    def told(self, state: Labelling) -> Result:
        """Return sources, classes, conflicts and rows without votes."""
        return state.report()

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of votes."""
        wanted = self.columns if self.columns is not None else [n for n in columns if str(n).startswith(VOTE)]
        return tuple(wanted)

    def _votes_in(self, frame: pd.DataFrame) -> VoteMatrix:
        names = [name for name in frame.columns if str(name).startswith(VOTE)] if self.columns is None else self.columns
        if not names:
            raise DataError(
                f"{self.title} found no votes: no column begins with {VOTE!r}",
                "cast votes before the split with CastVotes([...]), or name their columns in columns=",
            )
        votes = pd.DataFrame({str(name).removeprefix(VOTE): _column(frame, name, self.title) for name in names})
        return VoteMatrix.of(votes, self._classes())

    def _truth_in(self, frame: pd.DataFrame, target: str) -> pd.Series | None:
        """Return what is known of the truth; ``None`` where nothing is."""
        name = self.gold or target
        truth = _column(frame, name, self.title)
        return truth if self.gold is not None and truth.notna().any() else None

    def _classes(self) -> tuple[Any, ...]:
        return tuple(self.classes) or tuple(sorted(self.prior or (), key=str))

    def _shares(self, stats: VoteStats) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        if self.prior is None:
            return None
        missing = [each for each in stats.classes if each not in self.prior]
        if missing:
            raise DataError(f"LabelModel: there are votes for {missing[0]!r}, and prior= has no share for it",
                            "give the share of every class")  # fmt: skip
        shares = np.array([self.prior[each] for each in stats.classes], dtype=np.float64)
        return np.asarray(shares / shares.sum())


def _calibration(stats: VoteStats, weighed: Weighed) -> Calibration | None:
    """Return how probabilities are corrected, if there is enough gold."""
    gold = stats.of_patterns(np.flatnonzero(stats.gold.any(axis=1) & stats.covered))
    rows, places = np.nonzero(gold.gold)
    times = gold.gold[rows, places]
    if int(times.sum()) < LEAST_GOLD:
        return None
    likely = weighed.probabilities(gold.patterns)
    return calibrated(np.repeat(likely[rows], times, axis=0), np.repeat(places, times))


def _column(frame: pd.DataFrame, name: str, who: str) -> pd.Series:
    require_columns(frame.columns, [name], who, "correct the name, or make the column before the split")
    return frame[name]
