"""RunRecord: everything one run writes to MLflow, put together before MLflow is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Scalar = str | int | float | bool
IDENTITY = "mlsys.run_id"
"""Tag of a run and its model: made before MLflow is contacted, it makes writing twice write once."""


@dataclass(frozen=True)
class DatasetRecord:
    """One part of the data, by content.

    Parameters
    ----------
    name : str
        Of the source or part.
    context : str
        ``"training"``, ``"validation"``, ``"test"``, or of a side table the step that joined it.
    digest : str
        Content digest, 32 hexadecimal digits.
    rows : int
        Number of rows.
    columns : mapping of str to str
        Column to pandas dtype.
    source : str
        Where it came from: a path, or ``"a frame in memory"``.
    """

    name: str
    context: str
    digest: str
    rows: int
    columns: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class Span:
    """One step on the run's timeline: ``started`` in seconds since the epoch, ``seconds`` long."""

    name: str
    kind: str
    started: float
    seconds: float
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelRecord:
    """A model to log.

    Parameters
    ----------
    write : callable
        Writes the model into a folder that :func:`mlsys.load` reads.
    inputs, outputs : mapping of str to str
        Columns with pandas dtypes, for the signature.
    example : mapping of str to object
        One made-up row, no row of the data.
    requirements : sequence of str
        Packages to install beside it, ``name==version``.
    """

    write: Callable[[Path], None]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    requirements: Sequence[str]
    example: Mapping[str, Scalar | None] = field(default_factory=dict)


@dataclass(frozen=True)
class RunRecord:
    """What one run writes, in MLflow's words.

    Parameters
    ----------
    mlsys_id : str
        Made before MLflow is contacted, so that a replay finds or creates exactly one run.
    experiment, run_name : str
        Name of the pipeline; pipeline and short configuration digest.
    description : str
        Fifteen lines of markdown.
    about : str
        What runs of the experiment have in common, markdown; its description where the experiment is made.
    params, metrics, tags : mapping
        Short scalars; finite or not; texts. Keys may hold any sign, which tracking makes valid.
    datasets, spans : sequence
        Parts of the data; the timeline.
    write_artifacts : callable
        Fills a folder whose files become artifacts.
    model : ModelRecord, optional
        The model, when it is portable.
    curves : mapping of str to list of float
        Losses by iteration.
    parent : str, optional
        Own id of the run this is a variant, trial or fold of.
    experiment_id : str
        Id of an experiment that the user has set in MLflow; it comes before the name in the store it was set for.
    above : str
        MLflow's id of a run of the user's that encloses this one.
    write_rows : callable
        Fills a folder that stays on this machine: the part of each row, predictions on rows not learned from.
    started, ended : float
        Seconds since the epoch.
    """

    mlsys_id: str
    experiment: str
    run_name: str
    description: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    datasets: Sequence[DatasetRecord]
    spans: Sequence[Span]
    write_artifacts: Callable[[Path], None]
    started: float
    ended: float
    model: ModelRecord | None = None
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    parent: str | None = None
    experiment_id: str = ""
    above: str = ""
    write_rows: Callable[[Path], None] = lambda folder: None
    about: str = ""


@dataclass(frozen=True)
class LoggedRun:
    """Where a run went.

    Parameters
    ----------
    run_id, experiment_id : str
        MLflow's.
    tracking_uri : str
        The store, without user name and password.
    model_uri : str, optional
        ``models:/...`` of the logged model.
    problems : sequence of str
        What could not be written as asked, one sentence each.
    """

    run_id: str
    experiment_id: str
    tracking_uri: str
    model_uri: str | None = None
    problems: Sequence[str] = ()
