"""Splits inside a step's ``fit`` that separate groups despite a group role, and cannot be corrected."""

from __future__ import annotations

from mlsys.errors import Finding
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.models import keeps_to_itself
from mlsys.plan import Planned
from mlsys.steps.capabilities import wrapped
from mlsys.steps.inner_splits import ignores_groups


def parted_groups(planned: Planned, parts: Parts, work: Work) -> list[Finding]:
    """Report splits inside a step that do not keep groups together.

    Parameters
    ----------
    planned : Planned
        A step, with an estimator or a transformer of scikit-learn's interface or without.
    parts : Parts
        Only the number of training rows is used: above some number estimators stop early automatically.
    work : Work
        Whether findings are needed.
    """
    group, inside = parts.roles.group, _inside(planned)
    if group is None or work.quiet or inside is None:
        return []
    rows = parts.rows[parts.watched].rows
    told = [*ignores_groups(inside), *(keeps_to_itself(inside, rows) if hasattr(inside, "predict") else ())]
    if not told:
        return []
    found = Finding(
        "LK219",
        f"inside {planned.name} rows of one {group!r} can be on both sides of a split: {'; '.join(told)}; choices "
        "based on it are too optimistic",
        "warning",
        (group,),
        planned.name,
    )
    return [found] if found not in parts.findings else []


def _inside(planned: Planned) -> object:
    found = wrapped(planned.step)
    return found if hasattr(found, "get_params") else None
