"""Scores of rows agree with their definitions, and batches with a brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy as reference_entropy

from mlsys.labeling.active.batches import clustered, k_center
from mlsys.labeling.active.strategies import entropy, kullback_leibler, least_confidence, margin, vote_entropy

SHARES = np.random.default_rng(0).dirichlet(np.ones(4), 50)
COMMITTEE = np.random.default_rng(1).dirichlet(np.ones(3), (5, 40))


def test_scores_of_one_model_are_as_defined():
    ordered = np.sort(SHARES, axis=1)
    assert least_confidence(SHARES) == pytest.approx(1 - ordered[:, -1])
    assert margin(SHARES) == pytest.approx(1 - ordered[:, -1] + ordered[:, -2])
    assert entropy(SHARES) == pytest.approx(reference_entropy(SHARES, axis=1))
    assert entropy(np.array([[1.0, 0.0]])).tolist() == [0.0]


def test_of_two_classes_all_scores_order_rows_alike():
    two = np.column_stack([np.linspace(0.01, 0.99, 30), 1 - np.linspace(0.01, 0.99, 30)])
    orders = [np.argsort(score(two).round(9), kind="stable").tolist() for score in (least_confidence, margin, entropy)]
    assert orders[0] == orders[1] == orders[2]


def test_disagreement_of_a_committee_is_as_defined():
    mean = COMMITTEE.mean(axis=0)
    divergence = [reference_entropy(member, mean, axis=1) for member in COMMITTEE]
    assert kullback_leibler(COMMITTEE) == pytest.approx(np.mean(divergence, axis=0), abs=1e-12)
    votes = np.stack([(COMMITTEE.argmax(axis=2) == label).mean(axis=0) for label in range(3)], axis=1)
    assert vote_entropy(COMMITTEE) == pytest.approx(reference_entropy(votes, axis=1), abs=1e-12)


def test_each_centre_is_the_row_farthest_from_all_before_it():
    points = np.random.default_rng(2).normal(size=(40, 3))
    chosen, distances = k_center(points, np.arange(5, 40), np.arange(5), 6)
    before = list(range(5))
    for place, distance in zip(chosen, distances, strict=True):
        nearest = np.linalg.norm(points[5:, None] - points[before][None], axis=2).min(axis=1)
        assert place == nearest.argmax() + 5 and distance == pytest.approx(nearest.max())
        before.append(int(place))


def test_a_batch_of_clusters_has_one_row_of_each_cloud():
    rng = np.random.default_rng(3)
    clouds = np.repeat([[0, 0], [9, 0], [0, 9], [9, 9]], 20, axis=0)
    points = rng.normal(size=(80, 2)) * 0.1 + clouds
    chosen = clustered(points, np.arange(80), rng.random(80), 4, 0)
    assert sorted(chosen // 20) == [0, 1, 2, 3]
    assert len(set(clustered(np.zeros((9, 1)), np.arange(9), np.ones(9), 4, 0).tolist())) == 4
