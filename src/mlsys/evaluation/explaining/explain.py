"""explain: what each feature of a row adds to its prediction, by Shapley values."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.evaluation.behaviour.answers import Answers, Asked, answers, asked_of
from mlsys.evaluation.explaining.pictures import draw_contributions
from mlsys.pages import Page, Table, Text, Title
from mlsys.steps import Result
from mlsys.steps.result import OF_ROWS
from mlsys.summaries import places_by_hash
from mlsys.warned import hushed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Numbers = NDArray[np.float64]

MOST_ROWS = 1_000
"""Rows explained in one call: each asks the model a few thousand questions."""
BACKGROUND = 100
"""Rows that stand for what is usual (as `shap` recommends)."""
FEW_FEATURES = 7
"""Of so many features all sets are tried, and the values are exact for the background."""
ORDERS = 10
"""Random orders of more features, each with its reverse."""
FEWEST_ROWS = 20
"""With fewer rows of their own, rows are compared with others."""
BATCH = 64
"""Sets of features that are asked about at once."""
_SHOWN = 12
_REMEDY = "give the columns that the model predicts from"


@runtime_checkable
class OfRun(Protocol):
    """What knows the rows that evaluated it: a run of this process."""

    def watched_rows(self) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Return these rows as requests bring them, and what their columns are."""
        ...


@dataclass(frozen=True, repr=False)
class Explanation(Result):
    """What each feature adds to the predictions of some rows; made by ``explain``.

    Parameters
    ----------
    base : Series
        Mean answer over the background, for each row (of more than two classes: of the class that is explained).
    said : Series
        The answer for each row: ``base`` and all contributions of the row.
    unit : str
        What is explained.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> rows = pd.DataFrame({"x": np.arange(40.0), "z": np.arange(40.0) % 7})
    >>> found = explain(LinearRegression().fit(rows, 2 * rows["x"]), rows.head(2), background=rows)
    >>> bool(np.allclose(found.base + found.contributions.sum(axis=1), found.said))
    True
    """

    base: pd.Series = field(default_factory=pd.Series, metadata=OF_ROWS)
    said: pd.Series = field(default_factory=pd.Series, metadata=OF_ROWS)
    unit: str = ""

    @property
    def contributions(self) -> pd.DataFrame:
        """One row a row, one column a feature."""
        wide = self.table.pivot(index="row", columns="feature", values="contribution")
        names = self.table["feature"].drop_duplicates().tolist()
        return wide.loc[self.said.index, names].rename_axis(index=None, columns=None)

    def plot(self, ax: Axes | None = None, *, row: Any = None) -> Axes:
        """Draw what the features of one row add, the largest first.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        row : optional
            Label of the row in the index; by default the first.
        """
        chosen = self.said.index[0] if row is None else row
        if chosen not in self.said.index:
            raise ConfigurationError(f"the row {row!r} was not explained", f"rows are {listed(self.said.index)}")
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots(figsize=(7, 4), layout="constrained")[1]
        rows = self.table[self.table["row"] == chosen]
        rows = rows.iloc[np.argsort(-rows["contribution"].abs().to_numpy(), kind="stable")].head(_SHOWN)
        draw_contributions(rows, ax, float(self.base[chosen]), float(self.said[chosen]), self.unit)
        return ax

    def _page(self) -> Page:
        return Page([Title(self.name), Text(self.summary), Table(self.table)])


