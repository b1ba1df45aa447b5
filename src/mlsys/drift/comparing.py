"""Comparing current rows with a profile: a table of columns, a verdict, a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.dependence import Dependence
from mlsys.drift.grid import count_on_grid
from mlsys.drift.phases import phase_excess, same_phase
from mlsys.drift.reading import seconds_since_1970, times_of
from mlsys.drift.season import cycles, season_excess
from mlsys.drift.shapes import shapes_of
from mlsys.drift.signals import Sides, Tests, effect_of, signals_of
from mlsys.drift.slices import slice_signals
from mlsys.drift.two_sample import benjamini_hochberg, e_benjamini_hochberg, e_values
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
class Limits:
    """When a signal alarms: effects above the least one, at a false discovery rate, under any dependence or not."""

    least_effect: float
    level: float
    any_dependence: bool


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
    season: str | None = None,
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
    season : str, optional
        Compare with the windows of the reference that lie in the same phase, such as ``"hour of week"``.

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
    phase = None if season is None or not len(times) else same_phase(grid, times, season)
    if phase is not None and not phase.any():
        phase = None  # the reference has no such month yet
    rare = level / max(len(grid["columns"]), 1)
    both, depend = dict[str, Sides](), dict[str, Dependence]()
    bars = dict[str, dict[str, float]]()
    for name, column in grid["columns"].items():
        before, after = profile["counts"]["bins"][name], counted.bins[name]
        sums = profile["counts"]["sums"].get(name, np.zeros(len(before)))
        if phase is not None:
            before, sums = before[phase], sums[phase]
        outside = counted.outside.get(name, np.zeros(len(after)))
        both[name] = Sides(
            name, column, before.sum(axis=0).astype(np.float64), after.sum(axis=0).astype(np.float64),
            (float(np.sum(sums)), _sum(counted.sums.get(name))),
            float(outside.sum()), counted.unseen.get(name, np.zeros(0)),
        )  # fmt: skip
        if phase is not None:
            bars[name] = _against_phase(column, before, both[name], rare)
        else:
            bars[name] = _against_season(column, before, after, outside, lag, rare) if time is not None and lag else {}
        if not bars[name]:  # nothing else says how much windows differ
            depend[name] = Dependence.of(before)
            both[name] = replace(both[name], alike=depend[name].on(float(after.sum())))
    chosen = tests or Tests()
    signals = [row for sides in both.values() for row in signals_of(sides, chosen)]
    inside = list(slice_signals(dict(slices or {}), grid, frame, chosen, depend))
    _judge([*signals, *inside], bars, Limits(least_effect, level, any_dependence))
    table = pd.DataFrame([_row(both[name], list(rows)) | bars[name] for name, rows in groupby(signals, _column)])
    table = table.reindex(columns=COLUMNS).sort_values("effect", ascending=False, ignore_index=True)
    alarms = tuple(table.loc[table["verdict"] == "alarm", "column"])
    season_said = f"; {cycles(grid['span'])}" if time is not None else ""
    moved = int((table["verdict"] == "season").sum())
    seasonal = f", {moved} changed no more than the season did before" if moved else ""
    named = f"{', '.join(alarms)} moved" if alarms else "no column changed more than chance and season explain"
    told = f"{named}{seasonal} ({len(frame):,} rows){season_said}"
    shapes = shapes_of(grid["columns"], {name: sides.known for name, sides in both.items()})
    sliced = pd.DataFrame(inside, columns=SLICE_COLUMNS).sort_values("effect", ascending=False, ignore_index=True)
    return Compared(table, alarms, told, shapes, pd.DataFrame(signals, columns=SIGNAL_COLUMNS), sliced)


def _judge(rows: list[dict[str, Any]], bars: Mapping[str, Mapping[str, float]], limits: Limits) -> None:
    """Add the adjusted p and the verdict to each signal."""
    p = np.array([row["p"] for row in rows], dtype=np.float64)
    adjusted = benjamini_hochberg(p)
    significant = adjusted <= limits.level
    if limits.any_dependence:
        significant = e_benjamini_hochberg(e_values(p, limits.level), limits.level)
        adjusted = np.minimum(1.0, adjusted * (1 / np.arange(1, len(p) + 1)).sum())
    for row, value, sure in zip(rows, adjusted, significant, strict=True):
        row["adjusted p"] = float(value)
        row["verdict"] = _verdict(row["effect"], bool(sure), bars[row["column"]], limits.least_effect)


def _sum(total: GroupedSum | None) -> float:
    return 0.0 if total is None else float(np.sum(total.floats()))


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


def _column(signal: Mapping[str, Any]) -> str:
    return str(signal["column"])


def _row(sides: Sides, signals: list[dict[str, Any]]) -> dict[str, Any]:
    verdicts = {signal["verdict"] for signal in signals}
    return {
        "column": sides.name,
        "verdict": next(each for each in ("alarm", "season", "no alarm") if each in verdicts),
        "effect": max(signal["effect"] for signal in signals), "p": min(signal["p"] for signal in signals),
        "adjusted p": min(signal["adjusted p"] for signal in signals),
        "before": signals[0]["before"], "after": signals[0]["after"],
        "nulls before": sides.before[-1] / max(sides.before.sum(), 1),
        "nulls after": sides.after[-1] / max(sides.after.sum(), 1),
    }  # fmt: skip


def _against_season(
    column: Mapping[str, Any], before: Any, after: Any, outside: Any, lag: int, rare: float
) -> dict[str, float]:
    found = season_excess(before, after, outside, lag, effect_of(column, before.sum(axis=0).astype(float)), rare)
    return {} if found is None else {"moved": found[0], "bar": found[1]}


def _against_phase(column: Mapping[str, Any], before: Any, sides: Sides, rare: float) -> dict[str, float]:
    found = phase_excess(before, sides.after, sides.outside, effect_of(column, before.sum(axis=0).astype(float)), rare)
    return {} if found is None else {"moved": found[0], "bar": found[1]}


def _verdict(effect: float, significant: bool, bar: Mapping[str, float], least: float) -> str:
    if not significant or effect <= least:
        return "no alarm"
    if not bar:
        return "alarm"
    return "alarm" if bar["moved"] > max(bar["bar"], least) else "season"
