"""Replay active learning on rows whose labels are all known: how good a model is after how many labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling._classifier import Coded, taken
from mlsys.labeling.active.asked import Asked, Chooses
from mlsys.labeling.active.query import RANDOM
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.values import with_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


Score = Callable[[Any, Any], float]


def accuracy(truth: Any, predicted: Any) -> float:
    """Return the share of right classes."""
    return float(np.mean(np.asarray(truth) == np.asarray(predicted)))


def simulate(
    learner: Chooses,
    frame: pd.DataFrame,
    *,
    target: str,
    test: float | pd.DataFrame = 0.3,
    id: str | None = None,
    start: int = 10,
    labels: int = 200,
    seeds: int | Sequence[int] = 5,
    against: Sequence[str] = (RANDOM,),
    score: Score = accuracy,
    goal: float = 0.95,
) -> Result:
    """Replay queries on rows whose labels are all known.

    Parameters
    ----------
    learner : ActiveLearning
        The strategy, batch and estimator.
    frame : DataFrame
        Rows that may be asked about; those without a label are left out.
    target : str
        Column of the label.
    test : float or DataFrame
        Rows to score on, which are never asked about: a share of each class, other for each seed, or rows.
    id : str, optional
        Column that identifies rows.
    start : int
        Labels at the beginning, drawn at random, at least one of each class.
    labels : int
        Labels at the end.
    seeds : int or sequence of int
        Repetitions; each has its own test rows, start and randomness, the same for all strategies.
    against : sequence of str
        Strategies to compare with, on the same rows.
    score : callable
        ``score(truth, predicted)``, higher is better; by default the accuracy.
    goal : float
        Share of the score with all labels that is to be reached.

    Returns
    -------
    Result
        ``table``: ``strategy``, ``seed``, ``labels``, ``score``, and ``full``, the score with all labels.
        ``tables["reached"]``: labels until the goal by strategy: the mean over seeds, with ``missed``, the seeds that
        never reached it (counted as one batch more than all labels). ``plot()`` draws the curves.

    Raises
    ------
    DataError
        If a class has too few rows for the start and the test.

    Notes
    -----
    What was best here need not be best on other rows: strategies do worse than chance on some data. Cost: seeds x
    strategies x rounds fits.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mlsys import ActiveLearning
    >>> x = np.linspace(-3, 3, 120)
    >>> frame = pd.DataFrame({"x": x, "y": x > 0.5})
    >>> learner = ActiveLearning(LogisticRegression(), batch=5, random_share=0)
    >>> result = learner.simulate(frame, target="y", start=5, labels=30, seeds=2)
    >>> result.tables["reached"]["strategy"].tolist()
    ['margin', 'random']
    """
    known = frame[frame[target].notna()]
    rows: list[dict[str, Any]] = []
    for seed in range(seeds) if isinstance(seeds, int) else seeds:
        rng = np.random.default_rng([learner.seed, seed])
        pool, held = _parted(known, target, test, rng)
        asked = Asked.of(learner, pd.concat([pool, with_columns(held, {target: None})]), target, id)
        first = _start(asked.target.codes[: len(pool)], start, rng)
        truth = Coded(np.append(asked.target.codes[: len(pool)], np.full(len(held), -1)), asked.target.classes)
        judged = _codes_of(held[target], asked.target), np.arange(len(pool), len(pool) + len(held))
        full = _scored(replace(asked, target=truth), judged, score)
        for strategy in dict.fromkeys([learner.strategy, *against]):
            mine: Chooses = replace(cast("Any", learner), strategy=strategy, seed=int(seed))
            curve = _curve(mine, replace(asked, learner=mine, target=truth), first, len(pool), labels, judged, score)
            rows += [{"strategy": strategy, "seed": seed, "labels": n, "score": s, "full": full} for n, s in curve]
    return _result(pd.DataFrame(rows), goal, learner.batch)


def _parted(
    frame: pd.DataFrame, target: str, test: float | pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if isinstance(test, pd.DataFrame):
        return frame, test[test[target].notna()]
    codes = pd.factorize(frame[target])[0]
    held = np.zeros(len(frame), dtype=bool)
    for code in range(int(codes.max(initial=-1)) + 1):
        places = rng.permutation(np.flatnonzero(codes == code))
        held[places[: max(1, round(test * len(places)))]] = True
    return frame[~held], frame[held]


def _start(codes: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return places of the first labels: one of each class, the others at random."""
    if len(codes) <= count:
        raise DataError(f"simulate() has {len(codes):,} rows to ask about and start={count}", "give more rows")
    order = rng.permutation(len(codes))
    first = [order[np.flatnonzero(codes[order] == code)[:1]] for code in np.unique(codes)]
    each = np.concatenate(first)
    rest = order[~np.isin(order, each)][: max(count - len(each), 0)]
    return np.append(each, rest)


