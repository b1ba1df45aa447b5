"""Served: the model as it would be served, and rows as a request brings them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Served:
    """What a report is given that asks the served model (``asks_served``).

    Parameters
    ----------
    inputs : sequence of str
        Columns that a request must have.
    predict : callable
        Takes rows as a request brings them, and returns ``prediction`` and ``probability_<class>``, indexed as the rows
        are. Every step that serves is applied: what was before the split, too, except histories.
    rows : callable
        Takes the name of an open part, and returns its rows as they were read, before any step, with the columns that
        a request brings beside them (``at_serving="input"``) and those that histories made of earlier rows. Rows that
        a step made of others (a ``Reshape``) are as this step left them.
    """

    inputs: Sequence[str]
    predict: Callable[[pd.DataFrame], pd.DataFrame]
    rows: Callable[[str], pd.DataFrame]
