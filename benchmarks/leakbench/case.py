"""A case: one leak and its clean twin, with what should be said of it, written down before anything is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from mlsys import Pipeline, Run

Data = pd.DataFrame | dict[str, pd.DataFrame]
Claim = Literal["claimed", "not stated", "documented as missed"]
"""What the pages on leakage say of such a leak: a layer sees it, nothing, or that none can see it."""

FAMILIES = {
    "no test set; judged on training rows": "selection and judging",
    "preprocessing on training and test rows": "statistics of all rows",
    "selection and target encoding on all rows": "target encoding",
    "duplicates across the split": "dependence between rows",
    "resampling before the split": "dependence between rows",
    "illegitimate feature": "columns after the outcome",
    "temporal": "time",
    "late correction": "time",
    "same entity on both sides": "dependence between rows",
    "peeking and multiple tests": "selection and judging",
    "overlapping label windows": "time",
    "self-influence of target encoding": "target encoding",
    "aggregate over everything, then joined": "statistics of all rows",
}
"""The family of each row of the checklist; a kind that is not here is a family itself."""


def same(frame: pd.DataFrame) -> pd.DataFrame:
    """Change nothing."""
    return frame


def run_once(pipeline: Pipeline, data: Data) -> Run:
    """Run without tracking and without a cache, so that no case sees another's results."""
    return pipeline.run(data, track=False, cache=False)


@dataclass(frozen=True)
class ByHand:
    """The same work without this library, for those that look at frames.

    Parameters
    ----------
    prepare : callable
        What is done to all rows before the split, leak included.
    split : str
        ``"random"``, ``"time"``, ``"group"``, or the column that names the parts.
    drop : tuple of str
        Columns that are no features.
    learner : str
        The scikit-learn object that is fitted before the split, as one would write it; of ``columns``.
    deed : str
        What is done with parts: ``"assess train"``, ``"fit all"``, ``"assess thrice"``; nothing unusual when empty.
    """

    prepare: Callable[[pd.DataFrame], pd.DataFrame] = same
    split: str = "random"
    drop: tuple[str, ...] = ()
    learner: str = ""
    columns: tuple[str, ...] = ()
    deed: str = ""


@dataclass(frozen=True)
class Trial:
    """One pipeline with its data.

    Parameters
    ----------
    steps : callable
        Makes the list of steps: a step may be refused when it is made.
    data : DataFrame or dict of str to DataFrame
        What it runs on.
    roles : mapping
        The other arguments of the pipeline.
    play : callable
        What a person does with it; returns the run that is judged.
    by_hand : ByHand, optional
        ``None`` where it cannot be said without this library.
    """

    steps: Callable[[], list[Any]]
    data: Data
    roles: Mapping[str, Any] = field(default_factory=dict)
    play: Callable[[Pipeline, Data], Run] = run_once
    by_hand: ByHand | None = ByHand()

    def pipeline(self) -> Pipeline:
        """Make the pipeline, which may be refused."""
        return Pipeline(self.steps(), **self.roles)


@dataclass(frozen=True)
class Expected:
    """What a good guard says of the leak.

    Parameters
    ----------
    layers : tuple of int
        Those that should see it: 1 refusal, 2 checks on the data, 3 audit, 4 counted test openings.
    reason : str
        Why these, in a sentence.
    steps : tuple of str
        The step at fault; several where naming either helps; none where no step is.
    columns : tuple of str
        The columns it is about, one of which must be named; none where it is about rows or order.
    """

    layers: tuple[int, ...]
    reason: str
    steps: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A leak and its clean twin, which differ in nothing else.

    Parameters
    ----------
    name, kind, means, story : str
        Name; row of the checklist, or family; how it is written; what happens.
    expected : Expected
        What should be said of the leaky one. Of the clean one: nothing.
    build : callable
        Makes either trial.
    claim : str
        What the docs say of such a leak, as they stood when the case was written.
    """

    name: str
    kind: str
    means: str
    story: str
    expected: Expected
    build: Callable[[bool], Trial]
    claim: Claim = "claimed"

    @property
    def family(self) -> str:
        """Return the family of its kind."""
        return FAMILIES.get(self.kind, self.kind)

    def leaky(self) -> Trial:
        """Return the pipeline that leaks."""
        return self.build(True)

    def clean(self) -> Trial:
        """Return what a careful person would have written."""
        return self.build(False)


def case(
    kind: str, means: str, expected: Expected, claim: Claim = "claimed"
) -> Callable[[Callable[[bool], Trial]], Case]:
    """Make a case of a function ``build(leaky)``; its name and docstring are the case's."""

    def made(build: Callable[[bool], Trial]) -> Case:
        story = " ".join((build.__doc__ or "").split())
        return Case(build.__name__.replace("_", "-"), kind, means, story, expected, build, claim)

    return made
