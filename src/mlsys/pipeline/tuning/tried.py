"""Tried: what is known of one trial, kept with Optuna so that a study can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

State = Literal["complete", "pruned", "failed"]
Drawn = tuple[NDArray[np.float64], NDArray[np.float64]]
_STATES: Mapping[str, State] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
_KEPT = "mlsys"


@dataclass(frozen=True)
class Tried:
    """One trial.

    Parameters
    ----------
    number : int
        Counting from 0, as in Optuna.
    state : {"complete", "pruned", "failed"}
        How it ended.
    value : float
        The metric; NaN unless complete.
    params : mapping of str to object
        What was tried, by key of the space.
    started, seconds : float
        Since the epoch; how long it took.
    error : str
        What it raised, in one line.
    same_as : int or None
        An earlier trial of the same pipeline, whose result was taken.
    drawn : tuple of ndarray, optional
        The metric on drawn rows and on those left out.
    said : str
        Digest of the predictions.
    """

    number: int
    state: State
    value: float = float("nan")
    params: Mapping[str, Any] = field(default_factory=dict)
    started: float = 0.0
    seconds: float = 0.0
    error: str = ""
    same_as: int | None = None
    drawn: Drawn | None = None
    said: str = ""

    def kept(self) -> dict[str, Any]:
        """Return what Optuna does not know, as plain values."""
        drawn = None if self.drawn is None else [each.tolist() for each in self.drawn]
        return {
            "started": self.started, "seconds": self.seconds, "error": self.error, "same_as": self.same_as,
            "drawn": drawn, "said": self.said,
        }  # fmt: skip


def keep(trial: Any, tried: Tried) -> None:
    """Keep with a trial of Optuna what it does not know."""
    trial.set_user_attr(_KEPT, tried.kept())


def recalled(study: Any) -> list[Tried]:
    """Return the trials of a study that ended, in order; those that were cut off are left out."""
    found = []
    for each in study.get_trials(deepcopy=False):
        kept, state = each.user_attrs.get(_KEPT), _STATES.get(each.state.name)
        if kept is None or state is None:
            continue
        drawn = kept["drawn"] and (np.asarray(kept["drawn"][0], float), np.asarray(kept["drawn"][1], float))
        value = float("nan") if each.value is None or state != "complete" else float(each.value)
        found.append(Tried(each.number, state, value, dict(each.params), **{**kept, "drawn": drawn}))
    return found
