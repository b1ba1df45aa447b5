"""The page of a plan: steps from top to bottom, shaded before the split, with target and decision on a line of time."""

from __future__ import annotations

import functools
import importlib.metadata
import inspect
import re
from collections.abc import Sequence

from mlsys.dataset import Roles
from mlsys.pages import Block, Flow, Moments, Stage, Stretch, Text
from mlsys.plan.planned import Planned, labels_of
from mlsys.steps import Step
from mlsys.steps.questions import divides

_SEES = {
    "nothing": "reads the source", "row": "sees one row at a time", "history": "sees earlier rows of a key",
    "keys": "sees keys only", "train": "sees training rows", "predictions": "sees predictions",
    "all": "sees all rows", "open parts": "sees open parts",
}  # fmt: skip
_ACTS = {"nothing": "changes nothing", "all": "acts on all rows", "train": "acts on training rows"}
_ROWS = {"fewer": "keeps some rows", "other": "makes new rows", "any": "may change rows"}
_LEGEND = (
    "Each box shows what a step sees, what it acts on, and whether it serves, that is, runs again when the "
    "model predicts. ◆ is when the prediction is made, ● when the target is known."
)
_SEALED = "test: sealed until final_test()"


def flow_of(
    source: Planned | None, before: Sequence[Planned], split: Planned | None, after: Sequence[Planned]
) -> list[Block]:
    """Return the steps of a plan from top to bottom, and what the signs mean."""
    first = [Stage("data", "given to run()") if source is None else _stage(source), *map(_stage, before)]
    learns_early = any(each.step.allow_all_rows for each in before)
    label = "before the split: all rows; nothing learns" + (" except what is allowed to" if learns_early else "")
    flow = Flow([
        Stretch(label if split else "all rows", first, shaded=True),
        Stretch("the split", [_stage(split)] if split else []),
        Stretch("after the split: steps that learn see training rows only", [_stage(each) for each in after]),
    ])  # fmt: skip
    return [flow, Text(_LEGEND, dim=True)]


def _stage(planned: Planned) -> Stage:
    step, facts = planned.step, planned.step.facts
    words = ["sees all rows, allowed" if step.allow_all_rows else _SEES[facts.sees]]
    words += [f"fits on {facts.fits_on}"] if facts.fits_on not in {"nothing", facts.sees} else []
    words += [_ACTS.get(facts.acts_on, f"acts on {facts.acts_on}")]
    words += [_ROWS[facts.rows]] if facts.rows in _ROWS else []
    words += ["serves"] if facts.serves else []
    return Stage(
        planned.name,
        step.kind,
        words,
        f"supplied: {planned.supplied}" if planned.supplied else "",
        _about(type(step)),
        f"{step!r}\n{facts}\n{step.made_at}",
        documented_at(type(step)),
        marked=divides(step),
        parts=_parts(step),
    )


def _about(step: type) -> str:
    """Return the summary of a step's docstring, without markup."""
    summary = (inspect.getdoc(step) or "").split("\n\n")[0]
    return re.sub(r":\w+:`~?([^`]+)`", r"\1", " ".join(summary.split())).replace("``", "")


def _parts(step: Step) -> tuple[str, ...]:
    if not divides(step):
        return ()
    named = [name for name in step.parts_named if name != "test"]
    return ("train", *named, *([_SEALED] if "test" in step.parts_named else []))


def moments_of(steps: Sequence[Planned], roles: Roles | None, decide_at: str | None) -> list[Block]:
    """Return when the prediction is made and when the target is known, where there is a target."""
    if roles is None or not roles.targets:
        return []
    moments = [at for column, at, _ in labels_of(steps) if column in roles.targets and at]
    known_at = " and ".join(dict.fromkeys(moments))
    made = (decide_at or (f"at {roles.time}" if roles.time else ""), "the prediction is made")
    if not made[0]:
        made = ("prediction", "without a time role, every column counts as known")
    several = "s" if len(roles.targets) > 1 else ""
    known = (f"target{several} {', '.join(roles.targets)}", f"known at {known_at}" if known_at else "known later")
    return [Moments([made, known], "features: known by then")]


def documented_at(step: type) -> str:
    """Return the page of a step of this library; empty for others, and where no documentation is published."""
    base = _documentation()
    return f"{base}/generated/mlsys.{step.__name__}.html" if base and step.__module__.startswith("mlsys.") else ""


@functools.cache
def _documentation() -> str:
    try:
        urls = importlib.metadata.metadata("mlsys").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return str(named.get("Documentation", "")).rstrip("/")
