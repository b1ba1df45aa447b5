"""ServedModel: the steps that predictions need, with their states, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd

from mlsys.dataset import Moment
from mlsys.detached import detached
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.catalog import Catalog
from mlsys.execution.events import knowing
from mlsys.execution.guard import explained
from mlsys.execution.next_rows import makes_forecasts, rows_ahead
from mlsys.execution.requests import RequestReader, accepted
from mlsys.execution.serving import Request, serve
from mlsys.steps import Fitted
from mlsys.steps.capabilities import AsksAhead, Derives, LooksUp
from mlsys.steps.questions import answers, beside_predictions, chooses, predicts, sees_history
from mlsys.tables import Columns, Table, Tally, counting
from mlsys.tables.columns import loosened
from mlsys.values import with_columns

_ANSWERED = pd.Index(["id", "prediction"])


@dataclass(frozen=True)
class ServedModel:
    """A trained pipeline as it answers requests.

    Parameters
    ----------
    steps : tuple of (str, Fitted)
        In order; prefix, transforms, model, postprocessing.
    inputs : mapping of str to str
        Columns a request must have, with the dtype they had in training.
    id : str or None
        Id column, returned when the request has it.
    decision : Moment or None
        When a row is decided; needed by steps that look at history.
    details : mapping of str to str
        Run, pipeline and configuration that it comes from.
    request : mapping of str to object
        Inputs that may be omitted (``optional``), and ``levels`` of category columns.
    tally : Tally
        Counts of values in requests that training rows did not contain; see :attr:`counts`.

    Examples
    --------
    A model comes from a run or from :func:`mlsys.load`; see the quick start.
    """

    steps: tuple[tuple[str, Fitted], ...]
    inputs: Mapping[str, str]
    id: str | None = None
    decision: Moment | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally, kw_only=True, compare=False, repr=False)

    @property
    def counts(self) -> pd.DataFrame:
        """Values in requests that training rows did not contain: column, what, number of rows, share of all rows.

        ``what`` is an *unseen level* of an encoded column, a *new null* in a column without nulls in the training
        rows, or an *other type*, which was converted. Values are counted since the model was made or loaded, over all
        threads; each process counts separately.
        """
        return self.tally.table()

    def predict(self, frame: Any) -> pd.DataFrame:
        """Predict rows.

        Parameters
        ----------
        frame : DataFrame, or str or int
            The columns in ``inputs``, in any order; others are ignored. Columns that were null in some training rows
            may be omitted. A model of forecasts is also asked by a horizon (``"7D"``, or a number of steps): the rows
            are then those of :meth:`ahead`. Types are converted to those of training if that loses nothing. An Arrow
            table, a list of records, a mapping of columns and an array of rows in the order of ``inputs`` are also
            accepted.

        Returns
        -------
        DataFrame
            ``id``, ``prediction`` and, for classes, ``probability_<class>``; the index of ``frame`` where it has one.
            Asked by a horizon, the rows of :meth:`ahead` with ``prediction`` and, where there are intervals,
            ``prediction_lower`` and ``prediction_upper``.

        Raises
        ------
        DataError
            If a column is missing, or holds a value that cannot be converted to its type.
        """
        if isinstance(frame, (str, int)) and not isinstance(frame, bool) and makes_forecasts(self.steps):
            rows = self._complete(self.ahead(frame))
            ahead = self.predict(rows).drop(columns="id")
            return with_columns(rows, {name: ahead[name].array for name in ahead.columns.tolist()})
        frame = self._reader.frame(frame)
        with counting() as counted:
            request = Request(self._reader.read(frame), self.decision)
            for position, (name, fitted) in enumerate(self.steps, 1):
                with explained(fitted.step, position, name, request.shown):  # type: ignore[arg-type]
                    request = serve(fitted, request)
        said = request.predictions
        assert said is not None
        self.tally.add(counted, len(frame))
        named = self.id is not None and self.id in frame.columns
        ids = (frame[self.id] if named else pd.Series(frame.index, copy=False)).array
        if isinstance(said, Columns):
            return Columns({"id": loosened(ids), **said.held}, frame.index, _ANSWERED).frame()
        found = {name: said[name].array for name in said.columns.tolist()}
        return pd.DataFrame({"id": ids, **found}, index=frame.index)

    def uncounted(self) -> Self:
        """Return the same model with counts of its own: questions to it do not show in :attr:`counts` of this one."""
        return replace(self, tally=Tally())

    def ahead(self, horizon: int | str | None = None) -> pd.DataFrame:
        """Return the rows to ask a model of forecasts: the next decision of each series, at each horizon.

        Parameters
        ----------
        horizon : int or str, optional
            A number of steps or a duration, at most as far as in training; that of training when not given.

        Returns
        -------
        DataFrame
            Keys, decision moment, ``horizon`` and ``target_time``. Add the columns that are known ahead, by key and
            ``target_time``, before you predict.
        """
        return rows_ahead(self.steps, self.decision, horizon)

    def _complete(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows ahead; raise where the model needs more columns than these have."""
        missing = [name for name in self.inputs if name not in rows.columns]
        if missing:
            raise DataError(
                f"the model also needs {', '.join(map(repr, missing))} at the times that are predicted",
                "add them to model.ahead(), by key and target_time, and call predict with these rows",
            )
        return rows

    def absorb(self, events: Any) -> Self:
        """Return a model whose histories also know the given rows; this model is unchanged.

        Parameters
        ----------
        events : DataFrame
            Rows that became known since training, with the columns that each History reads from the past, in the form
            before that step, and the time columns that determine when a row is known. All forms of a request are
            accepted.

        Returns
        -------
        ServedModel
            Answers as if training's histories had held these rows too, each from the moment at which it is known.

        Raises
        ------
        DataError
            If a column is missing, holds a value that cannot be converted to its type, or a row is later than ``tail``
            allows.
        """
        decision = self.decision
        if decision is None or not any(sees_history(fitted.step) for _, fitted in self.steps):
            raise ConfigurationError(
                "the model has no History, so earlier rows have no effect",
                "call predict(frame); there is nothing to absorb",
            )
        steps = tuple(
            (name, knowing(name, fitted, events, decision, self.inputs) if sees_history(fitted.step) else fitted)
            for name, fitted in self.steps
        )
        return replace(self, steps=steps)

    def save(self, folder: str | Path) -> Path:
        """Write the model into a folder that :func:`mlsys.load` reads, with all that it has absorbed.

        Parameters
        ----------
        folder : str or Path
            A new or an empty folder.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        NotPortableError
            If a step needs code without available source.
        StateError
            If a state cannot be stored. In either case nothing is left behind.
        """
        written: Path = detached("save_model", self, Path(folder))
        return written

    @cached_property
    def _reader(self) -> RequestReader:
        return RequestReader(self.inputs, **self.request)

    def __repr__(self) -> str:
        names = " > ".join(name for name, _ in self.steps)
        return f"ServedModel({names}; {len(self.inputs)} input columns)"


