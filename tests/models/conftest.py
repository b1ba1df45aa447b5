"""One thread while estimators learn: on a busy machine two that wait for each other cost minutes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlsys.settings import override


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with override(threads=1):
        yield
