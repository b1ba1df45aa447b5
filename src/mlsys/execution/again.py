"""Models learned again from random halves of the training rows: how much of what is said depends on the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from mlsys.errors import MlsysError
from mlsys.execution.parts import Parts
from mlsys.execution.windows import Trial
from mlsys.execution.work import At
from mlsys.plan import Planned
from mlsys.summaries import hash_ids, sample_by_hash, uniform
from mlsys.tables import Table

MOST_LEARNED = 20_000
"""Training rows that halves are drawn from: ten models of half as many rows take seconds."""
_STREAM = int.from_bytes(b"again", "big")


def said_again(
    steps: Sequence[Planned], train: Table, columns: Sequence[str], at: At, rows: pd.DataFrame, times: int
) -> Iterator[pd.DataFrame]:
    """Yield predictions of rows by steps that learned from random halves of the training rows.

    Parameters
    ----------
    steps : sequence of Planned
        The steps since the split.
    train : Table
        Training rows as they left the split.
    columns : sequence of str
        Their columns.
    at : At
        Where and how it is done.
    rows : DataFrame
        The rows to predict; they may be training rows.
    times : int
        Number of models. A group is in a half as a whole. A half that is too small to learn from gives none.
    """
    known = sample_by_hash(train.frame(), MOST_LEARNED)
    group = at.roles.group
    units = known[group] if group is not None and group in known.columns else known.index
    shown = rows[[name for name in columns if name in rows.columns]]
    trial = Trial(steps, shown, Parts({}, at.roles, at.catalog, split=at.split), at.work.detached())
    for number in range(1, times + 1):
        name = f"resample {number} of {times}"
        at.work.progress(name)
        half = known[uniform(hash_ids(units, _STREAM + number)) < 1 / 2]
        try:
            parts, _ = trial.over({"train": half, "validation": shown}, name)
        except (MlsysError, ValueError):  # half of few rows may be too few for what all of them were enough for
            continue
        yield parts.predictions["validation"].frame()
