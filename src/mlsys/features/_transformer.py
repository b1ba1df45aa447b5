"""Work around scikit-learn transformers: seeds, names of outputs, dense tables, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DENSE_CELLS = 50_000_000
"""A sparse output of up to this many cells is made dense: 400 MB of float64."""

_SEED_BELOW = 2**31
"""Seeds that every scikit-learn estimator takes."""


def ready_to_fit(transformer: Any, rng: np.random.Generator) -> Any:
    """Return an unfitted copy in which every open ``random_state`` is set."""
    from sklearn.base import clone

    copy = clone(transformer, safe=False)
    if hasattr(copy, "get_params"):
        names = sorted(name for name in copy.get_params(deep=True) if name.split("__")[-1] == "random_state")
        seeds = {name: int(rng.integers(_SEED_BELOW)) for name in names if copy.get_params()[name] is None}
        if seeds:
            copy.set_params(**seeds)
    return copy


def name_outputs(fitted: Any, values: Any, columns: Sequence[str]) -> list[str]:
    """Return a name for each output column."""
    if hasattr(values, "columns"):
        return [str(name) for name in values.columns]
    count = int(values.shape[1]) if len(values.shape) > 1 else 1
    if hasattr(fitted, "get_feature_names_out"):
        try:
            names = [str(name) for name in fitted.get_feature_names_out()]
        except (AttributeError, ValueError, TypeError, NotImplementedError):  # e.g. FunctionTransformer without names
            names = []
        if len(names) == count:
            return names
    if count == len(columns):
        return list(columns)
    return [f"{type(fitted).__name__.lower()}{number}" for number in range(count)]


def as_frame(values: Any, names: Sequence[str], index: pd.Index, who: str) -> pd.DataFrame:
    """Return an output as a frame of the rows it was made of; columns of one kind in an object table get their type."""
    if isinstance(values, pd.DataFrame) and not _some_sparse(values):
        made = values.copy(deep=False)
    else:
        made = pd.DataFrame(dense(values, who)).infer_objects()
    if made.shape != (len(index), len(names)):
        raise DataError(
            f"{who} made {made.shape[0]:,} rows and {made.shape[1]} columns from {len(index):,} rows, but "
            f"{len(names)} columns when it learned",
            "use a transformer that returns one row per row and always the same columns",
        )
    made.index, made.columns = index, pd.Index(list(names))
    return made


def _some_sparse(frame: pd.DataFrame) -> bool:
    return any(isinstance(dtype, pd.SparseDtype) for dtype in frame.dtypes)


def dense(values: Any, who: str) -> NDArray[Any]:
    """Return a table of two dimensions that is not sparse, if it fits."""
    if hasattr(values, "toarray"):
        cells = int(np.prod(values.shape))
        if cells > _DENSE_CELLS:
            raise DataError(
                f"{who} made a sparse table of {values.shape[0]:,} x {values.shape[1]:,} cells, more than the "
                f"{_DENSE_CELLS:,} that can be made dense",
                "create fewer columns, for example with max_features=, min_frequency= or a TruncatedSVD after it",
            )
        values = values.toarray()
    table = np.asarray(values)
    return table.reshape(len(table), -1)
