"""The flight model with and without what happened at the airport in the last three hours.

Run: ``python benchmarks/flights_history.py``. Three minutes. Writes ``docs/benchmarks/flights_history.rst``.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from measuring import ROOT, table, write_page

sys.path.insert(0, str(ROOT / "examples"))

from sklearn.metrics import roc_auc_score

from flight_delays import flights_csv, pipeline
from mlsys import Derive, Pipeline, WindowAggregate

MUST_GAIN = 0.01
DRAWS = 200


def left_at(flights: pd.DataFrame) -> pd.Series:
    """When the flight left: schedule and delay; null if it never did."""
    return flights["departs"] + pd.to_timedelta(flights["dep_delay"], unit="min")


def with_history() -> Pipeline:
    """Return the example's pipeline with delays of the last three hours, known once a flight has left."""
    lately = {"delay_3h": ("dep_delay", "mean"), "worst_3h": ("dep_delay", "max"), "departures_3h": "count"}
    source = pipeline.steps[0].step.with_(
        known_at={"dep_time": "left", "dep_delay": "left", "arr_time": "arrived", "air_time": "arrived"}
    )
    changed = pipeline.replace(ReadCSV=source)
    changed = changed.insert(after="Derive", step=Derive({"left": left_at}, name="Left"))
    return changed.insert(after="Left", step=WindowAggregate("origin", lately, "3h", name="Airport"))


def judged(made: Pipeline) -> tuple[pd.DataFrame, float]:
    """Return target and probability of the test rows, and the CPU seconds that the run took."""
    begin = time.process_time()
    final = made.run(track=False, cache=False).final_test()
    took = time.process_time() - begin
    scored = final.outcome.scored
    assert scored is not None
    rows = pd.DataFrame({"late": scored["y"].astype(bool), "p": scored.filter(like="probability").iloc[:, -1]})
    return rows, took


def main() -> None:
    """Measure and write the page."""
    (plain, first), (lately, second) = judged(pipeline), judged(with_history())
    both = plain.join(lately["p"].rename("lately"), how="inner")
    rng, n = np.random.default_rng(0), len(both)
    days = pd.read_csv(flights_csv, usecols=["time_hour"])["time_hour"].str[:10].loc[both.index].to_numpy()
    places = [np.flatnonzero(days == day) for day in np.unique(days)]
    gains = []
    for _ in range(DRAWS):
        drawn = np.concatenate([places[place] for place in rng.integers(0, len(places), len(places))])
        late = both["late"].to_numpy()[drawn]
        gains.append(
            roc_auc_score(late, both["lately"].to_numpy()[drawn]) - roc_auc_score(late, both["p"].to_numpy()[drawn])
        )
    low, high = np.quantile(gains, [0.025, 0.975])
    scores = [roc_auc_score(both["late"], both[name]) for name in ("p", "lately")]
    text = f"""
``examples/flight_delays.py``, and the same with three columns of ``WindowAggregate``: mean and largest departure delay,
and departures, at the same airport in the three hours before the decision (one hour before schedule). A flight's delay
is known once it has left. ROC AUC on {n:,} test rows from October on. To reach: {MUST_GAIN} more.

{
        table(
            ["pipeline", "ROC AUC (test)", "CPU seconds"],
            [
                ["as in the example", f"{scores[0]:.4f}", f"{first:.1f}"],
                ["with the last three hours", f"{scores[1]:.4f}", f"{second:.1f}"],
            ],
        )
    }

Difference {scores[1] - scores[0]:.4f}, 95 % interval [{low:.4f}, {high:.4f}] over {len(places)} days drawn anew {
        DRAWS
    } times.
"""
    write_page("flights_history", "Flights, with what happened before", "python benchmarks/flights_history.py", text)


if __name__ == "__main__":
    main()
