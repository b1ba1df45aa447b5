"""Candidate: what a gate is shown of a model, and of the one that it would replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from mlsys.errors import ConfigurationError, Finding
from mlsys.evaluation.evaluation import Evaluation, evaluation_in, evaluation_of
from mlsys.steps import Result


@dataclass(frozen=True)
class Rival:
    """The model that an alias names, on the rows that evaluated the candidate.

    Parameters
    ----------
    who : str
        In words, such as ``"version 3"``.
    mine, theirs : DataFrame, optional
        Target and prediction of the same rows, by the candidate and by the rival.
    how : str
        Where the rival's predictions come from.
    problem : str
        Why there are none, in one sentence; empty if there are.
    is_candidate : bool
        Whether the alias names the candidate itself.

    Examples
    --------
    >>> Rival("version 3", problem="its rows are not on this machine").problem
    'its rows are not on this machine'
    """

    who: str
    mine: pd.DataFrame = field(default_factory=pd.DataFrame)
    theirs: pd.DataFrame = field(default_factory=pd.DataFrame)
    how: str = ""
    problem: str = ""
    is_candidate: bool = False


@runtime_checkable
class Told(Protocol):
    """The outcome of a run."""

    @property
    def reports(self) -> Mapping[str, Result]:
        """Results by name."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """Findings, with waived ones marked."""
        ...

    @property
    def cost(self) -> Mapping[str, float]:
        """Milliseconds for one row and bytes."""
        ...


@runtime_checkable
class HasOutcome(Protocol):
    """A run, or a model that was loaded and knows its run."""

    @property
    def outcome(self) -> Any:
        """What came out."""
        ...


@dataclass(frozen=True)
class Candidate:
    """What a gate reads.

    Parameters
    ----------
    reports : mapping of str to Result
        Results of the run's reports, by name.
    findings : sequence of Finding, optional
        Those of the run, with waived ones marked; ``None`` where nobody knows them.
    cost : mapping of str to float
        Milliseconds for one row (``p50``, ``p95``, ``p99``) and ``size`` in bytes.
    rival : callable, optional
        Takes an alias, and returns the model that it names; ``None`` if it names none.

    Examples
    --------
    >>> candidate = Candidate({}, cost={"p50": 1.5})
    >>> candidate.evaluation is None, candidate.cost["p50"]
    (True, 1.5)
    """

    reports: Mapping[str, Result]
    findings: Sequence[Finding] | None = None
    cost: Mapping[str, float] = field(default_factory=dict)
    rival: Callable[[str], Rival | None] | None = None

    @property
    def evaluation(self) -> Evaluation | None:
        """The evaluation, ``None`` if there is none."""
        return evaluation_in(self.reports)

    def evaluation_of(self, target: str | None) -> Evaluation | None:
        """The evaluation of one of several targets, or of all where none is named; ``None`` if there is none."""
        found = self.evaluation
        return None if found is None else evaluation_of(found, target)

    def without(self, target: str | None) -> str:
        """Say what there is in place of an evaluation that there is not."""
        found = self.evaluation
        if found is None or target is None:
            return "no evaluation"
        return f"no such target (there are: {', '.join(found.targets) or 'one'})"

    @classmethod
    def of(cls, given: Any) -> Candidate:
        """Return what is known of a run, an outcome, or results by name.

        Raises
        ------
        ConfigurationError
            If it is none of these.
        """
        if isinstance(given, Candidate):
            return given
        if isinstance(given, Mapping):
            return cls(given)
        found = given.outcome if isinstance(given, HasOutcome) else given
        if not isinstance(found, Told):
            raise ConfigurationError(
                f"a gate cannot check {type(given).__name__}", "pass a run, its outcome, or run.reports"
            )
        return cls(found.reports, found.findings, found.cost)
