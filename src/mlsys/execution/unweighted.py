"""Models that learn from a weighted sample and take no weights."""

from __future__ import annotations

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.errors import Finding
from mlsys.execution.parts import Parts
from mlsys.models import weight_argument
from mlsys.plan import Planned
from mlsys.steps.capabilities import WrapsEstimator


def learned_without_weights(planned: Planned, parts: Parts) -> list[Finding]:
    """Report an estimator that takes the mix of a sample for the real one, because it accepts no weights."""
    step = planned.step
    if parts.roles.weight != SAMPLING_WEIGHT or not isinstance(step, WrapsEstimator):
        return []
    if not hasattr(step.estimator, "fit") or weight_argument(step.estimator) is not None:
        return []
    found = Finding(
        "SA104",
        f"{planned.name} accepts no weights, so it learned the mix of the sample, not that of all rows; the scores are "
        "weighted: calibrate its probabilities, or use an estimator whose fit accepts sample_weight",
        "information",
        step=planned.name,
    )
    return [found] if found not in parts.findings else []
