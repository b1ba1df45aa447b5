"""The price of leakage on the flights: the same features and model, judged honestly and in two dishonest ways.

Run: ``OMP_NUM_THREADS=2 python benchmarks/flights_leakage_by_hand.py``. The last line is JSON.

- *time*: trained to August, judged on October to December.
- *random split*: the same number of rows in each part, drawn at random; the model has seen the days it is judged on.
- *departure delay*: split by time, but with a column that is known only after the plane has left.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from flights_by_hand import Encoded, encode, log_odds, read_flights


def test_auc(flights: pd.DataFrame, *, late_column: str = "") -> float:
    """Test AUC of the plain classifier; calibration is left out, since a line keeps the order of scores."""
    data = encode(flights, [])
    if late_column:
        add(data, flights, late_column)
    model = HistGradientBoostingClassifier(random_state=0, early_stopping=False)
    model.fit(data.parts["train"], data.labels["train"])
    return float(roc_auc_score(data.labels["test"], log_odds(model, data.parts["test"])[:, 0]))


def add(data: Encoded, flights: pd.DataFrame, column: str) -> None:
    """Let a column in that nobody knows at decision time."""
    for name, part in data.parts.items():
        part[column] = flights.loc[flights["split"] == name, column]


def shuffled(flights: pd.DataFrame) -> pd.DataFrame:
    """The same parts with the same numbers of rows, handed out at random."""
    used = flights["split"] != "none"
    split = flights["split"].copy()
    split[used] = np.random.default_rng(0).permutation(split[used].to_numpy())
    return flights.assign(split=split)


def main() -> None:
    """Print three AUCs; the last line is JSON."""
    flights = read_flights()
    figures = {
        "time": test_auc(flights),
        "random_split": test_auc(shuffled(flights)),
        "departure_delay": test_auc(flights, late_column="dep_delay"),
    }
    for name, area in figures.items():
        print(f"{name:16s} test AUC {area:.3f}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
