"""Train the first model, let a gate decide, register it, and keep its monitor. Exit status: 0 registered, 1 refused."""

from __future__ import annotations

import sys

from settings import BUDGET, GOOD_ENOUGH, MODEL

from mlsys import Monitor
from pipeline import pipeline

if __name__ == "__main__":
    run = pipeline.run()
    print(run)
    done = run.register(MODEL, alias="champion", gate=GOOD_ENOUGH)
    print(done)
    if not done:
        sys.exit(1)
    Monitor.from_run(run, budget=BUDGET, every="7D").save()
