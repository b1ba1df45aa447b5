"""Rules: what a move of the prediction must be for a row to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlsys.errors import ConfigurationError
from mlsys.evaluation.behaviour.answers import Answers
from mlsys.evaluation.behaviour.failing import NOISE

DEFAULT_TOLERANCE = 0.05
"""Of a probability, or of the standard deviation of predicted numbers."""
Moves = NDArray[np.float64]
_DIRECTIONS: dict[str, tuple[str, Callable[[Moves, float], Any]]] = {
    "up": ("must go up", lambda moves, tolerance: ~(moves > tolerance)),
    "down": ("must go down", lambda moves, tolerance: ~(moves < -tolerance)),
    "not down": ("must not go down", lambda moves, tolerance: ~(moves >= -tolerance)),
    "not up": ("must not go up", lambda moves, tolerance: ~(moves <= tolerance)),
}
DIRECTIONS = tuple(_DIRECTIONS)


@dataclass(frozen=True)
class Rule:
    """What a row must do.

    Parameters
    ----------
    direction : str
        One of ``DIRECTIONS``; empty where the prediction must stay.
    tolerance : float, optional
        In the unit of the prediction.
    """

    direction: str = ""
    tolerance: float | None = None

    def tolerated(self, before: Answers) -> float:
        """Return the moves that do not count: what was given, else a share of the scale of the answers."""
        if self.tolerance is not None:
            return self.tolerance
        if self.direction:
            return 0.0
        return DEFAULT_TOLERANCE * before.scale if before.values.shape[1] else 0.5

    def refuse(self, before: Answers, who: str) -> None:
        """Raise for a direction where moves have none."""
        if self.direction and not before.of_one:
            raise ConfigurationError(
                f"{who} asks whether the {before.unit} goes {self.direction.removeprefix('not ')}, which has no order",
                'name a class of a model that gives probabilities: event="yes"',
            )

    def fails(self, moves: Moves, before: Answers) -> NDArray[np.bool_]:
        """Return which rows fail."""
        tolerance = self.tolerated(before)
        noise = NOISE * before.scale
        if not self.direction:
            return np.asarray(~(np.abs(moves) <= tolerance + noise))
        moves = np.where(np.isfinite(moves), moves, np.nan)  # from or to a null: it moved nowhere, and fails
        return np.asarray(_DIRECTIONS[self.direction][1](moves, tolerance + noise))

    def said(self, unit: str) -> str:
        """Return what a row must do, in words."""
        return f"{unit} {_DIRECTIONS[self.direction][0] if self.direction else 'must stay'}"
