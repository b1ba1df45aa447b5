"""Where rows were transformed: in the engine of their source before they were read (ELT), or in steps (ETL)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mlsys.outcome.facts import StepFacts

ENGINE, STEP = "engine of the source", "step"
_DONE = {
    "RowTransform": "columns of each row",
    "History": "columns from earlier rows of the same key",
    "Reshape": "other rows",
    "Select": "some of the rows",
    "Label": "the label",
    "TrainOnly": "training rows",
    "Transform": "columns, as learned from training rows",
}
"""What each kind that changes rows or columns makes."""


def transformed_of(steps: Sequence[StepFacts]) -> pd.DataFrame:
    """Return one row for each transformation, in order.

    Examples
    --------
    >>> source = StepFacts("ReadSQL", "Source", "", in_engine=("sqlite: SELECT 1",))
    >>> transformed_of([source, StepFacts("Impute", "Transform", "")])
          step                 where                                    what
    0  ReadSQL  engine of the source                        sqlite: SELECT 1
    1   Impute                  step  columns, as learned from training rows
    """
    found = [(each.name, ENGINE, what) for each in steps for what in each.in_engine]
    found += [(each.name, STEP, _DONE[each.kind]) for each in steps if each.kind in _DONE]
    return pd.DataFrame(found, columns=["step", "where", "what"])
