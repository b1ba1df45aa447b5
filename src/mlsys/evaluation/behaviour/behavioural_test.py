"""BehaviouralTest: what the three tests share: rows, whom to ask, and the counting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import Dataset, Roles, Rows, check_frame
from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.evaluation.behaviour.answers import Asked, asked_of
from mlsys.evaluation.behaviour.behaviour import Behaviour
from mlsys.evaluation.behaviour.changes import Change
from mlsys.evaluation.behaviour.failing import Sampling
from mlsys.evaluation.behaviour.judging import Judging
from mlsys.evaluation.behaviour.rules import Rule
from mlsys.evaluation.slicing import slices_of
from mlsys.steps import Field, Report
from mlsys.summaries import places_by_hash

Slices = tuple[str, ...] | list[str] | dict[str, Callable[[pd.DataFrame], Any]]
MOST_ROWS = 2_000
NO_MODEL = "there is no model to ask"


@dataclass(frozen=True)
class Shown:
    """Rows that a model is asked about.

    Parameters
    ----------
    frame : DataFrame
        As a request brings them.
    usual : sequence of str
        Columns that are changed where none are named.
    """

    frame: pd.DataFrame
    usual: Sequence[str]


class BehaviouralTest(Report):
    """Changes rows as a request brings them, asks the served model, and counts the rows that move as they must not."""

    most: float = Field(default=0.05, kw_only=True, ge=0.0, lt=1.0)
    slices: Slices = Field(default=(), kw_only=True)
    event: Any = Field(default=None, kw_only=True)
    target: str | None = Field(default=None, kw_only=True)
    most_rows: int = Field(default=MOST_ROWS, kw_only=True, ge=10)
    called: ClassVar[str] = ""
    of_one_target: ClassVar[bool] = True

    @property
    def asks_served(self) -> bool:
        """It asks about rows as a request brings them."""
        return True

    def changes(self, shown: Shown, rng: np.random.Generator) -> Iterable[Change]:
        """Return what is changed."""
        raise NotImplementedError

    @property
    def rule(self) -> Rule:
        """What a row must do."""
        raise NotImplementedError

    def report(self, dataset: Dataset, rng: np.random.Generator, /) -> Behaviour:
        """Return what the served model does with changed rows of the evaluated part."""
        part = next((name for name in ("test", "validation") if name in dataset), "")
        served = dataset.served
        if served is None or not part:
            return Behaviour(self.called, pd.DataFrame(), verdict="not assessed", summary=NO_MODEL)
        target, roles = self.target, dataset.roles
        if roles.has_several_targets:
            if target is None:
                said = f"there are several targets; name one, such as target={roles.targets[0]!r}"
                return Behaviour(self.called, pd.DataFrame(), verdict="not assessed", summary=said)
            roles = roles.of_target(target)
        rows = self._some(dataset[part])
        frame = served.rows(part).loc[rows.index]
        asked = Asked(served.predict, served.inputs, roles.event, dataset.aim == "clusters", target)
        usual = [name for name in served.inputs if name in frame.columns and name not in dataset.roles.columns()]
        slices = {each.name: each.mask for each in self._slices_of(dataset["train"], rows)}
        learned = "; the model has learned from these rows" if part == "validation" and dataset.folds else ""
        return self._judged(asked, Shown(frame, usual), slices, Sampling.of(rows), rng, part, learned)

    def check(
        self,
        model: Any,
        frame: pd.DataFrame,
        *,
        target: str | None = None,
        group: str | None = None,
        weight: str | None = None,
        seed: int = 0,
    ) -> Behaviour:
        """Test a model outside a pipeline.

        Parameters
        ----------
        model : Run, ServedModel or estimator
            A run, a model from :func:`mlsys.load`, or whatever is fitted and has ``predict`` (and ``predict_proba``).
        frame : DataFrame
            Rows as the model takes them.
        target : str, optional
            A column that is never changed; only needed if the model does not know its columns.
        group : str, optional
            A column whose rows of one value are not independent.
        weight : str, optional
            A column of weights: of how many rows each tells.
        seed : int
            Of what is drawn: noise, typing errors.

        Returns
        -------
        Behaviour
            The result of the test; ``.table``, ``.worst`` and ``.plot()`` show more.

        Raises
        ------
        DataError
            If the frame has no rows, or lacks a column that is named.
        ConfigurationError
            If the model cannot predict.
        """
        check_frame(frame, f"{self.title}.check()")
        named = {"target": target, "group": group, "weight": weight}
        roles = Roles.named(**{name: each for name, each in named.items() if each})
        absent = [name for name in roles.columns() if name not in frame.columns]
        if absent:
            raise DataError(
                f"the frame for {self.title}.check() has no column {absent[0]!r}",
                f"{meant(absent[0], frame.columns)}columns are {listed(frame.columns)}",
            )
        rows = Rows.of(frame, roles, [name for name in frame.columns if name not in roles.columns()])
        rows = self._some(rows)
        given = pd.DataFrame(rows)
        asked = asked_of(model, given if target is None else given.drop(columns=target), self.target)
        usual = [name for name in asked.inputs if name in frame.columns and name not in roles.columns()]
        slices = {each.name: each.mask for each in self._slices_of(rows, rows)}
        rng = np.random.default_rng(seed)
        return self._judged(asked, Shown(given, usual), slices, Sampling.of(rows), rng, "", "")

    def _some(self, rows: Rows) -> Rows:
        """Return the rows that are asked about: some of those that weigh."""
        rows = rows if rows.weight is None else rows.take_rows(rows.weight.to_numpy(dtype=np.float64) > 0)
        return rows.take_rows(np.sort(places_by_hash(rows.index, self.most_rows)))

    def _judged(
        self,
        asked: Asked,
        shown: Shown,
        slices: Mapping[str, NDArray[np.bool_]],
        sampling: Sampling,
        rng: np.random.Generator,
        part: str,
        learned: str,
    ) -> Behaviour:
        changes = list(self.changes(shown, rng))
        judging = Judging(asked, shown.frame, self.rule, self.most, self.title, self.event)
        return judging.result(self.called, changes, slices, sampling, part, learned)

    def _slices_of(self, train: Rows, rows: Rows) -> Any:
        return slices_of(self.slices, train, rows, self.title)

    def _refuse(self, problems: Sequence[tuple[str, str]]) -> None:
        """Raise for all problems at once; a tolerance is one of every test."""
        tolerance = vars(self)["tolerance"]
        if tolerance is not None and not tolerance >= 0:
            problems = [*problems, (f"tolerance={tolerance}", "give a tolerance of 0 or more")]
        if problems:
            said, remedies = zip(*problems, strict=True)
            raise ConfigurationError(f"{self.title}: {'; '.join(said)}", "; ".join(remedies))
