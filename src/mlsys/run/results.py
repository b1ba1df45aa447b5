"""What a run shows: its card, and everything else on request."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic

import pandas as pd

from mlsys.audit import LeakageAudit
from mlsys.completion import Listed
from mlsys.errors import ConfigurationError, Finding
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.execution import Execution
from mlsys.execution.looking import frame_after
from mlsys.execution.opening import Data
from mlsys.execution.served import ServedModel
from mlsys.outcome import Card, Outcome
from mlsys.outcome.leakage_report import LeakageReport
from mlsys.outcome.lineage import Lineage
from mlsys.outcome.measures import MEASURED, latency_in_words
from mlsys.outcome.reports import Reports
from mlsys.overview import Overview
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.assumptions import assumptions_of
from mlsys.run.columns import columns_of
from mlsys.run.gathering import Label, completed, cost_of, outcome_of
from mlsys.run.live import Live
from mlsys.run.recording import details_of, model_record, record_of
from mlsys.run.tracked import Tracking
from mlsys.run.watched import watched_rows
from mlsys.steps import Result
from mlsys.tracking.record import RunRecord


class RunResults(Listed, Generic[PipelineType]):
    """What a run found, made when it is asked for and kept; see :class:`Run` for what a run does."""

    def __init__(
        self,
        pipeline: PipelineType,
        execution: Execution,
        data: Data = None,
        *,
        variant: str = "",
        log_rows: bool = False,
        stage: str = "validation",
    ) -> None:
        self.pipeline = pipeline
        self.variant = variant
        self.log_rows = log_rows
        self.stage = stage
        self.id = uuid.uuid4().hex
        self.finished = time.time()
        self._live = Live(pipeline, execution, data)
        self._tracking = Tracking(self.id, lambda: self.card, self._record)
        self.audit: LeakageAudit | None = None
        self._before: Outcome | None = None  # the test rows were opened

    @cached_property
    def _facts(self) -> Outcome:
        label = Label(self.id, self.variant, self.stage, self.finished)
        return outcome_of(self._live, label, self.audit, self._tracking.before)

    @cached_property
    def _completed(self) -> Outcome:
        return completed(self._facts, self._live, self.columns.kept())

    @property
    def outcome(self) -> Outcome:
        """All results as plain data; ``mlsys.load(run_id).outcome`` is the same in another process."""
        around = self._tracking.surroundings
        return replace(self._completed, withheld=self.withheld, surroundings=around, tracking=self._tracking.line())

    def _record(self, parent: str | None) -> RunRecord:
        """Return what is written to MLflow."""
        model, self._tracking.withheld = model_record(self.id, self._live)
        return record_of(self.outcome, self._live, model, parent, self.log_rows)

    @property
    def reports(self) -> Mapping[str, Result]:
        """Results of the reports, by name."""
        return Reports(self._live.execution.parts.results)

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of the model.

        Raises
        ------
        ConfigurationError
            If the run has none; check with ``run.is_evaluated``.
        """
        found = evaluation_in(self._live.execution.parts.results)
        if found is None:
            raise ConfigurationError("the run has no evaluation", "run the pipeline to its end, with a model in it")
        return found

    @property
    def is_evaluated(self) -> bool:
        """Whether there is an ``evaluation``."""
        return evaluation_in(self._live.execution.parts.results) is not None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings, with waived ones marked."""
        return self._facts.findings

    @property
    def leakage(self) -> LeakageReport:
        """What was refused, found, audited and counted; ``.plot()`` shows how well single features predict."""
        return self._facts.leakage

    @property
    def features(self) -> pd.DataFrame:
        """One row per column: whether the estimator saw it, why not, and how it was converted."""
        return self._facts.features.copy()

    @cached_property
    def columns(self) -> Overview:
        """Every column: meaning, nulls, values, use with reason, predictive power alone, drift; without test rows."""
        return columns_of(self._live.execution, self._facts.features, self.findings, self.pipeline.name)

    def lineage(self, column: str) -> Lineage:
        """Return which source, steps and functions made a column.

        Parameters
        ----------
        column : str
            Of the source, or made by any step.

        Returns
        -------
        Lineage
            A table, one row per step, the last first; also ``outcome.lineage(column)``.
        """
        return self._facts.lineage(column)

    @property
    def metrics(self) -> pd.DataFrame:
        """The table of the evaluation: metric, value, interval, part."""
        return self._facts.metrics

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows by part; rows in no part are under ``none`` with the reason."""
        return dict(self._facts.rows)

    @property
    def assignment(self) -> pd.Series:
        """The part of each row by row id, null for rows in none; later runs on the same rows can reuse it."""
        return self._live.assignment

    @property
    def steps(self) -> pd.DataFrame:
        """One row per step: seconds, peak memory, rows by part."""
        records = self._facts.records
        return pd.DataFrame(
            [
                {"step": r.name, "kind": r.kind, "seconds": r.seconds, "peak MiB": r.peak_mb, "rows": r.rows}
                for r in records
            ]
        )

    @cached_property
    def model(self) -> ServedModel:
        """The steps that predictions need, with their states."""
        return replace(self._live.model, details=details_of(self.id, self._live))

    @property
    def withheld(self) -> str:
        """Why the model cannot be stored; empty if it can, or if there is no model."""
        return self._tracking.withheld or self._withheld_by_code

    @cached_property
    def _withheld_by_code(self) -> str:
        return self._live.why_withheld()

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict new rows with the served steps.

        Parameters
        ----------
        frame : DataFrame
            Rows as they come from the source; the target may be absent.

        Returns
        -------
        DataFrame
            ``id``, ``prediction`` and, for classes, ``probability_<class>``.
        """
        return self.model.predict(frame)

    def state(self, step: str) -> Any:
        """Return what a step learned.

        Parameters
        ----------
        step : str
            Its name in the plan, such as ``"Impute"``.
        """
        fitted = self._live.fitted
        if step not in fitted:
            raise ConfigurationError(f"no step {step!r} learned anything", f"steps with a state: {', '.join(fitted)}")
        return fitted[step].state

    def frame(self, split: str = "train", after: str | None = None) -> pd.DataFrame:
        """Return the rows of a part after a step.

        Parameters
        ----------
        split : str
            Name of the part.
        after : str, optional
            Name of the step; by default the last one.
        """
        return frame_after(self._live.execution, self._live.data, split, after)

    @cached_property
    def assumptions(self) -> Result:
        """What the family of the model takes for granted, checked on the rows as the model sees them.

        The table has a row for each assumption: ``verdict`` (``"holds"``, ``"doubtful"`` or ``"not assessed"``), what
        was ``measured``, the ``columns`` in question and a ``remedy``. Linear models: scale (with a penalty),
        collinearity, bends, and of numbers heavy tails of the errors; nearest neighbours and kernels: scale; naive
        Bayes: independence within classes; trees: the range of the training rows. Errors are those on rows that the
        model did not learn from; test rows stay sealed. Whether a remedy helps, ``compare`` says.
        """
        return assumptions_of(self._live)

    @property
    def predictions(self) -> dict[str, pd.DataFrame]:
        """Predictions for rows the model did not learn from, by part; out-of-fold predictions under ``validation``."""
        return self._live.predictions

    def watched_rows(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Return the rows that ``Monitor.from_run`` profiles, and what their columns are.

        Returns
        -------
        tuple of DataFrame and dict
            Rows that evaluated the run as requests bring them, with predictions of a model that did not learn from
            them and their target; and the arguments of ``Monitor.fit`` that name these.
        """
        return watched_rows(self._live, self._facts)

    def cache_report(self) -> pd.DataFrame:
        """Return for each step whether its result was cached or computed, and why.

        Returns
        -------
        DataFrame
            ``step``; ``outcome``: ``"hit"``, ``"ran"`` or ``"not cached"``; ``why``; ``seconds`` it took;
            ``seconds saved``. ``attrs["notes"]`` lists dependencies whose change cannot be detected.
        """
        cache = self._live.cache
        if cache is None or cache.store is None:
            raise ConfigurationError("the run cached no results", "run the pipeline with cache=True and MLSYS_CACHE=1")
        return cache.table()

    def digest(self, split: str) -> str:
        """Return the content digest of a part just after the split."""
        return self._live.digest(split)

    @cached_property
    def latency(self) -> Mapping[str, float]:
        """Milliseconds that the served model takes for one row, and rows per second that it answers in batches.

        ``p50``, ``p95`` and ``p99`` are quantiles over requests of one row; ``rows_per_second`` is of batches of up to
        1,000 rows. Warm-up is left out, and threads are limited to the setting. Measured for runs that are written to
        MLflow, otherwise when it is first asked for; the card shows it from then on. Empty without a model.
        """
        known = self.__dict__.get("_completed")
        cost = cost_of(self._live) if known is None else known.cost
        return MappingProxyType({name: cost[name] for name in MEASURED if name in cost})

    def _latency_in_words(self) -> str:
        return latency_in_words(self.latency) if {"latency", "_completed"} & set(self.__dict__) else ""

    @cached_property
    def card(self) -> Card:
        """The card: result, baselines, slices, verdicts, findings, supplied steps."""
        later: dict[str, Any] = {"withheld": lambda: self.withheld, "latency": self._latency_in_words}
        return replace(self._facts.card, tracking=self._tracking.line, **later)

    def __repr__(self) -> str:
        return self.card.text()

    def _repr_html_(self) -> str:
        return self.card.html()
