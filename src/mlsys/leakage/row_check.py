"""The row-local check: a function must give a row alone the same result as among others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.among_rows import cause_among_rows
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.rounding import Rounding
from mlsys.settings import settings
from mlsys.values import Kind, meaning_of

TOLERANCE = 1e-9
"""Relative; sums over columns differ in the last bits between one row and many."""
SLACK = 1e-7
"""Relative to a column's median size: differences of large numbers, as in distances, lose half of their digits."""


def telling_rows(frame: pd.DataFrame, most: int | None = None) -> np.ndarray:
    """Return positions of the most informative rows: extremes, nulls, rare categories, then any.

    Parameters
    ----------
    frame : DataFrame
        The rows to choose from.
    most : int, optional
        Maximum number; by default the setting ``row_check_rows``.
    """
    most = most or settings().row_check_rows
    chosen: list[int] = []
    for name in frame.columns:
        column = frame[name]
        values_are = meaning_of(column.dtype)
        is_number = values_are is not None and values_are.kind in {Kind.NUMBER, Kind.TRUTH}
        nulls = column.isna().to_numpy()
        has_nulls = bool(nulls.any())
        if is_number and not (has_nulls and nulls.all()) and len(column):
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
            largest, smallest = (np.nanargmax, np.nanargmin) if has_nulls else (np.argmax, np.argmin)
            chosen += [int(largest(values)), int(smallest(values))]
        if has_nulls:
            chosen.append(int(nulls.argmax()))
        if len(chosen) >= 3 * most:
            break
    spread = np.linspace(0, len(frame) - 1, most, dtype=np.int64).tolist()
    ordered = list(dict.fromkeys(chosen))[: most - most // 4]
    return np.array(list(dict.fromkeys(ordered + spread))[:most], dtype=np.int64)


def row_local_finding(
    apply: Callable[[pd.DataFrame], pd.DataFrame],
    before: pd.DataFrame,
    after: pd.DataFrame,
    changed: Collection[str],
    step: str,
) -> Finding | None:
    """Return a finding if ``apply`` gives a row alone another result than in ``after``.

    Only the columns that it ``changed`` are compared; differences from rounding are ignored.
    """
    moved: dict[str, str] = {}

    @functools.cache
    def slack(name: str) -> float:
        return _slack(after[name])

    # Where nothing changed there is nothing to compare: one row says whether the step can serve one at all.
    positions = telling_rows(before) if changed else np.arange(min(1, len(before)))
    rows, others = before.iloc[positions], after.iloc[positions]
    for place in range(len(positions)):
        row = rows.iloc[place : place + 1]
        try:
            alone = apply(row)
        except Exception as error:
            return Finding(
                "LK202",
                f"{step} fails on a single row ({type(error).__name__}: {error}), so it cannot serve one; "
                f"{REMEDIES['alone']}",
                "error",
                step=step,
            )
        rounding = Rounding(apply, row, alone)
        for name in changed:
            if name not in moved and not _said_alone(alone, others[name].iloc[place : place + 1], slack, rounding):
                moved[name] = str(row.index[0])
    if not moved:
        return None
    named = ", ".join(repr(name) for name in moved)
    cause = cause_among_rows(apply, before, after, tuple(moved))
    return Finding(
        "LK201",
        f"{step} claims to treat each row independently, but row {next(iter(moved.values()))} alone gets a "
        f"different value of {named} from among the others; {REMEDIES[cause]}",
        "error",
        columns=tuple(map(str, moved)),
        step=step,
    )


def _said_alone(alone: pd.DataFrame, among: pd.Series, slack: Callable[[str], float], rounding: Rounding) -> bool:
    """Whether a row alone gets the same result as among others, up to rounding."""
    name = str(among.name)
    if name not in alone.columns:
        return False
    one, other = alone[name].iloc[0], among.iloc[0]
    if _same(one, other, 0.0) or _same(one, other, slack(name)):  # most are equal, and slack reads all rows
        return True
    return len(alone) == 1 and bool(rounding.explains(alone[name], among).all())


def _slack(column: pd.Series) -> float:
    if not pd.api.types.is_float_dtype(column):
        return 0.0
    sizes = np.abs(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return SLACK * float(np.median(sizes[np.isfinite(sizes)])) if np.isfinite(sizes).any() else 0.0


def _same(one: object, other: object, slack: float) -> bool:
    if pd.api.types.is_scalar(one) and pd.isna(one):  # type: ignore[call-overload]
        return pd.api.types.is_scalar(other) and bool(pd.isna(other))  # type: ignore[call-overload]
    if isinstance(one, (int, float, np.number)) and isinstance(other, (int, float, np.number)):
        return bool(np.isclose(float(one), float(other), rtol=TOLERANCE, atol=slack, equal_nan=True))
    return bool(np.all(one == other))
