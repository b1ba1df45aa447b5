"""What a worker keeps of a partition to train on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import known_weights
from mlsys.models._boosters import as_agreed
from mlsys.models._fitting import selected
from mlsys.models._refusals import known_target

if TYPE_CHECKING:
    from mlsys.dataset import Rows

TARGET, WEIGHT = "mlsys target", "mlsys weight"


@dataclass(frozen=True)
class Part:
    """Features as the booster takes them, target and weights.

    Parameters
    ----------
    features : DataFrame of shape (n_rows, n_features)
        Numbers only.
    target : Series of shape (n_rows,)
        As it is in the rows.
    weights : Series of shape (n_rows,) or None
        Above 0.
    """

    features: pd.DataFrame
    target: pd.Series
    weights: pd.Series | None


@dataclass(frozen=True)
class PartOf:
    """Makes a part of a partition.

    Parameters
    ----------
    wrap : callable
        Gives a frame its roles.
    names : tuple of str
        Features, in order.
    told : dict
        What the booster calls them.
    who : str
        The step, for messages.
    """

    wrap: Callable[[pd.DataFrame], Rows]
    names: tuple[str, ...]
    told: dict[str, Any]
    who: str

    def __call__(self, frame: pd.DataFrame) -> Part:
        """Return the rows that count."""
        rows = self.wrap(frame)
        weights = None
        if rows.weight is not None:
            given = known_weights(rows.weight, self.who)
            rows, weights = rows.take_rows(given > 0), pd.Series(given[given > 0], name=WEIGHT, dtype=np.float64)
        target = known_target(rows.y, self.who)
        features = as_agreed(selected(rows, None, self.names, False, self.who), self.told)
        return Part(features.reset_index(drop=True), target, weights)


def features_of(part: Part) -> pd.DataFrame:
    """Return the features of a part."""
    return part.features


def weights_of(part: Part) -> pd.Series:
    """Return the weights of a part that has them."""
    assert part.weights is not None
    return part.weights


def target_of(part: Part) -> pd.Series:
    """Return the target as it is."""
    return part.target


@dataclass(frozen=True)
class NumbersOf:
    """The target of a part as numbers: of classes, their places.

    Parameters
    ----------
    classes : ndarray or None
        In order.
    """

    classes: Any

    def __call__(self, part: Part) -> pd.Series:
        """Return the numbers."""
        from mlsys.models._matrix import plain_target

        values = plain_target(part.target)
        numbers = values.astype(np.float64) if self.classes is None else np.searchsorted(self.classes, values)
        return pd.Series(numbers, name=TARGET)
