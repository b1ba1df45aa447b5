"""Splits inside a step's ``fit`` that part groups although there is a group role: said, since nothing can mend them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.errors import Finding
from mlsys.models import keeps_to_itself
from mlsys.steps.inner_splits import ignores_groups

if TYPE_CHECKING:
    from mlsys.execution.context import Context
    from mlsys.execution.planned import Planned


def say_parted_groups(planned: Planned, context: Context, rows: int) -> None:
    """Remark splits inside a step that do not keep groups together.

    Parameters
    ----------
    planned : Planned
        A step, with an estimator or a transformer of scikit-learn's interface or without.
    context : Context
        Takes the finding.
    rows : int
        Training rows: above some number estimators stop early by themselves.
    """
    group, inside = context.roles.group, _inside(planned)
    if group is None or context.quiet or inside is None:
        return
    told = [*ignores_groups(inside), *(keeps_to_itself(inside, rows) if hasattr(inside, "predict") else ())]
    if told:
        found = Finding(
            "LK219",
            f"inside {planned.name} rows of one {group!r} can be on both sides of a split: {'; '.join(told)}; what is "
            "chosen by it is chosen too hopefully",
            "warning",
            (group,),
            planned.name,
        )
        context.findings += [found] if found not in context.findings else []


def _inside(planned: Planned) -> object:
    # By name: an ensemble that is not fitted has no length, and so is neither true nor false.
    found = getattr(planned.step, "estimator", getattr(planned.step, "transformer", None))
    return found if hasattr(found, "get_params") else None
