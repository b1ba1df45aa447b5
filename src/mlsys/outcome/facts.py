"""RunFacts: all that is known of a run once it has ended, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mlsys.audit.result import LeakageAudit
from mlsys.errors import Finding
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.records import Record
from mlsys.outcome.looks import Looks
from mlsys.outcome.reports import Reports
from mlsys.pages import Findings
from mlsys.steps import Result


@dataclass(frozen=True)
class StepFacts:
    """A step that was run, in words.

    Parameters
    ----------
    name, kind : str
        As in the plan.
    digest : str
        Of its class and configuration.
    supplied : str
        Why the library put it there; empty when the user did.
    allowed : tuple of str
        What it was allowed beyond its kind, with the reasons.
    trained_anew : str
        Why its estimator is trained again; empty where it is not.
    chose : str
        Which steps it chose for which columns.
    stood_for : tuple of str
        These steps, as they are written.
    in_engine : tuple of str
        What was done to the rows in the engine of the source, before they were read.
    came : tuple of str
        How and when a source's rows came, where it knows: all of them, then piece by piece.
    postprocessed : str
        What a step of postprocessing learned, and from which rows.
    drew : tuple of str
        How many of how many rows a sample kept of each part, and how.
    """

    name: str
    kind: str
    digest: str
    supplied: str = ""
    allowed: tuple[str, ...] = ()
    trained_anew: str = ""
    chose: str = ""
    stood_for: tuple[str, ...] = ()
    in_engine: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    postprocessed: str = ""
    drew: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class RunFacts:
    """What came out of a run, as plain data.

    Parameters
    ----------
    run : str
        The run's own id.
    pipeline, variant : str
        Names.
    stage : {"validation", "test"}
        Which rows judge it.
    configuration : str
        Digest of the whole pipeline.
    seed : int
        Root of every step's randomness.
    roles : mapping of str to str
        Role by column.
    steps : tuple of StepFacts
        As they were run, in order.
    rows : mapping of str to int
        Rows by part, and of those in none by reason.
    divided, given : bool
        Whether the rows were divided; whether the parts were given.
    split_notes : tuple of str
        Where the parts begin, as described by the split.
    reports : mapping of str to Result
        By name; a result holds no rows of the data among its facts.
    findings : tuple of Finding
        Worst first, waived ones marked.
    features : DataFrame
        One row a column: ``column``, ``used``, ``reason``, ``made by``.
    late : mapping of str to str
        Columns that are known too late to be features, and how late.
    power : DataFrame or None
        How well each feature alone predicts the target.
    left_out, taken, carried : str
        Features left out that predict the target all the same; those that steps took which name none; rows of the data
        that the model holds.
    audit : LeakageAudit or None
        What ``audit_leakage()`` found, once it was asked.
    opened : Looks
        Who opened the test rows before.
    records : tuple of Record
        What each step did: rows, seconds, memory.
    ledger : sequence of dict
        What each step depended on and made, by digest.
    withheld : str
        Why the model cannot leave its process.
    engine : str
        Name of the engine.
    ended : float
        Seconds since the epoch.
    surroundings, tracking : str
        What was set in MLflow around the run; where the run is, in words.
    parts, states : mapping of str to str
        Digests of the rows of each part, and of what each step learned.
    cost : mapping of str to float
        Milliseconds for one row (``p50``, ``p95``, ``p99``), ``rows_per_second``, and ``size`` of the states in bytes,
        where a model was trained and could be asked.
    judged : str
        Digest of the rows that judged: target and prediction of each.
    seen : DataFrame
        What is known of each column, without its values; see ``columns``.
    made : sequence of mapping
        The source and the steps in order, with the columns that each wrote and those they are made of.
    overridden : mapping of str to str
        Gates that the model did not pass and was registered in spite of: by name in the registry, the terms and the
        written reason.
    scored : DataFrame or None
        These rows where they are at hand; they are kept on the machine of the run only.
    """

    run: str
    pipeline: str
    variant: str
    stage: str
    configuration: str
    seed: int
    roles: Mapping[str, str]
    steps: tuple[StepFacts, ...]
    rows: Mapping[str, int]
    divided: bool
    given: bool
    split_notes: tuple[str, ...]
    reports: Mapping[str, Result]
    findings: tuple[Finding, ...]
    features: pd.DataFrame
    late: Mapping[str, str]
    power: pd.DataFrame | None
    left_out: tuple[str, ...]
    taken: str
    carried: str
    audit: LeakageAudit | None
    opened: Looks
    records: tuple[Record, ...]
    ledger: Sequence[Mapping[str, Any]] | None
    withheld: str
    engine: str
    ended: float
    surroundings: str = ""
    tracking: str = ""
    made: Sequence[Mapping[str, Any]] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    judged: str = ""
    seen: pd.DataFrame = field(default_factory=pd.DataFrame)
    overridden: Mapping[str, str] = field(default_factory=dict)
    scored: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        """Let findings and reports show themselves."""
        object.__setattr__(self, "findings", Findings(self.findings))
        object.__setattr__(self, "reports", Reports(self.reports))

    @property
    def evaluation(self) -> Evaluation | None:
        """What the model was found to be worth; ``None`` where nothing judged it."""
        return evaluation_in(self.reports)
