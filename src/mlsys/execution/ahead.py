"""Learning ahead: steps on separate columns learn from the same scans of rows that are read when needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mlsys.dataset import Roles
from mlsys.plan.planned import Planned
from mlsys.steps import Transform
from mlsys.steps.choosing import fitting_by_type, shown_what_fits
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
        steps = _separate(self._steps, train, roles, wraps)
        if planned.name not in steps or len(steps) < 2:
            return None
        try:
            learned = learn_together({name: (step, _wrap(step, train, wraps)) for name, step in steps.items()}, train)
        except Exception:  # of which step it is, is said by that step when it learns alone
            return None
        self._learned = {name: (train, each) for name, each in learned.items() if name != planned.name}
        return learned[planned.name]


def _wrap(step: Transform, train: Table, wraps: Wraps) -> Wrap:
    return shown_what_fits(step, train, wraps(step)) if step.chooses_columns else wraps(step)


def _separate(steps: Sequence[Planned], train: Table, roles: Roles, wraps: Wraps) -> Mapping[str, Transform]:
    """Return the steps whose columns already exist and are not changed by steps before them."""
    there, found = set(train.head(0).columns), dict[str, Transform]()
    touched = set[str]()
    for planned in steps:
        step = planned.step
        if not isinstance(step, Transform) or not step.is_ours or planned.on_demand:
            break
        reads = _reads(step, train, wraps, is_first=planned is steps[0])
        if not reads:
            break  # what it touches is not known before it has learned
        if learns_beside_others(step) and reads <= there and not touched & {*reads, *roles.columns()}:
            found[planned.name] = step
        touched |= reads
    return found


def _reads(step: Transform, train: Table, wraps: Wraps, is_first: bool) -> set[str]:
    """Return the columns that a step reads, and may change; none where these are not known beforehand.

    A step that chooses among features knows them only if no step before it adds some.
    """
    if not step.chooses_columns:
        return {*(step.columns_read(()) or ())}
    names = wraps(step)(train.head(0)).feature_names
    return {*((fitting_by_type(step, train, names) if is_first else None) or ())}
