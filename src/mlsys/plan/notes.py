"""What a plan says beside its table: what was supplied, allowed and waived, and what a served model carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from mlsys.cache import unseen
from mlsys.dataset import Roles, Rows
from mlsys.plan.planned import Planned
from mlsys.settings import settings
from mlsys.steps import Step
from mlsys.steps.capabilities import LearnsAcross
from mlsys.steps.carrying import rows_carried
from mlsys.steps.gathering import KEYS
from mlsys.steps.portable import not_portable
from mlsys.steps.questions import divides, reads, takes_unlabelled

_ACROSS = '; with engine="dask" nothing is gathered: workers train it together, each on its own partitions'


def notes_on(
    shown: Sequence[Planned],
    on_demand: Sequence[Planned],
    waived: Mapping[str, str],
    decide_at: str | None,
    weight: str | None = None,
) -> list[str]:
    """Return the notes on some steps.

    Parameters
    ----------
    shown, on_demand : sequence of Planned
        The steps of the plan, and those that run only where rows need them.
    waived : mapping of str to str
        Finding code to the reason for waiving it.
    decide_at : str or None
        When the prediction must be made, as it was given.
    weight : str or None
        The weight role.
    """
    notes = [f"supplied: {each.name}, because {each.supplied}" for each in shown if each.supplied]
    notes += [f"supplied if needed: {each.name}, {each.supplied}" for each in on_demand]
    notes += [f"allowed: {each.name} {allowed}" for each in shown for allowed in each.step.allowances()]
    notes += [f"waived: {code}: {reason}" for code, reason in waived.items()]
    notes += [f"decides at: {decide_at}"] if decide_at else []
    notes += [f"{each.name}: {note}" for each in shown for note in each.step.notes()]
    notes += [f"{each.name}: {each.step.trained_anew}" for each in shown if each.step.trained_anew]
    notes += [f"{each.name}: a served model carries {rows}" for each in shown if (rows := rows_carried(each.step))]
    notes += [f"{e.name}: {problem}" for e in shown if e.step.facts.serves for problem in not_portable(e.step)]
    notes += [f"{each.name}: {note}" for each in shown for note in unseen(each.step)]
    return notes + _gathered(shown, weight)


def _gathered(shown: Sequence[Planned], weight: str | None) -> list[str]:
    """Return what steps gather of rows that come in partitions; nothing where all rows are in memory anyway."""
    source = next((each.step for each in shown if reads(each.step)), None)
    extent = None if source is None else source.extent()
    if extent is None:
        return []
    most, notes = settings().rows_in_memory, list[str]()
    for each in shown:
        together = divides(each.step) and (weight is not None or takes_unlabelled(shown))
        gathers = KEYS if together else each.step.gathers
        if gathers is not None:
            across = _ACROSS if _may_learn_across(each.step) else ""
            notes.append(f"{each.name}: {gathers.said(extent, most)}{across}")
    return notes


def _may_learn_across(step: Step) -> bool:
    """Whether workers train a model together, as far as can be said without rows."""
    return isinstance(step, LearnsAcross) and not step.not_across(Rows.of(pd.DataFrame(), Roles(), ()))
