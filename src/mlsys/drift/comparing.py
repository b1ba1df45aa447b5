"""Comparing current rows with a profile: a table of columns, a verdict, a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.grid import count_on_grid
from mlsys.drift.reading import seconds_since_1970, times_of
from mlsys.drift.season import cycles, season_excess
from mlsys.drift.shapes import shapes_of
from mlsys.drift.signals import Sides, Tests, distance_of, nulls_effect, signals_of
from mlsys.drift.slices import slice_signals
from mlsys.drift.two_sample import benjamini_hochberg
from mlsys.summaries import GroupedSum

LEVEL = 0.05
"""False discovery rate over the columns."""
LEAST_EFFECT = 0.1
"""Smaller effects are not worth waking anybody: a tenth of a standard deviation, or of the rows."""
MOST_WINDOWS = 12
"""Current windows judged against the season's bar."""
COLUMNS = ["column", "verdict", "effect", "moved", "bar", "p", "adjusted p", "before", "after", "nulls before",
           "nulls after"]  # fmt: skip
SLICE_COLUMNS = ["slice", "rows", "column", "signal", "verdict", "effect", "p", "adjusted p", "before", "after"]
SIGNAL_COLUMNS = ["column", "signal", "verdict", "effect", "p", "adjusted p", "before", "after"]


@dataclass(frozen=True)
class Compared:
    """Result of a comparison: table, columns that raise an alarm, sentence, bars before and after, signals, slices."""

    table: pd.DataFrame
    alarms: tuple[str, ...]
    summary: str
    shapes: pd.DataFrame
    signals: pd.DataFrame
    slices: pd.DataFrame

    def scalars(self) -> dict[str, float]:
        """Return the number of alarms and the largest effect; effects by column stand in the table."""
        effects = self.table["effect"].to_numpy(dtype=float)
        largest = float(np.nanmax(effects)) if len(effects) and not np.isnan(effects).all() else 0.0
        return {"alarms": float(len(self.alarms)), "largest_effect": largest}


