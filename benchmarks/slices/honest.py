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
        bad = planted(frame, rng)
        wrong = rng.random(len(frame)) < np.where(bad, 2 * rate, rate)
        report = find_slices(frame, error=wrong, conditions=CONDITIONS)
        right += any(same(frame, name, bad) for name in report.worse)
    print(json.dumps({"false": false, "right": right, "runs": runs, "rows": len(frame), "rate": float(rate)}))


def planted(frame: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Return which rows meet two conditions, that hold together for about 2 % of the rows and alone for more."""
    while True:
        names = rng.choice(frame.columns, 2, replace=False)
        one, other = (frame[name] == rng.choice(frame[name].unique()) for name in names)
        if abs((one & other).mean() - PLANTED) < PLANTED / 4 and min(one.mean(), other.mean()) > 2 * PLANTED:
            return one & other


def same(frame: pd.DataFrame, name: str, bad: pd.Series) -> bool:
    """Whether a slice shares half of the rows of either with the planted one."""
    conditions = (each.split("=", 1) for each in name.split(" & "))
    held = np.logical_and.reduce([frame[column] == value for column, value in conditions])
    return bool((held & bad).sum() / (held | bad).sum() >= 0.5)


if __name__ == "__main__":
    main()
