"""Models: learned from training rows; every other part is predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsys.cache import Made
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.execution.applying import predicted
from mlsys.execution.guard import shielded
from mlsys.execution.inner_splits import parted_groups
from mlsys.execution.members import from_members, said_by_members
from mlsys.execution.parts import Parts
from mlsys.execution.reads import names_taken
from mlsys.execution.scales import unlike_scales
from mlsys.execution.told import Sampled
from mlsys.execution.unweighted import learned_without_weights
from mlsys.execution.weighing import weighed_by, weight_of
from mlsys.execution.work import At, Task, View, Work
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Model
from mlsys.steps.across import workers_that_learn
from mlsys.steps.learning import learn as learned_by
from mlsys.steps.questions import needs_target, takes_unlabelled
from mlsys.steps.shares import Shares
from mlsys.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Learn from the training rows, and predict the others."""
    step, train = planned.step, parts.rows["train"]
    assert isinstance(step, Model)
    if parts.predictions:
        raise ConfigurationError(f"{planned.name} is a second model in one pipeline", "compare models with variants()")
    features = parts.features
    if not features:
        there = list(map(str, train.head(0).columns))
        why = [f"{name!r} ({reason})" for name, reason in zip(there, parts.catalog.reasons(there), strict=True)]
        raise DataError(
            f"{planned.name} has no features left; the data has {listed(why)}",
            "provide columns to predict from, or remove some from exclude= and the roles"
            + (
                "; in a series, make them from its earlier rows or its times: Lag, WindowAggregate, Forecast, DateParts"
                if parts.roles.time
                else ""
            ),
        )
    apart = [*parted_groups(planned, parts, work), *unlike_scales(planned, parts, work)]
    parts = parts.told([*apart, *learned_without_weights(planned, parts)])
    told: dict[str, Any] = {"weight": weight_of(parts), "shifts": parts.learned.shifts}
    told |= {"unlabelled": "some"} if needs_target(step) and takes_unlabelled(parts.steps) else {}
    parts, judged = said_by_members(planned, parts, work)
    view = View(parts.roles, parts.catalog, work.seed)
    workers = 0 if judged else workers_that_learn(step, train, view.wrap)
    told |= {"workers": workers} if workers else {}  # their number is part of what is learned
    learned = work.do(Task(planned, "learn", learn, {"train": train, **judged}, told), parts)
    held = learned.states["state"]
    fitted = Fitted(step, held, step.columns_learned(features, held.get))
    parts = parts.told([learned]).with_fitted(planned.name, fitted)
    predictions = {}
    for name, part in parts.rows.items():
        if name != "train":
            given = {"state": held, "columns": fitted.features}
            made = work.do(Task(planned, f"predict {name}", predict, {"rows": part}, given, sees_view=False), parts)
            predictions[name] = made.tables["predictions"]
            new = [each for each in names_taken(planned.name, part, predictions[name]) if each not in parts.findings]
            parts = parts.told([made, *new])
    return parts.told([], predictions=predictions)


def learn(
    at: At,
    planned: Planned,
    rows: dict[str, Table],
    weight: str | None = None,
    shifts: Sequence[Held] = (),
    unlabelled: str = "",
    workers: int = 0,
) -> Made:
    """Learn from training rows; where a step before took rows whose label is unknown, from those that have one now."""
    step, train = planned.step, rows["train"]
    if unlabelled:
        targets = list(at.roles.targets)
        train = train.keep(train.frame(targets).notna().any(axis=1).to_numpy())
    weight = weight or at.roles.weight
    hook = from_members(at, step, rows)
    wrap = lambda frame: weighed_by(at.wrap(shielded(frame)), weight)  # noqa: E731
    state = learned_by(step, train, wrap, at.rng(step), hook=hook).state
    if workers:
        at.tell(Sampled(planned.name, f"trained by {workers} workers together"))
    changed = [each for each in (Shares(**held.get()) for held in shifts) if each.changed]
    corrected = step.corrected(state, changed) if changed and isinstance(step, Model) else None
    if corrected is None:
        return Made({}, {"state": Held(state)})
    at.tell(Sampled(planned.name, f"probabilities corrected to the shares before resampling or weights: {changed[0]}"))
    return Made({}, {"state": Held(corrected)})


def predict(at: At, planned: Planned, rows: dict[str, Table], state: Held, columns: Sequence[str]) -> Made:
    """Predict rows that the model did not see."""
    return Made({"predictions": predicted(Fitted(planned.step, state, columns), rows["rows"])})
