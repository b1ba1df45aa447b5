"""What a plan says beside its table: what was supplied, allowed and waived, and what a served model carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlsys.cache import unseen
from mlsys.plan.planned import Planned
from mlsys.settings import settings
from mlsys.steps.carrying import rows_carried
from mlsys.steps.portable import not_portable
from mlsys.steps.questions import reads


def notes_on(
    shown: Sequence[Planned], on_demand: Sequence[Planned], waived: Mapping[str, str], decide_at: str | None
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
    return notes + _gathered(shown)


def _gathered(shown: Sequence[Planned]) -> list[str]:
    """Return what steps gather of rows that come in partitions; nothing where all rows are in memory anyway."""
    source = next((each.step for each in shown if reads(each.step)), None)
    extent = None if source is None else source.extent()
    if extent is None:
        return []
    most = settings().rows_in_memory
    return [f"{each.name}: {each.step.gathers.said(extent, most)}" for each in shown if each.step.gathers is not None]
