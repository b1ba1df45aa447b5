"""Pipeline: a configuration and the ways to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlsys.habits import answering
from mlsys.pipeline.configuration import Configuration
from mlsys.pipeline.given import taken
from mlsys.plan import Plan
from mlsys.steps import Split

if TYPE_CHECKING:
    from mlsys.audit import LeakageAudit
    from mlsys.engines import Engine
    from mlsys.execution.previewed import Preview
    from mlsys.pipeline.variants import Variants
    from mlsys.run import Ablation, CrossValidation, PriceOfLeakage, Run


class Pipeline(Configuration):
    """Steps in order; what a step is decides what it is shown.

    Parameters
    ----------
    steps : sequence
        Steps, scikit-learn transformers and estimators, imbalanced-learn samplers, functions from frame to frame.
    target, time, id, group, weight : str, optional
        Role columns; none of them is ever a feature.
    event : bool, number or str, optional
        Of two classes of the target the one that recall, precision, cost and probability speak of. When not given: the
        class that means yes (``True``, ``1``, ``"yes"``), else the rarer one; the card says which it is, and why.
    decide_at : str, optional
        When the prediction must be made: ``"1h before departs"`` or a time column. Columns known later are no features.
    sensitive : sequence of str
        Columns whose groups are compared in every evaluation (rates and gaps with intervals); never features.
    features, exclude : sequence of str, optional
        Narrow the features to some columns, or take some out.
    known_at : mapping of str to str, optional
        When columns become known: a time column, or a delay such as ``"1h"`` after the row's time.
    waive : mapping of str to str, optional
        Finding code to the reason for waiving it; shown on every card.
    name : str, optional
        Name of the MLflow experiment; made from the target when not given.
    seed : int
        Root of every step's randomness.

    Notes
    -----
    Refused here, before data is read: a step that learns or resamples before the split, two splits,
    two targets, a served step that reads the target. What is missing is supplied and said on the
    card: a split (by time, else by group, else stratified, .6/.2/.2), a ``Prepare`` where training rows hold features
    that the estimator does not take as they are, and an ``Evaluate``.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> pipeline = Pipeline([LogisticRegression()], target="y")
    >>> [planned.name for planned in pipeline.plan().steps]
    ['StratifiedSplit', 'Train', 'Evaluate']
    """

    @answering
    def run(
        self,
        data: Any = None,
        y: Any = None,
        *,
        until: str | None = None,
        track: bool | str = "auto",
        cache: bool = True,
        snapshot: bool = False,
        log_rows: bool = False,
        verbose: bool | None = None,
        engine: Engine | None = None,
    ) -> Run:
        """Run the pipeline and return what came out.

        Parameters
        ----------
        data : DataFrame, mapping of str to DataFrame, path, or None
            A frame takes the place of the source, and so does what can be made one: a table of polars or Arrow, a list
            of records, a path to CSV or Parquet files or a folder of them; a mapping gives the parts by name; nothing
            reads the pipeline's own source.
        y : Series or array, optional
            The target, where ``data`` holds the features alone.
        until : str, optional
            Name of the last step to run.
        track : bool or "auto"
            Write the run to MLflow; ``"auto"`` does so for runs that train a model. The result is
            there before anything is written. ``False`` leaves no file.
        cache : bool
            Keep results of steps in ``.mlsys/cache`` and use those whose code, configuration and input are unchanged;
            ``run.cache_report()`` says which. With ``track=False`` and ``cache=False`` no file is written.
        snapshot : bool
            Keep what was read in ``.mlsys/snapshots``, so that the run can be reproduced after its files have changed.
        log_rows : bool
            Let rows leave this machine: predictions on validation rows, with ids and labels, go to MLflow.
        verbose : bool, optional
            Show a progress bar; by default in a terminal and in a notebook.
        engine : Engine, optional
            Where partitions are worked on; when not given, in a loop on this machine
            (:class:`mlsys.engines.LocalEngine`). Results do not depend on it.

        Returns
        -------
        Run
            The card, states, model and reports.
        """
        from mlsys.pipeline.running import run_pipeline

        return run_pipeline(*taken(self, data, y), until, track, cache, snapshot, log_rows, verbose, engine)

    def preview(self, data: Any = None, n: int = 5, rows: int = 2_000, engine: Engine | None = None) -> Preview:
        """Return ``n`` training rows after each step, computed on a sample.

        Parameters
        ----------
        data, engine
            As for ``run``.
        n, rows : int
            Rows to show, and to compute on.

        Returns
        -------
        Preview
            Frames by name of the step; shows what each step changed.
        """
        from mlsys.execution.looking import preview
        from mlsys.execution.session import start, work_of

        pipeline, given = taken(self, data, who="preview()")
        return preview(Plan(pipeline.planned), given, start(pipeline), work_of(pipeline, engine=engine), n, rows)

    def audit_leakage(
        self,
        data: Any = None,
        *,
        rows: int = 5_000, cache: bool = True, verbose: bool | None = None, engine: Engine | None = None,
    ) -> LeakageAudit:  # fmt: skip
        """Run the recipe on a sample with rows replaced that must not matter, and say what moved.

        Parameters
        ----------
        data, cache, verbose, engine
            As for ``run``; of earlier results only the rows that the source read are taken.
        rows : int
            Of the sample, chosen by hash of their ids.

        Returns
        -------
        LeakageAudit
            ``violated``, ``not observed`` or ``not assessed``, with the first step, the probe and the columns.
        """
        from mlsys.pipeline.auditing import audit_pipeline

        return audit_pipeline(*taken(self, data, who="audit_leakage()"), rows, cache, verbose, engine)

    @answering
    def cross_validate(
        self,
        folds: Split | int | None = None,
        data: Any = None,
        *,
        n_jobs: int = 1,
        track: bool | str = "auto",
        cache: bool = True,
        verbose: bool | None = None,
        engine: Engine | None = None,
    ) -> CrossValidation:
        """Judge the pipeline by folds of all rows but the test rows: the steps after the split run again for each.

        Parameters
        ----------
        folds : Split or int, optional
            ``KFolds(5)``, any split, or a number of folds: by time where there is a time role, else by group or hash.
        data, track, cache, verbose, engine
            As for ``run``; ``data`` in one frame. In MLflow the folds are nested under one run.
        n_jobs : int
            Processes; the results are the same, byte for byte.

        Returns
        -------
        CrossValidation
            Means over folds with corrected intervals, and the paired difference from each baseline.
        """
        from mlsys.pipeline.cross_validation import cross_validate

        pipeline, rows = taken(self, data, who="cross_validate()")
        return cross_validate(pipeline, folds, rows, n_jobs, track, cache, verbose, engine)

    def ablate(
        self,
        features: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        data: Any = None,
        *,
        n_jobs: int = 1, cache: bool = True, verbose: bool | None = None, engine: Engine | None = None,
    ) -> Ablation:  # fmt: skip
        """Refit without each feature, and show what that changes on the same rows: a leak carries too much.

        Parameters
        ----------
        features : list of str, or mapping of str to list of str, optional
            Features, or groups of them by name, to leave out; every feature that reached the split if not given.
        data, n_jobs, cache, verbose, engine
            As for ``cross_validate``; parts that are given are taken as they are.
        """
        from mlsys.pipeline.ablation import ablate

        pipeline, rows = taken(self, data, who="ablate()")
        return ablate(pipeline, features, rows, n_jobs, cache, verbose, engine)

    def price_of_leakage(
        self, data: Any = None, *, rows: int = 20_000, folds: int = 5, repeats: int = 2, n_jobs: int = 1,
        verbose: bool | None = None,
    ) -> PriceOfLeakage:  # fmt: skip
        """Put in each leak that this pipeline keeps out, on a sample, and show optimistic and honest score.

        Parameters as for :func:`mlsys.price_of_leakage`, which also prices an order that is refused.
        """
        from mlsys.pipeline.pricing import price_of_pipeline

        return price_of_pipeline(*taken(self, data, who="price_of_leakage()"), rows, folds, repeats, n_jobs, verbose)

    def variants(self, **changes: Mapping[str, Any]) -> Variants:
        """Return pipelines that differ in named steps; steps they share are run once.

        Parameters
        ----------
        **changes : mapping of str to step
            For each variant the steps to replace, by name; ``{}`` for the pipeline as it is.
        """
        from mlsys.pipeline.variants import Variants

        return Variants({label: self.replace(**steps) for label, steps in changes.items()})

    def as_sklearn(self) -> Any:
        """Return a scikit-learn estimator of the steps that learn and serve.

        Its ``fit(X, y)`` trains on all rows it is given: scikit-learn brings the data and does the splitting.
        """
        from mlsys.pipeline.sklearn_pipeline import as_sklearn

        return as_sklearn(self)

    def _repr_html_(self) -> str:
        return self.plan()._repr_html_()