def compare_with_profile(
    profile: Mapping[str, Any],
    frame: pd.DataFrame,
    least_effect: float = LEAST_EFFECT,
    level: float = LEVEL,
    tests: Tests | None = None,
    slices: Mapping[str, Any] | None = None,
    any_dependence: bool = False,
) -> Compared:
    """Compare the columns of a frame with a profile.

    Parameters
    ----------
    profile : mapping
        Learned by ``DriftProfile``.
    frame : DataFrame
        Today's rows.
    least_effect : float
        Effects up to this are no alarms.
    level : float
        False discovery rate over all signals of all columns and slices.
    tests : Tests, optional
        Two-sample tests to use.
    slices : mapping, optional
        Counts of the reference by slice.
    any_dependence : bool
        Whether the rate holds for any dependence between signals (e-BH), or as Benjamini and Hochberg's does.

    Returns
    -------
    Compared
        ``column``, ``effect``, ``moved`` (how far windows moved) and ``bar`` (as far as the season explains),
        ``p``, ``adjusted p``, ``before`` and ``after`` (mean, or the level that moved most with its shares),
        ``nulls before``, ``nulls after``, ``verdict``: the largest effect and the smallest p of the column's signals.

    Notes
    -----
    A column alarms if one of its signals differs significantly at that false discovery rate, by more
    than the least effect, and, with times, by more than windows of the reference differ at that distance.
    """
    grid = dict(profile["grid"])
    time: str | None = grid["time"]
    times = np.array([])
    if time is not None:
        times = np.floor(seconds_since_1970(times_of(frame[time], grid["time kind"])))
    lag, current_grid = _current_grid(grid, times)
    counted = count_on_grid(frame, current_grid)
    both = dict[str, Sides]()
    bars = dict[str, dict[str, float]]()
    for name, column in grid["columns"].items():
        before, after = profile["counts"]["bins"][name], counted.bins[name]
        outside = counted.outside.get(name, np.zeros(len(after)))
        both[name] = Sides(
            name, column, before.sum(axis=0).astype(np.float64), after.sum(axis=0).astype(np.float64),
            (float(np.sum(profile["counts"]["sums"].get(name, 0.0))), _sum(counted.sums.get(name))),
            float(outside.sum()), counted.unseen.get(name, np.zeros(0)),
        )  # fmt: skip
        bars[name] = _against_season(column, before, after, outside, lag) if time is not None and lag else {}
    chosen = tests or Tests()
    signals = pd.DataFrame([row for sides in both.values() for row in signals_of(sides, chosen)])
    inside = pd.DataFrame(list(slice_signals(dict(slices or {}), grid, frame, chosen)))
    p = np.concatenate([each["p"].to_numpy(dtype=np.float64) for each in (signals, inside) if len(each)])
    adjusted = benjamini_hochberg(p)
    if any_dependence:  # rejects what e-BH rejects
        adjusted = np.minimum(1.0, adjusted * (1 / np.arange(1, len(p) + 1)).sum())
    for each, values in zip((signals, inside), np.split(adjusted, [len(signals)]), strict=True):
        each["adjusted p"] = values
        each["verdict"] = [_verdict(row | bars[row["column"]], least_effect, level) for row in rows_of(each)]
    table = pd.DataFrame([_row(sides, signals) | bars[name] for name, sides in both.items()])
    table = table.reindex(columns=COLUMNS).sort_values("effect", ascending=False, ignore_index=True)
    alarms = tuple(table.loc[table["verdict"] == "alarm", "column"])
    season = f"; {cycles(grid['span'])}" if time is not None else ""
    moved = int((table["verdict"] == "season").sum())
    seasonal = f", {moved} changed no more than the season did before" if moved else ""
    named = f"{', '.join(alarms)} moved" if alarms else "no column changed more than chance and season explain"
    told = f"{named}{seasonal} ({len(frame):,} rows){season}"
    shapes = shapes_of(grid["columns"], {name: sides.known for name, sides in both.items()})
    sliced = inside.reindex(columns=SLICE_COLUMNS).sort_values("effect", ascending=False, ignore_index=True)
    return Compared(table, alarms, told, shapes, signals.reindex(columns=SIGNAL_COLUMNS), sliced)


def _sum(total: GroupedSum | None) -> float:
    return 0.0 if total is None else float(np.sum(total.floats()))


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


def _row(sides: Sides, signals: pd.DataFrame) -> dict[str, Any]:
    mine = signals[signals["column"] == sides.name]
    values = rows_of(mine)[0]
    verdicts = set(mine["verdict"])
    return {
        "column": sides.name,
        "verdict": next(each for each in ("alarm", "season", "no alarm") if each in verdicts),
        "effect": float(mine["effect"].max()), "p": float(mine["p"].min()),
        "adjusted p": float(mine["adjusted p"].min()), "before": values["before"], "after": values["after"],
        "nulls before": sides.before[-1] / max(sides.before.sum(), 1),
        "nulls after": sides.after[-1] / max(sides.after.sum(), 1),
    }  # fmt: skip


def _against_season(column: Mapping[str, Any], before: Any, after: Any, outside: Any, lag: int) -> dict[str, float]:
    between = distance_of(column, before.sum(axis=0).astype(float)[:-1])

    def distance(one: NDArray[np.float64], other: NDArray[np.float64], outside: float) -> float:
        return float(max(between(one[:-1], other[:-1], outside).effect, nulls_effect(one, other)))

    found = season_excess(before, after, outside, lag, distance)
    return {} if found is None else {"moved": found[0], "bar": found[1]}


def _verdict(row: Mapping[str, Any], least: float, level: float) -> str:
    if row["adjusted p"] > level or row["effect"] <= least:
        return "no alarm"
    moved, bar = row.get("moved", np.nan), row.get("bar", np.nan)
    if np.isnan(moved) or np.isnan(bar):
        return "alarm"
    return "alarm" if moved > max(bar, least) else "season"
