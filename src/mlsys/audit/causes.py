"""Why a step before the split was seen to depend on rows that judge the model, and how much moved."""

from __future__ import annotations

from mlsys.audit.moved import Moved
from mlsys.audit.recipe import Recipe, Stage, made_again
from mlsys.leakage.among_rows import cause_among_rows
from mlsys.steps import Label
from mlsys.steps.questions import makes_rows, sees_history


def cause_of(recipe: Recipe, stage: Stage, probe: str, difference: Moved, watched: int) -> str:
    """Return the cause of a violation, a key of :data:`mlsys.leakage.remedies.REMEDIES`.

    Parameters
    ----------
    recipe : Recipe
        What the pipeline makes of the sample.
    stage : Stage
        The step at fault.
    probe : str
        What was replaced.
    difference : Moved
        What moved.
    watched : int
        Training rows that were looked at.
    """
    step, targets = stage.planned.step, recipe.parts.roles.targets
    if sees_history(step):
        return "past"
    if probe == "side table":
        return "side table"
    if step.kind == Label.kind or (difference.columns and {*difference.columns} <= {*targets}):
        return "label"
    if makes_rows(step):
        return "reshape"
    if probe == "flipped labels":
        return "by target"
    cause = cause_among_rows(
        lambda given: made_again(stage, given, recipe), stage.given, stage.made, difference.columns
    )
    few = probe == "later rows" and 2 * difference.rows <= watched  # a statistic over rows moves most of them
    return "order" if few and cause == "statistic" else cause


def in_words(difference: Moved, watched: int) -> str:
    """Return how much moved, without values of rows.

    Examples
    --------
    >>> in_words(Moved(("x",), rows=3), 8), in_words(Moved(ids=2), 8)
    ('3 of 8 training rows change', '2 training rows appear or disappear')
    """
    if not difference:
        return f"{difference.ids:,} training rows appear or disappear"
    return f"{difference.rows:,} of {watched:,} training rows change"
