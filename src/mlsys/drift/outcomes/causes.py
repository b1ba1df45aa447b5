"""Why the loss rose: other inputs, other shares of classes, or another relation between inputs and label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlsys.drift.outcomes.outcomes import Outcomes

INPUTS, LABELS, RELATION = "inputs", "labels", "relation"
"""Causes: covariate shift, label shift, concept drift."""
HALF = 0.5
"""Share of the rise that a cause must explain to be named."""
CHANCE = 2.0
"""Standard errors that a rest may have by chance."""


@dataclass(frozen=True)
class Explained:
    """How much of a rise of the loss each cause explains alone.

    Parameters
    ----------
    gap : float
        The rise, in the unit of the loss.
    inputs : float
        Rise if every bin of predictions had kept its loss: the inputs changed, and the model's output shows it.
    labels : float
        Rise if every class had kept its loss: the shares of classes changed.
    cause : {"inputs", "labels", "relation"}
        The one that explains most; ``relation`` if neither explains half.
    """

    gap: float
    inputs: float
    labels: float
    cause: str

    def said(self) -> str:
        """Say it in a few words."""
        told = {
            INPUTS: f"other inputs explain {self._share(self.inputs)} of the rise",
            LABELS: f"other shares of classes explain {self._share(self.labels)} of the rise",
            RELATION: f"the relation of inputs and label changed: other inputs explain {self._share(self.inputs)} of "
            f"the rise, other shares of classes {self._share(self.labels)}",
        }
        return told[self.cause]

    def _share(self, part: float) -> str:
        return f"{np.clip(part / self.gap, 0, 1):.0%}" if self.gap > 0 else "none"


def explain(reference: Outcomes, known: Outcomes) -> Explained:
    """Explain the difference of two mean losses.

    Parameters
    ----------
    reference, known : Outcomes
        On one grid; ``known`` are today's rows with labels.

    Notes
    -----
    The two explanations overlap and do not add up: shares of classes change with the inputs. What neither explains is
    left to the relation. Where both explain half, it is the inputs if what they leave may be chance: other inputs bring
    other shares of classes along. Cells that the reference hardly has take its mean loss.
    """
    before = reference.losses.sum() / max(reference.rows, 1.0)
    gap = known.losses.sum() / max(known.rows, 1.0) - before
    inputs, labels = (_reweighted(reference, known, axis, before) - before for axis in (1, 0))
    cause = RELATION
    if labels >= HALF * gap > 0:
        cause = LABELS
    if inputs >= HALF * gap > 0 and (cause == RELATION or gap - inputs < CHANCE * _error(known)):
        cause = INPUTS
    return Explained(float(gap), float(inputs), float(labels), cause)


def _error(known: Outcomes) -> float:
    """Return the standard error of the mean loss of today's rows."""
    mean = known.losses.sum() / max(known.rows, 1.0)
    variance = max(known.squares.sum() / max(known.rows, 1.0) - mean**2, 0.0)
    return float(np.sqrt(variance / max(known.rows, 1.0)))


def _reweighted(reference: Outcomes, known: Outcomes, axis: int, before: float) -> float:
    n = reference.counts.sum(axis=axis)
    mean = np.where(n >= 5, reference.losses.sum(axis=axis) / np.maximum(n, 1), before)
    now = known.counts.sum(axis=axis)
    return float((now * mean).sum() / max(now.sum(), 1.0))
