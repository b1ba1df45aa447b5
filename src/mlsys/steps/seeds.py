"""Seeds that depend on the step, not on its place: inserting a step changes no other step's randomness."""

from __future__ import annotations

import numpy as np

from mlsys.states import digest
from mlsys.steps.base import Step


def generator(root: int, step: Step, purpose: str = "") -> np.random.Generator:
    """Return the random generator of a step.

    Parameters
    ----------
    root : int
        Seed of the pipeline.
    step : Step
        Its explicit name counts, or its configuration when it has none.
    purpose : str
        Keeps two uses by one step apart.
    """
    return np.random.default_rng(int(digest((root, step.name or step.digest, purpose))[:16], 16))
