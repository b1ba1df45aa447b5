"""Parts: the rows of each part after the last step, with everything learned, reported and found so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from mlsys.cache import Made
from mlsys.dataset import Roles
from mlsys.errors import Finding
from mlsys.execution.catalog import Catalog
from mlsys.execution.divided import Divided
from mlsys.execution.remembered import Remembered, Sealed
from mlsys.execution.told import Told, told_of
from mlsys.plan import Planned
from mlsys.states import Held
from mlsys.steps import Fitted, Result, Step
from mlsys.steps.questions import predicts
from mlsys.tables import Table

SEALED = "test"
"""The part whose rows no state holds before they are opened."""


@dataclass(frozen=True)
class Learned:
    """What steps learned.

    Parameters
    ----------
    before, after : mapping of str to Fitted
        Steps before and after the split that may serve, by name in plan order.
    folds : mapping of str to Held
        What the folds of the training rows are shown instead, by name of a step that cross-fits.
    fitted_on : mapping of str to str
        Parts other than ``train`` that a step learned from, with its name.
    postprocessed : mapping of str to str
        Which rows a step of postprocessing learned from, in words, by its name.
    asked : mapping of str to str
        Why the rows need a step that runs on demand, by its name; empty where they do not, and it was passed over.
    remembered : mapping of str to Remembered
        Histories, as they ran before the split.
    shifts : tuple of Held
        How steps changed the shares of the classes among training rows, which models correct for.
    sealed : mapping of str to Sealed
        Of each history, the rows that its state may hold once the test rows are opened.
    """

    before: Mapping[str, Fitted] = field(default_factory=dict)
    after: Mapping[str, Fitted] = field(default_factory=dict)
    folds: Mapping[str, Held] = field(default_factory=dict)
    fitted_on: Mapping[str, str] = field(default_factory=dict)
    postprocessed: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    remembered: Mapping[str, Remembered] = field(default_factory=dict)
    sealed: Mapping[str, Sealed] = field(default_factory=dict)
    shifts: tuple[Held, ...] = ()

    @property
    def fitted(self) -> dict[str, Fitted]:
        """All steps that may serve, in plan order."""
        return {**self.before, **self.after}

    @property
    def model(self) -> Fitted | None:
        """The model."""
        return next((each for each in self.after.values() if predicts(each.step)), None)


@dataclass(frozen=True)
class Parts:
    """The value that is passed from step to step: keep it to continue from a point.

    Parameters
    ----------
    rows : mapping of str to Table
        ``all`` before the split, then the open parts as the last step left them; from the start where parts were given.
    roles : Roles
        Roles of columns.
    catalog : Catalog
        What is known about columns.
    predictions : mapping of str to Table
        Predictions of parts that nothing was fitted on.
    learned : Learned
        What steps learned.
    results : mapping of str to Result
        Results of reports, by name.
    findings : tuple of Finding
        Remarks.
    divided : Divided or None
        The parts as the split left them, the sealed one included.
    judged : Table or None
        Out-of-fold predictions of training rows, for evaluation.
    crossed : Table or None
        What the model says of rows that it did not see, for postprocessing: of the calibration part, otherwise out of
        fold of training rows. No step of postprocessing has changed it.
    ran : tuple of str
        Names of steps that have run.
    steps : tuple of Planned
        Steps since the split that have run and that predictions need.
    source : Table or None
        All rows as they were read, if a step holds data to compare with them.
    source_dtypes : mapping of str to str
        Columns of the source.
    read : mapping of str to Table, or None
        The rows as a request brings them: as they were read, or as the last step that makes rows left them; kept if a
        report asks the served model.
    power : DataFrame or None
        How well each feature alone predicts the target.
    split : Planned or None
        The split that divided the rows, for steps that divide training rows once more; ``None`` where parts were given.
    """

    rows: Mapping[str, Table]
    roles: Roles
    catalog: Catalog
    predictions: Mapping[str, Table] = field(default_factory=dict)
    learned: Learned = field(default_factory=Learned)
    results: Mapping[str, Result] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    divided: Divided | None = None
    judged: Table | None = None
    crossed: Table | None = None
    ran: tuple[str, ...] = ()
    steps: tuple[Planned, ...] = ()
    source: Table | None = None
    source_dtypes: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Table] | None = None
    power: pd.DataFrame | None = None
    split: Planned | None = None

    @property
    def known(self) -> Parts:
        """What is known of columns, and how rows were divided, without rows."""
        return Parts({}, self.roles, self.catalog, split=self.split)

    @property
    def watched(self) -> str:
        """The part on which a step is observed: the training rows after the split, otherwise all rows."""
        return "train" if "train" in self.rows else next(iter(self.rows))

    @property
    def opened(self) -> dict[str, Table]:
        """The parts that may be looked at."""
        return {name: part for name, part in self.rows.items() if name != SEALED or self.is_divided}

    @property
    def is_divided(self) -> bool:
        """Whether the steps after the split run."""
        return self.divided is not None

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that a model may use."""
        return self.catalog.features(self.rows[self.watched].head(0).columns)

    def acted_on(self, step: Step) -> dict[str, Table]:
        """Return the rows that the facts of a step let it change."""
        acts = step.facts.acts_on
        if acts == "train":
            return {self.watched: self.rows[self.watched]}
        return dict(self.rows) if acts in {"all", "every part"} else {}

    def told(self, made: Iterable[Made | Told | Finding], **changes: Any) -> Parts:
        """Return parts with changes that know more: what work told, events, remarks."""
        catalog, findings = self.catalog, list(self.findings)
        for each in made:
            if isinstance(each, Finding):
                findings.append(each)
            elif isinstance(each, Made):
                catalog = catalog.with_(map(told_of, each.events))
                findings += each.findings
            else:
                catalog = catalog.with_([each])
        return replace(self, **{"catalog": catalog, "findings": tuple(findings), **changes})

    def with_fitted(self, name: str, fitted: Fitted, **changes: Any) -> Parts:
        """Return parts with what one more step learned."""
        side = "after" if self.is_divided else "before"
        learned: Mapping[str, Fitted] = {**getattr(self.learned, side), name: fitted}
        return replace(self, learned=replace(self.learned, **{side: learned, **changes}))

    def followed_by(self, planned: Planned) -> Parts:
        """Return parts that know that a step has run."""
        works = self.is_divided and planned.step.facts.acts_on != "nothing"
        return replace(self, ran=(*self.ran, planned.name), steps=(*self.steps, planned) if works else self.steps)

    def counts_after(self, step: Step) -> dict[str, int]:
        """Return the number of rows of each part in memory; nothing if a step only looked at parts."""
        looked = self.is_divided and step.facts.acts_on == "nothing"
        return {} if looked else {name: part.rows for name, part in self.rows.items() if part.in_memory}
