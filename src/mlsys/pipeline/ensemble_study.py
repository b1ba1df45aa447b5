"""Studies of ensembles: each member alone beside all of them, on the same rows, with time and size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsys.errors import ConfigurationError
from mlsys.outcome.comparing import compare
from mlsys.steps.capabilities import HasMembers

if TYPE_CHECKING:
    from mlsys.outcome.comparing import Comparison
    from mlsys.pipeline.pipeline import Pipeline

ENSEMBLE = "ensemble"


def ensemble_study(
    pipeline: Pipeline, data: Any = None, *, metric: Any = None, track: bool | str = False, verbose: bool | None = None
) -> Comparison:
    """Compare an ensemble with each of its members alone: paired differences, milliseconds a row, size.

    Parameters
    ----------
    pipeline : Pipeline
        One with ``Stacking``, ``Voting``, ``Bagging`` or ``Boosting``.
    data : DataFrame, optional
        Rows, in any form that ``pipeline.run`` accepts; by default those of the source.
    metric : str, Metric or callable, optional
        By default the headline metric.
    track : bool or str
        As for :meth:`mlsys.Pipeline.run`; by default nothing is written to MLflow.
    verbose : bool, optional
        Show a progress bar; by default in a terminal and in a notebook.

    Returns
    -------
    Comparison
        As :func:`compare` makes it of a run with the ensemble (``"ensemble"``) and one with each member. ``best_name``
        is the one to take: of those that cannot be told apart from the best, the fastest and smallest.

    Raises
    ------
    ConfigurationError
        If the pipeline has no ensemble.

    Notes
    -----
    Members are trained once more, each in a pipeline with the same steps, so that time and size are those of the model
    that would be served. Steps that all share run once. Cost: one fit of each member, beside the ensemble's own.

    Examples
    --------
    >>> import mlsys
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> pipeline = mlsys.Pipeline([mlsys.Voting([GaussianNB(), DecisionTreeClassifier()])], target="target")
    >>> study = mlsys.ensemble_study(pipeline, load_iris(as_frame=True).frame, verbose=False)
    >>> study.table["run"].tolist()
    ['ensemble', 'GaussianNB', 'DecisionTreeClassifier']
    """
    planned = next((each for each in pipeline.planned if isinstance(each.step, HasMembers)), None)
    if planned is None:
        raise ConfigurationError(
            "ensemble_study() got a pipeline without an ensemble",
            "give one with Stacking, Voting, Bagging or Boosting; compare other pipelines with compare()",
        )
    assert isinstance(planned.step, HasMembers)
    alone = {name: {planned.name: step.with_(name=planned.name)} for name, step in planned.step.alone().items()}
    runs = pipeline.variants(**{ENSEMBLE: {}, **alone}).run(data, track=track, verbose=verbose)
    return compare(runs, metric=metric)
