"""PartialDependence: what the model says on average if a feature has a value, and how many rows have it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset, Event, require_columns
from mlsys.errors import ConfigurationError, listed, meant
from mlsys.evaluation.behaviour.answers import Asked, answers
from mlsys.evaluation.explaining.grids import Grid, grid_of
from mlsys.evaluation.explaining.pictures import draw_dependence
from mlsys.pages import Folded, Page, Table, Text, Title
from mlsys.steps import Field, Report, Result
from mlsys.summaries import places_by_hash
from mlsys.values import with_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = ["column", "value", "number", "mean", "lower", "upper", "low", "high", "density"]
_MOST = 6
"""Features that are asked about if none are named: those that move the answer most."""
_LEVEL = 1.96
"""Normal quantile of a 95 % interval."""
_SPREAD = (0.1, 0.9)


@dataclass(frozen=True, repr=False)
class Dependence(Result):
    """What a model says by the values of its features; made by ``PartialDependence``."""

    def plot(self, ax: Axes | None = None, *, column: str | None = None) -> Axes:
        """Draw one feature: the mean answer, the middle 80 % of rows, and below it where rows are.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        column : str, optional
            The feature; by default the one that moves the answer most.
        """
        names = self.table["column"].drop_duplicates().tolist()
        chosen = column if column is not None else (names or [None])[0]
        if chosen is None or chosen not in names:
            raise ConfigurationError(
                f"there is no partial dependence on {column!r}",
                f"{meant(str(column), names)}features are {listed(names)}",
            )
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots(figsize=(6.4, 4.2), layout="constrained")[1]
        return draw_dependence(self.table[self.table["column"] == chosen], ax, str(self.facts["unit"]))

    def _page(self) -> Page:
        shown = self.table[["column", "value", "mean", "lower", "upper", "density"]] if len(self.table) else self.table
        by_column = [Folded(str(name), [Table(rows)]) for name, rows in shown.groupby("column", sort=False)]
        return Page([Title(self.name), Text(self.summary), *by_column])


class PartialDependence(Report):
    """Set a feature to each of its values in all rows, and average what the model says.

    Parameters
    ----------
    columns : list of str, optional
        Features; by default the six that move the answer most.
    points : int
        Values of a number that are asked about, at equal steps of training rows between the first and the last
        percentile; of levels, the 20 most frequent ones.
    event : optional
        The class whose probability is averaged; by default the event of two classes. Needed for more classes.
    most_rows : int
        Maximum number of rows to average over, chosen by the hash of their id.

    Raises
    ------
    ConfigurationError
        If there are more than two classes and none is named.

    Notes
    -----
    Partial dependence (Friedman 2001) of the columns at the split, through all later steps. ``mean`` has a 95 %
    interval over the rows; ``low`` and ``high`` hold the middle 80 % of the rows' own curves (Goldstein et al. 2015),
    each moved to the common mean: where they lie apart, the feature works together with others. ``density`` is the
    share of training rows nearest each value: where it is small the model was asked about rows that hardly occur, and
    so it was wherever features are related (a tall person of small weight). It says what the model does, not what the
    world would do. Cost: one prediction of the rows for each value of each feature.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics 29(5).

    Goldstein, A., Kapelner, A., Bleich, J. and Pitkin, E. (2015). Peeking inside the black box: visualizing
    statistical learning with plots of individual conditional expectation. JCGS 24(1).

    Examples
    --------
    >>> from mlsys import Pipeline, RandomSplit
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"used": rng.normal(size=300), "noise": rng.normal(size=300)})
    >>> frame["y"] = 3 * frame["used"] + rng.normal(size=300)
    >>> steps = [RandomSplit(), LinearRegression(), PartialDependence(["used"], points=3)]
    >>> found = Pipeline(steps, target="y").run(frame, track=False, verbose=False).reports["dependence"]
    >>> slope = np.polyfit(found.table["number"], found.table["mean"], 1)[0]
    >>> round(float(slope))
    3
    """

    columns: tuple[str, ...] | list[str] | None = None
    points: int = Field(default=20, ge=2)
    event: Any = None
    most_rows: int = Field(default=500, ge=10)
    of_one_target: ClassVar[bool] = True

    def report(self, dataset: Dataset, /) -> Result:
        """Return what the model says by the values of its features."""
        part = "test" if "test" in dataset else "validation"
        if part not in dataset or dataset.predict(dataset[part].iloc[:0]) is None:
            return Result("dependence", pd.DataFrame(), verdict="not assessed", summary="there is no model to ask")
        if dataset.aim == "clusters":
            said = "clusters are names, of which there is no mean"
            return Result("dependence", pd.DataFrame(), verdict="not assessed", summary=said)
        rows, train = pd.DataFrame(dataset[part]), pd.DataFrame(dataset["train"])
        rows = rows.iloc[np.sort(places_by_hash(rows.index, self.most_rows))]
        asked = self._asked(dataset)
        names = [name for name in dataset.features if name in rows.columns]
        if self.columns is not None:
            require_columns(rows.columns, self.columns, self.title, "name features of the rows")
            names = list(self.columns)
        grids = {name: grid_of(train[name], self.points) for name in names}
        found = {name: self._curve(name, grid, rows, asked) for name, grid in grids.items() if grid is not None}
        ordered = sorted(found, key=lambda name: -_range(found[name]))
        kept = ordered if self.columns is not None else ordered[:_MOST]
        table = pd.concat([found[name] for name in kept], ignore_index=True) if kept else pd.DataFrame(columns=_COLUMNS)
        unit = answers(asked, rows.head(1), self.event).unit
        return Dependence(
            "dependence",
            table,
            scalars={f"dependence/{name}": _range(found[name]) for name in kept},
            summary=_summary(kept, found, unit, len(rows), part),
            facts={"unit": unit, "part": part},
            draw=_draw,
        )

    def recalled(self, result: Result, /) -> Result:
        """Return a result from the cache with its picture."""
        return replace(result, draw=_draw) if len(result.table) else result

    def _asked(self, dataset: Dataset) -> Asked:
        event = dataset.roles.event
        named = Event.named(event) if event is not None and not isinstance(event, (Event, dict)) else None

        def predict(frame: pd.DataFrame) -> pd.DataFrame:
            said = dataset.predict(frame)
            assert said is not None
            return said

        return Asked(predict, dataset.features, named)

    def _curve(self, name: str, grid: Grid, rows: pd.DataFrame, asked: Asked) -> pd.DataFrame:
        curves = []
        for place in range(len(grid.values)):
            value = grid.values.iloc[np.full(len(rows), place)].set_axis(rows.index)
            said = answers(asked, with_columns(rows, {name: value}), self.event)
            if not said.of_one:
                raise ConfigurationError(
                    f"{self.title} averages one number of each row, but the model gives the {said.unit}",
                    "name a class: PartialDependence(event=...)",
                )
            curves.append(said.values[:, 0])
        each = np.array(curves)
        mean, error = each.mean(axis=1), each.std(axis=1, ddof=1) / np.sqrt(len(rows))
        low, high = np.quantile(each - each.mean(axis=0) + each.mean(), _SPREAD, axis=1)
        values = [name, grid.names, grid.numbers, mean, mean - _LEVEL * error, mean + _LEVEL * error, low, high]
        return pd.DataFrame(dict(zip(_COLUMNS, [*values, grid.density], strict=True)))


def _range(curve: pd.DataFrame) -> float:
    return float(curve["mean"].max() - curve["mean"].min())


def _summary(kept: list[str], found: dict[str, pd.DataFrame], unit: str, rows: int, part: str) -> str:
    if not kept:
        return "no feature holds numbers or levels"
    first = found[kept[0]]
    ends = f"{first['mean'].min():.3g} to {first['mean'].max():.3g}"
    return f"{kept[0]!r} moves the mean {unit} most, {ends}, over {rows:,} {part} rows"


def _draw(result: Result, ax: Axes) -> None:
    draw_dependence(
        result.table[result.table["column"] == result.table["column"].iloc[0]], ax, str(result.facts["unit"])
    )
