"""Alarms of frouros' detectors on streams, as JSON; run by ``injected.py`` in an environment that has frouros.

A detector begins anew after an alarm, as its own guide does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from frouros.detectors import concept_drift

DETECTORS = {
    "ADWIN": concept_drift.ADWIN,
    "PageHinkley": concept_drift.PageHinkley,
    "DDM": concept_drift.DDM,
    "HDDM_A": concept_drift.HDDMA,
}


def alarms(made: Any, losses: list[float]) -> list[int]:
    """Numbers of the losses at which a detector alarmed."""
    detector, found = made(), []
    for number, loss in enumerate(losses, start=1):
        detector.update(value=loss)
        if detector.drift:
            found.append(number)
            detector.reset()
    return found


if __name__ == "__main__":
    streams = np.load(sys.argv[1]).tolist()
    print(json.dumps({f"frouros {name}": [alarms(DETECTORS[name], each) for each in streams] for name in sys.argv[2:]}))