def explain(
    model: Any, rows: pd.DataFrame, *, background: pd.DataFrame | None = None, event: Any = None, seed: int = 0
) -> Explanation:
    """Say what each feature of a row adds to what the model says of it.

    Parameters
    ----------
    model : Run, served or loaded model, or estimator
        Whatever ``predict(frame)`` can be asked of; of a pipeline, the columns of a request are explained, before any
        step.
    rows : DataFrame
        Rows to explain, as ``predict`` takes them; 1,000 at most.
    background : DataFrame, optional
        Rows that stand for what is usual, such as training rows; 100 of them are used, chosen by the hash of their
        label. By default ``rows`` themselves; if they are fewer than 20, the rows that evaluated a run.
    event : optional
        The class whose probability is explained; by default the event of two classes, of more the predicted class of
        each row.
    seed : int
        Of the order in which features are exchanged.

    Returns
    -------
    Explanation
        ``table`` with a contribution of each feature to each row; ``contributions``, ``base``, ``said``,
        ``plot(row=...)``.

    Raises
    ------
    ConfigurationError
        If the package ``shap`` is not installed: ``pip install "mlsys[explain]"``.
    DataError
        If there are no rows or too many, too little background, or columns are missing.

    Notes
    -----
    Shapley values (Lundberg and Lee 2017), by exchanging features of a row with those of background rows: all sets of
    up to seven features, of more features ten random orders and their reverses. They add up to the answer: ``base`` +
    contributions = ``said``. Columns of any type are exchanged as they are. Exchanged rows may be combinations that
    never occur; among related features, what each adds is a matter of convention. It explains the model, not the world.
    Cost: for each row, up to 128 times, or 20 times the number of features, the background is predicted.

    References
    ----------
    Lundberg, S. M. and Lee, S. (2017). A unified approach to interpreting model predictions. NeurIPS.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> frame = pd.DataFrame({"x": np.arange(40.0), "z": np.arange(40.0) % 7})
    >>> model = LinearRegression().fit(frame, 2 * frame["x"] - frame["z"])
    >>> found = explain(model, frame.head(2), background=frame)  # doctest: +SKIP
    >>> found.contributions.round(2)  # doctest: +SKIP
          x     z
    0 -39.0  2.88
    1 -37.0  1.88
    """
    asked = asked_of(model, rows)
    require_columns(rows.columns, asked.inputs, "explain()", _REMEDY)
    if background is None and len(rows) < FEWEST_ROWS and isinstance(model, OfRun):
        background = _evaluated(model)
    usual = _background(rows, background, asked)
    given = rows[list(asked.inputs)]
    before = answers(asked, given, event)
    if not before.values.shape[1]:
        raise ConfigurationError(
            "explain() explains a number or probabilities, and the model gives bare classes",
            "use a model with predict_proba or decision_function",
        )
    found, base = _shapley(asked, given, usual, event, seed)
    chosen = _explained(before)
    here = np.arange(len(given))
    labels, names = given.index.tolist(), list(asked.inputs)
    table = pd.DataFrame({
        "row": np.repeat(np.asarray(labels, dtype=object), len(names)),
        "feature": names * len(given),
        "value": [_text(value) for row in given.itertuples(index=False, name=None) for value in row],
        "contribution": found[here, :, chosen].ravel(),
    }).infer_objects()  # fmt: skip
    unit = before.unit if before.of_one else before.unit.replace("any class", "the predicted class")
    top = table.groupby("feature")["contribution"].agg(lambda each: each.abs().mean()).idxmax()
    return Explanation(
        "explanation",
        table,
        summary=f"{unit} of {len(given):,} rows, beside {len(usual):,} that are usual; {top!r} moves it most",
        base=pd.Series(base[chosen], index=given.index),
        said=pd.Series(before.values[here, chosen], index=given.index),
        unit=unit,
    )


def _background(rows: pd.DataFrame, background: pd.DataFrame | None, asked: Asked) -> pd.DataFrame:
    if not len(rows) or len(rows) > MOST_ROWS:
        raise DataError(
            f"explain() got {len(rows):,} rows", f"give 1 to {MOST_ROWS:,}: those that somebody will look at"
        )
    if not rows.index.is_unique:
        raise DataError("explain(): two rows have the same label", "give each a label of its own: rows.reset_index()")
    usual = rows if background is None else background
    if background is None and len(rows) < FEWEST_ROWS:
        raise DataError(
            f"explain() compares rows with what is usual, and {len(rows)} rows do not show that",
            "give rows that do: explain(model, rows, background=train)",
        )
    require_columns(usual.columns, asked.inputs, "the background of explain()", _REMEDY)
    places = np.sort(places_by_hash(usual.index, BACKGROUND))
    return usual.iloc[places][list(asked.inputs)]


def _evaluated(run: OfRun) -> pd.DataFrame | None:
    """Return the rows that evaluated a run, as requests bring them; ``None`` where it keeps none of one target."""
    try:
        return run.watched_rows()[0]
    except ConfigurationError:
        return None


def _shapley(
    asked: Asked, rows: pd.DataFrame, usual: pd.DataFrame, event: Any, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return contributions of shape (rows, features, answers), and the mean answers of the background.

    `shap` exchanges numbers: those of the place of a value in its column.
    """
    shap = _imported()
    both = pd.concat([usual, rows], ignore_index=True)
    places = np.tile(np.arange(len(both), dtype=np.float64)[:, None], (1, both.shape[1]))
    columns = [both[name] for name in asked.inputs]

    def said(exchanged: NDArray[np.float64]) -> NDArray[np.float64]:
        taken = np.asarray(exchanged).astype(np.int64)
        frame = pd.DataFrame({
            name: column.iloc[taken[:, place]].reset_index(drop=True)
            for place, (name, column) in enumerate(zip(asked.inputs, columns, strict=True))
        })  # fmt: skip
        return answers(asked, frame, event).values

    few = len(usual)
    masker = shap.maskers.Independent(places[:few], max_samples=few)
    features = both.shape[1]
    if features <= FEW_FEATURES:
        explainer, evaluations = shap.ExactExplainer(said, masker), 2**features
    else:
        explainer, evaluations = shap.PermutationExplainer(said, masker, seed=seed), ORDERS * (2 * features + 1)
    found = explainer(places[few:], max_evals=evaluations, batch_size=BATCH, silent=True)
    values, base = np.asarray(found.values, dtype=np.float64), np.asarray(found.base_values, dtype=np.float64)
    if values.ndim == 2:  # noqa: PLR2004  shap drops the axis of a single answer
        values = values[:, :, None]
    return values, base.reshape(len(rows), -1)[0]


def _explained(said: Answers) -> NDArray[np.int64]:
    """Return which answer of each row is explained: the one there is, or the highest."""
    return np.asarray(np.nanargmax(said.values, axis=1), dtype=np.int64)


def _text(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "null"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _imported() -> Any:
    try:
        with hushed():  # of its own pictures, which are not used
            return import_module("shap")
    except ImportError as error:
        raise ConfigurationError(
            "explain() needs the package shap, which is not installed", 'pip install "mlsys[explain]"'
        ) from error
