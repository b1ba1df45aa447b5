"""Baselines: what doing nothing, guessing, and a rule of thumb would have scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ContractError
from mlsys.evaluation.scored import PROBABILITY

Rule = Callable[[pd.DataFrame], Any]


def zero_rule(train: Rows, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Predict the commonest class with the classes' shares, or the mean, by weight, whatever the row."""
    known = train.y.notna().to_numpy()
    target = train.y[known]
    weight = np.ones(len(target)) if train.weight is None else train.weight[known].to_numpy(dtype=np.float64)
    if not classes:
        mean = float(np.average(target.to_numpy(dtype=np.float64), weights=weight))
        return pd.DataFrame({"prediction": mean}, index=rows.index)
    totals = pd.Series(weight, index=target.index).groupby(target.to_numpy(), observed=True).sum()
    shares = {str(value): total / weight.sum() for value, total in totals.items()}
    constant = {PROBABILITY + name: np.full(len(rows), shares.get(name, 0.0)) for name in classes}
    return pd.DataFrame({"prediction": pd.Series(totals.idxmax(), index=rows.index), **constant}, index=rows.index)


def random_guess(train: Rows, rows: pd.DataFrame, classes: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """Guess: a training target drawn at random; for classes, probabilities drawn at random too."""
    known = train.y.dropna()
    drawn = pd.Series(known.array[rng.integers(0, len(known), len(rows))], index=rows.index)
    if not classes:
        return pd.DataFrame({"prediction": drawn.astype("float64")})
    raw = rng.random((len(rows), len(classes)))
    shares = raw / raw.sum(axis=1, keepdims=True)
    guessed = {PROBABILITY + name: shares[:, i] for i, name in enumerate(classes)}
    return pd.DataFrame({"prediction": drawn, **guessed}, index=rows.index)


def rule_name(baseline: Any) -> str:
    """Return what a baseline is called on the card."""
    return str(getattr(baseline, "__name__", type(baseline).__name__))


def rule_predictions(baseline: Any, train: Rows, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Return what a baseline of the user's predicts.

    Parameters
    ----------
    baseline : callable or object with ``learn(train)``
        ``rule(frame)`` returns, for each row, a number (the probability of the second of two classes,
        or the predicted value), a class, or a frame of prediction columns; ``learn(train)`` returns
        such a rule.
    """
    rule: Rule = baseline.learn(train) if hasattr(baseline, "learn") else baseline
    answer = rule(rows.copy(deep=False))
    if isinstance(answer, pd.DataFrame):
        return answer
    values = np.asarray(answer)
    if values.shape != (len(rows),):
        raise ContractError(
            f"the baseline {rule_name(baseline)} returned shape {values.shape} for {len(rows):,} rows",
            "return one value for each row",
        )
    if not classes:
        return pd.DataFrame({"prediction": values.astype(np.float64)}, index=rows.index)
    if len(classes) == 2 and np.issubdtype(values.dtype, np.number) and ((values >= 0) & (values <= 1)).all():
        return _from_probability(values.astype(np.float64), train, rows, classes)
    return pd.DataFrame({"prediction": pd.Series(answer, index=rows.index)})


def _from_probability(values: Any, train: Rows, rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    by_text = {str(value): value for value in train.y.dropna().unique()}
    labels = pd.Series([by_text.get(name, name) for name in classes])
    chosen = labels.array.take((values >= 0.5).astype(int))
    probabilities = {PROBABILITY + classes[0]: 1 - values, PROBABILITY + classes[1]: values}
    return pd.DataFrame({"prediction": pd.Series(chosen, index=rows.index), **probabilities}, index=rows.index)
