"""What an evaluation shows of itself: headline with baselines, all metrics side by side, slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mlsys.pages import Block, Folded, Interval, Intervals, Table, Title, interval, number

_MINE, _ALL, _TRAIN = "model", "all", "train"
LEARNED_FROM = "training rows (no estimate)"


def headline_rows(table: pd.DataFrame, part: str, headline: str, beats: Mapping[str, Mapping[str, float]]) -> Block:
    """Return the headline metric of the model and of each baseline on one axis."""
    judged = table[(table["part"] == part) & (table["slice"] == _ALL) & (table["metric"] == headline)]
    rows = [
        Interval(row["model"], row["value"], row["lower"], row["upper"], _beaten(row["model"], beats), _is_mine(row))
        for row in judged.to_dict("records")
    ]
    return Intervals(sorted(rows, key=lambda each: not each.main), headline)


def metrics_table(table: pd.DataFrame) -> Block:
    """Return all metrics over all rows: one line a metric, one column a model, training rows last."""
    everyone = table[table["slice"] == _ALL]
    found: dict[str, dict[str, str]] = {}
    for row in everyone.to_dict("records"):
        who = LEARNED_FROM if row["part"] == _TRAIN else row["model"]
        found.setdefault(row["metric"], {})[who] = _said(row)
    models = dict.fromkeys(name for values in found.values() for name in values)
    ordered = sorted(models, key=lambda name: (name != _MINE, name == LEARNED_FROM))
    lines = [{"metric": metric, **{who: values.get(who, "") for who in ordered}} for metric, values in found.items()]
    return Table(pd.DataFrame(lines, columns=["metric", *ordered]))


def slice_blocks(table: pd.DataFrame, headline: str) -> list[Block]:
    """Return the headline metric by slice, worst verdicts first, and the others to be opened."""
    slices = table[table["slice"] != _ALL][["slice", "metric", "n", "value", "lower", "upper", "verdict"]]
    if slices.empty:
        return []
    slices = slices.rename(columns={"n": "rows"}).sort_values(
        "verdict", key=lambda each: each != "worse", kind="stable"
    )
    mine = slices["metric"] == headline
    others = slices[~mine]
    more: list[Block] = [Folded("Other metrics by slice", [Table(others, most=100)])] if len(others) else []
    return [Title(f"{headline} by slice", 4), Table(slices[mine].drop(columns="metric")), *more]


def _said(row: Mapping[Any, Any]) -> str:
    return " ".join(filter(None, [number(row["value"]), interval(row["lower"], row["upper"])]))


def _is_mine(row: Mapping[Any, Any]) -> bool:
    return bool(row["model"] == _MINE)


def _beaten(name: str, beats: Mapping[str, Mapping[str, float]]) -> str:
    if name not in beats:
        return ""
    by = beats[name]
    return " ".join(filter(None, ["the model is better by", number(by["value"], True),
                                  interval(by["lower"], by["upper"], True)]))  # fmt: skip
