"""What a label model thinks of its sources and classes, and what to be warned of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import Finding, listed
from mlsys.labeling.judged_labels import credit
from mlsys.labeling.label_models import shares_of_votes
from mlsys.labeling.label_models.duplicates import groups_of
from mlsys.labeling.label_models.posterior import votes_by_class
from mlsys.labeling.statistics.sums import Totals
from mlsys.summaries.wilson import share_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlsys.labeling.label_models import Weighed
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

COLLAPSED, VOTED = 0.98, 0.9
"""Share of rows given one class from which a model has collapsed, and the largest share by majority that excuses it."""
FAR = 0.3
"""Difference of a class's share from that by majority that is worth a warning."""


@dataclass(frozen=True)
class Opinion:
    """What labels of rows come to, summed over rows with votes.

    Parameters
    ----------
    right, unsure : array, sources
        Votes that are right as far as is known, and their variance.
    best, majority : array, classes
        Rows whose likeliest class each is, and rows that it wins by votes; classes that tie share.
    differs : float
        Rows whose likeliest class has not the most votes.
    rows : float
        Rows with votes.
    """

    right: Floats
    unsure: Floats
    best: Floats
    majority: Floats
    differs: float
    rows: float


def opinion_of(stats: VoteStats, label: Callable[[Totals], Floats]) -> Opinion:
    """Return what labels come to, in one pass over the patterns.

    Parameters
    ----------
    stats : VoteStats
        The votes.
    label : callable
        Gives the probability of each class for rows of votes.
    """
    sources, classes = len(stats.sources), len(stats.classes)
    expected, unsure = np.zeros((2, sources, classes, classes))
    best, majority, differs, rows = np.zeros(classes), np.zeros(classes), 0.0, 0.0
    for counts, totals in stats.blocks:
        likely, votes = label(totals), votes_by_class(totals, sources, classes)
        some = slice(0, 1 if classes == 2 else classes)  # of two classes both vary alike
        expected += totals.by_votes(likely * counts[:, None])
        unsure += totals.by_votes((likely * (1 - likely) * counts[:, None])[:, some])
        chosen = likely.argmax(axis=1)
        best += np.bincount(chosen, weights=counts, minlength=classes)
        most = (votes >= votes.max(axis=1, keepdims=True)).astype(np.float64)
        differs += float(counts @ (most[np.arange(len(most)), chosen] == 0))
        majority += (counts / most.sum(axis=1)) @ most
        rows += float(counts.sum())
    right, spread = (np.einsum("sii->s", each) for each in (expected, unsure))
    return Opinion(right, spread, best, majority, differs, rows)


def sources_table(stats: VoteStats, said: Opinion, weighed: Weighed) -> pd.DataFrame:
    """Return one row a source: votes, coverage, accuracy with interval, weight."""
    votes = stats.votes.sum(axis=1)
    rows: list[dict[str, Any]] = []
    gold = stats.of_patterns(np.flatnonzero(stats.gold.any(axis=1)))
    true = Totals(gold.patterns, len(gold.classes)).by_votes(gold.gold.astype(np.float64)) if gold.rows else None
    for place, name in enumerate(stats.sources):
        accuracy, lower, upper = _estimated(float(said.right[place]), float(said.unsure[place]), int(votes[place]))
        row = {
            "source": name, "votes": int(votes[place]), "coverage": votes[place] / max(stats.rows, 1),
            "accuracy": accuracy, "lower": lower, "upper": upper, "weight": float(weighed.weights[place]),
        }  # fmt: skip
        if true is not None:
            tried = int(true[place].sum())
            share, low, high = share_interval(float(np.trace(true[place])), tried)
            row |= {"gold_votes": tried, "gold_accuracy": share, "gold_lower": low, "gold_upper": high}
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else ["source", "votes", "coverage", "accuracy"])


