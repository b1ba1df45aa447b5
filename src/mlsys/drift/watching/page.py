"""The page of a monitor: what it watches, by which reference, and what it accepts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mlsys.drift.shapes import shapes_of
from mlsys.errors import how_many
from mlsys.pages import Lines, Page, Shape, Table, Title, number


def monitor_page(monitor: Any) -> Page:
    """Return the page of a monitor: roles, budget, and a line for each column."""
    grid, counts = monitor.profile["grid"], monitor.profile["counts"]["bins"]
    totals = {name: counts[name].sum(axis=0).astype(float) for name in monitor.columns}
    rows = int(next(iter(totals.values())).sum()) if totals else 0
    lines = [
        {"column": name, "kind": grid["columns"][name]["kind"], "shape": _shape(grid, name, total[:-1]),
         "nulls": total[-1] / max(total.sum(), 1)}
        for name, total in totals.items()
    ]  # fmt: skip
    stored = "none stored" if monitor.rows is None else f"{len(monitor.rows):,} stored"
    return Page([
        Title(f"Monitor of {how_many(len(monitor.columns), 'column')}: {how_many(rows, 'row')} counted, {stored}"),
        Lines([(label, each) for label, each in _said(monitor, grid) if each]),
        Table(pd.DataFrame(lines, columns=["column", "kind", "shape", "nulls"]), most=50),
    ])  # fmt: skip


def _said(monitor: Any, grid: Any) -> list[tuple[str, str]]:
    windows = f"{grid['windows']} windows of {pd.Timedelta(round(grid['length']), 's')}"
    loss = monitor.outcomes
    mean = 0.0 if loss is None else loss.losses.sum() / max(loss.rows, 1)
    return [
        ("time", f"{monitor.time!r}, in {windows}: a season seen there raises no alarm" if monitor.time else ""),
        ("season", f"compared with the same {monitor.season}" if monitor.season else ""),
        ("prediction", repr(monitor.prediction) if monitor.prediction else ""),
        ("performance", f"{loss.metric} {number(mean)} on {loss.rows:,.0f} labelled rows" if loss else ""),
        ("budget", f"{monitor.budget}: level {number(monitor.level)} per check" if monitor.budget else ""),
        ("slices", ", ".join(monitor.slices)),
        ("least effect", f"{number(monitor.least_effect)}: smaller effects never raise an alarm"),
        ("checks", f"{len(monitor.history):,}; .history shows them" if len(monitor.history) else ""),
    ]


def _shape(grid: Any, name: str, counts: Any) -> Shape | str:
    bars = shapes_of(grid["columns"], {name: (counts, counts)})
    if not counts.sum():
        return ""
    shares = bars["before"].tolist()
    return Shape(shares, f"{name}: most rows {bars['bar'].tolist()[shares.index(max(shares))]}")
