"""Sources that repeat each other count together as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlsys.labeling.label_models.posterior import Floats
    from mlsys.labeling.statistics import VoteStats

BEGINS, WHOLE = 0.4, 0.8
"""Likeness below which sources are their own, and from which they are one; between them in proportion.

Chosen on made votes: copies with none to a tenth of their votes changed, and independent annotators right in 60 to
97 %.
"""
LEAST_VOTES = 5
"""Votes that each of two sources must have cast to be called alike."""
SURE = 3.0
"""Standard errors by which two sources must agree more often than by both being right: there are many pairs."""


@dataclass(frozen=True)
class Pairs:
    """How often each two sources voted on the same items, and alike.

    Parameters
    ----------
    both, agreed : array, sources x sources
        Items on which both voted, and on which they voted alike.
    """

    both: Floats
    agreed: Floats

    @classmethod
    def of(cls, stats: VoteStats) -> Pairs:
        """Return the pairs of all sources."""
        return cls(*stats.pairs())

    @property
    def either(self) -> Floats:
        """Items on which at least one of them voted."""
        votes = np.diag(self.both)
        return np.asarray(np.maximum(votes[:, None] + votes[None, :] - self.both, 1))

    def likeness(self) -> Floats:
        """Return the share of items on which two sources voted alike, of those on which either voted."""
        alike = self.agreed / self.either
        few = np.diag(self.both) < LEAST_VOTES
        alike[few, :] = alike[:, few] = 0
        np.fill_diagonal(alike, 1)
        return np.asarray(alike)

    def beyond_the_truth(self, expected: Floats) -> Floats:
        """Return likeness that is not due to both being right: 0 for independent sources, 1 for copies.

        Parameters
        ----------
        expected : array, sources x votes x classes
            Votes by class, as far as is known.

        Notes
        -----
        Of items on which both voted, agreement beyond chance given the class, as in Cohen's kappa, less what few items
        leave open. Functions that know one class only cannot disagree: they are alike as far as they vote on the same
        items.
        """
        voting = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-9)
        shares = expected.sum(axis=(0, 1)) / max(float(expected.sum()), 1e-9)
        flat = voting.reshape(len(voting), -1)
        chance = np.clip((flat * np.tile(shares, voting.shape[1])) @ flat.T, 0, 1)
        both = np.maximum(self.both, 1)
        error = np.sqrt(chance * (1 - chance) / both)
        kappa = (self.agreed / both - SURE * error - chance) / np.maximum(1 - chance, 1e-9)
        narrow = (expected.sum(axis=2) > 0).sum(axis=1) == 1
        alike, overlap = self.likeness(), self.both / self.either
        beyond = np.where(narrow[:, None] & narrow[None, :], alike, overlap * np.clip(kappa, 0, 1))
        beyond = np.where(alike > 0, beyond, 0.0)
        np.fill_diagonal(beyond, 1)
        return np.asarray(beyond)


def same(alike: Floats) -> Floats:
    """Return how far each two sources are one, from 0 to 1."""
    return np.asarray(np.clip((alike - BEGINS) / (WHOLE - BEGINS), 0, 1))


def weights_of(one: Floats) -> Floats:
    """Return what a vote of each source counts: sources that are one count together as one.

    Examples
    --------
    >>> weights_of(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])).tolist()
    [0.5, 0.5, 1.0]
    """
    return np.asarray(1 / one.sum(axis=1))


def groups_of(one: Floats) -> list[list[int]]:
    """Return sources that are one rather than their own, as groups of two or more."""
    left, groups = set(range(len(one))), []
    for place in range(len(one)):
        group = [other for other in range(len(one)) if other in left and one[place, other] >= 0.5]
        if place in left and len(group) > 1:
            groups.append(group)
            left -= set(group)
    return groups
