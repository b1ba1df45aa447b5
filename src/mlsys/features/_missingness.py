"""Whether nulls of a column go with what other columns hold, and Little's test of all numbers at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.values import Kind, moments_of, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]

LEAST = 20
"""Rows with and without a value that a test needs: the approximations hold from about here."""
_LEAST_EXPECTED = 5.0
"""Levels expected in fewer rows are put together (Cochran 1954)."""
_ITERATIONS, _SETTLED = 200, 1e-6
"""The expectation-maximization ends when means and covariances move less than this, in standard deviations."""
_MOST_COLUMNS = 40
"""Little's test inverts a matrix for each pattern of nulls."""


@dataclass(frozen=True)
class Told:
    """One test: the column that may tell where nulls are, its p-value, and how well it does (0 not at all, 1 fully)."""

    by: str
    p_value: float
    effect: float


def comparisons(missing: Truths, frame: pd.DataFrame) -> Iterator[Told]:
    """Yield tests of whether columns differ between rows with and without a null."""
    for name in frame.columns.tolist():
        column = plain(frame[name])
        known = column.notna().to_numpy()
        if min((missing & known).sum(), (~missing & known).sum()) < LEAST:
            continue
        numbers = _as_numbers(column[known], values_of(column).means)
        if numbers is not None:
            yield _ranked(str(name), missing[known], numbers)
            yield _ranked(str(name), missing[known], np.abs(numbers - np.median(numbers)))
        else:
            yield _by_level(str(name), missing[known], column[known])


def _as_numbers(column: pd.Series, kind: Kind | None) -> Floats | None:
    if kind in (Kind.NUMBER, Kind.TRUTH) and not isinstance(column.dtype, pd.CategoricalDtype):
        return column.to_numpy(dtype=np.float64)
    if kind in (Kind.MOMENT, Kind.DATE) and not isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(moments_of(column, "DiagnoseMissing").astype("int64"), dtype=np.float64)
    return None


def _ranked(name: str, missing: Truths, values: Floats) -> Told:
    """Compare ranks (Wilcoxon, Mann and Whitney); the effect is how far the area under the curve lies from 1/2."""
    from scipy.stats import norm, rankdata

    ranks = rankdata(values)
    some, others = int(missing.sum()), int((~missing).sum())
    n = some + others
    _, ties = np.unique(ranks, return_counts=True)
    spread = some * others / 12 * ((n + 1) - (ties.astype(float) ** 3 - ties).sum() / (n * (n - 1)))
    wins = ranks[missing].sum() - some * (some + 1) / 2
    score = (wins - some * others / 2) / np.sqrt(spread) if spread > 0 else 0.0
    return Told(name, float(2 * norm.sf(abs(score))), float(abs(2 * wins / (some * others) - 1)))


def _by_level(name: str, missing: Truths, column: pd.Series) -> Told:
    """Compare how often levels occur (chi-squared); the effect is Cramér's V."""
    from scipy.stats import chi2

    codes = pd.factorize(column.astype(str), sort=True)[0]
    counts = [np.bincount(codes[rows], minlength=codes.max() + 1) for rows in (missing, ~missing)]
    table = np.stack(counts).astype(np.float64)
    rare = table.sum(axis=0) * missing.mean() < _LEAST_EXPECTED
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)]) if rare.any() else table
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = table.shape[1] - 1
    if freedom < 1:
        return Told(name, 1.0, 0.0)
    return Told(name, float(chi2.sf(statistic, freedom)), float(np.sqrt(statistic / table.sum())))


def little(frame: pd.DataFrame) -> float:
    """Return the p-value of Little's test that nulls of numbers are completely at random; NaN where there is none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame(rng.normal(size=(500, 2)), columns=["a", "b"])
    >>> little(frame.mask(rng.random(frame.shape) < 0.2)) > 0.05
    True
    >>> little(frame.assign(b=frame["b"].mask(frame["a"] > 1))) > 0.05
    False
    """
    from scipy.stats import chi2

    values = _standardized(frame)
    missing = np.isnan(values)
    kept = ~missing.all(axis=1)
    values, missing = values[kept], missing[kept]
    if values.shape[1] < 2 or values.shape[1] > _MOST_COLUMNS or len(values) < LEAST or not missing.any():
        return float("nan")
    patterns, of_row = np.unique(missing, axis=0, return_inverse=True)
    rows = [np.flatnonzero(of_row.ravel() == place) for place in range(len(patterns))]
    mean, covariance = _maximized(values, patterns, rows)
    covariance = covariance * len(values) / (len(values) - 1)
    statistic, freedom = 0.0, -values.shape[1]
    for pattern, own in zip(patterns, rows, strict=True):
        there = ~pattern
        apart = values[np.ix_(own, there)].mean(axis=0) - mean[there]
        statistic += len(own) * float(apart @ np.linalg.pinv(covariance[np.ix_(there, there)], hermitian=True) @ apart)
        freedom += int(there.sum())
    return float(chi2.sf(statistic, freedom)) if freedom > 0 else float("nan")


def _standardized(frame: pd.DataFrame) -> Floats:
    columns = []
    for name in frame.columns.tolist():
        column = plain(frame[name])
        if values_of(column).kind in (Kind.NUMBER, Kind.TRUTH):
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            numbers = np.where(np.isinf(numbers), np.nan, numbers)
            with np.errstate(invalid="ignore", over="ignore"):
                deviation = np.nanstd(numbers) if np.isfinite(numbers).any() else 0.0
            if deviation > 0 and np.isfinite(deviation):
                columns.append((numbers - np.nanmean(numbers)) / deviation)
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _maximized(values: Floats, patterns: Any, rows: list[Any]) -> tuple[Floats, Floats]:
    """Return mean and covariance of the largest likelihood of normal rows (Dempster, Laird and Rubin 1977)."""
    size = values.shape[1]
    mean, covariance = np.zeros(size), np.eye(size)
    for _ in range(_ITERATIONS):
        filled, unsure = values.copy(), np.zeros((size, size))
        for pattern, own in zip(patterns, rows, strict=True):
            there, gone = np.flatnonzero(~pattern), np.flatnonzero(pattern)
            if not len(gone):
                continue
            slopes = covariance[np.ix_(gone, there)] @ np.linalg.pinv(covariance[np.ix_(there, there)], hermitian=True)
            filled[np.ix_(own, gone)] = mean[gone] + (values[np.ix_(own, there)] - mean[there]) @ slopes.T
            rest = covariance[np.ix_(gone, gone)] - slopes @ covariance[np.ix_(there, gone)]
            unsure[np.ix_(gone, gone)] += len(own) * rest
        new = filled.mean(axis=0)
        moved = filled - new
        spread = (moved.T @ moved + unsure) / len(values)
        done = max(np.abs(new - mean).max(), np.abs(spread - covariance).max()) < _SETTLED
        mean, covariance = new, spread
        if done:
            break
    return mean, covariance
