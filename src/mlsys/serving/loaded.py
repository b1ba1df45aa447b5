"""LoadedModel: a model that was read from its folder, with access to its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, overload

import pandas as pd

from mlsys.dataset.predictions import PREDICTION, probability_columns
from mlsys.errors import StateError
from mlsys.execution.served import ServedModel
from mlsys.outcome import Outcome
from mlsys.outcome.storing import outcome_of_run, outcome_of_version
from mlsys.steps import Fitted
from mlsys.values import with_columns

Steps = tuple[tuple[str, Fitted], ...]


@dataclass(frozen=True)
class LoadedModel(ServedModel):
    """A loaded model: it predicts, and gives access to the run that it comes from.

    Parameters
    ----------
    reference : str
        The reference by which it was loaded.
    """

    reference: str = ""
    reproduces: ClassVar[Callable[..., Any]]
    """Runs a run again; running is above loading, and fills it in."""

    @cached_property
    def outcome(self) -> Outcome:
        """The outcome of the model's run; for a registered version, as it was when it was registered.

        Nothing is run, and the model is not read.
        """
        version = _version(self.reference)
        found = None if version is None else outcome_of_version(*version)
        return found or outcome_of_run(self._run)

    def reproduce(self, pipeline: Any = None, data: Any = None) -> Any:
        """Run the model's run again, and compare it with itself step by step; see :func:`mlsys.reproduce`."""
        return type(self).reproduces(self._run, pipeline, data)

    @property
    def _run(self) -> str:
        if not self.details.get("run"):
            raise StateError("the model does not name the run it comes from", "name a run by its MLflow id")
        return self.details["run"]

    def __repr__(self) -> str:
        return super().__repr__()


def with_answers(model: ServedModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the model's predictions beside them, in the columns that it writes."""
    answers = model.predict(rows)
    named = [name for name in answers.columns if name == PREDICTION or name in probability_columns(answers.columns)]
    return with_columns(rows, {name: answers[name].to_numpy() for name in named})


def _version(reference: str) -> tuple[str, str] | None:
    """Return name and number or alias of a registered version, ``None`` for another reference."""
    place = reference.removeprefix("models:/")
    for sign in "@/":
        name, found, version = place.rpartition(sign)
        if found and place != reference:
            return name, version
    return None


class ReadWhenNeeded(Sequence[tuple[str, Fitted]]):
    """Steps of a model that are read, and whose code is imported, when they are first asked for."""

    def __init__(self, read: Callable[[], Steps]) -> None:
        self._read = read

    @cached_property
    def _steps(self) -> Steps:
        return self._read()

    @overload
    def __getitem__(self, place: int) -> tuple[str, Fitted]: ...
    @overload
    def __getitem__(self, place: slice) -> Steps: ...
    def __getitem__(self, place: Any) -> Any:
        return self._steps[place]

    def __iter__(self) -> Iterator[tuple[str, Fitted]]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)
