"""Search Adult with sliceline: ``archive level``; level 0 imports and reads only."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from sliceline.slicefinder import Slicefinder


def main() -> None:
    """Print the seconds of the search and the best scores."""
    held, level = np.load(sys.argv[1]), int(sys.argv[2])
    error = held["error"]
    begin, scores = time.process_time(), []
    if level:
        finder = Slicefinder(alpha=0.95, k=10, max_l=level, min_sup=max(32, len(error) // 100), verbose=False)
        finder.fit(held["codes"] + 1, error)
        scores = [round(float(each["slice_score"]), 4) for each in finder.top_slices_statistics_]
    print(json.dumps({"cpu": time.process_time() - begin, "scores": scores}))


if __name__ == "__main__":
    main()
