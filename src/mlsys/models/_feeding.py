"""Predictions as lags of the target: what a model of one step is fed to say the next ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import CHANGE, DECISION, FACTOR, LAG, LEVEL_LAG
from mlsys.errors import ConfigurationError
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows
    from mlsys.models._along import Decisions

    Numbers = NDArray[np.float64]

FEW = 0.1
"""Share of rows whose lags may be other values than the targets of earlier rows: those at gaps, or filled."""
NEAR = 1e-6
"""Relative difference of a value and itself, divided by a level and multiplied again."""


def fed_columns(train: Rows, used: Sequence[str], target: str, who: str) -> dict[str, Any]:
    """Return what predictions are fed to, as plain data.

    Parameters
    ----------
    train : Rows
        One step ahead, on the scale of the target or relative to its level.
    used : list of str
        Features of the model.
    target : str
        Its name, by which lags are found.
    who : str
        For messages.

    Returns
    -------
    dict
        ``lags``: columns of the value one step back, two, and so on. ``changes``: columns of changes by how far back.
        ``level``: how far back the value lies that is the level, 0 for another or none. ``scaled``: other features on
        the scale of the target; they move with a level that is fed.

    Raises
    ------
    ConfigurationError
        If a lag is missing between the first and the farthest.
    """
    lags, level = _numbered(train.columns, target + LAG), _level_of(train)
    last = max([*lags, level or 1])
    names = [lags.get(back, f"{target}{LAG}{back}") for back in range(1, last + 1)]
    # The lag that is the level is nothing relative to itself, and may have been dropped as constant.
    missing = [name for back, name in enumerate(names, 1) if back not in lags and back != level]
    if not lags and not level:
        raise ConfigurationError(
            f"{who}: strategy='recursive' feeds predictions as lags of {target!r}, but there are none: no Lag made "
            "them, or they never change and were left out",
            f'write Lag(by, "{target}", [1, 2, 3], step=..., time=...) before Forecast; a series that never changes '
            "needs no model",
        )
    if missing:
        raise ConfigurationError(
            f"{who}: strategy='recursive' feeds predictions as lags and needs each from 1 to {last}, but "
            f"{', '.join(map(repr, missing[:3]))} {'and others are' if len(missing) > 3 else 'is'} missing",
            f'write Lag(by, "{target}", list(range(1, {last + 1})), step=..., time=...) before Forecast',
        )
    changes = {back: name for back, name in _numbered(used, target + CHANGE).items() if back <= last}
    fed = {*names, *changes.values()}
    others = [name for name in used if name.startswith(f"{target}_") and name not in fed and level]
    return {
        "lags": names,
        "dropped": [name for name in names if name not in train.columns],
        "changes": {str(back): name for back, name in changes.items()},
        "level": level,
        "scaled": [name for name in others if pd.api.types.is_float_dtype(train[name])],  # no marks of nulls,
    }


def _level_of(train: pd.DataFrame) -> int:
    return int(train[LEVEL_LAG].iloc[0]) if LEVEL_LAG in train.columns and len(train) else 0


def refuse_other_values(train: Rows, ahead: NDArray[np.int64], latest: str, scale: Iterable[str], who: str) -> None:
    """Raise where the latest lag is not the target one step earlier, so that a prediction would not be in its place.

    Rows two steps ahead, and one step ahead at the next moment, that have the same target are of one series.
    """
    if latest not in train.columns or train.time is None:
        return
    y = train.y.to_numpy(dtype=np.float64, na_value=np.nan)
    lag = train[latest].to_numpy(dtype=np.float64, na_value=np.nan)
    for name in scale:
        level = train[name].to_numpy(dtype=np.float64, na_value=np.nan)
        lag = lag * level if name == FACTOR else lag + level
    moment = pd.factorize(train.time, sort=True)[0] + ahead
    rows = pd.DataFrame({"moment": moment, "y": y, "lag": lag, "of": train[DECISION].to_numpy()})
    one, two = (rows[ahead == each].drop_duplicates(["moment", "y"], keep=False) for each in (1, 2))
    pairs = two[["moment", "y", "of"]].merge(one[["moment", "y", "lag"]], on=["moment", "y"])
    earlier = rows[ahead == 1].drop_duplicates("of").set_index("of")["y"].reindex(pairs["of"]).to_numpy()
    other = ~np.isclose(pairs["lag"], earlier, rtol=NEAR, atol=NEAR * np.nanstd(y))
    if len(pairs) and other.mean() > FEW:
        raise ConfigurationError(
            f"{who}: strategy='recursive' feeds each prediction as {latest!r}, but that is not the value one step "
            f"earlier in {int(other.sum()):,} of {len(pairs):,} rows: it was scaled or filled after Forecast, counts "
            "rows where steps are missing, or is known later than at the next step",
            "scale inside the estimator, make_pipeline(StandardScaler(), ...), count steps, Lag(..., step=..., "
            "time=...), or use strategy='per_horizon'",
        )


def columns_fed(feeds: Mapping[str, Any]) -> list[str]:
    """Return the columns that are needed to feed."""
    return [name for name in [*feeds["lags"], *feeds["changes"].values()] if name not in feeds["dropped"]]


def _numbered(columns: Iterable[str], prefix: str) -> dict[int, str]:
    ends = {name: name.removeprefix(prefix) for name in map(str, columns) if name.startswith(prefix)}
    return {int(end): name for name, end in ends.items() if end.isdecimal()}


def fed(
    rows: pd.DataFrame,
    decisions: Decisions,
    feeds: Mapping[str, Any],
    as_ratio: bool,
    say: Callable[[pd.DataFrame], Numbers],
) -> Numbers:
    """Return what a model of one step says of each row, fed with what it said of the steps before.

    Parameters
    ----------
    rows : DataFrame
        To predict.
    decisions : Decisions
        Which of them belong together.
    feeds : mapping
        From :func:`fed_columns`.
    as_ratio : bool
        Whether the level is divided by.
    say : callable
        What the model says of rows, relative to their level.
    """
    said, names = decisions.empty(), feeds["lags"]
    first = with_columns(rows.iloc[decisions.places[:, 0]], dict.fromkeys(feeds["dropped"], 1.0 if as_ratio else 0.0))
    lags = first[names].to_numpy(dtype=np.float64, na_value=np.nan)
    # The change of the farthest lag needs the value one step behind it.
    farthest = feeds["changes"].get(str(len(names)))
    behind = np.full(len(first), np.nan) if farthest is None else lags[:, -1] - first[farthest].to_numpy(np.float64)
    lags = np.column_stack([lags, behind])
    for ahead, there, given in decisions.steps(rows):
        held = lags[there]
        level = held[:, feeds["level"] - 1] if feeds["level"] else None
        level = np.maximum(level, 0.0) if level is not None and as_ratio else level
        made = {name: _from(held[:, back], level, as_ratio) for back, name in enumerate(names)}
        for back, name in feeds["changes"].items():
            change = held[:, int(back) - 1] - held[:, int(back)]
            made[name] = _from(change, level, as_ratio) if as_ratio else change
        for name in feeds["scaled"]:
            made[name] = _from(given[name].to_numpy(dtype=np.float64, na_value=np.nan), level, as_ratio)
        answers = say(with_columns(given, made))
        if level is not None:
            answers = answers * level if as_ratio else answers + level
        said[there, ahead - 1] = answers
        lags[there] = np.column_stack([answers, held[:, :-1]])
    return decisions.of_rows(said)


def _from(values: Numbers, level: Numbers | None, as_ratio: bool) -> Numbers:
    """Return values relative to a level; to one of zero, of which all is zero, they are equal to it."""
    if level is None:
        return values
    if not as_ratio:
        return values - level
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(level == 0, 1.0, values / level)
