"""Run: what came out of running a pipeline; a card first, everything else on request."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from mlsys.errors import ConfigurationError, Finding, UnknownArgument
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.execution import Execution, with_test_opened
from mlsys.execution.opening import Data
from mlsys.execution.served import ServedModel, asking
from mlsys.habits import RUN, Named, attribute_error
from mlsys.run.findings import findings_of, leakage_verdict
from mlsys.run.tracked import Tracking
from mlsys.steps import Result
from mlsys.tables import Table, identify_table
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.audit import LeakageAudit
    from mlsys.plan.any_pipeline import AnyPipeline
    from mlsys.run.card import Card
    from mlsys.run.leakage_report import LeakageReport


class Run:
    """Outcome of a pipeline: card, reports, states, model.

    Made by ``pipeline.run()``. Showing it shows the card.

    Attributes
    ----------
    pipeline : Pipeline
        What was run.
    id : str
        Made before MLflow is contacted; a tag of the MLflow run.
    stage : {"validation", "test"}
        Which rows judge it: ``"test"`` only after ``final_test()``.
    reports : mapping of str to Result
        By name: ``run.reports["evaluate"].plot()``.
    audit : LeakageAudit or None
        What ``audit_leakage()`` found, once it was asked.
    """

    def __init__(
        self,
        pipeline: AnyPipeline,
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
        self._execution = execution
        self._data = data
        self._tracking = Tracking(self)
        self._digests: dict[str, str] = {}
        self.audit: LeakageAudit | None = None

    @property
    def reports(self) -> Mapping[str, Result]:
        """Results of the reports, by name."""
        return Named("report", self._execution.parts.results)

    @property
    def evaluation(self) -> Evaluation | None:
        """What the model was found to be worth; ``None`` where nothing judged it."""
        return evaluation_in(self._execution.parts.results)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Coded remarks, waived ones marked."""
        return findings_of(self)

    @property
    def leakage(self) -> LeakageReport:
        """What was refused, found in the data, put to the test and counted; ``.plot()`` draws single-feature power."""
        from mlsys.run.leakage_report import leakage_report

        return leakage_report(self)

    def audit_leakage(self, *, rows: int = 5_000, verbose: bool | None = None) -> LeakageAudit:
        """Put the run's pipeline to the test on a sample of its data; what it finds is found in this run.

        Parameters
        ----------
        rows : int
            Of the sample.
        verbose : bool, optional
            Show a progress bar; by default in a terminal and in a notebook.
        """
        self.audit = self.pipeline.audit_leakage(self._data, rows=rows, verbose=verbose)
        for made in ("findings", "card"):  # they are made anew, with what the audit found
            self.__dict__.pop(made, None)
        self._tracking.add({}, {"mlsys.audit": self.audit.summary, "mlsys.leakage": leakage_verdict(self.findings)})
        return self.audit

    @property
    def features(self) -> pd.DataFrame:
        """Every column: whether the estimator saw it, why not, and what became of it; one row a column."""
        from mlsys.run.features import features_of

        return features_of(self._execution)

    @property
    def metrics(self) -> pd.DataFrame:
        """The table of the evaluation: metric, value, interval, part."""
        if self.evaluation is None:
            raise ConfigurationError("the run has no evaluation", "add Evaluate() after the model")
        return self.evaluation.table

    @property
    def rows(self) -> dict[str, int]:
        """Rows by part, and under ``none`` with the reason those in no part."""
        divided = self._execution.divided
        if divided is None:
            return {"all": len(self._execution.undivided.frame())} if self._execution.undivided else {}
        counted = {name: divided.rows.get(name, 0) for name in divided.parts}
        return {**counted, **{f"none: {reason}": count for reason, count in divided.none.items()}}

    @cached_property
    def assignment(self) -> pd.Series:
        """The part of each row by row id, null for rows in none; what later runs on the same rows can be held to."""
        divided = self._execution.divided
        if divided is None:
            raise ConfigurationError("the run stopped before the split", "run the pipeline to its end")
        if divided.assignment is not None:
            return divided.assignment.frame()["part"].rename("part")
        ids = {name: part.frame([]).index for name, part in divided.parts.items()}
        return pd.concat([pd.Series(name, index=index, dtype="str") for name, index in ids.items()]).rename("part")

    @property
    def steps(self) -> pd.DataFrame:
        """One row a step: seconds, peak memory, rows by part."""
        records = self._execution.work.records
        return pd.DataFrame(
            [
                {"step": r.name, "kind": r.kind, "seconds": r.seconds, "peak MiB": r.peak_mb, "rows": r.rows}
                for r in records
            ]
        )

    @cached_property
    def model(self) -> ServedModel:
        """The steps that predictions need, with their states."""
        divided = self._execution.divided
        model = self._execution.model()
        return model if divided is None else asking(model, divided.parts["train"])

    @property
    def withheld(self) -> str:
        """Why the model cannot leave this process; empty where it can, or where there is none."""
        return self._tracking.withheld or self._withheld_by_code

    @cached_property
    def _withheld_by_code(self) -> str:
        from mlsys.run.withheld import why_withheld

        return why_withheld(self)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict new rows; returns ``id``, ``prediction`` and, for classes, ``probability_<class>``."""
        return self.model.predict(frame)

    def state(self, step: str) -> Any:
        """Return what a step learned."""
        fitted = self._execution.fitted
        if step not in fitted:
            raise ConfigurationError(f"no step {step!r} learned anything", f"steps with a state: {', '.join(fitted)}")
        return fitted[step].state

    def frame(self, split: str = "train", after: str | None = None) -> pd.DataFrame:
        """Return the rows of a part as a step left them (the last step by default)."""
        from mlsys.execution.looking import frame_after

        return frame_after(self._execution, self._data, split, after)

    @property
    def predictions(self) -> dict[str, pd.DataFrame]:
        """Predictions on rows the model did not learn from, by part; out-of-fold ones under ``validation``."""
        found = {name: table.frame() for name, table in self._execution.parts.predictions.items()}
        if self._execution.parts.judged is not None:
            found.setdefault("validation", self._execution.parts.judged.frame())
        return found

    def cache_report(self) -> pd.DataFrame:
        """Say for each step whether its result was found or made, and why.

        Returns
        -------
        DataFrame
            ``step``; ``outcome``: ``"hit"``, ``"ran"`` or ``"not cached"``; ``why``; ``seconds`` it took;
            ``seconds saved``. ``attrs["notes"]`` lists what a change of could not be noticed.
        """
        cache = self._execution.work.cache
        if cache is None or cache.store is None:
            raise ConfigurationError("the run kept no results", "run the pipeline with cache=True and MLSYS_CACHE=1")
        return cache.table()

    def digest(self, split: str) -> str:
        """Return the content digest of a part as the split left it."""
        divided = self._execution.divided
        part: Table | None = self._execution.undivided if divided is None else divided.parts.get(split)
        if part is None:
            raise ConfigurationError(f"there is no part {split!r}", "see run.rows")
        if split not in self._digests:  # asked for several times while a run is written
            self._digests[split] = identify_table(part).whole
        return self._digests[split]

    @cached_property
    def card(self) -> Card:
        """The card: result, baselines, slices, verdicts, findings, what was defaulted."""
        from mlsys.run.card import make_card

        return make_card(self)

    @once_a_run()
    def final_test(self) -> Run:
        """Open the test rows, on record, and run every report again with them.

        Returns
        -------
        Run
            The same states, judged by the test rows; ``register`` it.

        Notes
        -----
        How often these rows were opened before, by any model, is counted in MLflow and shown. With ``k`` models
        judged by them, intervals are widened to hold for all ``k`` together (Bonferroni: level ``1 - .05 / k``). That
        is sound for models that were fixed before the first look; for one that was changed because of what a look
        showed nothing is, and the card says so.
        """
        looks = self._tracking.looks()
        opened = with_test_opened(self._execution, looks.models, looks.findings())
        final = Run(self.pipeline, opened, self._data, variant=self.variant, stage="test")
        final._tracking = self._tracking.opened(final, looks)
        return final

    def save(self, folder: str | Path) -> Path:
        """Write the model with its states into a folder that :func:`mlsys.load` reads; no MLflow needed."""
        from mlsys.run.saving import save_run

        return save_run(self, Path(folder))

    def register(self, name: str, *, alias: str | None = None, gate: Any = None, reason: str = "") -> Any:
        """Register the model in MLflow if every gate passes.

        Parameters
        ----------
        name : str
            Name in the registry.
        alias : str, optional
            Alias to set, such as ``"champion"``.
        gate : Gate, optional
            What must hold; without one, only error findings refuse.
        reason : str
            Needed when the test rows were opened before.

        Returns
        -------
        Registration
            Verdict by term; falsy, with nothing registered, when a gate says no.
        """
        from mlsys.run.registering import register_run

        return register_run(self, name, alias, gate, reason)

    def show_before_tracking(self, track: bool | str, parent: str | None = None) -> str | None:
        """Show the card where somebody looks, then write to MLflow; returns the id that others are nested under."""
        return self._tracking.start(track, parent)

    @property
    def mlflow_run_id(self) -> str | None:
        """MLflow's id of this run; waits until the run is written."""
        return self._tracking.run_id

    def __getattr__(self, name: str) -> NoReturn:
        raise attribute_error("a Run", self, name, RUN)

    def __call__(self, *given: Any, **named: Any) -> NoReturn:
        """Say what is meant by calling an outcome."""
        raise UnknownArgument(
            "a Run is an outcome, which is not called",
            "write pipeline.run(frame) to run again, or run.predict(new_rows)",
        )

    def __repr__(self) -> str:
        return self.card.text()

    def _repr_html_(self) -> str:
        return self.card.html()
