"""The search finds the best slices that there are: those of a brute force."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.evaluation.search import Evidence, Items, Score, Total, Trade, best_slices, items_of


def brute_force(codes: list[Any], loss: Any, weight: Any, score: Score, k: int, level: int, smallest: int) -> list[Any]:
    """Scores of all slices that there are, the highest first."""
    found = []
    weight = np.ones(len(loss)) if weight is None else weight
    for size in range(1, level + 1):
        for features in combinations(range(len(codes)), size):
            for values in product(*(np.unique(codes[each]) for each in features)):
                rows = np.logical_and.reduce([codes[f] == v for f, v in zip(features, values, strict=True)])
                if rows.sum() >= smallest:
                    sums = np.array([weight[rows].sum()]), np.array([loss[rows].sum()])
                    found.append((float(score.of(*sums)[0]), tuple(zip(features, map(int, values), strict=True))))
    positive = [each for each in found if each[0] > 1e-9]
    return sorted(positive, key=lambda each: (-float(f"{each[0]:.9e}"), len(each[1]), each[1]))[:k]


def named(items: Items, found: Any) -> tuple[tuple[int, int], ...]:
    return tuple((int(items.feature[each]), int(items.value[each])) for each in found.items)


def score_by(alpha: float | None) -> Callable[[Total], Score]:
    return Evidence if alpha is None else lambda total: Trade(total, alpha)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    features=st.integers(1, 5),
    kind=st.sampled_from(["errors", "losses", "weights", "both"]),
    alpha=st.sampled_from([None, 0.5, 0.95, 0.99, 1.0]),
    level=st.integers(1, 4),
    smallest=st.integers(1, 12),
)
def test_the_best_slices_are_those_of_a_brute_force(
    seed: int, features: int, kind: str, alpha: float | None, level: int, smallest: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(12, 90))
    codes = [rng.integers(0, rng.integers(1, 4), rows) for _ in range(features)]
    loss = (rng.random(rows) < 0.3).astype(float) if kind in {"errors", "weights"} else rng.gamma(0.7, 1, rows)
    weight = rng.uniform(0.5, 2, rows) if kind in {"weights", "both"} else None
    loss = loss if weight is None else loss * weight
    total = Total.of(loss, weight, smallest)
    if not total.spread:
        return
    score, items = score_by(alpha)(total), items_of(codes, smallest)
    found = best_slices(items, loss, weight, score_by(alpha), k=7, level=level, smallest=smallest)
    wanted = brute_force(codes, loss, weight, score, 7, level, smallest)
    assert [each.score for each in found] == pytest.approx([each[0] for each in wanted])
    assert [named(items, each) for each in found] == [each[1] for each in wanted]


def planted(features: int, rows: int, rng: np.random.Generator) -> tuple[list[Any], Any]:
    """Features of 8 values, and errors that a pair of the first and the last one doubles many times."""
    codes = [rng.integers(0, 8, rows).astype(np.uint8) for _ in range(features)]
    bad = (codes[0] == 3) & (codes[-1] == 5)
    return codes, (rng.random(rows) < np.where(bad, 0.9, 0.05)).astype(float)


@pytest.mark.parametrize("alpha", [None, 0.95])
def test_a_pair_of_the_first_and_the_last_of_thirty_features_is_found(
    alpha: float | None, rng: np.random.Generator
) -> None:
    codes, loss = planted(30, 4_000, rng)
    items = items_of(codes, 32)
    first = best_slices(items, loss, None, score_by(alpha), k=5, level=2, smallest=32)[0]
    assert named(items, first) == ((0, 3), (29, 5))


def test_bits_and_sums_find_the_same(rng: np.random.Generator) -> None:
    codes, loss = planted(8, 3_000, rng)
    items = items_of(codes, 20)
    args: dict[str, Any] = {"k": 20, "level": 3, "smallest": 20}
    by_bits = best_slices(items, loss, None, Evidence, **args)
    by_sums = best_slices(items, loss, np.ones(3_000), Evidence, **args)
    assert [(each.items, each.rows, each.loss) for each in by_bits] == [
        (each.items, each.rows, each.loss) for each in by_sums
    ]


def test_bounds_hold_for_every_part_of_a_slice(rng: np.random.Generator) -> None:
    rows = 300
    loss, weight = rng.gamma(1, 1, rows), rng.uniform(0.5, 2, rows)
    total = Total.of(loss, weight, 10)
    for alpha in (None, 0.5, 0.95, 1.0):
        score = score_by(alpha)(total)
        for _ in range(50):
            whole = rng.random(rows) < rng.random()
            part = whole & ((loss / weight > rng.gamma(1, 1)) if rng.random() < 0.5 else rng.random(rows) < 0.5)
            if part.sum() < 10:
                continue
            most = float((loss / weight)[whole].max())
            bound = score.bound(
                np.array([total.least]), np.array([weight[whole].sum()]), np.array([loss[whole].sum()]), most
            )[0]
            assert score.of(np.array([weight[part].sum()]), np.array([loss[part].sum()]))[0] <= bound + 1e-9


def test_equal_slices_come_in_the_order_of_their_features() -> None:
    codes = [np.array([0, 1] * 50)] * 3
    loss = np.array([0.0, 1.0] * 50)
    items = items_of(codes, 5)
    found = best_slices(items, loss, None, Evidence, k=4, level=2, smallest=5)
    assert [named(items, each) for each in found] == [((0, 1),), ((1, 1),), ((2, 1),), ((0, 1), (1, 1))]


def test_without_losses_or_values_there_are_no_slices() -> None:
    codes, none = [np.array([0, 1] * 10)], np.zeros(20)
    assert best_slices(items_of(codes, 2), none, None, Evidence, k=3, level=2, smallest=2) == []
    assert best_slices(items_of([], 2), np.arange(20.0), None, Evidence, k=3, level=2, smallest=2) == []
