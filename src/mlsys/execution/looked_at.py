"""The rows of parts that leakage checks look at: all in memory, the first of those that are read when needed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.leakage.power import SAMPLE
from mlsys.plan import Planned
from mlsys.steps.questions import divides
from mlsys.tables import Table, same_stretch

LOOKED_AT = 4 * SAMPLE
"""Rows of a part beyond memory, of at most a hundred columns."""
VALUES = 100 * LOOKED_AT
"""Of more columns, fewer rows: the checks hold a part about five times."""


def rows_to_check(parts: Mapping[str, Table], interleaved: bool) -> dict[str, pd.DataFrame]:
    """Return the rows of each part that are checked.

    Parameters
    ----------
    parts : mapping of str to Table
        Rows by part.
    interleaved : bool
        Whether rows of every part lie among those of the others, as a split by chance or by group leaves them: parts
        are then compared over the same stretch of the plan.
    """
    beyond = {name: part for name, part in parts.items() if not part.in_memory}
    widest = max((len(part.head(0).columns) for part in beyond.values()), default=1)
    rows = min(LOOKED_AT, VALUES // max(widest, 1))
    together = same_stretch(beyond, rows) if interleaved and len(beyond) > 1 else {}
    return {
        name: part.frame() if part.in_memory else together[name] if name in together else part.head(rows)
        for name, part in parts.items()
    }


def interleaves(split: Planned | None) -> bool:
    """Whether a split leaves rows of every part among those of the others."""
    return split is not None and divides(split.step) and split.step.deals in {"by chance", "by group"}
