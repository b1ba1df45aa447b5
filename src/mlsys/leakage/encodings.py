"""Features that contain their own row's target: leave-one-out means, or codes applied to rows they were fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.levels import Levels, auc_of_counts, numbers_of, some_rows_of, targets_of
from mlsys.leakage.power import is_measured
from mlsys.leakage.read_once import looks_of
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.values import Kind, values_by_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SAMPLE = 6_000
FEWEST_VALUES = 3
"""Of a feature: means of two rows have three."""
FEWEST_MIXED, FEWEST_IN_MIXED = 20, 50
"""Levels in which the target varies, and their rows."""
FEWEST_OF_A_LEVEL = 2
CORRELATION, SHARE = -0.9999, 0.9
"""Within a level, and of the rows in which it holds. Of 275 public tables two have such a pair, both an identity; the
next highest share is .89."""
GAP, ERRORS = 0.05, 5.0
"""By how much a feature tells training rows better than judged ones. A column that was made with targets of training
rows does; of 4,939 columns of 275 public tables under a split by chance none does."""
FEWEST_JUDGED = 60
BINS = 256
STEEPEST = -0.51
"""Slope by which a mean of two others falls at most."""
ROUNDING = 1e-9
"""Of a value: smaller differences are rounding."""


def own_target_findings(together: AllParts, by: str = "") -> list[Finding]:
    """Return a finding for features that fall with a row's own target within the levels of a column.

    Parameters
    ----------
    together : AllParts
        Its training rows are checked.
    by : str
        Name of the step that made the features after the split, if one did.

    Notes
    -----
    The mean of a level without one row is ``(sum - target) / (count - 1)``: within the level it falls linearly with the
    row's own target, whatever the smoothing, so the level and the mean reveal the target. Held-out rows that get the
    plain mean of their level do not show it.
    """
    kinds, looks = together.kinds, together.looks
    names = [name for name in together.numbers
             if kinds[name].kind is Kind.NUMBER and looks[name].distinct >= FEWEST_VALUES]  # fmt: skip
    found: dict[str, tuple[str, float]] = {}
    for each in together.groupings if names else ():
        known = each.kept(together.training & together.labelled)
        table = np.column_stack([together.numbers[name][known.places] for name in names])
        target = together.rows[together.target].iloc[known.places]
        for goal in targets_of(target):
            for place, share in _falling(known.levels, goal, table, either_way=not is_measured(target)):
                if names[place] != each.name and share > found.get(names[place], ("", SHARE))[1]:
                    found[names[place]] = (each.name, share)
    return [
        Finding(
            "LK228",
            f"within {group!r} {name!r} falls with the row's own target in {share:.0%} of the rows, as the mean of all "
            f"other targets does, so it reveals the target; {_remedy(by)}",
            "error",
            columns=(name,),
            step=by,
        )
        for name, (group, share) in found.items()
    ]


def _remedy(by: str) -> str:
    """Return what mends codes that know their own row's target, by the step that made them after the split, if any."""
    return REMEDIES["in sample" if by else "encoded beforehand"]


