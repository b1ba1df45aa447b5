"""Features made of windows over the target of ordered rows that contain the row's own target, or later ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.levels import targets_of
from mlsys.leakage.read_once import Number
from mlsys.leakage.remedies import REMEDIES
from mlsys.values import TIMES, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Table = NDArray[np.float64]

LONGEST = 30
"""Rows to either side whose targets a window may hold; longer windows are not recognized."""
FEWEST_ROWS, MOST_ROWS = 60, 4_000
"""Rows with a whole window, and those that are used."""
ROWS_A_TARGET = 3
"""Rows for each target of a window: with fewer, anything is a combination of them."""
DIFFERENT_A_TARGET = 2
"""The same of rows that differ."""
MOST_SERIES, MOST_GOALS = 8, 3
"""Columns whose levels may be series, and classes of a target."""
EXACT = 5e-3
"""Of the spread of a feature, which a combination of targets may leave over: weights of an exponential mean settle."""
TIMES_AS_MUCH = 20
"""By how much more the earlier targets alone leave over."""
FEWEST_VALUES = 3
ROWS_LOOKED_AT = 4
"""Rows for each target of a window that tell of most columns that they are no combination."""
MARGIN = 2
"""Times what may be left over, for rounding."""


@dataclass(frozen=True)
class _Series:
    """Rows in the order of time, one series after another.

    Parameters
    ----------
    name : str
        The column whose levels are the series; empty where all rows are one.
    places : array of int
        Of the rows.
    middles : array of int
        Positions among these rows that have ``reach`` rows of the same series on either side.
    codes : array of int
        The series of each of these rows.
    numbers : array of float
        Position of each row in its series, from 1.
    reach : int
        Rows to either side.
    """

    name: str
    places: NDArray[np.int64]
    middles: NDArray[np.int64]
    codes: NDArray[np.int64]
    numbers: Numbers
    reach: int


def window_findings(together: AllParts, time: str | None) -> list[Finding]:
    """Return findings about features that are combinations of targets in a window with the row itself or later rows.

    Parameters
    ----------
    together : AllParts
        All rows, with their targets.
    time : str or None
        The time column; without one, rows are taken in the order of their ids where these are numbers.

    Notes
    -----
    Sums, counts, means and exponential means of a window are linear in the targets of the window and in the feature of
    the row before; a mean of all rows so far is, once it is multiplied by their number. The feature must be such a
    combination of the targets around the row (residuals below .005 of its spread), and must not be one of the
    earlier targets alone. Maxima and medians of windows are not recognized.
    """
    names = [name for name in together.numbers if together.looks[name].distinct >= FEWEST_VALUES]
    order, dated = order_of_rows(together, time) if names else (None, False)
    if order is None:
        return []
    table = [together.columns[name] for name in names]
    found: dict[str, tuple[str, bool]] = {}
    every = list(_series(together, order))
    for goal in targets_of(together.rows[together.target])[:MOST_GOALS]:
        for series in every:
            for place, later in _windows(table, goal, series, dated):
                if names[place] != series.name:
                    found.setdefault(names[place], (series.name, later))
    return [_finding(name, series, later) for name, (series, later) in found.items()]


def order_of_rows(together: AllParts, time: str | None) -> tuple[NDArray[np.int64] | None, bool]:
    """Return the places of rows in the order of time, ``None`` where nothing tells it, and whether times tell it."""
    index = together.rows.index
    numbered = index.dtype.kind in "iu" and index.is_unique
    first = np.argsort(index.to_numpy(), kind="stable") if numbered else np.arange(len(index))
    if time is not None and time in together.rows.columns and values_of(together.rows[time]).means in TIMES:
        column = plain(together.rows[time]).iloc[first].reset_index(drop=True)
        return first[column.sort_values(kind="stable").index.to_numpy(dtype=np.int64)], True
    return (first.astype(np.int64) if numbered else None), False


def _series(together: AllParts, order: NDArray[np.int64]) -> Iterator[_Series]:
    """Yield the series that rows may be of: all of them one, or the levels of a column."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    whole = _cut("", order[: 4 * MOST_ROWS], np.zeros(len(order[: 4 * MOST_ROWS]), dtype=np.int64))
    found = [whole] if whole is not None else []
    for each in together.groupings[:MOST_SERIES]:
        known = each.kept_filled()
        inside = np.lexsort((rank[known.places], known.levels.codes))
        cut = _cut(each.name, known.places[inside], known.levels.codes[inside])
        found += [cut] if cut is not None else []
    yield from found


