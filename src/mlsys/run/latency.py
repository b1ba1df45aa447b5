"""How long the model takes for one row, as a request would ask for it."""

from __future__ import annotations

import platform
import time

import numpy as np

from mlsys.run.live import Live
from mlsys.states import digest
from mlsys.warned import hushed

REQUESTS = 30
"""Single-row predictions timed; the first three are warm-up."""
WARM_UP = 3
LEVELS = (50, 95, 99)


@hushed()
def latency_of(run: Live) -> dict[str, float]:
    """Return ``p50``, ``p95`` and ``p99`` of milliseconds for one row; 99 of 27 requests is nearly the longest."""
    model = run.model
    row = run.request_rows()
    seconds = []
    for _ in range(REQUESTS):
        before = time.perf_counter()
        model.predict(row)
        seconds.append(time.perf_counter() - before)
    values = np.percentile(seconds[WARM_UP:], LEVELS) * 1000
    return {f"p{level}": float(value) for level, value in zip(LEVELS, values, strict=True)}


def noted_latency(run: Live) -> dict[str, float]:
    """Return the latency, measured once for a model on one machine: noted beside what its steps came to.

    A run without a cache, or whose steps were not all kept, is measured.
    """
    cache = run.cache
    store = cache.store if cache is not None else None
    if cache is None or store is None:
        return latency_of(run)
    key = digest(("latency", platform.node(), run.model.inputs, cache.ledger))
    noted = store.entry(key)
    if noted is not None and set(noted) == {f"p{level}" for level in LEVELS}:
        return {level: float(value) for level, value in noted.items()}
    measured = latency_of(run)
    store.put_entry(key, measured)
    return measured
