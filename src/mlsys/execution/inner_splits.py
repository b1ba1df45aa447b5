"""Splits inside a step's ``fit`` that separate groups despite a group role, and cannot be corrected."""

from __future__ import annotations

from mlsys.errors import Finding
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.leakage.remedies import REMEDIES
from mlsys.models import keeps_to_itself
from mlsys.plan import Planned
from mlsys.steps.capabilities import all_wrapped
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
    group = parts.roles.group
    if group is None or work.quiet:
        return []
    rows, told = parts.rows[parts.watched].rows, list[str]()
    for inside in all_wrapped(planned.step):
        if hasattr(inside, "get_params"):
            told += [*ignores_groups(inside), *(keeps_to_itself(inside, rows) if hasattr(inside, "predict") else ())]
    if not told:
        return []
    found = Finding(
        "LK219",
        f"inside {planned.name} rows of one {group!r} can be on both sides of a split: {'; '.join(told)}; choices "
        f"based on it are too optimistic; {REMEDIES['inner split']}",
        "warning",
        (group,),
        planned.name,
    )
    return [found] if found not in parts.findings else []
