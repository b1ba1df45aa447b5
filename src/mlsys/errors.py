"""Every error and remark a user can meet: what was wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlsys.secrets import hidden

MOST_NAMED = 20
"""Names that a message lists."""
LONGEST = 2_000
"""Characters of a sentence; a value that is quoted may be a whole text of a million."""


def listed(names: Iterable[Any]) -> str:
    """Return names for a message, of many the first.

    Examples
    --------
    >>> listed(["a", "b"]), listed(range(30))[-18:]
    ('a, b', '18, 19 and 10 more')
    """
    shown = list(map(str, names))
    more = f" and {len(shown) - MOST_NAMED:,} more" if len(shown) > MOST_NAMED else ""
    return ", ".join(shown[:MOST_NAMED]) + more


def how_many(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s unless there is one.

    Examples
    --------
    >>> how_many(1, "column"), how_many(2_000, "column")
    ('1 column', '2,000 columns')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def meant(asked: str, names: Iterable[Any]) -> str:
    """Return a question about the name most like one that is not there; an empty text where none is like it.

    Examples
    --------
    >>> meant("survived", ["Survived", "age"]), meant("y", ["age"])
    ("did you mean 'Survived'? ", '')
    """
    plain = {str(name).strip().casefold(): str(name) for name in names}
    near = difflib.get_close_matches(asked.strip().casefold(), plain, 1)
    return f"did you mean {plain[near[0]]!r}? " if near else ""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST * 3 // 4]} ... {text[-LONGEST // 4 :]}"


class MlsysError(Exception):
    """Parent of every error that mlsys raises on purpose.

    Parameters
    ----------
    problem : str
        What is wrong and where (step, column, row), in one sentence.
    remedy : str, optional
        What to do, in one sentence; shown on a separate line.

    Notes
    -----
    Secrets are hidden in both.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        problem, remedy = hidden(_shortened(problem)), hidden(_shortened(remedy))
        super().__init__(f"{problem}\n  Remedy: {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class ConfigurationError(MlsysError, ValueError):
    """A step or pipeline was described in a way that cannot work."""


class LeakageError(MlsysError, ValueError):
    """A pipeline would let a step see data that it must not see; raised before any data is read."""


class DataError(MlsysError, ValueError):
    """The data cannot be used as asked: a missing column, an empty file, a wrong type."""


class ContractError(MlsysError, RuntimeError):
    """A step did what its kind may not: changed its input, lost rows, returned another type."""


class EngineError(MlsysError, RuntimeError):
    """Workers cannot do the work: they do not answer, differ in versions, lack memory, or end at a partition."""


class StateError(MlsysError, TypeError):
    """What ``learn`` returned cannot be stored, or a stored state cannot be trusted."""


class TrackingError(MlsysError, RuntimeError):
    """Something could not be written to MLflow in the requested form."""


class GateRefused(MlsysError, RuntimeError):
    """A gate failed, so nothing was registered."""


class NotPortableError(MlsysError, RuntimeError):
    """A model cannot leave this process, because code it needs has no source to take along."""


class UnknownAttribute(MlsysError, AttributeError):
    """A name was asked of an object that it does not have."""


class UnknownArgument(MlsysError, TypeError):
    """A function was given an argument that it does not have."""


class MissingColumn(DataError, KeyError):
    """A function asks rows for a column that they do not have."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError shows its message as a Python text


class UnknownKey(MlsysError, KeyError):
    """Something was asked for by a name that there is none of."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError shows its message as a Python text


@dataclass(frozen=True)
class Finding:
    """A coded remark about a run.

    Parameters
    ----------
    code : str
        Stable code such as ``"LK201"``; its page is ``docs/findings/<code>``.
    message : str
        One sentence with step and column.
    severity : {"information", "warning", "error"}
        Gates refuse runs with an unwaived ``"error"``.
    columns : tuple of str
        The columns the remark is about.
    step : str, optional
        Name of the step it is about.
    waived : str, optional
        The reason the user gave for waiving it.
    """

    code: str
    message: str
    severity: str = "warning"
    columns: tuple[str, ...] = field(default=())
    step: str = ""
    waived: str = ""

    def __post_init__(self) -> None:
        """Hide secrets: findings are kept and sent."""
        for name in ("message", "waived"):
            object.__setattr__(self, name, hidden(getattr(self, name)))

    def __str__(self) -> str:
        note = f" (waived: {self.waived})" if self.waived else ""
        return f"{self.code} {self.severity}: {self.message}{note}"
