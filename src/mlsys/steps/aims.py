"""What a model is after: a target, or what rows are among themselves."""

from __future__ import annotations

from typing import Literal

Aim = Literal["target", "ranking", "anomalies", "clusters"]
"""``"target"``: a column, class or number. ``"ranking"``: the order of the rows of a group by their target.
``"anomalies"``: which rows are unlike the others. ``"clusters"``: which rows belong together."""

WITHOUT_TARGET: tuple[Aim, ...] = ("anomalies", "clusters")
"""Aims of models that learn from features alone."""
