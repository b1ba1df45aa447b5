"""Comparing current rows with a profile: a table of columns, a verdict, a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.cuts import apart, middles
from mlsys.drift.grid import count_on_grid
from mlsys.drift.reading import DURATION, MOMENT, ZONED, seconds_since_1970, times_of
from mlsys.drift.season import cycles, season_excess
from mlsys.drift.shapes import shapes_of
from mlsys.drift.two_sample import Difference, benjamini_hochberg, levels_differ, numbers_differ, share

LEVEL = 0.05
"""False discovery rate over the columns."""
LEAST_EFFECT = 0.1
"""Smaller effects are not worth waking anybody: a tenth of a standard deviation, or of the rows."""
MOST_WINDOWS = 12
"""Current windows judged against the season's bar."""


@dataclass(frozen=True)
class Compared:
    """Result of a comparison: table, columns that raise an alarm, sentence, bars before and after."""

    table: pd.DataFrame
    alarms: tuple[str, ...]
    summary: str
    shapes: pd.DataFrame

    def scalars(self) -> dict[str, float]:
        """Return the number of alarms and the largest effect; effects by column stand in the table."""
        effects = self.table["effect"].to_numpy(dtype=float)
        largest = float(np.nanmax(effects)) if len(effects) and not np.isnan(effects).all() else 0.0
        return {"alarms": float(len(self.alarms)), "largest_effect": largest}


def compare_with_profile(
    profile: Mapping[str, Any], frame: pd.DataFrame, least_effect: float = LEAST_EFFECT
) -> Compared:
    """Compare the columns of a frame with a profile.

    Returns
    -------
    Compared
        ``column``, ``effect``, ``moved`` (how far windows moved) and ``bar`` (as far as the season explains),
        ``p``, ``adjusted p``, ``before`` and ``after`` (mean, or the level that moved most with its shares),
        ``nulls before``, ``nulls after``, ``verdict``.

    Notes
    -----
    A column alarms if it differs significantly at a false discovery rate of 5 % over all columns, by more
    than the least effect, and, with times, by more than windows of the reference differ at that distance.
    """
    grid = dict(profile["grid"])
    time: str | None = grid["time"]
    times = np.array([])
    if time is not None:
        times = np.floor(seconds_since_1970(times_of(frame[time], grid["time kind"])))
    lag, current_grid = _current_grid(grid, times)
    counted = count_on_grid(frame, current_grid)
    means = {name: total.floats() for name, total in counted.sums.items()}
    rows, sides = [], dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]()
    for name, column in grid["columns"].items():
        before, after = profile["counts"]["bins"][name], counted.bins[name]
        outside = counted.outside.get(name, np.zeros(len(after)))
        sums = profile["counts"]["sums"].get(name), means.get(name)
        row = _row(name, column, before, after, *sums, float(outside.sum()))
        row |= _against_season(column, before, after, outside, lag) if grid["time"] is not None and lag else {}
        rows.append(row)
        sides[name] = (_known_values(before), _known_values(after))
    table = pd.DataFrame(rows)
    table["adjusted p"] = benjamini_hochberg(table["p"].to_numpy(dtype=np.float64))
    table["verdict"] = [_verdict(row, least_effect) for row in rows_of(table)]
    order = ["column", "verdict", "effect", "moved", "bar", "p", "adjusted p", "before", "after", "nulls before",
             "nulls after"]  # fmt: skip
    table = table.reindex(columns=order).sort_values("effect", ascending=False, ignore_index=True)
    alarms = tuple(table.loc[table["verdict"] == "alarm", "column"])
    season = f"; {cycles(grid['span'])}" if grid["time"] is not None else ""
    moved = int((table["verdict"] == "season").sum())
    seasonal = f", {moved} changed no more than the season did before" if moved else ""
    named = f"{', '.join(alarms)} moved" if alarms else "no column changed more than chance and season explain"
    told = f"{named}{seasonal} ({len(frame):,} rows){season}"
    return Compared(table, alarms, told, shapes_of(grid["columns"], sides))


