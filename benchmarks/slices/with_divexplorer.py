"""Count all frequent slices of Adult with DivExplorer: ``archive support``; support 0 imports and reads only."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pandas as pd
from divexplorer import DivergenceExplorer


def main() -> None:
    """Print the seconds of the search and the number of slices."""
    held, support = np.load(sys.argv[1]), float(sys.argv[2])
    frame = pd.DataFrame(held["codes"], columns=held["names"]).assign(error=held["error"].astype(int))
    begin, found = time.process_time(), 0
    if support:
        explorer = DivergenceExplorer(frame)
        found = len(explorer.get_pattern_divergence(min_support=support, boolean_outcomes=["error"]))
    print(json.dumps({"cpu": time.process_time() - begin, "scores": [found]}))


if __name__ == "__main__":
    main()