def _falling(
    levels: Levels, goal: NDArray[np.float64], table: NDArray[np.float64], either_way: bool
) -> Iterator[tuple[int, float]]:
    """Yield the columns of a table that fall with a goal within levels, and in how many rows of levels they do.

    For classes it is unknown which one was counted, so a column may also rise.
    """
    kept = np.flatnonzero((levels.codes >= 0) & np.isfinite(goal))
    order = kept[np.argsort(levels.codes[kept], kind="stable")]
    codes = levels.codes[order]
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    sizes = np.diff(np.append(starts, len(codes)))
    own, varied = _centred(goal[order][:, None], starts, sizes)
    mixed = (sizes > FEWEST_OF_A_LEVEL) & varied[:, 0]
    if mixed.sum() < FEWEST_MIXED or sizes[mixed].sum() < FEWEST_IN_MIXED:
        return
    across = np.add.reduceat(own**2, starts)
    values, varies = _centred(table[order], starts, sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        covered = np.add.reduceat(values * own, starts)
        size = np.abs(values).max(axis=0)  # squares of the smallest numbers are nothing
        scaled = values / np.where(size > 0, size, 1.0)
        correlation = np.add.reduceat(scaled * own, starts) / np.sqrt(np.add.reduceat(scaled**2, starts) * across)
        slopes = np.where(mixed[:, None], covered / across, np.nan)
        falls = varies & ((-np.abs(correlation) if either_way else correlation) < CORRELATION)
    shares = (falls & mixed[:, None]).T @ sizes / sizes[mixed].sum()
    for place in np.flatnonzero(shares > SHARE).tolist():
        if either_way or not _is_difference(slopes[falls[:, place], place]):
            yield place, float(shares[place])


def _is_difference(slopes: NDArray[np.float64]) -> bool:
    """Whether a column falls by as much in every level as no mean of others does: an identity, such as a duration."""
    known = slopes[np.isfinite(slopes)]
    return bool(np.median(known) < STEEPEST and np.ptp(np.quantile(known, [0.1, 0.9])) < 0.01)


def _centred(
    table: NDArray[np.float64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return values less the mean of their level, and in which levels they vary."""
    means = np.add.reduceat(table, starts) / sizes[:, None]
    high, low = np.maximum.reduceat(table, starts), np.minimum.reduceat(table, starts)
    varied = high - low > ROUNDING * np.maximum(np.abs(high), np.abs(low))
    return table - np.repeat(means, sizes, axis=0), varied


def gap_findings(
    train: pd.DataFrame, judged: pd.DataFrame, target: str, features: Sequence[str], by: str = ""
) -> list[Finding]:
    """Return a finding for features that predict training rows far better than evaluated rows.

    Parameters
    ----------
    train, judged : DataFrame
        Rows that were split at random, with their targets.
    target : str
        The target column.
    features : sequence of str
        Features; the numeric ones are tested.
    by : str
        Name of the step that made them, if one did.

    Notes
    -----
    How a feature predicts the target is learned from one half of the training rows, and measured on the other half and
    on the evaluated rows. After a random split both agree, unless the feature was made with targets of training rows.
    """
    rows = in_hash_order(train[train[target].notna().to_numpy()], SAMPLE)
    others = in_hash_order(judged[judged[target].notna().to_numpy()], SAMPLE)
    half = len(rows) // 2
    if min(half, len(others)) < FEWEST_JUDGED:
        return []
    together = pd.concat([rows[[target]], others[[target]]], ignore_index=True)[target]
    goals = [each == 1 for each in targets_of(together, cut=True)]
    found = []
    for name, values in _fine_numbers(rows, others, features):
        bins = _bins(values, half)
        gaps = [] if bins is None else [_gap(bins, goal, half, len(rows)) for goal in goals]
        best = max(gaps, key=lambda each: each[0], default=(0.0, 0.5, 0.5))
        if best[0] > ERRORS and best[1] - best[2] > GAP:
            found.append((name, best[1], best[2]))
    if not found:
        return []
    told = ", ".join(f"{name!r} (AUC {here:.3f} between training rows, {there:.3f})" for name, here, there in found)
    return [
        Finding(
            "LK228",
            f"{told} on evaluated rows: computed from the targets of training rows, including their own, so a model "
            f"relies on it too much; {_remedy(by)}",
            "error" if by else "warning",
            columns=tuple(name for name, *_ in found),
            step=by,
        )
    ]


def _fine_numbers(
    rows: pd.DataFrame, others: pd.DataFrame, features: Sequence[str]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the features of numbers with many values, those of both sides one after the other."""
    theirs, kinds = set(others.columns), dtypes_of(rows)
    asked = [name for name in features if name in kinds and name in theirs]
    numbers = [name for name, each in values_by_column(rows, asked).items() if each.kind is Kind.NUMBER]
    looks = looks_of(some_rows_of(rows), numbers)
    for name in numbers:
        if looks[name].distinct >= FEWEST_VALUES:
            yield name, np.concatenate([numbers_of(rows[name]), numbers_of(others[name])])


def _bins(values: NDArray[np.float64], half: int) -> NDArray[np.int64] | None:
    """Return the bins of values, between quantiles of the first half, 0 for null; ``None`` where few are known."""
    first = values[:half]
    known = first[np.isfinite(first)]
    if len(known) < FEWEST_JUDGED // 2:
        return None
    bins = int(min(BINS, len(known) // 10))
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.where(np.isnan(values), 0, np.searchsorted(cuts, values, side="right") + 1)


def _gap(bins: NDArray[np.int64], goal: NDArray[np.bool_], half: int, rows: int) -> tuple[float, float, float]:
    """Return how many standard errors better a feature predicts the second half than evaluated rows, and both AUCs."""
    size = int(bins.max()) + 1
    parts = slice(None, half), slice(half, rows), slice(rows, None)
    counts = [(np.bincount(bins[part][goal[part]], minlength=size), np.bincount(bins[part], minlength=size))
              for part in parts]  # fmt: skip
    (hits, all_rows), *judged = counts
    levels, order = np.unique((hits + goal[:half].mean()) / (all_rows + 1), return_inverse=True)
    (here, one), (there, other) = (
        auc_of_counts(*(np.bincount(order, each, len(levels)) for each in (inside, every - inside)))
        for inside, every in judged
    )
    told = max(there, 0.5)  # means over folds of whole levels tell evaluated rows alone, whose codes were never learned
    return (here - told) / float(np.hypot(one, other)), here, told
