"""How the state of a step is stored: in our own form, by the step's own hooks, or pickled where it was allowed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsys.errors import ConfigurationError, ContractError
from mlsys.states import load_state, save_state
from mlsys.states.pickled import load_pickled, save_pickled

if TYPE_CHECKING:
    from mlsys.steps.base import Step

PLAIN, OWN, PICKLED = "plain", "own", "pickled"
"""Forms of a stored state: ours, that of the step's ``save`` hook, cloudpickle's."""


class OwnForm:
    """The hooks ``save`` and ``load`` of steps that learn; written together or not at all."""

    def save(self, state: Any, folder: Path, /) -> None:
        """Write what ``learn`` returned into an empty folder, in files of any form; ``load`` reads them."""
        raise TypeError("a step whose state has no plain form writes save(state, folder) and load(folder)")

    def load(self, folder: Path, /) -> Any:
        """Return the state that ``save`` wrote."""
        raise TypeError("a step whose state has no plain form writes save(state, folder) and load(folder)")


def check_both(cls: type[Step], where: str) -> None:
    """Raise for a step class that writes one of ``save`` and ``load`` without the other."""
    written = [name for name in ("save", "load") if _writes(cls, name)]
    if len(written) == 1:
        other = {"save": "load(folder)", "load": "save(state, folder)"}[written[0]]
        raise ConfigurationError(
            f"{where} writes {written[0]}() without {other.partition('(')[0]}()",
            f"write {other} as well: what one writes, the other must read",
        )


def _writes(cls: type[Step], hook: str) -> bool:
    found = getattr(cls, hook, None)
    return issubclass(cls, OwnForm) and callable(found) and found is not getattr(OwnForm, hook)


def form_of_state(step: Step) -> str:
    """Return how the state of a step is stored: ``"plain"``, ``"own"`` or ``"pickled"``.

    Examples
    --------
    >>> from mlsys.features import Impute
    >>> form_of_state(Impute())
    'plain'
    """
    if _writes(type(step), "save"):
        return OWN
    return PICKLED if getattr(step, "allow_pickle", "") else PLAIN


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
        raise ContractError(f"save() of {step.title} wrote no file into its folder", "write under the path it is given")
    return form


def load_learned(step: Step, folder: Path) -> Any:
    """Return what :func:`save_learned` wrote; a pickle is read as well, so the caller has asked before."""
    form = form_of_state(step)
    if form == PLAIN:
        return load_state(folder)
    return load_pickled(folder) if form == PICKLED else step.load(folder)  # type: ignore[attr-defined]
