"""How long the model takes for one row, as a request would ask for it, and how many rows it answers in a second."""

from __future__ import annotations

import platform
import time

import numpy as np
import pandas as pd

from mlsys.native_threads import threads_pinned
from mlsys.outcome.measures import MEASURED
from mlsys.run.live import Live
from mlsys.states import digest
from mlsys.warned import hushed

REQUESTS = 30
"""Single-row predictions timed; the first three are warm-up."""
WARM_UP = 3
BATCH = 1_000
"""Rows of a batch."""
BATCHES = 4
"""Batches timed; the first is warm-up."""
LONG = 0.5
"""Seconds from which one batch says enough."""
LEVELS = (50, 95, 99)


@hushed()
def latency_of(run: Live) -> dict[str, float]:
    """Return ``p50``, ``p95`` and ``p99`` of milliseconds for one row, and ``rows_per_second`` in batches.

    Notes
    -----
    Different training rows are asked for one after another, then up to 1,000 of them together, with as many threads as
    the setting says. 99 of 27 requests is nearly the longest.
    """
    rows = run.request_rows(BATCH)
    with threads_pinned():
        single = [_seconds(run, rows.iloc[[place % len(rows)]]) for place in range(REQUESTS)]
        batches = [_seconds(run, rows)]
        while len(batches) < BATCHES and batches[0] < LONG:
            batches.append(_seconds(run, rows))
    values = np.percentile(single[WARM_UP:], LEVELS) * 1000
    found = {f"p{level}": float(value) for level, value in zip(LEVELS, values, strict=True)}
    return {**found, "rows_per_second": float(len(rows) / np.median(batches[1:] or batches))}


def _seconds(run: Live, rows: pd.DataFrame) -> float:
    before = time.perf_counter()
    run.model.predict(rows)
    return time.perf_counter() - before


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
    if noted is not None and set(noted) == set(MEASURED):
        return {level: float(value) for level, value in noted.items()}
    measured = latency_of(run)
    store.put_entry(key, measured)
    return measured
