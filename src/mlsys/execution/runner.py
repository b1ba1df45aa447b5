"""The run of a plan: open the rows, run the steps before the split, divide, evaluate by folds, run the rest."""

from __future__ import annotations

from collections.abc import Sequence

from mlsys.errors import ConfigurationError
from mlsys.execution.asking import as_read
from mlsys.execution.concluding import concluded
from mlsys.execution.dependence import look_for_dependence
from mlsys.execution.held_data import compare_held_data, holders, with_source
from mlsys.execution.judging import judged_by_folds
from mlsys.execution.kinds import kind_of
from mlsys.execution.on_demand import passed_over
from mlsys.execution.opening import Data, opened
from mlsys.execution.parting import parted, undivided
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.plan import Plan, Planned
from mlsys.steps.questions import makes_rows


def execute(plan: Plan, data: Data, parts: Parts, work: Work) -> Parts:
    """Run a plan over what its source reads, over a frame in its place, or over parts that were given.

    Parameters
    ----------
    plan : Plan
        Steps in order, with a split among them unless ``data`` is already divided.
    data : DataFrame, mapping of str to DataFrame, or None
        A frame replaces the source; a mapping gives the parts.
    parts : Parts
        No rows yet; roles, and what is declared of columns.
    work : Work
        Where and how it is run.
    """
    return go_on(plan, as_read(opened(plan, data, parts, work)), work)


def go_on(plan: Plan, parts: Parts, work: Work) -> Parts:
    """Run the steps of a plan that have not run yet: from opened rows, or from where an earlier run stopped."""
    early, late = holders(plan.before, parts, work), holders(plan.after, parts, work)
    parts = with_source(parts, early, late)
    parts = run(plan.before, parts, work)
    if plan.split is None:
        return undivided(parts)
    parts = with_source(parted(plan, early, parts, work), late)
    parts = judged_by_folds(plan.working, parts, work)  # where no validation part judges
    parts = run(plan.after, parts, work)
    tables = {} if parts.source is None else {"at the source": parts.source}
    parts = with_source(compare_held_data(late, plan, tables, parts, work))
    return concluded(look_for_dependence(plan, parts, work), work)


def run(steps: Sequence[Planned], parts: Parts, work: Work) -> Parts:
    """Run steps in order; each sees what its kind may see and changes what its kind may change."""
    for place, planned in enumerate(steps):
        if planned.name in parts.ran:
            continue
        _refuse_place(planned, parts)
        parts, unneeded = passed_over(planned, parts, work)
        if unneeded:
            continue
        work.ahead.begin(steps[place:])
        with work.doing(planned, parts.rows) as record:
            parts = kind_of(planned.step).run(planned, parts, work)
            record.rows.update(parts.counts_after(planned.step))
        work.keep_passes(parts.rows.values())
        parts = parts.followed_by(planned)
        parts = as_read(parts) if makes_rows(planned.step) else parts
    return parts


def _refuse_place(planned: Planned, parts: Parts) -> None:
    """Raise for a step in an invalid position; leaking orders were refused with the plan."""
    here = "after" if parts.is_divided else "before"
    if planned.step.facts.stands not in {here, "anywhere"}:
        raise ConfigurationError(
            f"{planned.name} is a {planned.step.kind}, which is not allowed {here} the split",
            f"move it {'before' if parts.is_divided else 'after'} the split",
        )
