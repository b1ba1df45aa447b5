"""HandLabels: several annotators share items, some of them seen by many; what they disagree on is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.labeling._agreement import agreement, annotator_report
from mlsys.labeling.votes import Votes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlsys.steps import Result


@dataclass(frozen=True)
class HandLabels:
    """Plan of who labels what, and what becomes of the labels.

    Parameters
    ----------
    annotators : sequence of str
        Names, each once.
    overlap : float
        Share of the items that several annotators see, so that their agreement can be measured.
    each : int
        How many annotators see such an item.
    seed : int
        Of the plan.

    Raises
    ------
    ConfigurationError
        If there are fewer annotators than ``each``, a name comes twice, or ``overlap`` is no share.

    Examples
    --------
    >>> hands = HandLabels(["ann", "ben", "eve"], overlap=0.5)
    >>> plan = hands.plan(["a", "b", "c", "d"])
    >>> len(plan), sorted(plan["item"].value_counts().tolist())
    (6, [1, 1, 2, 2])
    """

    annotators: Sequence[str]
    overlap: float = 0.2
    each: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        names = list(self.annotators)
        problems = [f"{name!r} comes twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        if not 0 <= self.overlap <= 1:
            problems.append(f"overlap={self.overlap} is not a share from 0 to 1")
        if self.each < 2 or self.each > len(names):
            problems.append(f"each={self.each} with {len(names)} annotators")
        if problems:
            raise ConfigurationError(
                f"HandLabels: {'; '.join(problems)}", "name each annotator once, and let 2 or more of them see an item"
            )

    def plan(self, items: Any) -> pd.DataFrame:
        """Return who labels which item: ``annotator``, ``item``; loads differ by one item at most.

        Parameters
        ----------
        items : sequence
            Ids of the items, each once.
        """
        index = pd.Index(items)
        if not index.is_unique:
            raise DataError(f"the item {index[index.duplicated()].tolist()[0]!r} comes twice", "give each item once")
        rng = np.random.default_rng(self.seed)
        order = rng.permutation(len(index))
        shared = round(self.overlap * len(index))
        times = np.where(np.arange(len(index)) < shared, self.each, 1)
        places = np.repeat(order, times)
        names = np.array(list(self.annotators), dtype=object)[rng.permutation(len(self.annotators))]
        who = names[np.arange(len(places)) % len(names)]  # in turn: neighbours, so the same item, have other names
        return pd.DataFrame({"annotator": who, "item": index[places]}).sort_values(
            ["annotator", "item"], ignore_index=True
        )

    def agreement(self, votes: Votes) -> Result:
        """Return how far the annotators agree; see :func:`~mlsys.labeling.agreement`."""
        return agreement(self._own(votes))

    def report(self, votes: Votes, gold: pd.Series | None = None) -> pd.DataFrame:
        """Return one row an annotator; see :func:`~mlsys.labeling.annotator_report`."""
        return annotator_report(self._own(votes), gold)

    def queue(self, votes: Votes) -> pd.DataFrame:
        """Return the items on which annotators differ and that nobody has settled, the most disputed first."""
        true = votes.gold()
        torn = agreement(self._own(votes)).tables["items"]
        return torn if true is None else torn[~torn["item"].isin(true.index)].reset_index(drop=True)

    def adjudicate(self, votes: Votes, decisions: Mapping[Any, Any], by: str, time: Any = None) -> Votes:
        """Return the votes with decisions on disputed items, which are gold from then on.

        Parameters
        ----------
        votes : Votes
            All votes.
        decisions : mapping of item to label
            What the item is.
        by : str
            Who decided.
        time : Timestamp, optional
            When; by default now.

        Raises
        ------
        DataError
            If an item has no votes, or is gold of another class already.
        """
        known = set(votes.table["item"])
        strange = [item for item in decisions if item not in known]
        if strange:
            raise DataError(f"nobody voted on {listed(map(repr, strange))}", "decide on items of the queue")
        made = pd.DataFrame({
            "item": list(decisions), "source": by, "kind": "annotator", "label": list(decisions.values()),
            "time": pd.Timestamp.now() if time is None else pd.Timestamp(time), "gold": True,
        })  # fmt: skip
        both = votes + Votes(made)
        both.gold()  # refuses decisions that contradict earlier ones
        return both

    def _own(self, votes: Votes) -> Votes:
        """Return the votes of the annotators, with gold."""
        ours = votes.table["source"].isin(list(self.annotators)) | votes.table["gold"]
        if not ours.any():
            raise DataError(f"none of {listed(self.annotators)} voted", "use the names that the votes have as source")
        return Votes(votes.table[ours])