def _estimated(right: float, unsure: float, votes: int) -> tuple[float, float, float]:
    """Return an accuracy with an interval that counts votes as far as it is known whether they are right."""
    if not votes:
        return share_interval(0, 0)
    accuracy = min(max(right / votes, 0.0), 1.0)
    spread = votes * accuracy * (1 - accuracy)
    known = max(1 - unsure / spread, 0.0) if spread > 0 else 1.0
    effective = max(votes * known, 1.0)
    return share_interval(accuracy * effective, effective)


def classes_table(stats: VoteStats, said: Opinion, weighed: Weighed) -> pd.DataFrame:
    """Return one row a class: its share among rows with votes, by majority, and before any vote."""
    total, names = max(said.rows, 1.0), list(map(str, stats.classes))
    return pd.DataFrame({
        "class": names, "share": said.best / total, "majority": said.majority / total, "prior": np.exp(weighed.prior)
    })  # fmt: skip


def warned_of(
    stats: VoteStats, label: Callable[[Totals], Floats], sources: pd.DataFrame, classes: pd.DataFrame, weighed: Weighed
) -> list[Finding]:
    """Return what is odd: one class for all, sources worse than chance, repeated sources, sources that never vote."""
    found = list[Finding]()
    largest = int(classes["share"].to_numpy().argmax()) if len(classes) else 0
    far = classes["share"] - classes["majority"]
    if len(classes) > 1 and len(weighed.tables):
        one = classes["share"].iloc[largest] >= COLLAPSED and classes["majority"].iloc[largest] < VOTED
        widest = largest if one else int(far.abs().to_numpy().argmax())
        if one or abs(far.iloc[widest]) > FAR:
            found.append(Finding(
                "LB102",
                f"the label model gives {classes['class'].iloc[widest]!r} to {classes['share'].iloc[widest]:.0%} of "
                f"the rows with votes, the majority to {classes['majority'].iloc[widest]:.0%}; give prior= or gold, or "
                'use method="majority"',
                "warning",
            ))  # fmt: skip
    chance = 1 / max(len(stats.classes), 2)
    below = sources.loc[sources["upper"] < chance, "source"].tolist() if len(weighed.tables) else []
    if below:
        found.append(Finding(
            "LB103",
            f"{listed(below)} {'is' if len(below) == 1 else 'are'} right less often than by chance, as far as other "
            "votes tell; look at the conflicts, and correct or remove the source",
            "warning",
        ))  # fmt: skip
    for group in groups_of(weighed.one):
        names = [stats.sources[place] for place in group]
        found.append(Finding("LB104", f"{listed(names)} repeat each other and count together as one", "warning"))
    found += _worse_than_majority(stats, label)
    silent = sources.loc[sources["votes"] == 0, "source"].tolist()
    if silent:
        found.append(Finding(
            "LB105", f"{listed(silent)} never voted{' on these rows' if len(silent) < len(sources) else ''}", "warning"
        ))  # fmt: skip
    if len(stats.classes) == 1:
        found.append(Finding("LB102", f"all votes are for {stats.classes[0]!r}: there is nothing to learn", "warning"))
    return found


def _worse_than_majority(stats: VoteStats, label: Callable[[Totals], Floats]) -> list[Finding]:
    """Return a finding where clearly fewer gold rows are right than by majority, by two standard errors."""
    gold = stats.of_patterns(np.flatnonzero(stats.gold.any(axis=1) & stats.covered))
    if not gold.rows:
        return []
    rows, true = np.nonzero(gold.gold)
    times = gold.gold[rows, true]
    mine = credit(label(Totals(gold.patterns, len(gold.classes)))[rows], true)
    theirs = credit(shares_of_votes(gold.patterns, len(gold.classes))[rows], true)
    gain, spread = float((mine - theirs) @ times), float(((mine - theirs) ** 2 @ times) ** 0.5)
    if gain >= 0 or -gain <= 2 * spread:
        return []
    total = int(times.sum())
    return [Finding(
        "LB108",
        f"on {total:,} gold rows {float(mine @ times) / total:.0%} of the labels are right, by majority "
        f'{float(theirs @ times) / total:.0%}; use method="majority", or give prior=',
        "warning",
    )]  # fmt: skip
