"""Orders of work, scored on windows: steps that learn in each window, or beforehand from all rows, as a leak does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from mlsys.dataset import Rows
from mlsys.evaluation.scored import scored_rows
from mlsys.execution.context import Context
from mlsys.execution.crossing import Window, sides_of
from mlsys.execution.planned import Planned
from mlsys.execution.prefix import run_prefix_step
from mlsys.execution.processes import apart
from mlsys.execution.tail import Tail
from mlsys.partitions import Table
from mlsys.steps import LEARNING_KINDS, Model, Report, Sink


@dataclass(frozen=True)
class Order:
    """One order of work.

    Parameters
    ----------
    rows : DataFrame
        What windows are made of.
    steps : sequence of Planned
        Run for each window: they learn from its training rows.
    windows : sequence of Window
        Sides of the rows.
    context : Context
        Says what is a feature.
    predicted : DataFrame, optional
        Predictions of all rows, where the model itself was trained beforehand.
    """

    rows: pd.DataFrame
    steps: Sequence[Planned]
    windows: Sequence[Window]
    context: Context
    predicted: pd.DataFrame | None = None

    def __call__(self, window: Window) -> pd.DataFrame:
        """Return the scored rows that judge one window."""
        context = self.context.detached().of_folds()
        parts = sides_of(self.rows, window, context).parts
        judged = parts["validation"].frame()
        try:
            if self.predicted is not None:
                predictions = self.predicted.loc[judged.index]
            else:
                predictions = Tail(context).run(self.steps, parts, _nobody).predictions["validation"].frame()
        except Exception as error:
            error.add_note(f"mlsys: in {window.name}")
            raise
        return scored_rows(Rows.of(judged, context.roles, ()), predictions)

    def scored(self, n_jobs: int, advance: Callable[[str], None]) -> Iterator[pd.DataFrame]:
        """Yield the scored rows of every window, in order."""
        for window, scored in zip(self.windows, apart(self, self.windows, n_jobs), strict=True):
            advance(f"judged {window.name}")
            yield scored


def learns(planned: Planned) -> bool:
    """Whether a step learns from rows, or makes training rows."""
    return isinstance(planned.step, LEARNING_KINDS)


def working(steps: Sequence[Planned]) -> tuple[Planned, ...]:
    """Return the steps that predictions need: no reports, nothing that writes outside."""
    return tuple(each for each in steps if not isinstance(each.step, (Report, Sink)))


def learned_from_all(
    steps: Sequence[Planned], rows: pd.DataFrame, context: Context
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Run steps as if no row were held out: the only place where steps that learn are shown rows of all parts.

    Returns
    -------
    DataFrame, DataFrame or None
        The rows as the steps left them, and what a model among them predicts for the rows.

    Notes
    -----
    The rows take the place of training rows: what a step that cross-fits writes for them is out of fold, and rows
    are repeated or made as they would be for training.
    """
    table, predicted = Table.of(rows), None
    for together, group in groupby(steps, key=learns):
        if not together:
            for planned in group:
                table, _ = run_prefix_step(planned, table, context)
            continue
        tail = Tail(context).run(list(group), {"train": table}, _nobody)
        if any(isinstance(each.step, Model) for each in tail.fitted.values()):
            found = tail.apply(table)[1]
            predicted = found.frame() if found is not None else None
        table = tail.parts["train"]
    return table.frame(), predicted


def with_late_columns(context: Context, rows: pd.DataFrame) -> tuple[Context, tuple[str, ...]]:
    """Return a context in which columns known too late are features, and their names.

    Moments stay out: no model takes them, and a role may read them.
    """
    late = [name for name in rows.columns if context.catalog.reason(name) == context.catalog.late.get(name, "-")]
    admitted = tuple(name for name in late if not pd.api.types.is_datetime64_any_dtype(rows[name].dtype))
    catalog = context.catalog.copied()
    catalog.late = {name: why for name, why in catalog.late.items() if name not in admitted}
    catalog.known_at = {name: moments for name, moments in catalog.known_at.items() if name not in admitted}
    return replace(context, catalog=catalog), admitted


def _nobody(*_: object) -> None:
    """Show reports nothing: there are none among working steps."""
