"""Tests of two samples of many columns; each gives an effect and a p that holds whatever the columns are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mlsys.drift.two_sample import upper_tail

Floats = NDArray[np.float64]
Found = tuple[float, float, Floats]
"""Effect, p, and how much each column of the matrix contributes."""
FOLDS = 2
FEATURES = 300
"""Random features of the kernel."""
MOST_IN_PAIRS = 600
"""Rows of each side whose distances are taken in pairs."""
DRAWS = 499
EXPLAINED = 0.8
"""Share of the variance that the components keep."""


def domain_classifier(one: Floats, other: Floats, rng: np.random.Generator) -> Found:
    """Train a classifier to tell the samples apart, and test it on rows it has not seen.

    Notes
    -----
    Gradient boosting, each half of the rows scored by what was learned on the other. The scores of a half are
    exchangeable if nothing differs, so that Mann and Whitney's test is valid given the other half. The z-values are
    averaged and taken as if they were one: they are correlated, so that adding them up would give twice the false
    alarms. The effect is 2 AUC - 1: 0 for alike, 1 for told apart in every case. A column contributes what shuffling
    it costs in AUC.
    """
    from scipy.special import ndtr
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    rows, side = np.vstack([one, other]), np.r_[np.zeros(len(one)), np.ones(len(other))]
    z, areas, cost = [], [], np.zeros(rows.shape[1])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
    for learned, held in folds.split(rows, side):
        model = HistGradientBoostingClassifier(
            max_iter=40, max_leaf_nodes=8, min_samples_leaf=10, early_stopping=False, random_state=0
        ).fit(rows[learned], side[learned])
        area, deviation = _mann_whitney(model.decision_function(rows[held]), side[held])
        areas.append(area)
        z.append((area - 0.5) / deviation)
        if area > 0.55:  # otherwise there is nothing to attribute
            cost += _costs(model.decision_function, rows[held], side[held], area, rng) / FOLDS
    return max(0.0, 2 * float(np.mean(areas)) - 1), float(ndtr(-np.mean(z))), cost


def _costs(
    score: Callable[[Floats], Floats], rows: Floats, side: Floats, area: float, rng: np.random.Generator
) -> Floats:
    cost = np.zeros(rows.shape[1])
    for place in range(rows.shape[1]):
        shuffled = rows.copy()
        shuffled[:, place] = rng.permutation(shuffled[:, place])
        cost[place] = area - _mann_whitney(score(shuffled), side)[0]
    return np.maximum(cost, 0.0)


def _mann_whitney(scores: Floats, side: Floats) -> tuple[float, float]:
    """Return the area under the ROC curve, and its standard deviation where nothing differs, ties included."""
    from scipy.stats import rankdata

    ranks, m = rankdata(scores), float(side.sum())
    total = len(side)
    n = total - m
    area = (ranks[side == 1].sum() - m * (m + 1) / 2) / (n * m)
    _, times = np.unique(scores, return_counts=True)
    ties = float((times**3 - times).sum()) / (total * (total - 1))
    return float(area), float(np.sqrt(max((total + 1 - ties) / (12 * n * m), 1e-12)))


def mean_discrepancy(one: Floats, other: Floats, rng: np.random.Generator) -> Found:
    """Compare the means of random features of a Gaussian kernel (MMD), in linear time.

    Notes
    -----
    Gretton et al. (JMLR 13, 2012); random features of Rahimi and Recht (2007); the width is the median distance.
    The squared distance of the means is, under no difference, a weighted sum of chi-squares whose weights are the
    eigenvalues of the features' covariance. The effect is the distance, 0 to about 1.4, less what chance gives.
    """
    some = np.vstack([one[:200], other[:200]])
    apart = ((some[:, None, :] - some[None]) ** 2).sum(axis=2)[np.triu_indices(len(some), 1)]
    width = float(np.sqrt(np.median(apart))) or 1.0
    frequencies = rng.normal(size=(one.shape[1], FEATURES // 2)) / width
    features = [np.hstack([np.cos(side @ frequencies), np.sin(side @ frequencies)]) / np.sqrt(FEATURES / 2)
                for side in (one, other)]  # fmt: skip
    scale = 1 / len(one) + 1 / len(other)
    gap = features[0].mean(axis=0) - features[1].mean(axis=0)
    centred = np.vstack([side - side.mean(axis=0) for side in features])
    covariance = centred.T @ centred / (len(centred) - 2) * scale
    weights = np.maximum(np.linalg.eigvalsh(covariance), 0.0)
    statistic = float(gap @ gap)
    effect = float(np.sqrt(max(0.0, statistic - weights.sum())))
    return effect, upper_tail(statistic, weights), np.abs(one.mean(axis=0) - other.mean(axis=0))


def energy_distance(one: Floats, other: Floats, rng: np.random.Generator) -> Found:
    """Compare distances within and between samples, by permutation.

    Notes
    -----
    Szekely and Rizzo (2004). At most 600 rows of each side, since all pairs are looked at; p is exact up to the 499
    permutations drawn. The effect is the energy coefficient, from 0 to 1.
    """
    one, other = (side[rng.permutation(len(side))[:MOST_IN_PAIRS]] for side in (one, other))
    rows = np.vstack([one, other])
    squares = (rows**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0.0))
    first = np.r_[np.ones(len(one)), np.zeros(len(other))]
    chosen = np.column_stack([first, *(rng.permutation(first) for _ in range(DRAWS))])
    n, m = len(one), len(other)
    among = distances @ chosen
    inside = (chosen * among).sum(axis=0)
    whole = distances.sum()
    across = among.sum(axis=0) - inside
    within = whole - inside - 2 * across
    energy = 2 * across / (n * m) - inside / n**2 - within / m**2
    p = float((1 + (energy[1:] >= energy[0] - 1e-12).sum()) / (1 + DRAWS))
    typical = 2 * across[0] / (n * m)
    by_chance = float(np.mean(energy[1:]))
    effect = float(max(0.0, energy[0] - by_chance) / typical) if typical else 0.0
    return effect, p, np.abs(one.mean(axis=0) - other.mean(axis=0))


def reconstruction(one: Floats, other: Floats, rng: np.random.Generator) -> Found:
    """Compare how well principal components of the reference reconstruct rows of either side.

    Notes
    -----
    Components that keep 80 % of the variance are learned on half of the reference; the errors of its other half and of
    today are compared by Kolmogorov and Smirnov. It sees broken dependence, not shifts along the components. The effect
    is the largest gap of the errors' distribution functions.
    """
    from scipy.stats import ks_2samp

    order = rng.permutation(len(one))
    learned, held = one[order[: len(one) // 2]], one[order[len(one) // 2 :]]
    mean = learned.mean(axis=0)
    _, sizes, directions = np.linalg.svd(learned - mean, full_matrices=False)
    share = np.cumsum(sizes**2) / max(float((sizes**2).sum()), 1e-300)
    kept = directions[: min(int(np.searchsorted(share, EXPLAINED)) + 1, max(len(directions) - 1, 1))]
    left = [(side - mean) - (side - mean) @ kept.T @ kept for side in (held, other)]
    errors = [np.sqrt((each**2).sum(axis=1)) for each in left]
    found = ks_2samp(*errors)
    contributions = np.abs((left[0] ** 2).mean(axis=0) - (left[1] ** 2).mean(axis=0))
    return float(found.statistic), float(found.pvalue), contributions


METHODS: Mapping[str, Callable[[Floats, Floats, np.random.Generator], Found]] = MappingProxyType(
    {
        "domain_classifier": domain_classifier,
        "mean_discrepancy": mean_discrepancy,
        "energy_distance": energy_distance,
        "reconstruction": reconstruction,
    }
)
"""Tests of all columns together, by name."""
