"""A synthetic table like a census, searched with the library: ``rows level``; 68 skewed columns that hang together."""

from __future__ import annotations

import json
import resource
import sys
import time
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mlsys.evaluation.search import Evidence, Trade, best_slices, items_of

VALUES = [3] * 40 + [6] * 18 + [10] * 6 + [17] * 4
CLASSES = 12


def census(rows: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.float64]]:
    """Return columns that hidden classes decide, and errors of 12 %, of 30 % where a pair of values meets."""
    rng = np.random.default_rng(0)
    hidden = rng.choice(CLASSES, rows, p=rng.dirichlet(np.full(CLASSES, 2.0)))
    codes = []
    for values in VALUES:
        base = np.sort(rng.dirichlet(np.full(values, 0.5)))[::-1]
        edges = np.cumsum([rng.dirichlet(base * 6 + 1e-3) for _ in range(CLASSES)], axis=1)
        drawn = rng.random(rows)
        codes.append(sum(((drawn > edges[hidden, place]).astype(np.uint8) for place in range(values - 1)),
                         np.zeros(rows, np.uint8)))  # fmt: skip
    bad = (codes[3] == 1) & (codes[45] == 2)
    return codes, (rng.random(rows) < np.where(bad, 0.3, 0.12)).astype(np.float64)


def main() -> None:
    """Print seconds and memory of the search for both orders of slices."""
    rows, level = int(sys.argv[1]), int(sys.argv[2])
    codes, error = census(rows)
    said = {"data": sum(each.nbytes for each in codes) / 2**20}
    for name, make in (("alpha .95", partial(Trade, alpha=0.95)), ("evidence", Evidence)):
        wall, cpu = time.perf_counter(), time.process_time()
        found = best_slices(items_of(codes, rows // 100), error, None, make, k=10, level=level, smallest=rows // 100)
        said |= {f"{name} wall": time.perf_counter() - wall, f"{name} cpu": time.process_time() - cpu}
        said[f"{name} best"] = found[0].score if found else 0.0
    said["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(said))


if __name__ == "__main__":
    main()
