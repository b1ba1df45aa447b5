"""The steps chosen by steps such as ``Prepare``, and what they did to which columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlsys.execution.parts import Learned
from mlsys.steps import Step
from mlsys.steps.capabilities import LeavesOut, SaysWhatItLearned, StandsFor


def stood_for(learned: Learned) -> dict[str, Sequence[Step]]:
    """Return the steps that others stood for, by name of these."""
    return {name: step.explicit(state) for name, step, state in _choosing(learned)}


def in_words(learned: Learned) -> dict[str, str]:
    """Return what steps that choose others made of which columns, in words, by name."""
    return {name: step.in_words(state) for name, step, state in _choosing(learned)}


def postprocessed(learned: Learned) -> dict[str, str]:
    """Return what steps of postprocessing learned, and from which rows, in words, by name."""
    found = {}
    for name, rows in learned.postprocessed.items():
        fitted = learned.after[name]
        what = fitted.step.learned_in_words(fitted.state) if isinstance(fitted.step, SaysWhatItLearned) else ""
        found[name] = "; ".join(filter(None, [what, f"learned from {rows}"]))
    return found


def left_out(learned: Learned) -> dict[str, tuple[str, str]]:
    """Return the features that a step left out: its name, and why."""
    leaving = [
        (name, each.step, each.state) for name, each in learned.after.items() if isinstance(each.step, LeavesOut)
    ]
    return {column: (name, why) for name, step, state in leaving for column, why in step.left_out(state).items()}


def _choosing(learned: Learned) -> Iterator[tuple[str, StandsFor, Any]]:
    for name, fitted in learned.after.items():
        if isinstance(fitted.step, StandsFor):
            yield name, fitted.step, fitted.state
