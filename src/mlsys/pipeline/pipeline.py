"""Pipeline: a configuration and the ways to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlsys.habits import answering
from mlsys.pipeline.configuration import Configuration
from mlsys.pipeline.given import taken
from mlsys.plan import Plan
from mlsys.steps import Split

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.audit import LeakageAudit
    from mlsys.drift import History, RetrainPolicy
    from mlsys.engines import AnyEngine
    from mlsys.evaluation import Gate
    from mlsys.execution.previewed import Preview
    from mlsys.pipeline.retraining import Retraining
    from mlsys.pipeline.tuning import Tuned
    from mlsys.pipeline.variants import Variants
    from mlsys.run import Ablation, CrossValidation, PriceOfLeakage, Run


class Pipeline(Configuration):
    """Ordered steps; the kind of a step decides what it sees.

    Parameters
    ----------
    steps : sequence
        Steps, scikit-learn transformers and estimators, imbalanced-learn samplers, functions from frame to frame.
    target : str or list of str, optional
        The column to predict, or several columns of classes, or several of numbers; none is ever a feature.
    time, id, group, weight : str, optional
        Role columns; none of them is ever a feature.
    event : bool, number, str or mapping, optional
        For two classes, the one that recall, precision, cost and probability refer to; by target where there are
        several. By default the class that means
        yes (``True``, ``1``, ``"yes"``), otherwise the rarer one; the card says which it is, and why.
    decide_at : str, optional
        When the prediction must be made: ``"1h before departs"`` or a time column. Columns known later are not
        features.
    sensitive : sequence of str
        Columns whose groups are compared in every evaluation (rates and gaps with intervals); never features.
    features, exclude : sequence of str, optional
        Columns to use as features, or to leave out.
    known_at : mapping of str to str, optional
        When columns become known: a time column, or a delay such as ``"1h"`` after the row's time.
    waive : mapping of str to str, optional
        Finding code to the reason for waiving it; shown on every card.
    name : str, optional
        Name of the MLflow experiment; by default derived from the target.
    seed : int
        Seed for the randomness of every step.

    Notes
    -----
    Refused here, before data is read: a step that learns or resamples before the split, two splits,
    two steps that write a target, a served step that reads the target. Missing steps are supplied, and the card
    lists them: a split (by time, otherwise by group, otherwise stratified, .6/.2/.2), a ``Prepare`` if the estimator
    does not accept the features of the training rows as they are, and an ``Evaluate``.

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
        engine: AnyEngine | None = None,
    ) -> Run[Pipeline]:
        """Run the pipeline and return the run.

        Parameters
        ----------
        data : DataFrame, mapping of str to DataFrame, path, or None
            A frame replaces the source, and so does anything that can be converted to one: a polars or Arrow table, a
            list of records, a path to CSV or Parquet files or a folder of them. A mapping gives the parts by name.
            ``None`` reads the source of the pipeline.
        y : Series, array or DataFrame, optional
            The target, if ``data`` holds only the features; of several targets a column for each.
        until : str, optional
            Name of the last step to run.
        track : bool or "auto"
            Write the run to MLflow; ``"auto"`` does so for runs that train a model. The result is
            there before anything is written. ``False`` leaves no file.
        cache : bool
            Store results of steps in ``.mlsys/cache`` and reuse those whose code, configuration and input are
            unchanged; ``run.cache_report()`` lists them. With ``track=False`` and ``cache=False`` no file is written.
        snapshot : bool
            Keep a copy of the input in ``.mlsys/snapshots``, so that the run can be reproduced after its files have
            changed.
        log_rows : bool
            Allow rows to leave this machine: predictions for validation rows, with ids and labels, go to MLflow.
        verbose : bool, optional
            Show a progress bar; by default in a terminal and in a notebook.
        engine : Engine or str, optional
            Where partitions are processed; by default in a loop on this machine
            (:class:`mlsys.engines.LocalEngine`). ``"dask"`` starts workers for this run, and
            ``DaskEngine("tls://host:8786")`` uses a cluster (:class:`mlsys.engines.DaskEngine`). Results do not depend
            on it.

        Returns
        -------
        Run
            The card, states, model and reports.
        """
        from mlsys.pipeline.running import run_pipeline

        return run_pipeline(*taken(self, data, y), until, track, cache, snapshot, log_rows, verbose, engine)

    def preview(self, data: Any = None, n: int = 5, rows: int = 2_000, engine: AnyEngine | None = None) -> Preview:
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
        rows: int = 5_000, cache: bool = True, verbose: bool | None = None, engine: AnyEngine | None = None,
    ) -> LeakageAudit:  # fmt: skip
        """Run the pipeline on a sample, replace rows that must not matter, and report what changed.

        Parameters
        ----------
        data, cache, verbose, engine
            As for ``run``; of cached results only the rows that the source read are reused.
        rows : int
            Number of rows in the sample, chosen by hash of their ids.

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
        engine: AnyEngine | None = None,
    ) -> CrossValidation[Pipeline]:
        """Evaluate the pipeline by folds of all rows except test rows; the steps after the split rerun for each.

        Parameters
        ----------
        folds : Split or int, optional
            ``KFolds(5)``, any split, or a number of folds: by time if there is a time role, otherwise by group or hash.
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
        n_jobs: int = 1, cache: bool = True, verbose: bool | None = None, engine: AnyEngine | None = None,
    ) -> Ablation[Pipeline]:  # fmt: skip
        """Refit without each feature, and compare on the same rows: a leaking feature contributes too much.

        Parameters
        ----------
        features : list of str, or mapping of str to list of str, optional
            Features, or groups of them by name, to leave out; by default every feature that reaches the split.
        data, n_jobs, cache, verbose, engine
            As for ``cross_validate``; given parts are used as they are.
        """
        from mlsys.pipeline.ablation import ablate

        pipeline, rows = taken(self, data, who="ablate()")
        return ablate(pipeline, features, rows, n_jobs, cache, verbose, engine)

    @answering
    def retrain(
        self,
        reference: str,
        data: Any = None,
        *,
        gate: Gate | None = None,
        policy: RetrainPolicy | None = None,
        history: pd.DataFrame | History | None = None,
        final_test: bool = False,
        reason: str = "",
        cache: bool = True,
        verbose: bool | None = None,
        engine: AnyEngine | None = None,
    ) -> Retraining[Pipeline]:
        """Retrain a registered model: a new run takes over if it passes a gate, otherwise the old model stays.

        Parameters
        ----------
        reference : str
            Name and alias of the registered model, such as ``"flights@champion"``. If there is none yet, the first run
            that passes becomes it.
        data, cache, verbose, engine
            As for ``run``.
        gate : Gate, optional
            What the new model must pass; by default it must beat the old one on the same rows.
        policy : RetrainPolicy, optional
            Asked first if there is a model; nothing is run unless it advises to retrain. It needs ``history``: new rows
            alone do not tell how the old model did, because it may have learned from some of them.
        history : DataFrame or History, optional
            How the model did, for the policy: ``monitor.history``, or a frame as for
            :meth:`RetrainPolicy.advise <mlsys.RetrainPolicy.advise>`.
        final_test : bool
            Open the test rows of the new run, and judge by them.
        reason : str
            As for ``run.register``.

        Returns
        -------
        Retraining
            Truthy if a new version took over; otherwise it says why the old one was kept. ``roll_back()`` undoes it.

        Raises
        ------
        ConfigurationError
            If the reference names no alias, or a policy has no history.

        Notes
        -----
        An error while running or registering leaves the alias where it was; a note on the error says so.
        """
        from mlsys.pipeline.retraining import retrain

        pipeline, rows = taken(self, data, who="retrain()")
        return retrain(pipeline, reference, rows, gate, policy, history, final_test, reason, cache, verbose, engine)

    def price_of_leakage(
        self, data: Any = None, *, rows: int = 20_000, folds: int = 5, repeats: int = 2, n_jobs: int = 1,
        verbose: bool | None = None,
    ) -> PriceOfLeakage[Pipeline]:  # fmt: skip
        """Add each leak that this pipeline prevents, on a sample, and compare optimistic and honest scores.

        Parameters as for :func:`mlsys.price_of_leakage`, which also prices a refused order.
        """
        from mlsys.pipeline.pricing import price_of_pipeline

        return price_of_pipeline(*taken(self, data, who="price_of_leakage()"), rows, folds, repeats, n_jobs, verbose)

    @answering
    def tune(
        self,
        space: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]],
        data: Any = None,
        *,
        trials: int = 50,
        metric: Any = None,
        seconds: float | None = None,
        seed: int = 0,
        sampler: Any = None,
        pruner: Any = None,
        n_jobs: int = 1,
        resume: str | None = None,
        track: bool | str = "auto", cache: bool = True, verbose: bool | None = None, engine: AnyEngine | None = None,
    ) -> Tuned[Pipeline]:  # fmt: skip
        """Search any field of any step by training and validation rows; test rows stay sealed.

        Parameters
        ----------
        space : dict or callable
            What to try, by step or by field: ``{"Impute.numeric": ["mean", "median"], "Train.estimator__C":
            LogUniform(0.01, 10), "Scale": [Standardize(), None]}``. ``field__parameter`` is a parameter of the
            estimator in a field; ``None`` takes a step out. Lists, ``range``, :class:`mlsys.Uniform`,
            :class:`mlsys.LogUniform`, :class:`mlsys.Integers` and Optuna's distributions are searched. Or a function
            from an Optuna trial to values by the same keys, where one choice depends on another.
        data, cache, verbose, engine
            As for ``run``.
        trials : int
            Number of trials, those of a resumed study included. The pipeline as it is is evaluated beside them.
        metric : str, Metric or callable, optional
            What to improve; by default the headline metric.
        seconds : float, optional
            No trial begins after so many seconds.
        seed : int
            Of the sampler; steps keep the seed of the pipeline in all trials.
        sampler, pruner : object, optional
            Of Optuna; by default ``TPESampler``, and ``MedianPruner`` where folds evaluate, which stops a trial after
            a fold. With a validation part, a pruner that is given is told the metric of boosted models after 10, 20,
            40, ... rounds, and may stop the fit.
        n_jobs : int
            Trials at a time, each in a process, or done by the workers of ``engine="dask"``. Proposals then know fewer
            results, so they differ from those of 1.
        resume : str, optional
            Name of a study in ``.mlsys/tuning``: it is created, or goes on where it stopped.
        track : bool or "auto"
            Write the search to MLflow, with each trial nested under it. ``False`` leaves only the file of ``resume``.

        Returns
        -------
        Tuned
            The best pipeline, all trials, and the best score corrected for the choice.

        Raises
        ------
        ConfigurationError
            If Optuna is not installed, the space names what is not there, or all trials failed.

        Notes
        -----
        The metric is that of ``run`` on the validation part, or out of folds. Steps that trials do not change run once.
        A trial that raises is recorded with its error, and the search goes on.
        """
        from mlsys.pipeline.tuning.tune import Asked, tune

        pipeline, rows = taken(self, data, who="tune()")
        asked = Asked(trials, metric, seconds, seed, sampler, pruner, n_jobs, resume, track, cache, verbose, engine)
        return tune(pipeline, space, rows, asked)

    def variants(self, **changes: Mapping[str, Any]) -> Variants[Pipeline]:
        """Return pipelines that differ in named steps; shared steps run once.

        Parameters
        ----------
        **changes : mapping of str to step
            For each variant the steps to replace, by name; ``{}`` for the pipeline as it is.
        """
        from mlsys.pipeline.variants import Variants

        return Variants({label: self.replace(**steps) for label, steps in changes.items()})

    def as_sklearn(self) -> Any:
        """Return a scikit-learn estimator of the steps that learn and serve.

        Its ``fit(X, y)`` trains on all rows it receives: scikit-learn provides the data and splits it.
        """
        from mlsys.pipeline.sklearn_pipeline import as_sklearn

        return as_sklearn(self)

    def _repr_html_(self) -> str:
        return self.plan()._repr_html_()
