"""Train a successor if that is worth its price, and register it as challenger if it is better.

Exit status: 0 a challenger is registered, 1 the gate refused it, 3 a training would not pay yet.
"""

from __future__ import annotations

import sys

from settings import BETTER, BUDGET, MODEL, PRICES

import mlsys
from mlsys import Monitor
from pipeline import pipeline

NOT_NOW = 3

if __name__ == "__main__":
    champion = mlsys.load(f"models:/{MODEL}@champion")
    advice = PRICES.advise(Monitor.from_run(champion.outcome.run).history)
    print(advice)
    if not advice:
        sys.exit(NOT_NOW)
    done = pipeline.retrain(f"{MODEL}@challenger", gate=BETTER)
    print(done)
    if not done or done.run is None:
        sys.exit(1)
    Monitor.from_run(done.run, budget=BUDGET, every="7D").save()
