"""FriedmanDrift, global recurring abrupt: a regression whose features swap their places at once.

Source: Ikonomovska, Gama and Džeroski (2011), Learning model trees from evolving data streams, Data Mining and
Knowledge Discovery 23(1), 128-168; the swapped features are those of river's generator.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
BEFORE, AFTER = (0, 1, 2, 3, 4), (3, 5, 1, 0, 2)


def friedman(x: Array, changed: bool) -> Array:
    """Return the target without its noise, of rows with ten features from 0 to 1."""
    a, b, c, d, e = (x[:, place] for place in (AFTER if changed else BEFORE))
    return 10 * np.sin(np.pi * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e


def rows(rng: np.random.Generator, many: int, changed: bool = False) -> tuple[Array, Array]:
    """Return features and target."""
    x = rng.random((many, 10))
    return x, friedman(x, changed) + rng.normal(size=many)


def products(x: Array) -> Array:
    """Return features, their squares and products, and a one."""
    one = np.hstack([np.ones((len(x), 1)), x])
    first, second = np.triu_indices(one.shape[1])
    return one[:, first] * one[:, second]


def prediction_errors(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return absolute errors of a model on 1,000 reference rows, and on 2,500 before and 2,500 after the change."""
    x, y = rows(rng, 1_000)
    weights = np.linalg.lstsq(products(x), y, rcond=None)[0]
    parts = [rows(rng, 1_000), rows(rng, 2_500), rows(rng, 2_500, changed=True)]
    reference, before, after = (np.abs(y - products(x) @ weights) for x, y in parts)
    return reference, np.concatenate([before, after])
