"""Storing the state of a step: as plain data, by the step's own hooks, or pickled where that is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlsys.errors import ContractError
from mlsys.states import load_state, save_state
from mlsys.states.pickled import load_pickled, save_pickled
from mlsys.steps.base import Step
from mlsys.steps.learns import Learns, writes

PLAIN, OWN, PICKLED = "plain", "own", "pickled"
"""Forms of a stored state: ours, that of the step's ``save`` hook, cloudpickle's."""


def form_of_state(step: Step) -> str:
    """Return how the state of a step is stored: ``"plain"``, ``"own"`` or ``"pickled"``.

    Examples
    --------
    >>> from mlsys.features import Impute
    >>> form_of_state(Impute())
    'plain'
    """
    if writes(type(step), "save"):
        return OWN
    return PICKLED if isinstance(step, Learns) and step.allow_pickle else PLAIN


def save_learned(step: Step, state: Any, folder: Path) -> str:
    """Write what a step learned into a folder, and return the form it has there."""
    form = form_of_state(step)
    if form == PLAIN:
        save_state(state, folder)
        return form
    folder.mkdir(parents=True)
    if form == PICKLED:
        save_pickled(state, folder)
        return form
    step.save(state, folder)  # type: ignore[attr-defined]
    if not any(path.is_file() for path in folder.rglob("*")):
        raise ContractError(f"save() of {step.title} wrote no file into its folder", "write under the path it receives")
    return form


def load_learned(step: Step, folder: Path) -> Any:
    """Return what :func:`save_learned` wrote, pickles included; the caller checks beforehand that these may be read."""
    form = form_of_state(step)
    if form == PLAIN:
        return load_state(folder)
    return load_pickled(folder) if form == PICKLED else step.load(folder)  # type: ignore[attr-defined]
