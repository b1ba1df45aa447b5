"""What a sample kept, with what is known of how it was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import pandas as pd


@dataclass(frozen=True)
class Drawn:
    """What ``keep`` may return in place of a mask.

    Parameters
    ----------
    mask : array of bool, shape (rows,)
        Which rows are kept.
    weights : array of float, shape (rows,) or (kept rows,), optional
        How many rows each kept row stands for: one over its chance of being drawn.
    said : str
        How many of how many rows were kept, and how, for the card.
    bias : str
        Why the kept rows do not speak for all; empty where each row had a known chance.
    corrects : str
        What is still not known once the weights correct the bias of samples before; empty where they do not.
    """

    mask: Any
    weights: Any = None
    said: str = ""
    bias: str = ""
    corrects: str = ""


class Drawing(Protocol):
    """A draw from rows that come in pieces."""

    def push(self, frame: pd.DataFrame, /) -> Self:
        """Show it the next rows."""
        ...

    def __add__(self, other: Any, /) -> Any:
        """Return the draw of the rows of both."""
        ...

    @property
    def said(self) -> str:
        """How many of how many rows are kept, and how."""
        ...

    def sample(self) -> pd.DataFrame:
        """Return the kept rows with their weights in ``sampling_weight``, in the order they came in."""
        ...
