"""Shuffled errors, and a planted slice, searched and confirmed on Adult: ``archive runs rows``."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

from mlsys import find_slices

CONDITIONS, PLANTED = 2, 0.02


def main() -> None:
    """Print how often noise is called worse, and how often what is planted is found and confirmed."""
    held, runs, rows = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    frame = pd.DataFrame(held["codes"], columns=held["names"]).astype(str)[:rows]
    error = held["error"][:rows]
    rate, false, right = error.mean(), 0, 0
    for run in range(runs):
        rng = np.random.default_rng(run)
        noise = find_slices(frame, error=rng.permutation(error), conditions=CONDITIONS)
        false += bool(noise.worse)
        one, other, bad = planted(frame, rng)
        wrong = rng.random(len(frame)) < np.where(bad, 2 * rate, rate)
        report = find_slices(frame, error=wrong, conditions=CONDITIONS)
        right += any(each.startswith(f"{one} & ") and each.endswith(other) for each in report.worse)
    print(json.dumps({"false": false, "right": right, "runs": runs, "rows": len(frame), "rate": float(rate)}))


def planted(frame: pd.DataFrame, rng: np.random.Generator) -> tuple[str, str, pd.Series]:
    """Return two conditions that hold together for about 2 % of the rows."""
    while True:
        places = np.sort(rng.choice(frame.shape[1], 2, replace=False))
        names = [frame.columns[place] for place in places]
        values = [rng.choice(frame[name].unique()) for name in names]
        bad = (frame[names[0]] == values[0]) & (frame[names[1]] == values[1])
        alone = min((frame[name] == value).mean() for name, value in zip(names, values, strict=True))
        if abs(bad.mean() - PLANTED) < PLANTED / 4 and alone > 2 * PLANTED:
            return f"{names[0]}={values[0]}", f"{names[1]}={values[1]}", bad


if __name__ == "__main__":
    main()
