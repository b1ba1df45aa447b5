"""By what training rows weigh once a step weighed them for the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlsys.dataset import Rows
from mlsys.steps.questions import weighs_training

if TYPE_CHECKING:
    from mlsys.execution.parts import Parts


def weight_of(parts: Parts) -> str | None:
    """Return the column of the weights of training rows: of the last step that weighed them, otherwise of the role."""
    return (parts.roles.weight, *weighs_training(parts.steps))[-1]


def weighed_by(rows: Rows, weight: str | None) -> Rows:
    """Return training rows with a column as the weight role."""
    roles = rows.roles
    return rows if weight == roles.weight else Rows.of(rows, replace(roles, weight=weight), rows.feature_names)
