"""Overview: every column of some rows at a glance, as a table, as text and as a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.leakage.power import COPY, STRONG
from mlsys.overview.column import Alone, Described, Moved, Use
from mlsys.overview.spread import Spread
from mlsys.pages import Badge, Bars, Block, Lines, Page, Searched, Shape, Shown, Stack, Table, Title, percent
from mlsys.pages.tones import Tone

MOST = 200
"""Columns on a page; all of them are in ``.table``."""
_TONES: dict[str, Tone] = {
    "feature": "good", "encoded": "good", "known too late": "watch", "withheld": "watch",
}  # fmt: skip
_TARGET = "target"
KEPT = ("column", "meaning", "type", "nulls", "distinct", "use", "reason", "made by", "auc", "auc error", "drift",
        "verdict", "findings")  # fmt: skip
"""Of a column's line in the table, what holds no value of the column."""
_STAY = "how they spread is shown by run.columns and run.report(), and stays on the machine of the run"
_NEVER_EMPTY = ("column", "meaning", "type", "nulls", "distinct")


@dataclass(frozen=True, repr=False)
class Overview(Shown):
    """Every column of some rows: meaning, nulls, values; and, of a run, its use, its power alone, its drift.

    Made by :func:`mlsys.look` and ``run.columns``. Showing it shows a table that is searched by words.

    Parameters
    ----------
    title : str
        What was looked at.
    columns : sequence of Described
        In the order of the rows' columns; what steps made comes after.
    notes : sequence of (str, str)
        Labels and sentences: which rows were looked at, and what the figures are.
    """

    title: str
    columns: Sequence[Described]
    notes: Sequence[tuple[str, str]] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a column.

        ``column``, ``meaning``, ``type``, ``nulls`` (share), ``distinct``, ``min``, ``median``, ``max``, ``most
        frequent`` with its ``share``; of a run ``use``, ``reason``, ``made by``; where there is a target ``auc`` of
        the column alone with ``auc error``; where there are rows to compare with ``drift`` (effect), ``verdict``,
        ``before`` and ``after``; ``findings``. What is known of no column is left out.
        """
        table = pd.DataFrame([each.line() for each in self.columns])
        if table.empty:
            return pd.DataFrame(columns=list(_NEVER_EMPTY))
        known = [name for name in table.columns if name in _NEVER_EMPTY or _says_something(table[name])]
        return table[known]

    def kept(self) -> pd.DataFrame:
        """Return what may leave this machine, one row a column: no value of a column is in it.

        Meaning, type, share of nulls and number of different values; use, power alone, verdict of drift and findings.
        """
        return pd.DataFrame([{name: each.line()[name] for name in KEPT} for each in self.columns], columns=list(KEPT))

    @classmethod
    def of_kept(cls, title: str, kept: pd.DataFrame) -> Overview:
        """Return the overview of what :meth:`kept` returned.

        Examples
        --------
        >>> whole = Overview("Columns", [Described("age", "numbers", "int64", 0.25)])
        >>> Overview.of_kept("Columns", whole.kept()).table["nulls"].tolist()
        [0.25]
        """
        columns = [_described(line) for line in kept.to_dict("records")]
        return cls(title, columns, [("values", _STAY)] if columns else [("columns", "nothing is known of them")])

    def __getitem__(self, column: str) -> Described:
        return next(each for each in self.columns if each.name == column)

    def __len__(self) -> int:
        return len(self.columns)

    def _page(self) -> Page:
        shown = pd.DataFrame({
            heading: pd.Series([cell(each) for each in self.columns], dtype=object)
            for heading, cell, needed in _HEADINGS
            if any(needed(each) for each in self.columns)
        })  # fmt: skip
        blocks: list[Block] = [Title(self.title), Lines(self.notes)]
        if len(shown):
            blocks.append(Searched(Table(shown, verdicts=(), most=MOST), "find columns: a name, a meaning, a use ..."))
        return Page(blocks)


def _described(line: Mapping[Any, Any]) -> Described:
    """Return what is known of a column from a line that was kept of it."""
    alone = Alone(line["auc"], line["auc error"]) if not math.isnan(line["auc"]) else None
    return Described(
        line["column"],
        line["meaning"],
        line["type"],
        line["nulls"],
        Spread(int(line["distinct"])),
        Use(line["use"], line["reason"], line["made by"]) if line["use"] else None,
        alone,
        Moved(line["verdict"], line["drift"], "", "") if line["verdict"] else None,
        [code for code in line["findings"].split(", ") if code],
    )


def _says_something(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype("object") != "")).any())


def _name(each: Described) -> Any:
    use = each.use or Use("", made_by="")
    said = [each.held, "" if use.made_by in {"", "data"} else f"made by {use.made_by}"]
    return Stack(
        each.name,
        ", ".join(filter(None, [*said, use.words if use.words == _TARGET else ""])),
        strong=True,
        column=each.name,
    )


def _values(each: Described) -> Any:
    spread = each.spread
    if spread.levels:
        return Bars(spread.levels, spread.words)
    if not spread.bars:
        return Stack(spread.words or (f"{spread.distinct:,} different" if spread.distinct else ""))
    low, high = spread.ends
    said = f"{low} to {high}" if low != high else f"{low}, constant"
    alt = f"histogram of {each.name}: {said}, median {_short(spread.middle)}, {spread.distinct:,} distinct values"
    return Stack(Shape(spread.bars, alt, spread.later), said)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _nulls(each: Described) -> str:
    return percent(each.nulls) if not math.isnan(each.nulls) else ""


def _use(each: Described) -> Any:
    use = each.use or Use("")
    said = "; ".join(filter(None, [use.reason, ", ".join(each.findings)]))
    return Stack(Badge(use.words, _TONES.get(use.words, "plain")), said, spoken=True)


def _alone(each: Described) -> Any:
    alone = each.alone
    if alone is None:
        return ""
    tone: Tone = "bad" if alone.copy or alone.auc >= COPY else "watch" if alone.auc >= STRONG else "plain"
    words = {"bad": "as good as the target", "watch": "strong"}.get(tone, "")
    figure = f"{alone.auc:.3f}" if math.isfinite(alone.auc) else ""
    error = f"±\u00a0{alone.error:.3f}" if math.isfinite(alone.error) else ""
    return Stack(Badge(f"{figure} {words}", tone) if words else figure, error)


def _drift(each: Described) -> Any:
    moved = each.moved
    if moved is None:
        return ""
    still = moved.verdict == "no alarm"
    far = f"{moved.before} → {moved.after}" if moved.before or moved.after else f"effect {moved.effect:.2f}"
    return Stack(Badge(moved.verdict), "" if still else far)


_HEADINGS: Sequence[tuple[str, Callable[[Described], Any], Callable[[Described], Any]]] = (
    ("column", _name, bool),
    ("meaning", lambda each: each.meaning, bool),
    ("nulls", _nulls, lambda each: each.nulls > 0),
    ("values", _values, bool),
    ("alone", _alone, lambda each: each.alone),
    ("drift", _drift, lambda each: each.moved),
    ("use", _use, lambda each: each.findings or (each.use and each.use.words != _TARGET)),
)
"""Headings, their cells, and which columns need them: a heading that none needs is left out."""
