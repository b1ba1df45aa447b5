"""Selections: some of all rows."""

from __future__ import annotations

import functools
from collections.abc import Callable

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
from mlsys.steps.capabilities import DrawsInPieces, KeepsAlone
from mlsys.steps.drawn import Drawn
from mlsys.tables import FIRST_ROWS, Table, noted

COLLAPSED = 0.1
"""Share of effective rows below which weights are remarked on: intervals are then three times as wide as the number of
rows suggests, the square root of ten."""

_ALONE = 16
"""Rows that are looked at one by one, spread over those at hand."""


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
    if isinstance(step, KeepsAlone) and step.keeps_alone and not table.in_memory:
        mask = functools.partial(_mask, step, at.rng(step))
        if _decides_alone(mask, table.head(FIRST_ROWS)):
            return Made({"rows": _some(table, mask, planned.name)})
    frame = table.frame()
    shown = shielded(frame)
    answer = step.keep(shown, at.rng(step))
    watch_unchanged(step, shown, frame, "keep")
    at.findings += set_aside(noted(answer), planned.name) if isinstance(answer, pd.Series) else []
    kept = kept_rows(step, frame, answer, at.roles.weight)
    if kept.empty:
        raise _none_kept(planned.name, len(frame))
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


def _mask(step: Select, rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Return whether each row of a piece is kept, as one column."""
    shown = shielded(frame)
    answer = step.keep(shown, rng)
    watch_unchanged(step, shown, frame, "keep")
    kept = kept_rows(step, frame, answer, None)
    return pd.DataFrame({"kept": frame.index.isin(kept.index)}, index=frame.index)


def _decides_alone(mask: Callable[[pd.DataFrame], pd.DataFrame], first: pd.DataFrame) -> bool:
    """Whether rows that are at hand are kept alone, and among half of the others, as they are among all."""
    among, few = mask(first)["kept"], np.linspace(0, len(first) - 1, min(len(first), _ALONE)).astype(int)
    try:
        apart = [mask(first.iloc[place::2])["kept"] for place in (0, 1)]
        apart += [mask(first.iloc[[place]])["kept"] for place in few]
    except Exception:  # of rows alone it cannot tell
        return False
    return all(each.equals(among.loc[each.index]) for each in apart)


def _some(table: Table, mask: Callable[[pd.DataFrame], pd.DataFrame], name: str) -> Table:
    """Return the rows that a mask keeps; they stay in pieces."""
    kept = table.gather(mask)["kept"].to_numpy()
    if not kept.any():
        raise _none_kept(name, len(kept))
    return table.keep(kept)


def _none_kept(name: str, rows: int) -> DataError:
    return DataError(f"{name} kept none of {rows:,} rows", "loosen its condition")


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
