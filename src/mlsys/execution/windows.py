"""Windows: steps learn from one side of a window and are evaluated on the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mlsys.dataset import Roles
from mlsys.execution.checks import look_for_leaks
from mlsys.execution.concluding import concluded
from mlsys.execution.divided import Divided
from mlsys.execution.parts import Parts
from mlsys.execution.work import At, Work
from mlsys.plan import Planned
from mlsys.steps.splitting import fold_numbers, split_keys

SIDES = ("train", "validation")


@dataclass(frozen=True)
class Window:
    """One way to divide the rows: ``sides`` holds ``train``, ``validation`` or null over their index."""

    name: str
    sides: pd.Series


def windows_by(folds: Sequence[pd.Series]) -> list[Window]:
    """Return a window for each fold."""
    return [Window(f"fold {number} of {len(folds)}", sides) for number, sides in enumerate(folds, 1)]


def even_windows(frame: pd.DataFrame, roles: Roles, seed: int, count: int) -> list[Window]:
    """Return windows of about equal size: periods of time if rows have times, otherwise by hash of group or id."""
    if roles.time is not None and roles.group is None:
        places = frame[roles.time].rank(method="first").to_numpy() - 1
        numbers = np.asarray(places * count // len(frame), dtype=np.int64)
    else:
        numbers = fold_numbers(split_keys(frame, roles).drop(columns="target", errors="ignore"), count, seed)
    return windows_by(
        [pd.Series(np.where(numbers == number, *reversed(SIDES)), index=frame.index) for number in range(count)]
    )


@dataclass(frozen=True)
class Trial:
    """Runs steps over the two sides of a window; self-contained, so that it can run in another process.

    Parameters
    ----------
    steps : sequence of Planned
        Steps after the split.
    rows : DataFrame
        What windows divide.
    parts : Parts
        What is known when the steps begin; its rows are not used.
    work : Work
        Where and how they are run.
    remarks : bool
        Whether to check the sides for leaks before the first step.
    """

    steps: Sequence[Planned]
    rows: pd.DataFrame
    parts: Parts
    work: Work
    remarks: bool = False

    def __call__(self, window: Window) -> tuple[Parts, Work]:
        """Return the parts after the last step, and the work with its records."""
        return self.over(sides_of(self.rows, window), window.name)

    def over(self, frames: Mapping[str, pd.DataFrame], name: str) -> tuple[Parts, Work]:
        """Return the same of two sides, whatever rows they share; ``name`` is for messages."""
        parts, work = self.begun(frames)
        try:
            parts = look_for_leaks(self.steps, None, parts, work) if self.remarks else parts
            parts = work.run(self.steps, parts, work)
            return (parts if work.quiet else concluded(parts, work)), work
        except Exception as error:
            error.add_note(f"mlsys: in {name}, with {len(frames['train']):,} training rows")
            raise

    def begun(self, frames: Mapping[str, pd.DataFrame]) -> tuple[Parts, Work]:
        """Return the parts before the first step, and the work."""
        work = replace(self.work.of_folds(), records=[])
        rows = {side: work.identified(work.engine.hold(None, frame)) for side, frame in frames.items()}
        divided = Divided(rows, rows={side: len(frame) for side, frame in frames.items()})
        return replace(self.parts.known, rows=rows, divided=divided), work

    def predictions(self, window: Window) -> pd.DataFrame:
        """Return the predictions of the evaluated rows of a window."""
        return self(window)[0].predictions["validation"].frame()


def sides_of(rows: pd.DataFrame, window: Window) -> dict[str, pd.DataFrame]:
    """Return the rows of a window by side."""
    sides = window.sides.reindex(rows.index)
    return {side: rows[(sides == side).to_numpy(dtype=bool, na_value=False)] for side in SIDES}


def out_of_window(steps: Sequence[Planned], rows: pd.DataFrame, windows: Iterable[Window], at: At) -> pd.DataFrame:
    """Return predictions of the evaluated rows of windows, in row order, by steps that did not see them."""
    trial = Trial(steps, rows, Parts({}, at.roles, at.catalog, split=at.split), at.work.detached())
    pieces: list[pd.DataFrame] = []
    for window in windows:
        at.work.progress(window.name)
        pieces.append(trial.predictions(window))
    predicted = pd.concat(pieces)
    return predicted.loc[rows.index[rows.index.isin(predicted.index)]]
