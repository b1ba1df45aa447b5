"""Search Adult with the library: ``archive level``."""

from __future__ import annotations

import json
import sys
import time
from functools import partial

import numpy as np

from mlsys.evaluation.search import Trade, best_slices, items_of


def main() -> None:
    """Print the seconds of the search and the best scores."""
    held, level = np.load(sys.argv[1]), int(sys.argv[2])
    codes = [column.astype(np.uint8) for column in held["codes"].T]
    error, smallest = held["error"], max(32, len(held["error"]) // 100)
    begin = time.process_time()
    if level:
        items = items_of(codes, smallest)
        found = best_slices(items, error, None, partial(Trade, alpha=0.95), k=10, level=level, smallest=smallest)
    else:
        found = []
    print(json.dumps({"cpu": time.process_time() - begin, "scores": [round(each.score, 4) for each in found]}))


if __name__ == "__main__":
    main()
