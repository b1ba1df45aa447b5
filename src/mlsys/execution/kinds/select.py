"""Selections: some of all rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import SAMPLING_WEIGHT, effective_size
from mlsys.errors import DataError, Finding
from mlsys.execution.guard import shielded, watch_unchanged
from mlsys.execution.opening import set_aside
from mlsys.execution.parts import Parts
from mlsys.execution.told import Sampled, Withheld, made_of
from mlsys.execution.work import At, Task, Work
from mlsys.plan import Planned
from mlsys.steps import Select
from mlsys.steps.answers import drawn, kept_rows, weighed
from mlsys.steps.capabilities import DrawsInPieces
from mlsys.steps.drawn import Drawn
from mlsys.tables import Table, noted

COLLAPSED = 0.1
"""Share of effective rows below which weights are remarked on: intervals are then three times as wide as the number of
rows suggests, the square root of ten."""


def run(planned: Planned, parts: Parts, work: Work) -> Parts:
    """Keep some rows of each part."""
    tasks = {name: Task(planned, name, keep, {"rows": part}) for name, part in parts.acted_on(planned.step).items()}
    made = {name: work.do(task, parts) for name, task in tasks.items()}
    return parts.told(made.values(), rows={name: each.tables["rows"] for name, each in made.items()})


def keep(at: At, planned: Planned, rows: dict[str, Table]) -> Made:
    """Return the rows that are kept, with their weights where the step gives any."""
    step, table = planned.step, rows["rows"]
    assert isinstance(step, Select)
    if isinstance(step, DrawsInPieces) and not table.in_memory:
        return Made({"rows": at.hold(_in_pieces(step, planned.name, table, at))})
    frame = table.frame()
    shown = shielded(frame)
    answer = step.keep(shown, at.rng(step))
    watch_unchanged(step, shown, frame, "keep")
    at.findings += set_aside(noted(answer), planned.name) if isinstance(answer, pd.Series) else []
    kept = kept_rows(step, frame, answer, at.roles.weight)
    if kept.empty:
        raise DataError(f"{planned.name} kept none of {len(frame):,} rows", "loosen its condition")
    _tell(drawn(answer), kept, planned.name, at)
    return Made({"rows": at.hold(kept)})


def _in_pieces(step: DrawsInPieces, name: str, table: Table, at: At) -> pd.DataFrame:
    """Return the rows that are kept of a table whose pieces are read one after another."""
    assert isinstance(step, Select)
    drawing = step.stream(int(at.rng(step).integers(2**63)))
    for piece in table.frames():
        drawing.push(piece)
    sample = drawing.sample()
    weights = sample.pop(SAMPLING_WEIGHT)
    sample = weighed(sample, weights, at.roles.weight, name)
    _tell(Drawn(None, weights, drawing.said), sample, name, at)
    return sample


def _tell(answer: Drawn, kept: pd.DataFrame, name: str, at: At) -> None:
    """Tell how rows were drawn, and that their weights are no feature."""
    said = answer.said
    if answer.weights is not None:
        column = at.roles.weight or SAMPLING_WEIGHT
        weights = kept[column].to_numpy(dtype=np.float64)
        effective = effective_size(weights)
        if column == SAMPLING_WEIGHT:
            at.tell(made_of(name, (), {column}), Withheld([column], "how many rows each row of the sample stands for"))
        if round(effective) < len(kept):
            said += f"; {effective:,.0f} effective rows"
        if column == at.roles.weight and not (weights == weights[0]).all():
            said += f"; models and scores weigh rows by {column!r}"
        if effective < COLLAPSED * len(kept):
            at.findings.append(_collapsed(weights, effective, name))
    if said or answer.bias or answer.corrects:
        at.tell(Sampled(name, said, answer.bias, answer.corrects))


def _collapsed(weights: np.ndarray, effective: float, name: str) -> Finding:
    heaviest = np.sort(weights)[::-1]
    half = int(np.searchsorted(np.cumsum(heaviest), heaviest.sum() / 2)) + 1
    return Finding(
        "SA103",
        f"{name}: {half:,} of {len(weights):,} rows carry half of all weight, so a mean is as precise as one of "
        f"{effective:,.0f} rows of equal weight; draw more rows, or draw them more evenly",
        "warning",
        step=name,
    )
