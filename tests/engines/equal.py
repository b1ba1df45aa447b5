"""Everything that comes out of a run, and whether two runs are the same to the last byte."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mlsys import Run
from mlsys.states import digest


def everything(run: Run) -> dict[str, Any]:
    """States, rows after each step, predictions, reports and remarks, by name; frames as they are."""
    final = run.final_test()
    found: dict[str, Any] = {}
    steps = [planned.name for planned in run.pipeline.planned if planned.name in set(run.steps["step"])]
    parts = [name for name in run.rows if name != "test" and not name.startswith("none")]
    before_split = next(place for place, each in enumerate(run.pipeline.planned) if each.step.kind == "Split") - 1
    for step in steps[max(0, before_split) :]:  # rows after a step before the split are made anew each time
        found |= {f"{part} after {step}": run.frame(part, after=step) for part in parts}
    for name, each in (("run", run), ("final", final)):
        found |= {f"{name} state of {step}": digest(state) for step, state in states(each, steps)}
        found |= {f"{name} report {title}": result.table for title, result in each.reports.items()}
        found[f"{name} findings"] = [str(finding) for finding in each.findings]
        # how long an answer takes is measured anew, and where the work was done is what differs
        differ = ("for one row (95", "  engine ")
        found[f"{name} card"] = [line for line in repr(each).splitlines() if not any(text in line for text in differ)]
    found |= {f"predictions of {part}": each for part, each in run.predictions.items()}
    return found | {"rows": run.rows, "assignment": run.assignment, "digests": [run.digest(part) for part in parts]}


def states(run: Run, steps: list[str]) -> list[tuple[str, Any]]:
    fitted = []
    for step in steps:
        try:
            fitted.append((step, run.state(step)))
        except ValueError:  # learns nothing
            continue
    return fitted


def learned_and_scored(run: Run, *steps: str) -> dict[str, Any]:
    """What is worth comparing many times: states, predictions and scores."""
    found = {step: digest(run.state(step)) for step in steps}
    return found | {"scores": run.metrics, "predictions": run.predictions["validation"]}


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert list(one) == list(other)
    for name, value in one.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(other[name], value, check_exact=True, obj=name)
        elif isinstance(value, pd.Series):
            pd.testing.assert_series_equal(other[name], value, check_exact=True, obj=name)
        else:
            assert other[name] == value, name
