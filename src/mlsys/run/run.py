"""Run: the result of running a pipeline, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from mlsys.audit import LeakageAudit
from mlsys.errors import UnknownArgument
from mlsys.evaluation import Gate
from mlsys.execution.execution import with_test_opened
from mlsys.habits import RUN, attribute_error
from mlsys.outcome.findings import leakage_verdict
from mlsys.outcome.measures import final_metrics
from mlsys.outcome.storing import save_judged
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.artifacts import report_into, write_report
from mlsys.run.gathering import audited, completed
from mlsys.run.peeking import count_judgings
from mlsys.run.recording import final_tags
from mlsys.run.registering import Reasons, Registration, register_run
from mlsys.run.results import RunResults
from mlsys.run.snapshots import take_snapshot
from mlsys.warned import once_a_run


class Run(RunResults[PipelineType]):
    """A run of a pipeline: card, reports, states, model.

    Created by ``pipeline.run()``. It is displayed as its card.

    Attributes
    ----------
    pipeline : Pipeline
        The pipeline that was run.
    id : str
        Identifier, assigned before MLflow is contacted; a tag of the MLflow run.
    stage : {"validation", "test"}
        Which rows evaluate it: ``"test"`` only after ``final_test()``.
    reports : mapping of str to Result
        By name: ``run.reports["evaluate"].plot()``.
    audit : LeakageAudit or None
        Result of ``audit_leakage()``, once called.
    outcome : Outcome
        All results, as plain data that outlives this process.
    """

    _unlisted: ClassVar[frozenset[str]] = frozenset({"finished", "log_rows", "show_before_tracking"})

    def audit_leakage(self, *, rows: int = 5_000, verbose: bool | None = None) -> LeakageAudit:
        """Audit the pipeline of the run on a sample of its data; the findings are added to this run.

        Parameters
        ----------
        rows : int
            Size of the sample.
        verbose : bool, optional
            Show a progress bar; by default in a terminal and in a notebook.
        """
        self.audit = self.pipeline.audit_leakage(self._live.data, rows=rows, verbose=verbose)
        self._facts = audited(self._facts, self._live, self.audit)
        for made in ("_completed", "card", "columns"):  # they are made anew, with what the audit found
            self.__dict__.pop(made, None)
        self._tracking.add({}, {"mlsys.audit": self.audit.summary, "mlsys.leakage": leakage_verdict(self.findings)})
        return self.audit

    @once_a_run()
    def final_test(self) -> Run[PipelineType]:
        """Open the test rows, record the opening, and run every report on them.

        Returns
        -------
        Run
            The same states, evaluated on the test rows; ``register`` it.

        Notes
        -----
        MLflow counts how often these rows were opened before, by any model, and the card shows it. With ``k`` models
        evaluated on them, intervals are widened to hold for all ``k`` together (Bonferroni: level ``1 - .05 / k``).
        This is valid for models fixed before the first look; no interval is valid for a model that was changed
        because of a look, and the card says so.
        """
        looks = self._tracking.looks(self._live)
        opened = with_test_opened(self._live.execution, looks.models, looks.findings())
        final = Run(self.pipeline, opened, self._live.data, variant=self.variant, stage="test")
        final.id, final._before = self.id, self._completed
        self._tracking.continued(final._tracking, looks)
        journal = self._tracking.journal
        if journal is not None:
            final._completed = completed(final._facts, final._live, self._completed.seen, self._completed.cost)
            final._tracking.keep_rows(partial(save_judged, final._completed))
            withheld = replace(final._completed, withheld=self.withheld)
            tags = final_tags(withheld, looks, journal.id, self._completed)
            final._tracking.add(
                final_metrics(final._completed), tags, partial(report_into, withheld, final._live, self._completed)
            )
        return final

    def report(self, path: str | Path) -> Path:
        """Write all results into one HTML file without outside links; no MLflow needed.

        Parameters
        ----------
        path : str or Path
            The file, such as ``"flights.html"``; an existing file is replaced. After ``final_test()`` it shows
            validation scores beside test scores.
        """
        return write_report(self.outcome, self._live, Path(path), self._before, self.columns.page())

    def save(self, folder: str | Path) -> Path:
        """Write the model with its states into a folder that :func:`mlsys.load` reads; no MLflow needed.

        Parameters
        ----------
        folder : str or Path
            A new or an empty folder.

        Returns
        -------
        Path
            The folder.
        """
        return self.model.save(folder)

    def register(
        self,
        name: str,
        *,
        alias: str | None = None,
        gate: Gate | None = None,
        reason: str = "",
        override: str = "",
    ) -> Registration:
        """Register the model in MLflow if every gate passes.

        Parameters
        ----------
        name : str
            Name in the registry.
        alias : str, optional
            Alias to set, such as ``"champion"``.
        gate : Gate, optional
            Conditions that must hold; without a gate, only error findings refuse.
        reason : str
            Needed when the test rows were opened before.
        override : str
            Why the model is registered even if it does not pass the gate. The reason stays on the card, on the run and
            on the version. Leakage, a missing evaluation and rows that were learned from cannot be overridden.

        Returns
        -------
        Registration
            Verdict for each condition; falsy, with nothing registered, if the gate fails.
        """
        done = register_run(self.outcome, self._live, self._tracking, name, alias, gate, Reasons(reason, override))
        if done.overridden:
            self._facts = replace(self._facts, overridden={**self._facts.overridden, name: done.overridden})
            self._completed = replace(self._completed, overridden=self._facts.overridden)
            self.__dict__.pop("card", None)
        return done

    def keep_snapshot(self) -> None:
        """Keep a copy of the input, so that the run can be reproduced after its files have changed."""
        take_snapshot(self.id, self._live)

    def show_before_tracking(self, track: bool | str, parent: str | None = None) -> str | None:
        """Show the card where somebody looks, then write to MLflow; return the id under which others are nested."""
        return self._tracking.start(self._is_tracked(track), parent)

    def _is_tracked(self, track: bool | str) -> bool:
        """Say whether a run is written: with ``"auto"``, one that came to predictions."""
        return self._live.execution.parts.is_divided and bool(self.predictions) if track == "auto" else bool(track)

    @property
    def mlflow_run_id(self) -> str | None:
        """MLflow's id of this run; waits until the run is written."""
        return self._tracking.run_id

    if not TYPE_CHECKING:  # so that type checkers flag names that there are none of

        def __getattr__(self, name: str) -> NoReturn:
            raise attribute_error("a Run", self, name, RUN)

    def __call__(self, *given: Any, **named: Any) -> NoReturn:
        """Say what is meant by calling a run."""
        raise UnknownArgument(
            "a Run is a result and cannot be called",
            "write pipeline.run(frame) to run again, or run.predict(new_rows)",
        )


def count_runs(runs: Iterable[Run], track: bool | str) -> None:
    """Note which rows judged some runs, and tell each what that means for its score; before anything is shown."""
    count_judgings({run._live: run._is_tracked(track) for run in runs})
