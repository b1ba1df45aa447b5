"""A table of 20 columns in each format: ``table.py ROWS FOLDER``."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def made(rows: int) -> pd.DataFrame:
    """Return numbers with nulls, whole numbers, an id, times, texts, truth values and a label."""
    rng = np.random.default_rng(11)
    columns: dict[str, object] = {"id": np.arange(rows)}
    for place in range(8):
        values = rng.normal(100, 15, rows).round(4)
        columns[f"x{place}"] = np.where(rng.random(rows) < 0.05, np.nan, values)
    for place, most in enumerate((10, 1_000, 1_000_000)):
        columns[f"n{place}"] = rng.integers(0, most, rows)
    seconds = np.sort(rng.integers(0, 365 * 86_400, rows))
    columns["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(seconds, "s")
    for place, levels in enumerate((5, 50, 500, 5_000, 50_000)):
        columns[f"s{place}"] = np.char.add("level ", rng.integers(0, levels, rows).astype("U6"))
    columns["ok"] = rng.random(rows) < 0.5
    columns["label"] = rng.integers(0, 2, rows)
    return pd.DataFrame(columns)


if __name__ == "__main__":
    rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    frame = made(rows)
    for name, some in (("few", frame.head(1000)), ("rows", frame)):
        texts = some.assign(at=some["at"].astype("str"))
        some.to_csv(folder / f"{name}.csv", index=False)
        texts.to_json(folder / f"{name}.jsonl", orient="records", lines=True)
        some.to_parquet(folder / f"{name}.parquet", compression="zstd", row_group_size=262_144)
    with sqlite3.connect(folder / "rows.db") as database:
        texts.to_sql("rows", database, index=False)
        database.execute("CREATE UNIQUE INDEX by_id ON rows (id)")
    database.close()
