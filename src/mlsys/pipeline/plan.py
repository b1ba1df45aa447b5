"""Plan: what each step sees, learns from and does, shown without reading data."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.cache import unseen
from mlsys.execution.planned import Planned
from mlsys.execution.portable import not_portable
from mlsys.secrets import hidden
from mlsys.steps import Split, Step
from mlsys.steps.carrying import rows_carried

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline

_SHADE = {
    "Source": "#e8f0fa", "RowTransform": "#e8f0fa", "History": "#e8f0fa", "Reshape": "#e8f0fa", "Select": "#e8f0fa",
    "Label": "#fdf3dc", "Split": "#f6dfe4", "Transform": "#e4f3e6", "TrainOnly": "#e4f3e6", "Model": "#e4f3e6",
    "Postprocess": "#e4f3e6", "Report": "#f1f1f1", "Sink": "#f1f1f1",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Plan:
    """The steps of a pipeline as a table; made by ``pipeline.plan()``.

    Parameters
    ----------
    steps : sequence of Planned
        Named steps in order.
    title : str
        Name of the pipeline.
    notes : sequence of str
        What was supplied, allowed or waived.
    stood_for : mapping of str to sequence of Step
        By name of a step that chose others on training rows, such as ``Prepare``: these, to be written in its place.
    """

    steps: Sequence[Planned]
    title: str
    notes: Sequence[str] = ()
    stood_for: Mapping[str, Sequence[Step]] = field(default_factory=dict)

    @property
    def table(self) -> pd.DataFrame:
        """One row a step: name, kind, the five facts, who put it there."""
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

    def _repr_html_(self) -> str:
        boxes = []
        for planned in self.steps:
            step, facts = planned.step, planned.step.facts
            supplied = f"<br><i>supplied: {html.escape(planned.supplied)}</i>" if planned.supplied else ""
            title = html.escape(f"{step!r}\n{facts}\n{step.made_at}")
            border = "2px solid #b3405b" if isinstance(step, Split) else "1px solid #c8c8c8"
            boxes.append(
                f'<div title="{title}" style="display:inline-block;vertical-align:top;margin:3px;padding:6px 9px;'
                f'border:{border};border-radius:6px;background:{_SHADE[step.kind]};color:#222;max-width:210px">'
                f"<b>{html.escape(planned.name)}</b><br><small>{step.kind}: sees {facts.sees}, acts on {facts.acts_on}"
                f"{', serves' if facts.serves else ''}{supplied}</small></div>"
            )
        arrows = '<span style="color:#888">&#8594;</span>'.join(boxes)
        notes = "".join(f"<li>{html.escape(hidden(note))}</li>" for note in self.notes)
        written = [html.escape(hidden(each)) for each in self._written_out()]
        below = "".join(f"<pre style='white-space:pre-wrap'>{each}</pre>" for each in written)
        heading = html.escape(hidden(self.title))
        page = f"<b>{heading}</b><br>{arrows}<ul>{notes}</ul>{below}"
        return f'<div style="font-family:sans-serif;font-size:13px">{page}</div>'


def plan_of(pipeline: Pipeline, stood_for: Mapping[str, Sequence[Step]] | None) -> Plan:
    """Put together what a plan says of a pipeline's steps."""
    steps = pipeline.steps
    notes = [f"supplied: {each.name}, because {each.supplied}" for each in steps if each.supplied]
    if stood_for is None:
        notes += [f"supplied where needed: {each.name}, {each.supplied}" for each in pipeline.planned if each.on_demand]
    notes += [f"allowed: {each.name} {allowed}" for each in steps for allowed in each.step.allowances()]
    notes += [f"waived: {code}: {reason}" for code, reason in pipeline.waive.items()]
    if pipeline.roles.decide_at:
        notes.append(f"decides at: {pipeline.arguments['decide_at']}")
    notes += [f"{each.name}: {note}" for each in steps for note in each.step.notes()]
    notes += [f"{each.name}: {each.step.trained_anew}" for each in steps if each.step.trained_anew]
    notes += [f"{each.name}: a served model carries {rows}" for each in steps if (rows := rows_carried(each.step))]
    notes += [f"{e.name}: {problem}" for e in steps if e.step.facts.serves for problem in not_portable(e.step)]
    notes += [f"{each.name}: {note}" for each in steps for note in unseen(each.step)]
    return Plan(steps, f"Pipeline {pipeline.name!r}", notes, stood_for or {})
