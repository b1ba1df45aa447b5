"""Two workers for all tests of Dask; they are there again after a test that ends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlsys.engines import DaskEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[DaskEngine]:
    with DaskEngine(workers=2) as engine:
        assert engine.workers  # once they are there: until then this process does the work
        yield engine
