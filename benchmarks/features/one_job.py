"""One side, one job, in a process of its own: seconds of the processors and peak memory beyond the table's.

Run: ``python benchmarks/features/one_job.py SIDE JOB FILE``; the last line is JSON.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow as pa

HERE = Path(__file__).parent
SMALL = 2_000
"""Rows of the call before, which imports and compiles."""


def _peak() -> float:
    """Return the peak since it was reset, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _give_back() -> None:
    """Return to the system what reading the table left free, so that every side begins without it."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)


def main(side: str, job: str, file: str) -> None:
    """Run the job on a few rows, then on all of them."""
    sys.path.insert(0, str(HERE))
    work = importlib.import_module(f"side_{side}").JOBS[job]
    frame = pd.read_parquet(file)
    work(frame.head(SMALL).copy())
    _give_back()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, begin = _peak(), time.process_time()
    made = work(frame)
    used = time.process_time() - begin
    print(json.dumps({"cpu": used, "peak": _peak() - before, "columns": int(made)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
