"""Batch: some events of a stream as rows, those set aside, and how far the stream has been read with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.data._event_progress import Counts, Standing


@dataclass(frozen=True, repr=False)
class Batch:
    """Events that were read together.

    Parameters
    ----------
    name : str
        The number of events read before, with leading zeros: the same after a restart, and in order of names.
    rows : DataFrame
        One row an event, in order of arrival, numbered from 0.
    aside : DataFrame
        Events that were set aside: ``where``, ``reason`` and ``event``, its first 1,000 characters.
    counts : Counts
        What became of the events of this batch.
    watermark : Timestamp or None
        Events older than this are late from now on; ``None`` without ``time`` or ``lateness``.
    """

    name: str
    rows: pd.DataFrame
    aside: pd.DataFrame
    counts: Counts
    watermark: pd.Timestamp | None
    _after: Standing
    _commit: Callable[[], None]

    @property
    def standing(self) -> dict[str, Any]:
        """How far the stream is read once this batch is done, as plain data; ``batches(after=...)`` goes on there."""
        return self._after.plain()

    def commit(self) -> None:
        """Record that the batch is done; ``batches`` does so itself when the next one is asked for."""
        self._commit()

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        until = "" if self.watermark is None else f"; watermark {self.watermark}"
        return f"Batch({self.name}: {self.counts}{until})"