def _known_values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return counts over all windows without those of nulls."""
    return np.asarray(counts.sum(axis=0)[:-1], dtype=np.float64)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _current_grid(grid: Mapping[str, Any], times: NDArray[np.float64]) -> tuple[int, dict[str, Any]]:
    """Return how many windows after the reference the current rows begin, and their own windows."""
    known = times[~np.isnan(times)]
    if not len(known):
        return 0, {**grid, "time": None, "windows": 1}
    end = grid["start"] + grid["windows"] * grid["length"]
    first = float(known.min())
    lag = max(1, int(np.floor((first - end) / grid["length"] + 1e-9)) + 1) if first >= end - grid["length"] else 0
    windows = int(np.clip(np.ceil((float(known.max()) - first + 1) / grid["length"] - 1e-9), 1, MOST_WINDOWS))
    return lag, {**grid, "start": first, "windows": windows}


def _row(
    name: str, column: Mapping[str, Any], before: Any, after: Any, sums: Any, current_sums: Any, outside: float
) -> dict[str, Any]:
    one, other = before.sum(axis=0).astype(float), after.sum(axis=0).astype(float)
    difference = _distance_between(column, one[:-1])(one[:-1], other[:-1], outside)
    nulls, nulls_after = one[-1] / max(one.sum(), 1), other[-1] / max(other.sum(), 1)
    missing = levels_differ(np.array([one[-1], one[:-1].sum()]), np.array([other[-1], other[:-1].sum()]))
    effect, p = max(difference.effect, missing.effect), difference.p
    if one[-1] or other[-1]:  # two tests share the level
        p = min(1.0, 2 * min(difference.p, missing.p))
    if "cuts" in column:
        mean = float(np.sum(sums)) / max(one[:-1].sum(), 1)
        now = float(np.sum(current_sums)) / max(other[:-1].sum(), 1)
        effect = max(effect, _mean_shift(mean, now, column, one, other))
        shown = (
            _mean_shown(mean if one[:-1].any() else np.nan, column["kind"]),
            _mean_shown(now if other[:-1].any() else np.nan, column["kind"]),
        )
    else:
        shown = _most_moved(column, one[:-1], other[:-1])
    return {
        "column": name, "effect": effect, "p": p, "before": shown[0], "after": shown[1],
        "nulls before": nulls, "nulls after": nulls_after,
    }  # fmt: skip


def _mean_shift(mean: float, now: float, column: Mapping[str, Any], one: Any, other: Any) -> float:
    """Return the shift of the mean in standard deviations, less chance; it shows what lies beyond the last cut."""
    deviation = _deviation(column, one[:-1])
    if deviation <= 0 or not other[:-1].sum():
        return 0.0
    chance = np.sqrt(2 / np.pi) * np.sqrt(1 / max(one[:-1].sum(), 1) + 1 / other[:-1].sum())
    return max(0.0, abs(now - mean) / deviation - float(chance))


def _mean_shown(mean: float, kind: str) -> str:
    if np.isnan(mean):
        return "no value"
    if kind in {MOMENT, ZONED}:
        return f"mean {np.datetime64(int(mean), 's')}"
    return f"mean {pd.Timedelta(round(mean), 's')}" if kind == DURATION else f"mean {mean:.4g}"


def _deviation(column: Mapping[str, Any], counts: NDArray[np.float64]) -> float:
    values, shares = middles(column), share(counts)
    mean = float((values * shares).sum())
    return float(np.sqrt(((values - mean) ** 2 * shares).sum()))


def _distance_between(column: Mapping[str, Any], whole: NDArray[np.float64]) -> Any:
    """Return the function that compares two rows of counts of a column, nulls left out.

    Parameters
    ----------
    column : mapping
        Its bins or levels.
    whole : ndarray of shape (bins,)
        Counts of the whole reference.
    """
    if "cuts" not in column:
        return lambda one, other, outside=0.0: levels_differ(one, other)
    widths, deviation = np.diff(middles(column)), _deviation(column, whole)

    def differ(one: NDArray[np.float64], other: NDArray[np.float64], outside: float = 0.0) -> Difference:
        return numbers_differ(one, other, widths, deviation, lambda counts: apart(column, counts), outside)

    return differ


def _most_moved(column: Mapping[str, Any], one: Any, other: Any) -> tuple[str, str]:
    before, after = share(one), share(other)
    place = int(np.argmax(np.abs(after - before)))
    levels = [*column["levels"], "(new or rare)"]
    return f"{levels[place]} {before[place]:.1%}", f"{levels[place]} {after[place]:.1%}"


def _against_season(column: Mapping[str, Any], before: Any, after: Any, outside: Any, lag: int) -> dict[str, float]:
    between = _distance_between(column, before.sum(axis=0).astype(float)[:-1])

    def distance(one: NDArray[np.float64], other: NDArray[np.float64], outside: float) -> float:
        missing = levels_differ(_known(one), _known(other)).effect
        return float(max(between(one[:-1], other[:-1], outside).effect, missing))

    found = season_excess(before, after, outside, lag, distance)
    return {} if found is None else {"moved": found[0], "bar": found[1]}


def _known(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([counts[-1], counts[:-1].sum()])


def _verdict(row: Mapping[str, Any], least: float) -> str:
    if row["adjusted p"] > LEVEL or row["effect"] <= least:
        return "no alarm"
    moved, bar = row.get("moved", np.nan), row.get("bar", np.nan)
    if np.isnan(moved) or np.isnan(bar):
        return "alarm"
    return "alarm" if moved > max(bar, least) else "season"
