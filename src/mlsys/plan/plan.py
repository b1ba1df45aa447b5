"""Plan: named steps in order, and where the split stands among them; what each sees, learns from and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from mlsys.dataset import Roles
from mlsys.pages import Code, Items, Page, Shown, Title
from mlsys.plan.page import flow_of, moments_of
from mlsys.plan.planned import Planned
from mlsys.secrets import hidden
from mlsys.steps import Step
from mlsys.steps.questions import divides, looks, predicts, reads


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """The steps of a pipeline, shown as a table, on a page as a flow; made by ``pipeline.plan()``.

    Parameters
    ----------
    steps : tuple of Planned
        Named steps in order.
    title : str
        Name of the pipeline.
    notes : sequence of str
        What was supplied, allowed or waived.
    stood_for : mapping of str to sequence of Step
        By name of a step that chose others on training rows, such as ``Prepare``: these, to be written in its place.
    roles : Roles, optional
        Roles of columns.
    decide_at : str, optional
        When the prediction must be made, as it was given.
    """

    steps: tuple[Planned, ...]
    title: str = ""
    notes: Sequence[str] = ()
    stood_for: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    roles: Roles | None = None
    decide_at: str | None = None

    @cached_property
    def source(self) -> Planned | None:
        """The step that makes the rows."""
        return next((each for each in self.steps if reads(each.step)), None)

    @cached_property
    def split(self) -> Planned | None:
        """The step that names the part of each row."""
        return next((each for each in self.steps if divides(each.step)), None)

    @cached_property
    def model(self) -> Planned | None:
        """The step that predicts."""
        return next((each for each in self.steps if predicts(each.step)), None)

    @cached_property
    def before(self) -> tuple[Planned, ...]:
        """Steps between the source and the split; all of them where there is no split."""
        return tuple(each for each in self.steps[: self._place] if not reads(each.step))

    @cached_property
    def after(self) -> tuple[Planned, ...]:
        """Steps after the split."""
        return self.steps[self._place + 1 :]

    @cached_property
    def working(self) -> tuple[Planned, ...]:
        """Steps after the split that predictions need: no reports, nothing that writes outside."""
        return tuple(each for each in self.after if not looks(each.step))

    def until(self, name: str) -> Plan:
        """Return the plan of the steps up to one of them, this one included."""
        names = [each.name for each in self.steps]
        return Plan(self.steps[: names.index(name) + 1], self.title)

    @property
    def _place(self) -> int:
        return next((place for place, each in enumerate(self.steps) if divides(each.step)), len(self.steps))

    @property
    def table(self) -> pd.DataFrame:
        """One row a step: name, kind, its facts but the place, who put it there."""
        rows = []
        for planned in self.steps:
            facts = planned.step.facts
            rows.append(
                {
                    "step": planned.position,
                    "name": planned.name,
                    "kind": planned.step.kind,
                    "sees": "all rows, allowed" if planned.step.allow_all_rows else facts.sees,
                    "fits on": facts.fits_on,
                    "acts on": facts.acts_on,
                    "rows": facts.rows,
                    "serves": facts.serves,
                    "supplied": planned.supplied,
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        table = self.table
        table["serves"] = table["serves"].map({True: "yes", False: ""})
        return hidden("\n".join([self.title, table.to_string(index=False), *self.notes, *self._written_out()]))

    def _written_out(self) -> list[str]:
        """Return steps that were chosen, as they are written."""
        return [
            f"{name} stood for\n" + "\n".join(f"    {step!r}," for step in steps)
            for name, steps in self.stood_for.items()
        ]

    def _page(self) -> Page:
        moments = moments_of(self.steps, self.roles, self.decide_at)
        flow = flow_of(self.source, self.before, self.split, self.after)
        return Page([Title(self.title), *moments, *flow, Items(self.notes), *map(Code, self._written_out())])
