"""Samples of a source that is larger than memory: read piece by piece, and the same rows as in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline, Source
from mlsys.sampling import HashSample, ReservoirSample
from mlsys.tables import Partition

ROWS = 400
DATA = pd.DataFrame({"x": np.arange(ROWS), "size": np.random.default_rng(0).gamma(2.0, 1.0, ROWS)})


class InPieces(Source):
    """A source of four pieces."""

    def partitions(self) -> list[Partition]:
        """Return the pieces."""
        return [Partition(100, lambda columns, start=start: _piece(start, columns)) for start in range(0, ROWS, 100)]


def _piece(start: int, columns: list[str] | None) -> pd.DataFrame:
    piece = DATA.iloc[start : start + 100]
    return piece if columns is None else piece[list(columns)]


@pytest.mark.parametrize("design", [HashSample(30), HashSample(30, size="size")])
def test_pieces_give_the_rows_that_memory_gives(design):
    run = Pipeline([InPieces(), design]).run(track=False, cache=False, verbose=False)
    pd.testing.assert_frame_equal(run.frame("all"), design.select(DATA), check_index_type=False)
    assert run.outcome.steps[-1].drew[0].startswith("30 of 400 rows")


@pytest.mark.parametrize("size", [None, "size"])
def test_a_reservoir_in_a_pipeline_draws_from_pieces(size):
    run = Pipeline([InPieces(), ReservoirSample(30, size=size)]).run(track=False, cache=False, verbose=False)
    assert len(run.frame("all")) == 30
    assert "of a stream" in run.outcome.steps[-1].drew[0]
