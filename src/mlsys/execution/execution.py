"""Execution: everything that came out of running a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.engines import Engine
from mlsys.errors import ConfigurationError
from mlsys.execution.context import Context, Record
from mlsys.execution.dividing import Divided
from mlsys.execution.histories import Remembered
from mlsys.execution.on_demand import as_run
from mlsys.execution.planned import Planned
from mlsys.execution.requests import as_request
from mlsys.execution.served import ServedModel, served_model
from mlsys.execution.tail import Tail
from mlsys.leakage.ranking import OF_FEATURES
from mlsys.partitions import Table
from mlsys.steps import Fitted, Model, Result, Step
from mlsys.steps.capabilities import StandsFor


@dataclass
class Execution:
    """Everything that came out of running a plan.

    Parameters
    ----------
    plan : tuple of Planned
        The steps that were run.
    context : Context
        Roles, catalog, seed, findings and records.
    divided : Divided or None
        Parts as the split left them; ``None`` if the run stopped before it.
    table : Table or None
        All rows, if the run stopped before the split.
    tail : Tail or None
        Steps after the split with their states.
    prefix : dict of str to Fitted
        Steps before the split that may serve.
    remembered : dict of str to Remembered
        Histories, as they ran before the split.
    sealed : dict of str to Table
        Of each history, the test rows that its state may hold once they are opened.
    results : dict of str to Result
        Reports by name.
    source_dtypes : dict of str to str
        Columns of the source.
    out_of_fold : Table or None
        Predictions of training rows by models that did not see them, where these judge.
    power : DataFrame or None
        How well each feature alone tells the target.
    done_before : tuple of Record
        What the run did whose test rows are opened here.
    source : Table or None
        All rows as they were read, if the run stopped before the split and steps hold data to compare with them.
    """

    plan: tuple[Planned, ...]
    context: Context
    engine: Engine
    divided: Divided | None = None
    table: Table | None = None
    tail: Tail | None = None
    prefix: dict[str, Fitted] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    sealed: dict[str, Table] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    source_dtypes: dict[str, str] = field(default_factory=dict)
    out_of_fold: Table | None = None
    power: pd.DataFrame | None = None
    source: Table | None = None
    done_before: tuple[Record, ...] = ()

    @property
    def ran(self) -> tuple[Planned, ...]:
        """The steps that were run, those that were supplied with the reason that the rows gave."""
        return as_run(self.plan, {} if self.tail is None else self.tail.asked)

    def stood_for(self) -> dict[str, Sequence[Step]]:
        """Return the steps that others stood for, by name of these."""
        return {name: step.explicit(state) for name, step, state in self._choosing()}

    def chose(self) -> dict[str, str]:
        """Return what steps that choose others made of which columns, in words, by name."""
        return {name: step.in_words(state) for name, step, state in self._choosing()}

    def left_out(self) -> dict[str, tuple[str, str]]:
        """Return the features that such a step left out: its name, and why."""
        each = self._choosing()
        return {column: (name, why) for name, step, state in each for column, why in step.left_out(state).items()}

    def _choosing(self) -> Iterator[tuple[str, StandsFor, Any]]:
        for name, fitted in ({} if self.tail is None else self.tail.fitted).items():
            if isinstance(fitted.step, StandsFor):
                yield name, fitted.step, fitted.state

    def _dtypes(self) -> dict[str, str]:
        """Columns of the source, and those that a request may bring in place of a join."""
        assert self.divided is not None
        joined = self.divided.parts["train"].head(0).dtypes
        return {
            **self.source_dtypes,
            **{str(n): str(kind) for n, kind in joined.items() if n not in self.source_dtypes},
        }

    def request_rows(self, inputs: Mapping[str, str], rows: int = 1) -> pd.DataFrame:
        """Return the first training rows as a request would bring them, null where a column is gone."""
        assert self.divided is not None
        return as_request(self.divided.parts["train"].head(rows), inputs)

    def model(self) -> ServedModel:
        """Return the steps that predictions need, with their states."""
        if self.tail is None:
            raise ConfigurationError("the run stopped before a model was trained", "run the pipeline to its end")
        return served_model(
            list(self.prefix.items()), list(self.tail.fitted.items()), self.context.catalog, self._dtypes()
        )

    def drop_moot(self) -> None:
        """Drop remarks on columns that the model does not see, or not as they were."""
        findings, left_out, same = self.context.findings, self.left_out().keys(), self._seen_as_they_were()
        findings[:] = [
            each
            for each in findings
            if not (each.columns and left_out >= set(each.columns))
            and (each.code not in OF_FEATURES or same is None or not same.isdisjoint(each.columns))
        ]

    def _seen_as_they_were(self) -> frozenset[str] | None:
        """Return the features of the model that no step after the split changed in type; ``None`` without a model."""
        fitted = self.tail.fitted.values() if self.tail else ()
        model = next((each for each in fitted if isinstance(each.step, Model)), None)
        if model is None or self.divided is None or self.tail is None:
            return None
        then, now = (dtypes_of(parts["train"].head(0)) for parts in (self.divided.parts, self.tail.parts))
        return frozenset(name for name in model.features if then.get(name) == now.get(name))
