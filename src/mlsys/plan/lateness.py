"""What can be said of late columns before data is read: delays, and what a label is known by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from mlsys.dataset import Moment, Roles
from mlsys.errors import LeakageError
from mlsys.plan.planned import Planned, labels_of
from mlsys.plan.refusals import in_order, without
from mlsys.steps.capabilities import AsOf


def refuse_declared_late(steps: Sequence[Planned], known_at: Mapping[str, str], roles: Roles) -> None:
    """Raise when a step that serves names a column that is surely known too late, or looks up what is.

    Sure without data: a delay after the row's time when the decision is at that time or before, and
    a column known at the same moment as the label. Other moments are compared on the data, before
    anything learns.
    """
    declared = dict(known_at)
    for planned in steps:
        declared.update(planned.step.known_at_declared())
    label_moments = {known_at for _, known_at, _ in labels_of(steps)} - {""}
    for planned in steps:
        step = planned.step
        if step.facts.fits_on != "train" or not step.facts.serves:
            continue
        for column in step.columns_read(()) or ():
            moment = declared.get(column)
            if moment is not None and (moment in label_moments or _delay_after_decision(moment, roles)):
                raise LeakageError(
                    f"{planned.name} reads {column!r} to serve predictions, but it is known only at {moment!r}, "
                    "after the decision",
                    f"remove {column!r} from {planned.name}, or correct known_at=: "
                    f"{without([each.step for each in steps], step, column)}",
                )
    _refuse_late_joins(steps, roles)


def _refuse_late_joins(steps: Sequence[Planned], roles: Roles) -> None:
    """Raise when a join looks up what was known at a moment that lies after the decision, as far as both are told."""
    decision = roles.decision
    for planned in steps:
        step = planned.step
        if decision is None or not isinstance(step, AsOf) or step.at is None:
            continue
        moment = Moment.parse(step.at)
        if moment.column == decision.column and moment.shift > decision.shift:
            added = ", ".join(map(repr, step.configuration().get("columns") or ())) or "columns"
            late = moment.shift - decision.shift
            raise LeakageError(
                f"{planned.name} adds {added} as known at={step.at!r}, {late} after the decision",
                f"omit at=, so that it is the decision moment, or correct decide_at=; the steps stay: "
                f"{in_order([each.step for each in steps])}",
            )


def _delay_after_decision(moment: str, roles: Roles) -> bool:
    try:
        delay = pd.Timedelta(moment)
    except ValueError:
        return False
    decision = roles.decision
    return decision is not None and decision.column == roles.time and delay > decision.shift