def _codes_of(target: pd.Series, coded: Coded) -> NDArray[np.int64]:
    places = {value: place for place, value in enumerate(coded.names)}
    return np.array([places.get(value, -1) for value in target.tolist()], dtype=np.int64)


def _scored(asked: Asked, judged: tuple[NDArray[np.int64], NDArray[np.int64]], score: Score) -> float:
    truth, places = judged
    return score(truth, asked.model().shares(taken(asked.features, places)).argmax(axis=1))


def _curve(
    learner: Chooses,
    whole: Asked,
    first: NDArray[np.int64],
    pool: int,
    labels: int,
    judged: tuple[NDArray[np.int64], NDArray[np.int64]],
    score: Score,
) -> list[tuple[int, float]]:
    """Return the score after each round, asking as the learner does."""
    known = np.zeros(len(whole.ids), dtype=bool)
    known[first] = True
    by = pd.Series(None, index=range(pool), dtype="str")
    found: list[tuple[int, float]] = []
    while True:
        now = replace(whole, target=Coded(np.where(known, whole.target.codes, -1), whole.target.classes))
        found.append((int(known.sum()), _scored(now, judged, score)))
        left = min(labels, pool) - int(known.sum())
        if left <= 0:
            return found
        chosen, _, drawn = learner.next_places(now.narrowed(pool), by, min(learner.batch, left))
        by.iloc[chosen], by.iloc[drawn] = learner.strategy, RANDOM
        known[np.append(chosen, drawn)] = True


def _result(table: pd.DataFrame, goal: float, batch: int) -> Result:
    reached = _reached(table, goal, batch)
    scalars = {f"labels/{row['strategy']}": float(row["labels"]) for row in reached.to_dict("records")}
    said = ", ".join(f"{row['strategy']} {row['labels']:.0f}" for row in reached.to_dict("records"))
    return Result(
        "active learning",
        table,
        scalars={**scalars, "goal": goal, "full": float(table["full"].mean())},
        summary=f"labels to reach {goal:.0%} of the score with all labels ({table['full'].mean():.3f}): {said}",
        tables={"reached": reached},
        draw=draw_curves,
    )


def _reached(table: pd.DataFrame, goal: float, batch: int) -> pd.DataFrame:
    """Return by strategy how many labels it takes until the goal, on average over seeds."""
    rows = []
    for strategy, curves in table.groupby("strategy", sort=False):
        counts, missed = [], 0
        for _, curve in curves.groupby("seed"):
            there = curve.loc[curve["score"] >= goal * curve["full"], "labels"]
            missed += there.empty
            counts.append(int(there.min()) if len(there) else int(curve["labels"].max()) + batch)
        rows.append({"strategy": strategy, "labels": float(np.mean(counts)), "seeds": len(counts), "missed": missed})
    return pd.DataFrame(rows)


def draw_curves(result: Result, ax: Axes) -> None:
    """Draw the mean score by number of labels for each strategy, with the range over seeds."""
    table, last, colours = result.table, dict[str, float](), dict[str, str]()
    for name, (colour, style) in zip(dict.fromkeys(table["strategy"]), cycle(drawing.SERIES), strict=False):
        curve = table[table["strategy"] == name].groupby("labels")["score"]
        mean = curve.mean()
        ax.plot(mean.index, mean, linestyle=style, color=colour)
        ax.fill_between(mean.index, curve.min(), curve.max(), color=colour, alpha=0.12, linewidth=0)
        last[name], colours[name] = float(mean.iloc[-1]), colour
    most, span = table["labels"].max(), float(table["score"].max() - table["score"].min())
    drawing.ends(ax, most, last, colours, span)
    full = float(table["full"].mean())
    for level, said in ((full, "all labels"), (result.scalars["goal"] * full, f"{result.scalars['goal']:.0%} of it")):
        ax.axhline(level, color=drawing.LINE, linewidth=0.9, zorder=0)
        ax.annotate(said, (table["labels"].min(), level), color=drawing.DIM, va="bottom", fontsize=drawing.SMALL)
    ax.set(xlabel="labels", ylabel="score on test rows", xlim=(None, most * 1.18), ylim=(None, full + 0.12 * span))
    ax.set_title("How many labels does it take?", loc="left")
    drawing.bare(ax)
