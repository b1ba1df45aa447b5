"""Mean and variance of three numbers, and shares by country, of 60 % of the rows: by polars or by duckdb.

Run: ``python benchmarks/by_hand/aggregates.py polars|duckdb FOLDER [python]``; with ``python`` a function of Python
changes a column before. The last line is JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import numpy as np

NUMBERS = ("price", "age", "hour")


def by_polars(folder: str, python: bool) -> Any:
    """Return the aggregates from a streaming query."""
    import polars as pl

    rows = pl.scan_parquet(f"{folder}/*.parquet").filter(pl.col("order").hash(0) % 10 < 6)
    if python:
        price = pl.col("price").map_batches(lambda values: pl.Series(np.log1p(values.to_numpy())), pl.Float64)
        rows = rows.with_columns(price=price)
    numbers = [each for name in NUMBERS for each in (pl.col(name).mean(), pl.col(name).var().alias(f"{name} variance"))]
    by_country = rows.group_by("country").agg(pl.col("paid").mean(), pl.len())
    return pl.collect_all([rows.select(numbers), by_country], engine="streaming")


def by_duckdb(folder: str, python: bool) -> Any:
    """Return the aggregates from two queries."""
    import duckdb
    import pyarrow.compute as pc

    connection = duckdb.connect()
    price = "price"
    if python:

        def logarithm(values: Any) -> Any:
            return pc.log1p(values)

        connection.create_function("logarithm", logarithm, ["DOUBLE"], "DOUBLE", type="arrow")
        price = "logarithm(price)"
    rows = f"(SELECT * REPLACE ({price} AS price) FROM '{folder}/*.parquet' WHERE hash(\"order\") % 10 < 6)"
    numbers = ", ".join(f"avg({name}), var_samp({name})" for name in NUMBERS)
    return (
        connection.sql(f"SELECT {numbers} FROM {rows}").fetchall(),
        connection.sql(f"SELECT country, avg(paid), count(*) FROM {rows} GROUP BY country").fetchall(),
    )


if __name__ == "__main__":
    begin = time.perf_counter()
    {"polars": by_polars, "duckdb": by_duckdb}[sys.argv[1]](sys.argv[2], "python" in sys.argv[3:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - begin, "peak": peak}))
