"""Confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

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
    truth, said = (scored[name].astype("str").to_numpy(dtype=object) for name in ("y", "prediction"))
    rows = [*classes, *sorted(set(truth) - set(classes))]
    weight = scored["weight"] if "weight" in scored else np.ones(len(scored))
    counted = pd.crosstab(
        pd.Categorical(truth, categories=rows),
        pd.Categorical(said, categories=list(classes)),
        np.asarray(weight),
        aggfunc="sum",
        dropna=False,
    )
    table = counted.reindex(index=rows, columns=list(classes)).fillna(0.0).to_numpy(dtype=np.float64)
    return pd.DataFrame({"truth": rows, **{f"predicted {name}": table[:, i] for i, name in enumerate(classes)}})
