"""What a label model thinks of its sources and classes, and what to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import Finding, listed
from mlsys.labeling.judged_labels import credit
from mlsys.labeling.label_models import shares_of_votes
from mlsys.labeling.label_models.duplicates import groups_of
from mlsys.labeling.statistics.sums import Totals
from mlsys.summaries.wilson import share_interval

if TYPE_CHECKING:
    from mlsys.labeling.label_models import Weighed
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

COLLAPSED, VOTED = 0.98, 0.9
"""Share of rows given one class from which a model has collapsed, and the largest share by majority that excuses it."""
FAR = 0.3
"""Difference of a class's share from that by majority that is worth a warning."""


def sources_table(stats: VoteStats, likely: Floats, weighed: Weighed) -> pd.DataFrame:
    """Return one row a source: votes, coverage, accuracy with interval, weight."""
    totals = Totals(stats.patterns, len(stats.classes))
    counts = stats.counts[:, None].astype(np.float64)
    right = np.einsum("sii->s", totals.by_votes(likely * counts))
    unsure = np.einsum("sii->s", totals.by_votes(likely * (1 - likely) * counts))
    votes = stats.votes.sum(axis=1)
    rows: list[dict[str, Any]] = []
    true = totals.by_votes(stats.gold.astype(np.float64)) if stats.gold.any() else None
    for place, name in enumerate(stats.sources):
        accuracy, lower, upper = _estimated(float(right[place]), float(unsure[place]), int(votes[place]))
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


def classes_table(stats: VoteStats, likely: Floats, weighed: Weighed) -> pd.DataFrame:
    """Return one row a class: its share among rows with votes, by majority, and before any vote."""
    covered = stats.covered
    counts = stats.counts[covered]
    total = max(int(counts.sum()), 1)
    best = np.bincount(likely[covered].argmax(axis=1), weights=counts, minlength=len(stats.classes)) / total
    shares = shares_of_votes(stats.patterns[covered], len(stats.classes))
    most = (shares >= shares.max(axis=1, keepdims=True) - 1e-12).astype(np.float64)
    majority = counts @ (most / (most @ np.ones((len(stats.classes), 1)))) / total
    return pd.DataFrame(
        {"class": list(map(str, stats.classes)), "share": best, "majority": majority, "prior": np.exp(weighed.prior)}
    )


def disagreeing(stats: VoteStats, likely: Floats) -> float:
    """Return the share of rows with votes whose most likely class has not the most votes."""
    covered = np.flatnonzero(stats.covered)
    if not len(covered):
        return 0.0
    shares = shares_of_votes(stats.patterns[covered], len(stats.classes))
    best = likely[covered].argmax(axis=1)
    other = shares[np.arange(len(covered)), best] < shares.max(axis=1) - 1e-12
    return float((other * stats.counts[covered]).sum() / stats.counts[covered].sum())


def warned_of(
    stats: VoteStats, likely: Floats, sources: pd.DataFrame, classes: pd.DataFrame, weighed: Weighed
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
    found += _worse_than_majority(stats, likely)
    silent = sources.loc[sources["votes"] == 0, "source"].tolist()
    if silent:
        found.append(Finding(
            "LB105", f"{listed(silent)} never voted{' on these rows' if len(silent) < len(sources) else ''}", "warning"
        ))  # fmt: skip
    if len(stats.classes) == 1:
        found.append(Finding("LB102", f"all votes are for {stats.classes[0]!r}: there is nothing to learn", "warning"))
    return found


def _worse_than_majority(stats: VoteStats, likely: Floats) -> list[Finding]:
    """Return a finding where clearly fewer gold rows are right than by majority, by two standard errors."""
    rows, true = np.nonzero(stats.gold * stats.covered[:, None])
    if not len(rows):
        return []
    times = stats.gold[rows, true]
    mine = credit(likely[rows], true)
    theirs = credit(shares_of_votes(stats.patterns[rows], len(stats.classes)), true)
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
