"""Which class each column of probabilities or scores is of, as it stands in the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.dataset import PREDICTION, PROBABILITY, SCORE
from mlsys.models._matrix import plain_target

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def classes_of_columns(columns: list[str], target: NDArray[Any], predictions: pd.DataFrame) -> list[Any]:
    """Return the class of each probability column, as it stands in the target."""
    values = np.unique(target).tolist()
    if PREDICTION in predictions.columns:
        values += plain_target(predictions[PREDICTION]).tolist()
    named = {str(value): value for value in reversed(values)}
    kind = type(values[0])
    # A class that neither occurs nor is predicted here is read from its column's name.
    texts = [name.removeprefix(SCORE).removeprefix(PROBABILITY) for name in columns]
    return [named.get(text, _read(text, kind)) for text in texts]


def _read(text: str, kind: type) -> Any:
    return text == "True" if kind is bool else kind(text)
