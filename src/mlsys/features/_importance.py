"""What an estimator says that features matter, shown all of them as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import LEVELS, kinds_of, numbers
from mlsys.features._levels import codes_of, numbered
from mlsys.features._transformer import ready_to_fit
from mlsys.features._trouble import learning
from mlsys.steps.inner_folds import split_by_roles
from mlsys.summaries import Counts, places_by_hash
from mlsys.values import NUMERIC, TIMES, Kind, moments_of, nanoseconds, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_TREES, _LEAF, _ROWS = 100, 5, 20_000
"""A forest that tells what matters: leaves of one row would favour columns of many values."""


def importances(by: Any, frame: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str) -> dict[str, float]:
    """Return the importance of each column that an estimator can be shown.

    Parameters
    ----------
    by : "importance" or estimator
        A forest, or an estimator that has ``feature_importances_`` or ``coef_`` once it is fitted.
    frame : DataFrame
        The columns, in plain types.
    train : Rows
        The same rows, with target and roles.
    rng : numpy.random.Generator
        For every open ``random_state``.
    who : str
        For messages.
    """
    if isinstance(by, str):
        places = np.sort(places_by_hash(train.index, _ROWS))
        frame, train, by = frame.iloc[places], train.take_rows(places), _forest(train)
    fitted, table = _fitted(by, frame, train, rng, who)
    last = fitted.steps[-1][1] if hasattr(fitted, "steps") else getattr(fitted, "best_estimator_", fitted)
    found = getattr(last, "feature_importances_", None)
    if found is None:
        found = getattr(last, "coef_", None)
        if found is None:
            raise ConfigurationError(
                f"{who}: {type(by).__name__} has neither feature_importances_ nor coef_ once it is fitted",
                'give by="importance", a forest, boosting or a linear model',
            )
        own_scale = 1.0 if hasattr(fitted, "steps") else table.std(ddof=0).to_numpy()
        found = np.abs(np.atleast_2d(found)).sum(axis=0) * own_scale
    if len(found) != table.shape[1]:
        raise ConfigurationError(
            f"{who}: {type(by).__name__} has {len(found)} importances for {table.shape[1]} features",
            "give an estimator that is shown each feature as one column",
        )
    return dict(zip(table.columns.tolist(), np.asarray(found, dtype=np.float64).tolist(), strict=True))


def supported(by: Any, frame: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str) -> set[str]:
    """Return the columns that a selector keeps; those that it cannot be shown stay."""
    fitted, table = _fitted(by, frame, train, rng, who)
    kept = set(table.columns[fitted.get_support()].tolist())
    return kept | (set(frame.columns) - set(table.columns))


def _fitted(by: Any, frame: pd.DataFrame, train: Rows, rng: np.random.Generator, who: str) -> tuple[Any, pd.DataFrame]:
    table = as_table(frame, who)
    if not train.has_target:
        raise DataError(f"{who} ranks features by the target, and there is none", "give target=")
    known = train.y.notna().to_numpy()
    table, rows = table[known], train.take_rows(known)
    fitted = ready_to_fit(by, rng)
    shown = f"{who} of {type(by).__name__}"
    with learning(shown, table, table.columns.tolist()), split_by_roles(fitted, rows, shown) as (order, routed):
        fitted.fit(table.iloc[order], plain(rows.y).iloc[order].to_numpy(), **routed)
    return fitted, table


def as_table(frame: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return columns as numbers: levels by how frequent they are, nulls as medians; other kinds are left out."""
    made: dict[str, NDArray[np.float64]] = {}
    for name, kind in kinds_of(frame, frame.columns.tolist()).items():
        column = frame[name]
        if kind in NUMERIC:
            made[name] = _filled(numbers(column, who))
        elif kind in TIMES:
            times = moments_of(column, who)
            made[name] = _filled(np.where(times.isna(), np.nan, nanoseconds(times).astype(np.float64)))
        elif kind in LEVELS | {Kind.CATEGORY} and kind is not Kind.MIXED:
            levels = [level for level, _ in Counts.of(column).ordered()]
            made[name] = codes_of(column, numbered(levels)).astype(np.float64)
    return pd.DataFrame(made, index=frame.index)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.where(np.isfinite(values), values, np.nan)
    known = finite[~np.isnan(finite)]
    return np.where(np.isnan(finite), np.median(known) if len(known) else 0.0, finite)


def _forest(train: Rows) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    of_numbers = train.has_target and values_of(train.y).kind is Kind.NUMBER
    kind = RandomForestRegressor if of_numbers else RandomForestClassifier
    return kind(_TREES, min_samples_leaf=_LEAF)