def _cut(name: str, places: NDArray[np.int64], codes: NDArray[np.int64]) -> _Series | None:
    """Return series with the rows that have a whole window; ``None`` where there are too few."""
    if len(places) < FEWEST_ROWS:
        return None
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]]))
    sizes = np.diff(np.append(starts, len(codes)))
    typical = float(np.median(np.repeat(sizes, sizes)))
    reach = int(min(LONGEST, (typical - 1) // 3))
    numbers = np.asarray(np.arange(1, len(codes) + 1) - np.repeat(starts, sizes), dtype=np.float64)
    left = np.repeat(sizes, sizes) - numbers
    middles = np.flatnonzero((numbers > reach) & (left >= reach))
    if reach < 1 or len(middles) < max(FEWEST_ROWS, ROWS_A_TARGET * (2 * reach + 2)):
        return None
    middles = middles[np.unique(np.linspace(0, len(middles) - 1, min(MOST_ROWS, len(middles))).astype(np.int64))]
    return _Series(name, places, middles, codes, numbers, reach)


def _windows(table: Sequence[Number], goal: Numbers, series: _Series, dated: bool) -> Iterator[tuple[int, bool]]:
    """Yield the columns that are combinations of targets in windows, and whether later targets are among these.

    Without times the newest row may be the first, so one direction alone must not explain a column either way.
    """
    around = goal[series.places][series.middles[:, None] + np.arange(-series.reach, series.reach + 1)]
    known = np.isfinite(around).all(axis=1)
    if known.sum() < max(FEWEST_ROWS, ROWS_A_TARGET * (2 * series.reach + 2)):
        return
    around, middles = around[known], series.middles[known]
    for scale in (None, series.numbers):
        asked = _may_fit(table, around, series, middles, scale)
        if not asked:
            continue
        now, last, after = (_at(table, asked, series, middles + step, scale) for step in (0, -1, 0 if dated else 1))
        finite = np.logical_and.reduce([np.isfinite(each).all(axis=0) for each in (now, last, after)])
        usable = np.flatnonzero(finite & (np.ptp(now, axis=0) > 0))
        if not len(usable):
            continue
        of_all = _left(now[:, usable], last[:, usable], _base(around))
        fits = of_all <= EXACT * now[:, usable].std(axis=0)  # hardly a column does, and the rest costs as much again
        usable, of_all = usable[fits], of_all[fits]
        if len(usable):
            sides = now[:, usable], last[:, usable], None if dated else after[:, usable]
            told = _told(*sides, around, of_all, series.codes[middles])
            yield from ((asked[int(usable[place])], later) for place, later in told)


def _may_fit(
    table: Sequence[Number], around: Table, series: _Series, middles: NDArray[np.int64], scale: Numbers | None
) -> list[int]:
    """Return the columns that targets may explain, by a few rows.

    Least squares leaves over a few rows at most as much as it leaves over all of them, in squares, and no more than
    ``EXACT`` of the spread may be left over all: where a few rows alone exceed what the largest spread allows, there is
    no fit.
    """
    every = list(range(len(table)))
    step = len(middles) // (ROWS_LOOKED_AT * (around.shape[1] + 2))
    if step <= 1:
        return every
    now, last = (_at(table, every, series, middles[::step] + back, scale) for back in (0, -1))
    asked = np.flatnonzero(np.isfinite(now).all(axis=0) & np.isfinite(last).all(axis=0)).tolist()
    left = _left(now[:, asked], last[:, asked], _base(around[::step]))
    if scale is None:
        widest = np.array([(table[place].high - table[place].low) / 2 for place in asked])
    else:
        sizes = np.array([max(abs(table[place].low), abs(table[place].high)) for place in asked])
        widest = sizes * float(scale[middles].max())
    allowed = MARGIN * EXACT * widest * np.sqrt(len(middles) / len(now))
    return [place for place, more in zip(asked, (left > allowed).tolist(), strict=True) if not more]


def _at(
    table: Sequence[Number], asked: Sequence[int], series: _Series, rows: NDArray[np.int64], scale: Numbers | None
) -> Table:
    """Return columns in some rows of series, times a number of each row if one is given."""
    places = series.places[rows]
    found = np.column_stack([table[place].values[places] for place in asked])
    return found if scale is None else found * scale[rows, None]


def _told(
    now: Table, last: Table, after: Table | None, around: Table, of_all: Numbers, codes: NDArray[np.int64]
) -> Iterator[tuple[int, bool]]:
    """Yield the places of columns that neither one side nor the own target explains, and whether later targets must."""
    reach = around.shape[1] // 2
    of_past = _left(now, last, _base(around[:, :reach]))
    if after is not None:
        of_past = np.minimum(of_past, _left(now, after, _base(around[:, reach + 1 :])))
    of_own = _left_within(codes, now, around[:, reach])
    up_to_own = _left(now, last, _base(around[:, : reach + 1]))
    bar = np.maximum(TIMES_AS_MUCH * of_all, EXACT * now.std(axis=0))
    for place in np.flatnonzero((of_past > bar) & (of_own > bar)):
        if _are_many(np.column_stack([around, now[:, place], last[:, place]])):
            yield int(place), bool(up_to_own[place] > bar[place])


def _left_within(codes: NDArray[np.int64], now: Table, own: Numbers) -> Numbers:
    """Return what the own target leaves over within the series, such as the rest of a sum in levels of its part."""
    rows = np.bincount(codes)
    table = np.column_stack([now, own])
    means = np.column_stack([np.bincount(codes, column) for column in table.T]) / np.maximum(rows, 1)[:, None]
    table = table - means[codes]
    return _left(table[:, :-1], np.zeros_like(now), _base(table[:, -1:]))


def _are_many(rows: Table) -> bool:
    """Whether there are enough different rows: a panel repeats what stays the same, and few are fitted by anything."""
    return bool(len(np.unique(rows, axis=0)) >= DIFFERENT_A_TARGET * rows.shape[1])


def _base(targets: Table) -> Table:
    """Return an orthogonal base of targets and a constant."""
    return np.asarray(np.linalg.qr(np.column_stack([np.ones(len(targets)), targets]))[0])


def _left(now: Table, last: Table, base: Table) -> Numbers:
    """Return what least squares on a base, and on the column in the row before, leaves over of each column."""
    now, last = (each - base @ (base.T @ each) for each in (now, last))
    size = (last**2).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(size > 0, (now * last).sum(axis=0) / size, 0.0)
    return np.asarray(np.sqrt(((now - slope * last) ** 2).mean(axis=0)))


def _finding(name: str, series: str, later: bool) -> Finding:
    where = f"within each {series!r}" if series else "in the order of rows"
    held = "targets of later rows" if later else "the row's own target"
    return Finding(
        "LK228",
        f"{name!r} is computed {where} from a window of targets that includes {held}, so it reveals the target; "
        f"{REMEDIES['own row']}",
        "error",
        columns=(name,),
    )
