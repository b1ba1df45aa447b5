"""Small changes of features under which a label should stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ContractError
from mlsys.values import Kind, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def jittered(features: Any, rng: np.random.Generator, noise: float = 0.1) -> Any:
    """Return features with noise: numbers move by a share of their deviation, texts lose a share of their words.

    Parameters
    ----------
    features : DataFrame, Series, ndarray or scipy.sparse matrix
        One row each; truth values, categories and times stay as they are.
    rng : numpy.random.Generator
        Source of the noise.
    noise : float
        Standard deviation of the noise in standard deviations of the column, and the share of words dropped.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> jittered(pd.DataFrame({"text": ["a b c d e f g h"], "old": [True]}), rng, noise=0.3)
            text   old
    0  a e f g h  True
    """
    if isinstance(features, pd.DataFrame):
        return with_columns(features, {name: jittered(features[name], rng, noise) for name in features.columns})
    if isinstance(features, pd.Series):
        return _column(features, rng, noise)
    if hasattr(features, "data") and not isinstance(features, np.ndarray):
        made = features.copy()
        made.data = made.data * (rng.random(len(made.data)) >= noise)
        return made
    return features + rng.normal(size=features.shape) * noise * np.nanstd(features, axis=0)


def _column(column: pd.Series, rng: np.random.Generator, noise: float) -> pd.Series:
    kind = values_of(column).kind
    if kind is Kind.NUMBER:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        deviation = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
        return pd.Series(values + rng.normal(size=len(values)) * noise * deviation, column.index)
    if kind is Kind.TEXT:
        return column.map(lambda text: _fewer_words(text, rng, noise), na_action="ignore")
    return column


def _fewer_words(text: str, rng: np.random.Generator, share: float) -> str:
    words = text.split()
    kept = [word for word, drawn in zip(words, rng.random(len(words)), strict=True) if drawn >= share]
    return " ".join(kept) if kept else text


def stable(
    shares: Callable[[Any], NDArray[np.float64]],
    features: Any,
    said: NDArray[np.int64],
    perturb: Callable[[Any, np.random.Generator], Any],
    copies: int,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return which rows get the same class in each of some perturbed copies."""
    same = np.ones(len(said), dtype=bool)
    for _ in range(copies if len(said) else 0):
        changed = perturb(features, rng)
        if not hasattr(changed, "shape") or changed.shape != features.shape:
            raise ContractError(
                f"perturb= returned {type(changed).__name__} of shape {getattr(changed, 'shape', None)} for features "
                f"of shape {features.shape}",
                "return the features it receives, changed, with the same rows and columns",
            )
        same &= shares(changed).argmax(axis=1) == said
    return same
