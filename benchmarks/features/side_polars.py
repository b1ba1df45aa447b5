"""Polars by hand, as expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from table import BINNED, BINS, CROSSED, FEW, FOLDS, HASHED, MANY, NUMBERS, TARGET, TOP, WIDE


def _impute() -> list[pl.Expr]:
    return [
        *(pl.col(name).fill_null(pl.col(name).median()) for name in NUMBERS),
        *(pl.col(name).is_null().cast(pl.UInt8).alias(f"{name}_missing") for name in NUMBERS),
    ]


def _scaled(name: str) -> pl.Expr:
    return (pl.col(name) - pl.col(name).mean()) / pl.col(name).std(ddof=0)


def _one_hot(frame: pl.DataFrame) -> list[pl.Expr]:
    found = []
    for name in FEW:
        counts = frame[name].value_counts(sort=True).head(TOP)
        found += [(pl.col(name) == level).cast(pl.UInt8).alias(f"{name}_{level}") for level in counts[name]]
    return found


def _hashed() -> list[pl.Expr]:
    return [(pl.col(WIDE).hash(0) % HASHED).cast(pl.Int32).alias("bucket")]


def _target(frame: pl.DataFrame) -> pl.DataFrame:
    fold = pl.Series("fold", np.random.default_rng(0).integers(0, FOLDS, len(frame)))
    frame, found = frame.with_columns(fold), []
    for name in MANY:
        by_fold = frame.group_by(name, "fold").agg(pl.len().alias("rows"), pl.col(TARGET).sum().alias("sum"))
        whole = by_fold.group_by(name).agg(pl.col("rows").sum().alias("all"), pl.col("sum").sum().alias("total"))
        prior = float(frame[TARGET].mean())  # type: ignore[arg-type]
        table = by_fold.join(whole, on=name).select(
            name, "fold", code=(pl.col("total") - pl.col("sum") + 20 * prior) / (pl.col("all") - pl.col("rows") + 20)
        )
        found.append(frame.select(name, "fold").join(table, on=[name, "fold"], how="left")["code"].alias(name))
    return pl.DataFrame(found)


def _bins(frame: pl.DataFrame) -> list[pl.Expr]:
    found = []
    for name in BINNED:
        edges = [frame[name].quantile(place / BINS) for place in range(1, BINS)]
        found.append(pl.col(name).cut(edges).alias(f"{name}_bin"))
    return found


def _cross(frame: pl.DataFrame) -> list[pl.Expr]:
    counts = frame.group_by(FEW).len().sort("len", descending=True).head(CROSSED)
    known = (counts[FEW[0]] + "_" + counts[FEW[1]]).to_list()
    pair = pl.concat_str(FEW, separator="_")
    return [pl.when(pair.is_in(known)).then(pair).otherwise(pl.lit("other")).cast(pl.Categorical).alias("pair")]


def _job(name: str) -> Callable[[pd.DataFrame], int]:
    def job(pandas: pd.DataFrame) -> int:
        frame = pl.from_pandas(pandas)
        return _done(frame, name).shape[1]

    return job


def _done(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    if name == "target":
        return _target(frame)
    expressions: Any = {
        "impute": _impute, "standardize": lambda: [_scaled(each) for each in NUMBERS],
        "one-hot": lambda: _one_hot(frame), "hash": _hashed, "bins": lambda: _bins(frame),
        "cross": lambda: _cross(frame),
    }[name]()  # fmt: skip
    return frame.select(expressions)


NAMES = ("impute", "standardize", "one-hot", "hash", "target", "bins", "cross")


def together(pandas: pd.DataFrame) -> int:
    frame = pl.from_pandas(pandas)
    filled = frame.select(_impute())
    scaled = filled.with_columns(_scaled(name) for name in NUMBERS)
    return scaled.shape[1] + sum(_done(frame, name).shape[1] for name in NAMES[2:])


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {**{name: _job(name) for name in NAMES}, "all": together}
