"""Alarms of river's detectors on streams, as JSON; run by ``streams_of_losses.py`` in an environment that has river.

``--check`` compares values of the generator, read from standard input, with those of river's.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from river import drift
from river.datasets import synth

DETECTORS = {
    "ADWIN": drift.ADWIN,
    "PageHinkley": drift.PageHinkley,
    "DDM": drift.binary.DDM,
    "HDDM_A": drift.binary.HDDMA if hasattr(drift.binary, "HDDMA") else drift.binary.HDDM_A,
}


def alarms(made: Any, losses: list[float]) -> list[int]:
    """Numbers of the losses at which a detector alarmed."""
    detector, found = made(), []
    for number, loss in enumerate(losses, start=1):
        detector.update(loss)
        if detector.drift_detected:
            found.append(number)
    return found


def check(values: dict[str, list[Any]]) -> None:
    """Compare the generator's values with those of river's."""
    made = synth.FriedmanDrift(drift_type="gra", position=(1, 2), seed=0)
    for index, name in enumerate(("before", "after")):
        theirs = [made._global_recurring_abrupt_gen(dict(enumerate(row)), index) for row in values["x"]]
        if not np.allclose(theirs, values[name]):
            raise SystemExit(f"the generator is not river's {name} the change")


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(json.load(sys.stdin))
    else:
        streams = np.load(sys.argv[1]).tolist()
        print(
            json.dumps({f"river {name}": [alarms(DETECTORS[name], each) for each in streams] for name in sys.argv[2:]})
        )
