"""What many cases share: a plain model, and columns made by functions, with and without this library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from leakbench.case import ByHand, Data, Trial, run_once
from mlsys import Derive, History, Impute, OneHot, Pipeline, Run, Standardize, Step, StratifiedSplit

Columns = Mapping[str, Callable[[pd.DataFrame], Any]]
ORDERS = {"target": "returned", "id": "order"}
"""Roles of the orders."""


def model() -> LogisticRegression:
    """Return a model that is the same everywhere."""
    return LogisticRegression(max_iter=2_000)


def ending(*texts: str) -> list[Any]:
    """Return the steps from the split on: nulls filled, texts encoded, numbers scaled, a model."""
    return [Impute(), *([OneHot(list(texts))] if texts else []), Standardize(), model()]


def on_orders(data: Data, before: list[Any], after: list[Any] | None = None, **by_hand: Any) -> Trial:
    """Return a trial on orders: steps before the split, steps right after it."""
    steps = [*before, StratifiedSplit(), *(after or []), *ending("city", "channel")]
    return Trial(lambda: steps, data, ORDERS, by_hand=ByHand(drop=("order",), **by_hand))


def deriving(data: Data, columns: Columns) -> Trial:
    """Return a trial on orders with columns made by functions."""
    return on_orders(data, [Derive(dict(columns))], prepare=assigning(columns))


def assigning(columns: Columns) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return the function that makes columns by hand."""
    return lambda frame: frame.assign(**columns)


def dealt(rows: int, seed: int, names: tuple[str, ...] = ("train", "validation", "test")) -> pd.Series:
    """Deal rows at random to parts, .6/.2/.2, as scikit-learn's ``train_test_split`` twice would."""
    drawn = np.random.default_rng(seed).choice(names, rows, p=[0.6, 0.2, 0.2])
    return pd.Series(drawn, dtype="str")


class Before(History):
    """What the same key had at its last row, and on average."""

    column: str

    def apply(self, frame, past):
        return frame.assign(
            **{f"{self.column}_last": past.last(self.column), f"{self.column}_mean": past.mean(self.column)}
        )


def plain(
    data: Data,
    target: str,
    *,
    before: Sequence[Any] = (),
    columns: Columns | None = None,
    split: Any = None,
    after: Sequence[Any] = (),
    texts: Sequence[str] = (),
    end: Sequence[Any] | None = None,
    play: Callable[[Pipeline, Data], Run] = run_once,
    by_hand: ByHand | None = ByHand(),  # noqa: B008  frozen
    **roles: Any,
) -> Trial:
    """Return a trial as most people write it: steps, columns made by functions, a split, the usual ending.

    By hand the columns are made and plain functions called before the split; another kind of step before it cannot be
    said without this library, unless ``by_hand`` says how.
    """
    made = [Derive(dict(columns))] if columns else []
    steps = [*before, *made, split or StratifiedSplit(), *after, *(ending(*texts) if end is None else end)]
    if by_hand == ByHand():
        by_hand = _by_hand(before, columns or {}, roles)
    return Trial(lambda: steps, data, {"target": target, **roles}, play, by_hand)


def _by_hand(before: Sequence[Any], columns: Columns, roles: Mapping[str, Any]) -> ByHand | None:
    functions = [step for step in before if callable(step) and not isinstance(step, Step)]
    if len(functions) < len(before):
        return None

    def prepare(frame: pd.DataFrame) -> pd.DataFrame:
        for function in functions:
            frame = function(frame)
        return frame.assign(**columns)

    return ByHand(prepare, "time" if roles.get("time") else "random", tuple(filter(None, [roles.get("id")])))
