"""Confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.evaluation.class_levels import Levels

MOST_CLASSES = 50
"""Larger tables are not readable."""


def confusion(scored: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return the weight of rows of each class (down) that each class was predicted for (across), in the classes' order.

    Examples
    --------
    >>> scored = pd.DataFrame({"y": ["low", "high", "high"], "prediction": ["low", "low", "high"]})
    >>> confusion(scored, ["low", "high"])
      truth  predicted low  predicted high
    0   low            1.0             0.0
    1  high            1.0             1.0
    """
    truth, said = (Levels.of(scored[name]) for name in ("y", "prediction"))
    rows = [*classes, *sorted(set(truth.texts) - set(classes))]
    down, across = (
        levels.codes({name: float(place) for place, name in enumerate(names)})
        for levels, names in ((truth, rows), (said, classes))
    )
    weight = scored["weight"].to_numpy(dtype=np.float64) if "weight" in scored else np.ones(len(scored))
    known = ~np.isnan(down) & ~np.isnan(across)
    places = (down[known] * len(classes) + across[known]).astype(np.int64)
    table = np.bincount(places, weight[known], len(rows) * len(classes)).reshape(len(rows), len(classes))
    return pd.DataFrame({"truth": rows, **{f"predicted {name}": table[:, i] for i, name in enumerate(classes)}})
