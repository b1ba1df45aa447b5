"""Learning curves: how good pipelines are after how many training rows, paired: what more rows, or transfer, give."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import drawing
from mlsys.steps import Field, Result, Split, TrainOnly
from mlsys.steps.learning_kinds import LEARNING_KINDS
from mlsys.steps.questions import divides
from mlsys.summaries import places_by_hash

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run.estimates.cross_validation import CrossValidation

_SIZES = 5
"""Sizes where none are given: the largest that every fold has, and halves of it."""


class FirstRows(TrainOnly):
    """Keep the first training rows in a random order of ids, so that a larger number holds the smaller one."""

    rows: int = Field(ge=1)
    before_preparation: ClassVar[bool] = True

    def change(self, train: Rows, rng: np.random.Generator, /) -> pd.DataFrame:
        """Return as many rows, or all if there are fewer."""
        places = np.sort(places_by_hash(pd.Index(train.ids), self.rows))
        return pd.DataFrame(train).iloc[places]


def learning_curve(
    pipelines: Mapping[str, Pipeline] | Pipeline,
    data: Any = None,
    *,
    sizes: Sequence[int] | None = None,
    folds: Split | int = 5,
    metric: str | None = None,
    n_jobs: int = 1,
    verbose: bool | None = None,
) -> Result:
    """Evaluate pipelines by folds with fewer and more training rows, paired.

    Parameters
    ----------
    pipelines : Pipeline or dict of str to Pipeline
        One, or several to compare: the first with each other. For what transfer is worth:
        ``{"with": tuned, "without": alone}``, where only the first begins at an earlier model or has an ``Embed``.
    data : DataFrame, optional
        Rows, in any form that ``pipeline.run`` accepts; by default those of the source.
    sizes : sequence of int, optional
        Numbers of training rows; by default the largest that every fold has, and four halvings of it.
    folds : Split or int
        Folds, the same for all; test rows stay sealed.
    metric : str, optional
        By default the headline metric.
    n_jobs : int
        Processes for the folds.
    verbose : bool, optional
        Show a progress bar; by default in a terminal and in a notebook.

    Returns
    -------
    Result
        ``table``: ``pipeline``, ``rows`` (of training), ``value`` with ``lower`` and ``upper`` from the folds.
        ``tables["differences"]``: for each other pipeline and size what the first has more, paired by fold, with its
        corrected interval and a verdict. ``tables["doublings"]``: what each size has more than the one before it,
        paired in the same way, with the verdict ``"more rows help"``, ``"more rows hurt"`` or ``"not told apart"``.
        ``plot()`` draws the curves.

    Raises
    ------
    ConfigurationError
        If there is no pipeline, or no such metric.
    DataError
        If a size is larger than the training rows of a fold.

    Notes
    -----
    Smaller sizes are subsets of the larger ones, by a hash of the ids, and the same for all pipelines. Rows that an
    earlier model has learned from may be among the evaluated ones, which makes transfer look better than it is: train
    it on other rows. Cost: sizes x folds x pipelines runs of the steps after the split.

    Examples
    --------
    >>> import mlsys
    >>> from sklearn.naive_bayes import GaussianNB
    >>> frame = pd.DataFrame({"x": range(60), "y": [0, 1, 0, 1, 1, 1] * 10})
    >>> pipeline = mlsys.Pipeline([mlsys.RandomSplit(), mlsys.Train(GaussianNB())], target="y")
    >>> mlsys.learning_curve(pipeline, frame, sizes=[20], folds=2).table[["pipeline", "rows"]].to_dict("list")
    {'pipeline': ['model'], 'rows': [20]}
    """
    named = dict(pipelines) if isinstance(pipelines, Mapping) else {"model": pipelines}
    if not named:
        raise ConfigurationError("learning_curve() got no pipeline", 'give one, or {"with": ..., "without": ...}')
    whole = {
        name: each.cross_validate(folds, data, n_jobs=n_jobs, track=False, verbose=verbose)
        for name, each in named.items()
    }
    first = next(iter(whole.values()))
    chosen, most = metric or first.headline, int(first.folds["learned"].min())
    if chosen not in set(first.folds["metric"]):
        raise ConfigurationError(f"there is no metric {chosen!r}", f"use one of {sorted(set(first.folds['metric']))}")
    wanted = sorted(_halvings(most) if sizes is None else set(sizes))
    if wanted[-1] > most or wanted[0] < 1:
        raise DataError(
            f"sizes={wanted}: the training rows of a fold are {most:,}", f"give sizes from 1 to {most:,}, or none"
        )
    judged = {
        (name, size): (
            whole[name]
            if size == most
            else _with_first(each, size).cross_validate(folds, data, n_jobs=n_jobs, track=False, verbose=verbose)
        )
        for name, each in named.items()
        for size in wanted
    }
    rows = [{"pipeline": name, "rows": size, **_of(each, chosen)} for (name, size), each in judged.items()]
    differences, doublings = _differences(judged, list(named), wanted, chosen), _doublings(judged, wanted, chosen)
    return _result(pd.DataFrame(rows), differences, doublings, chosen)


def _halvings(most: int) -> list[int]:
    return sorted({max(most >> times, 1) for times in range(_SIZES)})


def _with_first(pipeline: Pipeline, size: int) -> Pipeline:
    """Return the pipeline with a step that keeps so many training rows, right after its split."""
    given = list(pipeline.given)
    splits = [place for place, step in enumerate(given) if divides(step)]
    learning = [place for place, step in enumerate(given) if isinstance(step, LEARNING_KINDS)]
    place = splits[-1] + 1 if splits else learning[0] if learning else len(given)
    made: Pipeline = pipeline.rebuilt([*given[:place], FirstRows(size), *given[place:]])
    return made


def _of(judged: CrossValidation[Any], metric: str) -> dict[str, float]:
    table = judged.table
    row = table[(table["metric"] == metric) & (table["model"] == "model")].iloc[0]
    return {name: float(row[name]) for name in ("value", "lower", "upper")}


def _differences(
    judged: Mapping[tuple[str, int], CrossValidation[Any]], names: Sequence[str], sizes: Sequence[int], metric: str
) -> pd.DataFrame:
    """Return what the first pipeline has more than each other one, by size."""
    found = []
    for name in names[1:]:
        for size in sizes:
            table = judged[names[0], size].against(judged[name, size])
            row = table[table["metric"] == metric].iloc[0]
            kept = {each: row[each] for each in ("difference", "lower", "upper", "verdict")}
            found.append({"of": names[0], "against": name, "rows": size, **kept})
    return pd.DataFrame(found, columns=["of", "against", "rows", "difference", "lower", "upper", "verdict"])


def _doublings(
    judged: Mapping[tuple[str, int], CrossValidation[Any]], sizes: Sequence[int], metric: str
) -> pd.DataFrame:
    """Return what each pipeline gained from one size to the next."""
    verdicts = {"better": "more rows help", "worse": "more rows hurt"}
    found = []
    for name in dict.fromkeys(name for name, _ in judged):
        for fewer, more in itertools.pairwise(sizes):
            table = judged[name, more].against(judged[name, fewer])
            row = table[table["metric"] == metric].iloc[0]
            kept = {each: row[each] for each in ("difference", "lower", "upper")}
            verdict = verdicts.get(row["verdict"], row["verdict"])
            found.append({"pipeline": name, "from": fewer, "to": more, **kept, "verdict": verdict})
    return pd.DataFrame(found, columns=["pipeline", "from", "to", "difference", "lower", "upper", "verdict"])


def _result(table: pd.DataFrame, differences: pd.DataFrame, doublings: pd.DataFrame, metric: str) -> Result:
    said = [
        f"with {row['rows']:,} rows {row['of']} {row['difference']:+.3f} [{row['lower']:+.3f}, {row['upper']:+.3f}] "
        f"beside {row['against']}"
        for row in differences.to_dict("records")
    ]
    last = table.groupby("pipeline", sort=False).last()
    alone = f"{metric} {last['value'].iloc[0]:.3f} with {last['rows'].iloc[0]:,} rows"
    if len(doublings):
        row = doublings[doublings["pipeline"] == doublings["pipeline"].iloc[0]].iloc[-1]
        gained = f"{row['difference']:+.3f} [{row['lower']:+.3f}, {row['upper']:+.3f}]"
        alone += f", against {row['from']:,} rows {gained}, {row['verdict']}"
    tables = {"differences": differences, "doublings": doublings}
    return Result(
        "learning curve",
        table,
        scalars={f"{row['pipeline']}/{row['rows']}": row["value"] for row in table.to_dict("records")},
        summary=f"{metric}: {'; '.join(said)}" if said else alone,
        tables={name: each for name, each in tables.items() if len(each)},
        facts={"metric": metric},
        draw=draw_curves,
    )


def draw_curves(result: Result, ax: Axes) -> None:
    """Draw the score of each pipeline by number of training rows, with its interval."""
    table, last, colours = result.table, dict[str, float](), dict[str, str]()
    for name, (colour, style) in zip(dict.fromkeys(table["pipeline"]), itertools.cycle(drawing.SERIES), strict=False):
        curve = table[table["pipeline"] == name]
        ax.plot(curve["rows"], curve["value"], marker="o", linestyle=style, color=colour)
        ax.fill_between(curve["rows"], curve["lower"], curve["upper"], color=colour, alpha=0.15, linewidth=0)
        last[name], colours[name] = float(curve["value"].iloc[-1]), colour
    drawing.ends(ax, table["rows"].max(), last, colours, float(table["upper"].max() - table["lower"].min()))
    ax.set_xscale("log", base=2)
    ax.set_xticks(sorted(set(table["rows"])), [f"{each:,}" for each in sorted(set(table["rows"]))])
    ax.minorticks_off()
    ax.set(xlabel="training rows", ylabel=str(result.facts["metric"]), xlim=(None, table["rows"].max() * 1.5))
    ax.set_title("What do more rows give?", loc="left")
    drawing.bare(ax)
