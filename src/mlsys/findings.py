"""The table of findings: code, what it is about, severities, and which is read first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEVERITIES = ("error", "warning", "information")
"""Worst first."""


@dataclass(frozen=True)
class Known:
    """A finding that mlsys makes.

    Parameters
    ----------
    code : str
        Its page is ``docs/findings/<code>.rst``.
    about : str
        The title of the page.
    severities : tuple of str
        Those it can have.
    suspects : bool
        Whether an error of this code is a suspicion, not yet a violation.
    of_features : bool
        Whether it is about a column as a model would learn from it; moot where it is given another in its place.
    """

    code: str
    about: str
    severities: tuple[str, ...]
    suspects: bool = False
    of_features: bool = False


TABLE: Sequence[Known] = (
    Known("LK401", "The test rows were opened for another model before", ("warning",)),
    Known("LK213", "Equal rows on both sides of the split", ("warning", "information")),
    Known("LK214", "Near duplicates on both sides of the split", ("warning", "information")),
    Known("LK227", "Undeclared groups on both sides of the split", ("warning", "information")),
    Known("LK230", "Mirrored pairs on both sides of the split", ("warning",)),
    Known("LK232", "Ids in two spellings on both sides of the split", ("warning", "information")),
    Known("LK231", "Rows that differ in one column on both sides of the split", ("information",)),
    Known("LK211", "A group on both sides of the split", ("error",)),
    Known("LK212", "An id on both sides of the split", ("error",)),
    Known("LK210", "Training rows later than the rows that evaluate the model", ("warning",)),
    Known("LK216", "Labels known too late for training", ("warning", "information")),
    Known("LK204", "One column alone predicts the target", ("error", "warning", "information"), suspects=True),
    Known("LK228", "A feature contains its own row's target", ("error", "warning"), suspects=True),
    Known("LK229", "A column follows the targets of held-out rows", ("error", "warning")),
    Known("LK209", "The target is computed from features", ("warning", "information")),
    Known("LK223", "Two columns together predict the target", ("warning", "information")),
    Known("LK224", "A word in a text predicts the target", ("warning", "information")),
    Known("LK226", "Scaled, filled or binned over all rows beforehand", ("warning",)),
    Known("LK225", "Codes of one class each", ("warning", "information")),
    Known("LK218", "Too good to be true", ("warning", "information")),
    Known("LK206", "Whether a column is null predicts the target", ("error", "warning", "information"), suspects=True),
    Known("LK207", "A feature identifies rows", ("warning", "information"), of_features=True),
    Known("LK302", "A row's features depend on its own target", ("error",)),
    Known("LK304", "The result for a row depends on its own label", ("error",)),
    Known("LK301", "Training rows depend on rows that evaluate the model", ("error",)),
    Known("LK303", "A row alone gets a different value than among others", ("error",)),
    Known("LK221", "A step holds a table of the data itself", ("error",)),
    Known("LK220", "A number computed from held-out rows", ("error", "information")),
    Known("LK201", "A function gives a row alone a different value than among others", ("error",)),
    Known("LK202", "A function fails on a single row", ("error",)),
    Known("LK215", "Equal rows with different labels on both sides of the split", ("warning", "information")),
    Known("LK219", "A split inside a model separates groups", ("warning",)),
    Known("LK217", "Training rows and evaluated rows differ", ("warning", "information")),
    Known("LK208", "A date is a feature", ("information",), of_features=True),
    Known("LK205", "Rules of a weak label read columns that stay features", ("information",)),
    Known("LK234", "Several seeds were tried on the evaluated rows", ("warning", "information")),
    Known("LK233", "The same validation rows evaluated many models", ("information",)),
    Known("LK235", "The evaluated rows chose the model", ("information",)),
    Known("LK222", "Unexplained data inside a step", ("information",)),
    Known("SA101", "A sample that was not drawn by chance", ("warning",)),
    Known("SA103", "Few rows carry most of the weight", ("warning",)),
    Known("SA102", "A biased sample, raked to margins", ("information",)),
    Known("SA104", "A model that takes no weights, learned from a weighted sample", ("information",)),
    Known("DR101", "A column changed between training and evaluated rows", ("warning",)),
    Known("DA102", "A column that some files lack", ("warning",)),
    Known("DA101", "Rows that cannot be used were set aside", ("information",)),
    Known("EV101", "A class absent from the training rows", ("warning",)),
    Known("EV102", "A column of the data named like a prediction", ("information",)),
    Known("EV103", "A metric that ignores weights", ("warning",)),
    Known("EV104", "One feature makes the distances between rows", ("warning",)),
    Known("EV105", "The same prediction for every row", ("information",)),
    Known("LB101", "The evaluated rows are judged by votes", ("warning",)),
    Known("LB102", "A label model gives one class to most rows", ("warning",)),
    Known("LB103", "A source is right less often than by chance", ("warning",)),
    Known("LB104", "Sources repeat each other", ("warning",)),
    Known("LB105", "A source never votes", ("warning",)),
    Known("LB106", "A labeling function failed on some rows", ("warning",)),
    Known("LB107", "Labeling functions of single rows", ("information",)),
    Known("LB108", "Labels are worse than by majority", ("warning",)),
)
"""The dearest leakage first. Over 2,047 tables (arXiv 2604.04199) choosing by test rows and memorised repeats cost
most, groups and times follow, and statistics of all rows, such as a scaler's, move an AUC by less than .005: wrong, but
rarely dear."""

SUSPICIONS = frozenset(each.code for each in TABLE if each.suspects)
OF_FEATURES = frozenset(each.code for each in TABLE if each.of_features)
_RANKS = {each.code: place for place, each in enumerate(TABLE)}


def rank(code: str) -> tuple[int, str]:
    """Return what to sort findings of one severity by; codes of the user's own come last.

    Examples
    --------
    >>> sorted(["LK220", "MINE", "LK213"], key=rank)
    ['LK213', 'LK220', 'MINE']
    """
    return _RANKS.get(code, len(_RANKS)), code
