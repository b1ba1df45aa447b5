"""Tables that did not move, and shifts put into them; numpy and pandas only, so that every tool makes the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

LEVELS = (2, 5, 10, 50, 200, 1_000)


def zipf(rng: np.random.Generator, rows: int, levels: int) -> np.ndarray:
    shares = 1 / np.arange(1, levels + 1)
    return rng.choice(levels, rows, p=shares / shares.sum())


def named(codes: np.ndarray) -> pd.Series:
    return pd.Series(np.char.add("level ", codes.astype(str)), dtype=object)


def of_every_type(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """One column of each type, and categories of 2 to 1,000 levels."""
    start = pd.Timestamp("2024-01-01")
    made: dict[str, object] = {
        "float64": rng.normal(size=rows), "float64, skewed": rng.lognormal(0, 1.5, rows),
        "float64, heavy tails": rng.standard_t(3, rows), "float32": rng.random(rows).astype("float32"),
        "float64, 5 % null": np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows)),
        "float64, 95 % zero": np.where(rng.random(rows) < 0.95, 0.0, rng.exponential(size=rows)),
        "int64, few": rng.poisson(2, rows), "int64, many": rng.integers(0, 10_000, rows),
        "Int64, 5 % null": pd.Series(rng.poisson(9, rows), dtype="Int64").mask(rng.random(rows) < 0.05),
        "bool": rng.random(rows) < 0.3,
        "datetime64": start + pd.to_timedelta(rng.uniform(0, 100, rows), "D"),
        "timedelta64": pd.to_timedelta(rng.exponential(1_000, rows), "s"),
        "category, 20 levels": pd.Categorical(named(zipf(rng, rows, 20))),
    }  # fmt: skip
    return pd.DataFrame({**made, **{f"text, {each:,} levels": named(zipf(rng, rows, each)) for each in LEVELS}})


def mixed(seed: int, rows: int) -> pd.DataFrame:
    """Twenty columns: twelve floats, three with nulls; two ints; six texts of 2 to 1,000 levels."""
    rng = np.random.default_rng(seed)
    draws = [rng.normal, lambda size: rng.lognormal(0, 1, size), rng.random]
    made: dict[str, object] = {}
    for place in range(12):
        values = draws[place % 3](size=rows)
        made[f"f{place}"] = np.where(rng.random(rows) < 0.05, np.nan, values) if place % 4 == 3 else values
    made |= {"i0": rng.poisson(3, rows), "i1": rng.integers(0, 1_000, rows)}
    return pd.DataFrame({**made, **{f"c{each}": named(zipf(rng, rows, each)) for each in LEVELS}})


Draw = Callable[[np.random.Generator, int, bool], np.ndarray | pd.Series]


def _grown(levels: int, level: int, share: float) -> Draw:
    def draw(rng: np.random.Generator, rows: int, shifted: bool) -> pd.Series:
        codes = zipf(rng, rows, levels)
        return named(np.where(rng.random(rows) < share, level, codes) if shifted else codes)

    return draw


def _levels_tilted(levels: int, power: float) -> Draw:
    def draw(rng: np.random.Generator, rows: int, shifted: bool) -> pd.Series:
        shares = np.arange(1, levels + 1) ** -(1 + power * shifted)
        return named(rng.choice(levels, rows, p=shares / shares.sum()))

    return draw


def _new_level(levels: int, share: float) -> Draw:
    def draw(rng: np.random.Generator, rows: int, shifted: bool) -> pd.Series:
        codes = zipf(rng, rows, levels)
        return named(np.where(rng.random(rows) < share, levels, codes) if shifted else codes)

    return draw


SHIFTS: dict[str, Draw] = {
    "normal, mean + .15 sd": lambda rng, rows, shifted: rng.normal(0.15 * shifted, 1, rows),
    "normal, spread x 1.15": lambda rng, rows, shifted: rng.normal(0, 1 + 0.15 * shifted, rows),
    "lognormal, scale x 1.2": lambda rng, rows, shifted: rng.lognormal(0.18 * shifted, 1, rows),
    "normal, 4 % moved by 3 sd": lambda rng, rows, shifted: (
        rng.normal(size=rows) + 3 * shifted * (rng.random(rows) < 0.04)
    ),
    "heavy tails, mean + .25": lambda rng, rows, shifted: rng.standard_t(3, rows) + 0.25 * shifted,
    "two humps for one": lambda rng, rows, shifted: np.where(
        shifted, rng.choice([-0.75, 0.75], rows) + 0.661 * rng.normal(size=rows), rng.normal(size=rows)
    ),
    "counts, mean 2 to 2.25": lambda rng, rows, shifted: rng.poisson(2 + 0.25 * shifted, rows).astype(float),
    "2 levels, 5 % more of one": _grown(2, 1, 0.09),
    "10 levels, tilted": _levels_tilted(10, 0.12),
    "50 levels, tilted": _levels_tilted(50, 0.12),
    "50 levels, a rare one grows to 3 %": _grown(50, 40, 0.027),
    "200 levels, tilted": _levels_tilted(200, 0.12),
    "10 levels, a new one of 1.5 %": _new_level(10, 0.015),
}  # fmt: skip
"""A column as it was, and shifted."""


def column(shift: str, seed: int, rows: int, shifted: bool) -> pd.Series:
    return pd.Series(SHIFTS[shift](np.random.default_rng(seed), rows, shifted))
