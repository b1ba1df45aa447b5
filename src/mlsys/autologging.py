"""MLflow's autologging, held off while a pipeline trains: its run is the one that is written."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MODULE, _SWITCH = "mlflow.utils.autologging_utils", "_AUTOLOGGING_GLOBALLY_DISABLED"
_counting = threading.Lock()
_held = {"blocks": 0, "before": False}


@contextmanager
def no_autologging() -> Iterator[None]:
    """Hold off MLflow's autologging for the time of a block; it is as it was afterwards.

    It would write a run and a pickle of its own for every estimator that a pipeline trains. The switch is one for
    the whole process, so that blocks in several threads are counted.
    """
    switches = sys.modules.get(_MODULE)
    if switches is None:
        yield
        return
    with _counting:
        if not _held["blocks"]:
            _held["before"] = bool(getattr(switches, _SWITCH, False))
        _held["blocks"] += 1
        setattr(switches, _SWITCH, True)
    try:
        yield
    finally:
        with _counting:
            _held["blocks"] -= 1
            if not _held["blocks"]:
                setattr(switches, _SWITCH, _held["before"])
