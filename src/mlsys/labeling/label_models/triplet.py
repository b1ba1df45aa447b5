"""Accuracies of sources from how often each two of them agree: no iteration, and no truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlsys.labeling.label_models.voting import PRIOR_ACCURACY, PRIOR_VOTES

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

PARTNERS = 30
"""Sources that one is compared with, those with which it voted most often: 435 pairs are enough for a median."""
LEAST_SHARED = 10
"""Items that two sources must both have voted on."""


def accuracies(stats: VoteStats) -> Floats:
    """Return how often each source is right.

    Notes
    -----
    Of sources that err independently and alike in all classes, the agreement of two beyond chance is the product of how
    much better than chance each of them is; of three, each follows from the three agreements (Fu et al. 2020,
    *Fast and Three-rious*; for more classes scaled by chance). The median over pairs of partners holds where some of
    them copy each other. Sources are taken to be better than chance; one without partners has .75.
    """
    both, agreed = stats.pairs()
    classes = max(len(stats.classes), 2)
    enough = both >= LEAST_SHARED
    np.fill_diagonal(enough, False)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.where(enough, (classes * agreed / np.maximum(both, 1) - 1) / (classes - 1), np.nan)
    found = np.array([_beyond_chance(place, both, beyond) for place in range(len(both))])
    votes = np.diag(both)
    chance = 1 / classes
    accuracy = np.where(np.isnan(found), PRIOR_ACCURACY, chance + (1 - chance) * np.clip(found, 0, 1))
    return np.asarray((accuracy * votes + PRIOR_ACCURACY * PRIOR_VOTES) / (votes + PRIOR_VOTES))


def _beyond_chance(place: int, both: Floats, beyond: Floats) -> float:
    partners = np.flatnonzero(~np.isnan(beyond[place]))
    partners = partners[np.argsort(-both[place, partners], kind="stable")][:PARTNERS]
    one, other = np.triu_indices(len(partners), 1)
    one, other = partners[one], partners[other]
    usable = ~np.isnan(beyond[one, other])
    usable[usable] = beyond[one, other][usable] > 0
    if not usable.any():
        return float("nan")
    one, other = one[usable], other[usable]
    squares = beyond[place, one] * beyond[place, other] / beyond[one, other]
    return float(np.sqrt(max(float(np.median(squares)), 0.0)))


def shares_of_classes(votes: Floats, accuracy: Floats) -> Floats:
    """Return the classes' shares that explain how often sources vote for each.

    Parameters
    ----------
    votes : array, sources x classes
        Numbers of votes.
    accuracy : array, sources
        How often each is right.
    """
    classes = votes.shape[1]
    total = votes.sum(axis=1)
    wrong = (1 - accuracy) / max(classes - 1, 1)
    lead = accuracy - wrong
    told = total * lead**2
    usable = (total > 0) & (lead > 0)
    if not usable.any():
        return np.full(classes, 1 / classes)
    each = (votes[usable] / total[usable, None] - wrong[usable, None]) / lead[usable, None]
    shares = np.clip((each * told[usable, None]).sum(axis=0) / told[usable].sum(), 0.01, None)
    return np.asarray(shares / shares.sum())