def asking(model: ServedModel, train: Table) -> ServedModel:
    """Return a model that knows from its training rows what a request may leave out."""
    return replace(model, request=accepted(model.inputs, train))


def served_model(
    prefix: Sequence[tuple[str, Fitted]],
    tail: Sequence[tuple[str, Fitted]],
    catalog: Catalog,
    columns: Mapping[str, str],
) -> ServedModel:
    """Reduce a fitted pipeline to what its predictions need, walking backward from the model.

    Parameters
    ----------
    prefix, tail : sequences of (name, Fitted)
        Steps before and after the split that may serve.
    catalog : Catalog
        What each step reads and writes.
    columns : mapping of str to str
        Columns of the source with their dtypes.
    """
    model = next((fitted for _, fitted in tail if predicts(fitted.step)), None)
    if model is None:
        raise ConfigurationError("the pipeline has no model, so there is nothing to predict with", "add Train(...)")
    needed = set(model.features)
    kept: list[tuple[str, Fitted]] = []
    beside = {name for _, fitted in tail for name in beside_predictions(fitted.step)}
    for place, (name, fitted) in enumerate(reversed([*prefix, *tail])):
        needed |= beside if place == len(tail) else set()
        if answers(fitted.step):
            kept.append((name, fitted))
            continue
        if isinstance(fitted.step, AsksAhead):
            kept.append((name, fitted))  # what else it makes of rows comes with the request
            completes = fitted.step.completes(fitted.state)
            read = set().union(*(made_of for made, made_of in completes.items() if made in needed))
            needed = (needed - completes.keys()) | read
            continue
        writes = catalog.writes.get(name, frozenset())
        if not writes & needed:
            continue
        if isinstance(fitted.step, LooksUp) and fitted.step.at_serving == "input":
            continue  # its columns come with the request
        narrowed = _narrowed(fitted, _closed(needed, name, catalog), writes)
        kept.append((name, narrowed))
        needed = (needed - _made_anew(fitted, writes, catalog, name)) | _reads(narrowed, catalog, name)
        if sees_history(fitted.step) and catalog.roles.decision is not None:
            needed.add(catalog.roles.decision.column)
    needed |= set() if prefix else beside
    dtypes = {name: columns.get(name, "unknown") for name in (*columns, *sorted(needed)) if name in needed}
    return ServedModel(tuple(reversed(kept)), dtypes, catalog.roles.id, catalog.roles.decision)


def _closed(needed: set[str], name: str, catalog: Catalog) -> set[str]:
    """Add columns that the same step makes on the way to a needed one."""
    closed = set(needed)
    while True:
        # A wide step makes all its columns of the same columns: those are added once.
        more = set().union(*{catalog.derived_from.get((name, column), frozenset()) for column in closed}) - closed
        if not more:
            return closed
        closed |= more


def _narrowed(fitted: Fitted, needed: set[str], writes: frozenset[str]) -> Fitted:
    """Keep only the derivations that are needed, where a step is a set of them; fix the names that a join gave."""
    step = fitted.step
    if isinstance(step, LooksUp):
        return Fitted(step.for_serving(writes), fitted.state, fitted.features)
    if isinstance(step, Derives):
        return Fitted(step.only(needed), fitted.state, fitted.features)
    if chooses(step) and callable(vars(step)["columns"]):
        # The function has chosen, and need not travel with the model.
        names = [name for name in step.columns_taken(fitted.state) if name not in step.columns_beside]
        return Fitted(step.with_(columns=names), fitted.held, fitted.features)
    return fitted


def _made_anew(fitted: Fitted, writes: frozenset[str], catalog: Catalog, name: str) -> set[str]:
    return {column for column in writes if column not in catalog.reads.get(name, frozenset())}


def _reads(fitted: Fitted, catalog: Catalog, name: str) -> set[str]:
    if not isinstance(fitted.step, Derives):
        return set(catalog.reads.get(name, frozenset()))
    made = set(fitted.step.derivations())
    return set().union(*(catalog.derived_from.get((name, column), frozenset()) for column in made)) - made
