"""Read one file to a pandas frame in a process of its own: ``one_read.py SIDE FORMAT FILE``; prints seconds and MiB."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _mlsys() -> dict[str, Callable[[str], Any]]:
    from mlsys import ReadCSV, ReadJSON, ReadParquet

    return {
        "csv": lambda file: ReadCSV(file, times={"at": "ISO8601"}).read(),
        "jsonl": lambda file: ReadJSON(file, times={"at": "ISO8601"}).read(),
        "parquet": lambda file: ReadParquet(file).read(),
    }


def _pandas() -> dict[str, Callable[[str], Any]]:
    import pandas as pd

    return {
        "csv": lambda file: pd.read_csv(file, parse_dates=["at"]),
        "jsonl": lambda file: pd.read_json(file, lines=True, convert_dates=["at"]),
        "parquet": pd.read_parquet,
    }


def _pyarrow() -> dict[str, Callable[[str], Any]]:
    import pyarrow.json as json_lines
    from pyarrow import csv, parquet

    return {
        "csv": lambda file: csv.read_csv(file).to_pandas(),
        "jsonl": lambda file: json_lines.read_json(file).to_pandas(),
        "parquet": lambda file: parquet.read_table(file).to_pandas(),
    }


def _polars() -> dict[str, Callable[[str], Any]]:
    import polars as pl

    return {
        "csv": lambda file: pl.read_csv(file, try_parse_dates=True).to_pandas(),
        "jsonl": lambda file: pl.read_ndjson(file).with_columns(pl.col("at").str.to_datetime()).to_pandas(),
        "parquet": lambda file: pl.read_parquet(file).to_pandas(),
    }


def _duckdb() -> dict[str, Callable[[str], Any]]:
    import duckdb

    return {
        "csv": lambda file: duckdb.read_csv(file).df(),
        "jsonl": lambda file: duckdb.read_json(file).df(),
        "parquet": lambda file: duckdb.read_parquet(file).df(),
    }


def _peak() -> float:
    """Return the greatest memory of this process so far, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    side, form, file = sys.argv[1:]
    read = {"mlsys": _mlsys, "pandas": _pandas, "pyarrow": _pyarrow, "polars": _polars, "duckdb": _duckdb}[side]()[form]
    small = file.replace("/rows.", "/few.")  # a thousand of the rows
    read(small)  # imports, and what is made once
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    cpu, peak = _cpu(), _peak()
    frame = read(file)
    answer = {"cpu": _cpu() - cpu, "peak": _peak() - peak, "rows": len(frame), "at": str(frame["at"].dtype)}
    print(json.dumps(answer))
