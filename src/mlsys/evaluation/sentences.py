"""Sentences for the card: the worst slice, rows that do not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlsys.dataset import Rows
from mlsys.errors import how_many
from mlsys.evaluation._metric import Metric
from mlsys.evaluation.differing import difference

Scores = Sequence[Mapping[str, Any]]


def worst_slice(scores: Scores, headline: Metric) -> str:
    """Name the slice with the worst headline score, and say whether it is worse than all rows."""
    rows = _ordered(scores, headline)
    few = len({row["slice"] for row in scores}) - len(rows)
    if not rows:
        return f"not known: {_too_few(few, 'all ' * (few > 1))}" if few else ""
    worst, best = rows[0], rows[-1]
    unsure = f"; {_too_few(few)}" if few else ""
    if len(rows) > 1 and not difference(worst["value"], best["value"]):
        return f"none: {headline.name} is {worst['value']:.3f} in all {len(rows)} slices{unsure}"
    interval = f"{worst['value']:.3f} [{worst['lower']:.3f}, {worst['upper']:.3f}]"
    return f"{worst['slice']}: {headline.name} {interval} on {worst['n']:,} rows, {worst['verdict']}{unsure}"


def _too_few(slices: int, which: str = "") -> str:
    return f"{which}{how_many(slices, 'slice')} {'has' if slices == 1 else 'have'} too few rows to say"


def weightless(rows: Rows, part: str) -> str:
    """Count the rows of a part that do not count, because their weight is 0."""
    if rows.weight is None:
        return ""
    none = int((rows.weight == 0).sum())
    return f"{none:,} of {len(rows):,} {part} rows have weight 0 and are ignored" if none else ""


def _ordered(scores: Scores, headline: Metric) -> list[Mapping[str, Any]]:
    """Return the slices' scores on the headline metric, the worst first, where there is enough data."""
    rows = [row for row in scores if row["metric"] == headline.name and not np.isnan(row["lower"])]
    return sorted(rows, key=lambda row: row["value"] if headline.greater_is_better else -row["value"])
