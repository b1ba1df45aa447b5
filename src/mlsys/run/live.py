"""Live: what of a run lives in its process: rows, states, the model."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from mlsys.cache import Cache
from mlsys.errors import ConfigurationError, Finding, NotPortableError
from mlsys.execution.execution import Execution
from mlsys.execution.opening import Data
from mlsys.execution.served import ServedModel, asking
from mlsys.plan.any_pipeline import AnyPipeline
from mlsys.serving.saving import take_code
from mlsys.states import digest
from mlsys.steps import Fitted
from mlsys.steps.questions import predicts
from mlsys.tables import Table, identify_table
from mlsys.usercode.packing import CodeBundle


class Live:
    """The execution of a run, with what it was made of.

    Parameters
    ----------
    pipeline : Pipeline
        What was run.
    execution : Execution
        What came out.
    data : DataFrame, mapping of str to DataFrame, or None
        What it was given.
    """

    def __init__(self, pipeline: AnyPipeline, execution: Execution, data: Data) -> None:
        self.pipeline = pipeline
        self.execution = execution
        self.data = data
        self.peeked: tuple[Finding, ...] = ()  # what other judgings by the same rows mean for this one
        self._digests: dict[str, str] = {}

    @property
    def fitted(self) -> Mapping[str, Fitted]:
        """Steps with what they learned, by name."""
        return self.execution.fitted

    @property
    def cache(self) -> Cache | None:
        """Results of earlier runs and the ledger, where one is kept."""
        return self.execution.work.cache

    @property
    def has_model(self) -> bool:
        """Whether a model was trained."""
        return self.execution.parts.learned.model is not None

    @cached_property
    def model(self) -> ServedModel:
        """The steps that predictions need, with their states."""
        divided, model = self.execution.divided, self.execution.model()
        return model if divided is None else asking(model, divided.parts["train"])

    def request_rows(self, rows: int = 1) -> pd.DataFrame:
        """Return the first training rows as a request would bring them."""
        return self.execution.request_rows(self.model.inputs, rows)

    @property
    def predictions(self) -> dict[str, pd.DataFrame]:
        """Predictions on rows the model did not learn from, by part; out-of-fold ones under ``validation``."""
        parts = self.execution.parts
        found = {name: table.frame() for name, table in parts.predictions.items()}
        if parts.judged is not None:
            found.setdefault("validation", parts.judged.frame())
        return found

    @cached_property
    def assignment(self) -> pd.Series:
        """The part of each row by row id, null for rows in none."""
        divided = self.execution.divided
        if divided is None:
            raise ConfigurationError("the run stopped before the split", "run the pipeline to the end")
        if divided.assignment is not None:
            return divided.assignment.frame()["part"].rename("part")
        ids = {name: part.frame([]).index for name, part in divided.parts.items()}
        return pd.concat([pd.Series(name, index=index, dtype="str") for name, index in ids.items()]).rename("part")

    def digest(self, split: str) -> str:
        """Return the content digest of a part as the split left it."""
        divided = self.execution.divided
        part: Table | None = self.execution.undivided if divided is None else divided.parts.get(split)
        if part is None:
            raise ConfigurationError(f"there is no part {split!r}", "see run.rows")
        if split not in self._digests:  # asked for several times while a run is written
            self._digests[split] = identify_table(part).whole
        return self._digests[split]

    @property
    def model_digest(self) -> str:
        """Digest of what is judged: the whole configuration, and the rows it learned from."""
        return digest((self.pipeline.digest, self.digest("train")))

    def curves(self) -> dict[str, list[float]]:
        """Return losses by iteration, as the models kept them."""
        found: dict[str, list[float]] = {}
        for fitted in self.execution.parts.learned.after.values():
            if predicts(fitted.step):
                found.update(fitted.step.curves(fitted.state))
        return found

    def why_withheld(self) -> str:
        """Return why the model cannot leave this process, as far as its code tells; no state is read for it."""
        if not self.has_model:
            return ""
        bundle = CodeBundle()
        try:
            for name, fitted in self.execution.model().steps:
                take_code(name, fitted.step, bundle)
        except NotPortableError as error:
            return error.problem
        return ""

    def size(self) -> float:
        """Return the bytes of the states; NaN where one cannot be written."""
        return sum(_bytes(fitted.state) for _, fitted in self.model.steps)


class _Counting:
    """Counts what is written to it and keeps nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, content: Any) -> int:
        size = memoryview(content).nbytes
        self.bytes += size
        return size


def _bytes(state: Any) -> float:
    """Return the size of a state, which is written to be measured and never read."""
    counting = _Counting()
    try:
        pickle.dump(state, counting)
    except (pickle.PicklingError, AttributeError, TypeError):
        return float("nan")
    return float(counting.bytes)
