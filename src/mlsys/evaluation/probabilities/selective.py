"""What abstaining buys: the share of wrong answers by the share of rows that are answered, the surest first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.evaluation.probabilities.bins import FEWEST_IN_BIN
from mlsys.evaluation.sample import Sample
from mlsys.summaries.wilson import wilson_ends

STEPS = 20
"""Shares of rows in the table."""


def selective_table(sample: Sample, level: float) -> dict[str, pd.DataFrame]:
    """Return the trade-off as a table of an evaluation; nothing where a model does not say how sure it is."""
    if sample.by_class is None or len(sample.classes) < 2:  # noqa: PLR2004  two classes
        return {}
    return {"risk_coverage": risk_by_coverage(sample, level)}


def risk_by_coverage(sample: Sample, level: float) -> pd.DataFrame:
    """Return the error rate among the surest rows, by the share of rows that these are.

    Parameters
    ----------
    sample : Sample
        Rows with probabilities or scores.
    level : float
        Of Wilson's intervals, each by itself.

    Notes
    -----
    The risk-coverage curve (El-Yaniv and Wiener 2010). How sure the model is of a row is the probability of the
    predicted class; of scores, how far that class is ahead of the others. Rows of one value are answered together.
    """
    sure, wrong = confidence(sample), (sample.y != sample.prediction).astype(np.float64)
    # Rows of one value are answered together: their order matters only to the last bits of sums of weights.
    order = np.argsort(-sure, kind=None if sample.is_plain else "stable")
    weight, ordered = sample.weight[order], sure[order]
    answered, errors = np.cumsum(weight), np.cumsum(weight * wrong[order])
    worth = answered**2 / np.cumsum(weight**2)
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    wanted = np.linspace(0, 1, STEPS + 1)[1:] * answered[-1]
    places = np.unique(last[np.minimum(np.searchsorted(answered[last], wanted - 1e-9), len(last) - 1)])
    places = places[places + 1 >= FEWEST_IN_BIN]
    risk = errors[places] / answered[places]
    lower, upper = wilson_ends(risk * worth[places], worth[places], level)
    return pd.DataFrame(
        {"coverage": answered[places] / answered[-1], "risk": risk, "lower": lower, "upper": upper,
         "threshold": ordered[places], "n": places + 1}
    )  # fmt: skip


def confidence(sample: Sample) -> np.ndarray:
    """Return how sure the model is of each prediction."""
    assert sample.by_class is not None
    rows = np.arange(len(sample.y))
    codes = np.where(np.isnan(sample.prediction), 0, sample.prediction).astype(int)
    own = sample.by_class[rows, codes]
    if sample.probabilities is not None:
        return np.asarray(np.nan_to_num(own, nan=0.0))
    others = np.array(sample.by_class)
    others[rows, codes] = -np.inf
    return np.asarray(own - others.max(axis=1))
