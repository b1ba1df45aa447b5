"""Learning ahead: steps on separate columns learn from the same scans of rows that are read when needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlsys.dataset import Roles
from mlsys.plan.planned import Planned
from mlsys.steps import Transform
from mlsys.steps.learning import Learned, Wrap, learn_together, learns_beside_others
from mlsys.tables import Table

Wraps = Callable[[Transform], Wrap]
"""What shows rows to a step."""


class Ahead:
    """Remembers what steps will learn, from scans that were made for a step before them.

    A step takes part if no step before it, from the current one on, changes a column that it reads: it then learns the
    same from the current rows as it would later. Rows in memory are not scanned together, because there a scan costs
    nothing compared with the computation.
    """

    def __init__(self) -> None:
        self._steps: Sequence[Planned] = ()
        self._learned: dict[str, tuple[Table, Learned]] = {}

    def begin(self, steps: Sequence[Planned]) -> None:
        """Note the step that is at work and those that follow."""
        self._steps = steps

    def learn(self, planned: Planned, train: Table, roles: Roles, wraps: Wraps) -> Learned | None:
        """Return what a step learns if it can share scans with others; ``None`` where it learns alone."""
        before = self._learned.pop(planned.name, None)
        if before is not None and train.comes_from(before[0]):
            return before[1]
        if train.in_memory or not self._steps or self._steps[0] is not planned:
            return None
        steps = _separate(self._steps, train, roles)
        if planned.name not in steps or len(steps) < 2:
            return None
        try:
            learned = learn_together({name: (step, wraps(step)) for name, step in steps.items()}, train)
        except Exception:  # of which step it is, is said by that step when it learns alone
            return None
        self._learned = {name: (train, each) for name, each in learned.items() if name != planned.name}
        return learned[planned.name]


def _separate(steps: Sequence[Planned], train: Table, roles: Roles) -> Mapping[str, Transform]:
    """Return the steps whose columns already exist and are not changed by steps before them."""
    there, found = set(train.head(0).columns), dict[str, Transform]()
    touched = set[str]()
    for planned in steps:
        step = planned.step
        if not isinstance(step, Transform) or not step.is_ours or step.chooses_columns or planned.on_demand:
            break  # what it touches is not known before it has learned
        reads = {*(step.columns_read(()) or ())}
        if not reads:
            break
        if learns_beside_others(step) and reads <= there and not touched & {*reads, *roles.columns()}:
            found[planned.name] = step
        touched |= reads
    return found
