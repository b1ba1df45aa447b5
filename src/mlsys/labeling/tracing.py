"""Trace a final label: who voted what, when, with which version, and how it was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.pages import drawing
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mlsys.labeling.votes import Votes


def trace(learned: Any, votes: Votes, item: Any) -> Result:
    """Return every vote on an item, whether it counted, and what it added.

    Parameters
    ----------
    learned : LearnedLabels
        What a label model learned.
    votes : Votes
        All votes.
    item : object
        Id of the item.

    Returns
    -------
    Result
        ``table``: one row a vote with ``source``, ``kind``, ``version``, ``label``, ``time``, ``gold``, ``counts``
        (False where the source voted again later, or where it is gold), its ``weight``, and ``says``: the logarithm by
        which it makes the final label likelier than the most likely other class. ``facts["label"]`` is the label.

    Raises
    ------
    DataError
        If nobody voted on the item.
    """
    mine = votes.table[votes.table["item"] == item]
    if mine.empty:
        raise DataError(f"nobody voted on the item {item!r}", "use an id from the votes")
    one, _ = votes.on([item])
    true = one.gold()
    counted = set(one.last.index)
    only = one.matrix(learned.classes, pd.Index([item])).of_sources(learned.sources) if one.sources else None
    found = learned.predict(only).iloc[0] if only is not None else None
    label = true.iloc[0] if true is not None else found["prediction"] if found is not None else None
    likely = np.zeros(len(learned.classes)) if only is None else learned.probabilities(only)[0]
    best = learned.classes.index(label) if label in learned.classes else int(likely.argmax())
    second = int(np.where(np.arange(len(likely)) == best, -1, likely).argmax())
    rows = one.table.drop(columns="item").assign(counts=[place in counted for place in one.table.index])
    weights = dict(zip(learned.sources, learned.weighed.weights.tolist(), strict=True))
    rows["weight"] = [weights.get(name, np.nan) if counts else np.nan
                      for name, counts in zip(rows["source"], rows["counts"], strict=True)]  # fmt: skip
    rows["says"] = [_says(learned, row, best, second) for row in rows.itertuples(index=False)]
    how = "it is gold" if true is not None else f"{learned.method} gives it {likely[best]:.0%}"
    by_majority = "" if found is None or pd.isna(found["majority"]) else f"; the majority says {found['majority']!r}"
    summary = f"{item!r} is {label!r}: {how}{by_majority}. {int(rows['counts'].sum())} of {len(rows)} votes count."
    facts = {"label": label, "item": item}
    return Result("trace", rows.reset_index(drop=True), summary=summary, facts=facts, draw=_draw)


def _says(learned: Any, row: Any, best: int, second: int) -> float:
    """Return the logarithm by which a vote speaks for one class against another."""
    if not row.counts or row.source not in learned.sources or row.label not in learned.classes:
        return float("nan")
    place, voted = learned.sources.index(row.source), learned.classes.index(row.label)
    if not len(learned.weighed.tables):
        return float(voted == best) - float(voted == second)
    table = learned.weighed.tables[place, voted]
    return float((table[best] - table[second]) * learned.weighed.weights[place])


def _draw(result: Result, ax: Axes) -> None:
    """Draw what each vote says for the label."""
    table = result.table[result.table["counts"]].dropna(subset=["says"])
    places = np.arange(len(table))
    colors = [drawing.MINE if each >= 0 else drawing.BAD for each in table["says"]]
    ax.barh(places, table["says"], color=colors)
    ax.set_yticks(places, [f"{row['source']}: {row['label']}" for row in table.to_dict("records")])
    ax.axvline(0, color=drawing.LINE, linewidth=1)
    ax.set_xlabel(f"logarithm by which the vote speaks for {result.facts['label']!r}")
    ax.spines[["top", "right"]].set_visible(False)
