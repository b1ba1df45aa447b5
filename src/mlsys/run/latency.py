"""How long the model takes for one row, as a request would ask for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from mlsys.warned import tried_out

if TYPE_CHECKING:
    from mlsys.run.run import Run

REQUESTS = 30
"""Single-row predictions timed; the first three are warm-up."""
WARM_UP = 3


@tried_out()
def latency_of(run: Run) -> dict[str, float]:
    """Return ``p50``, ``p95`` and ``p99`` of milliseconds for one row; 99 of 27 requests is nearly the longest."""
    model = run.model
    row = run._execution.request_rows(model.inputs)
    seconds = []
    for _ in range(REQUESTS):
        before = time.perf_counter()
        model.predict(row)
        seconds.append(time.perf_counter() - before)
    levels = (50, 95, 99)
    values = np.percentile(seconds[WARM_UP:], levels) * 1000
    return {f"p{level}": float(value) for level, value in zip(levels, values, strict=True)}
