"""ServedModel: the steps that predictions need, with their states, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mlsys.dataset import Moment
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.catalog import Catalog
from mlsys.execution.guard import explained
from mlsys.steps import Fitted, History, Model, Past, Postprocess
from mlsys.steps.fitted import same_rows


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

    Examples
    --------
    A model comes from a run or from :func:`mlsys.load`; see the quick start.
    """

    steps: tuple[tuple[str, Fitted], ...]
    inputs: Mapping[str, str]
    id: str | None = None
    decision: Moment | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict rows.

        Parameters
        ----------
        frame : DataFrame
            The columns in ``inputs``; more are ignored, the target may be absent.

        Returns
        -------
        DataFrame
            ``id``, ``prediction`` and, for classes, ``probability_<class>``; the index of ``frame``.

        Raises
        ------
        DataError
            When a column is missing, by name.
        """
        if not isinstance(frame, pd.DataFrame):
            raise DataError(f"predict() got {type(frame).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
        if not frame.columns.is_unique:
            twice = [name for name in frame.columns[frame.columns.duplicated()] if name in self.inputs]
            if twice:
                raise DataError(f"the request has two columns named {twice[0]!r}", "rename or drop one of them")
        missing = [name for name in self.inputs if name not in frame.columns]
        if missing:
            raise DataError(
                f"the request lacks the column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}",
                f"give all of: {', '.join(self.inputs)} (nulls are allowed)",
            )
        rows = frame[[name for name in frame.columns if name in self.inputs]]
        predictions: pd.DataFrame | None = None
        for position, (name, fitted) in enumerate(self.steps, 1):
            with explained(fitted.step, position, name, rows):
                if isinstance(fitted.step, (Model, Postprocess)):
                    predictions = fitted.predict(rows if predictions is None else predictions)
                elif isinstance(fitted.step, History):
                    rows = self._with_history(fitted, rows)
                else:
                    rows = fitted.transform(rows)
        assert predictions is not None
        ids = frame[self.id] if self.id is not None and self.id in frame.columns else frame.index
        return predictions.assign(id=ids)[["id", *predictions.columns]]

    def _with_history(self, fitted: Fitted, rows: pd.DataFrame) -> pd.DataFrame:
        step = fitted.step
        assert isinstance(step, History) and self.decision is not None
        past = Past(rows, fitted.state["tail"], step.by, self.decision.of(rows), fitted.state["known"])
        return same_rows(step, rows, step.apply(rows.copy(deep=False), past))

    def __repr__(self) -> str:
        names = " > ".join(name for name, _ in self.steps)
        return f"ServedModel({names}; {len(self.inputs)} input columns)"


def served_model(
    prefix: Sequence[tuple[str, Fitted]],
    tail: Sequence[tuple[str, Fitted]],
    catalog: Catalog,
    columns: Mapping[str, str],
) -> ServedModel:
    """Cut a fitted pipeline down to what its predictions need, walking backward from the model.

    Parameters
    ----------
    prefix, tail : sequences of (name, Fitted)
        Steps before and after the split that may serve.
    catalog : Catalog
        What each step reads and writes.
    columns : mapping of str to str
        Columns of the source with their dtypes.
    """
    model = next((fitted for _, fitted in tail if isinstance(fitted.step, Model)), None)
    if model is None:
        raise ConfigurationError("the pipeline has no model, so there is nothing to predict with", "add Train(...)")
    needed = set(model.features)
    kept: list[tuple[str, Fitted]] = []
    for name, fitted in reversed([*prefix, *tail]):
        if isinstance(fitted.step, (Model, Postprocess)):
            kept.append((name, fitted))
            continue
        writes = catalog.writes.get(name, frozenset())
        if not writes & needed:
            continue
        if getattr(fitted.step, "at_serving", "stored") == "input":
            continue  # its columns come with the request
        narrowed = _narrowed(fitted, _closed(needed, name, catalog))
        kept.append((name, narrowed))
        needed = (needed - _made_anew(fitted, writes, catalog, name)) | _reads(narrowed, catalog, name)
        if isinstance(fitted.step, History) and catalog.roles.decision is not None:
            needed.add(catalog.roles.decision.column)
    dtypes = {name: columns.get(name, "unknown") for name in (*columns, *sorted(needed)) if name in needed}
    return ServedModel(tuple(reversed(kept)), dtypes, catalog.roles.id, catalog.roles.decision)


def _closed(needed: set[str], name: str, catalog: Catalog) -> set[str]:
    """Add columns that the same step makes on the way to a needed one."""
    closed = set(needed)
    while True:
        more = set().union(*(catalog.derived_from.get((name, column), frozenset()) for column in closed)) - closed
        if not more:
            return closed
        closed |= more


def _narrowed(fitted: Fitted, needed: set[str]) -> Fitted:
    """Keep only the derivations that are needed, where a step is a set of them."""
    narrow = getattr(fitted.step, "only", None)
    return Fitted(narrow(needed), fitted.state, fitted.features) if narrow is not None else fitted


def _made_anew(fitted: Fitted, writes: frozenset[str], catalog: Catalog, name: str) -> set[str]:
    return {column for column in writes if column not in catalog.reads.get(name, frozenset())}


def _reads(fitted: Fitted, catalog: Catalog, name: str) -> set[str]:
    read_by = getattr(fitted.step, "derivations", None)
    if read_by is None:
        return set(catalog.reads.get(name, frozenset()))
    made = set(read_by())
    return set().union(*(catalog.derived_from.get((name, column), frozenset()) for column in made)) - made
