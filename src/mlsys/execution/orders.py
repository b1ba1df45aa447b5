"""Orders of steps, scored on windows: steps learn in each window, or beforehand from all rows, as a leak does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from mlsys.dataset import Rows
from mlsys.evaluation.scored import scored_rows
from mlsys.execution.applying import applied
from mlsys.execution.divided import Divided
from mlsys.execution.parts import Learned, Parts
from mlsys.execution.processes import apart
from mlsys.execution.runner import run
from mlsys.execution.windows import Trial, Window, sides_of
from mlsys.execution.work import Work
from mlsys.plan import Planned
from mlsys.steps import LEARNING_KINDS


@dataclass(frozen=True)
class Order:
    """One order of work.

    Parameters
    ----------
    rows : DataFrame
        The rows that windows divide.
    steps : sequence of Planned
        Run for each window: they learn from its training rows.
    windows : sequence of Window
        Sides of the rows.
    parts : Parts
        Says what is a feature.
    work : Work
        Quiet, without cache.
    predicted : DataFrame, optional
        Predictions of all rows, where the model itself was trained beforehand.
    """

    rows: pd.DataFrame
    steps: Sequence[Planned]
    windows: Sequence[Window]
    parts: Parts
    work: Work
    predicted: pd.DataFrame | None = None

    def __call__(self, window: Window) -> pd.DataFrame:
        """Return the scored rows of one window."""
        if self.predicted is None:
            parts, _ = Trial(self.steps, self.rows, self.parts, self.work.detached())(window)
            assert parts.divided is not None
            judged, predictions = parts.divided.parts["validation"].frame(), parts.predictions["validation"].frame()
        else:
            judged = sides_of(self.rows, window)["validation"]
            predictions = self.predicted.loc[judged.index]
        return scored_rows(Rows.of(judged, self.parts.roles, ()), predictions)

    def scored(self, n_jobs: int, advance: Callable[[str], None]) -> Iterator[pd.DataFrame]:
        """Yield the scored rows of every window, in order."""
        for window, scored in zip(self.windows, apart(self, self.windows, n_jobs), strict=True):
            advance(f"judged {window.name}")
            yield scored


def learns(planned: Planned) -> bool:
    """Whether a step learns from rows, or makes training rows."""
    return isinstance(planned.step, LEARNING_KINDS)


def learned_from_all(
    steps: Sequence[Planned], rows: pd.DataFrame, parts: Parts, work: Work
) -> tuple[pd.DataFrame, pd.DataFrame | None, Parts]:
    """Run steps as if no row were held out: only here do steps that learn see rows of all parts.

    Returns
    -------
    DataFrame, DataFrame or None, Parts
        The rows as the steps left them, what a model among them predicts for the rows, and what is known of columns.

    Notes
    -----
    The rows act as training rows: a step that cross-fits writes out-of-fold values for them, and rows are repeated or
    made as for training.
    """
    table, predicted = work.engine.hold(None, rows), None
    known = parts.known
    for together, group in groupby(steps, key=learns):
        if not together:
            known = run(list(group), replace(known, rows={"all": table}, divided=None, learned=Learned()), work)
            table = known.rows["all"]
            continue
        divided = Divided({"train": table})
        known = run(list(group), replace(known, rows={"train": table}, divided=divided, learned=Learned()), work)
        if known.learned.model is not None:
            found = applied(known.learned.after.values(), table)[1]
            predicted = None if found is None else found.frame()
        table = known.rows["train"]
    return table.frame(), predicted, replace(parts, catalog=known.catalog)


def with_late_columns(parts: Parts, rows: pd.DataFrame) -> tuple[Parts, tuple[str, ...]]:
    """Return parts in which columns known too late are features, and their names.

    Times are excluded: no model accepts them, and a role may read them.
    """
    catalog = parts.catalog
    late = [name for name in rows.columns if catalog.reason(name) == catalog.late.get(name, "-")]
    admitted = tuple(name for name in late if not pd.api.types.is_datetime64_any_dtype(rows[name].dtype))
    catalog = replace(
        catalog,
        late={name: why for name, why in catalog.late.items() if name not in admitted},
        known_at={name: moments for name, moments in catalog.known_at.items() if name not in admitted},
    )
    return replace(parts, catalog=catalog), admitted
