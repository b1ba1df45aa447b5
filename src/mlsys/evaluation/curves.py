"""Pictures of the rows that judged: reliability, ROC, precision and recall, confusion, residuals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import Event
from mlsys.errors import ConfigurationError, DataError, meant
from mlsys.evaluation.confusion import MOST_CLASSES, confusion
from mlsys.evaluation.probabilities.bins import Bins, Told
from mlsys.evaluation.probabilities.pictures import draw_reliability, draw_risk
from mlsys.evaluation.probabilities.selective import risk_by_coverage
from mlsys.evaluation.sample import EVENT, Sample, Task, Values, class_names
from mlsys.pages import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCORES, RELIABILITY = "scores", "reliability"
LEVEL = 0.95
BINS = 10
"""Rows are put together in so many groups of equal size."""
MOST_POINTS = 2_000
"""Dots drawn one by one."""
MOST_LINES = 6


def draw_kind(kind: str, scored: pd.DataFrame, task: Task, event: Event | None, part: str, ax: Axes | None) -> Axes:
    """Draw one of the kinds that fit rows.

    Parameters
    ----------
    kind : str
        Of those in :func:`kinds_for`.
    scored : DataFrame
        Target, prediction and probabilities of the rows that judged.
    task : str
        Of the evaluation.
    event : Event, optional
        Of two classes the one that curves speak of.
    part : str
        Where the rows are from, for the axes.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    """
    if kind not in _KINDS and kind != SCORES:
        known = [SCORES, *_KINDS]
        raise ConfigurationError(f"there is no plot of kind={kind!r}", f"{meant(kind, known)}{_those(task, scored)}")
    if scored.empty:
        raise DataError(
            f"the evaluated rows are not stored with this evaluation, but kind={kind!r} is drawn from them",
            "draw it on the machine of the run before the process ends: run.evaluation.plot(kind=...)",
        )
    if kind not in kinds_for(task, scored):
        raise ConfigurationError(f"kind={kind!r} does not fit {_reason(task, scored)}", _those(task, scored))
    ax = new_axes(ax)
    sample = Sample.of(scored, class_names(scored, task, event))
    _KINDS[kind](sample, scored, ax, part)
    return drawing.bare(ax)


def new_axes(ax: Axes | None) -> Axes:
    """Return the axes that are given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(5.4, 5.0), layout="constrained")[1]


def kinds_for(task: Task, scored: pd.DataFrame) -> list[str]:
    """Return the kinds that fit a task and what its model says of each row."""
    if task == "regression":
        return [SCORES, "residuals"]
    columns = [str(name) for name in scored.columns]
    shares = any(name.startswith("probability_") for name in columns)
    ordered = shares or any(name.startswith("score_") for name in columns)
    return [
        SCORES,
        *([RELIABILITY] if shares else []),
        *(["roc", "precision_recall", "risk_coverage"] if ordered else []),
        "confusion",
    ]


def _those(task: Task, scored: pd.DataFrame) -> str:
    return f"kinds that fit are {', '.join(kinds_for(task, scored))}"


def _reason(task: Task, scored: pd.DataFrame) -> str:
    if task == "regression":
        return "a regression"
    lacks = RELIABILITY not in kinds_for(task, scored)
    return f"a {task} task of a model that gives no probabilities" if lacks else f"a {task} task"


def _reliability(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw how often what was told with each probability came true, against the diagonal."""
    told = Told.by(sample, scored.get("group"))
    bins = Bins.of(told)
    lower, upper = bins.ends(LEVEL)
    table = pd.DataFrame({"told": bins.told, "happened": bins.happened, "lower": lower, "upper": upper, "n": bins.rows})
    draw_reliability(table, ax, told.of, f"{part} rows")


def _risk_coverage(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw the share of wrong answers by the share of rows that are answered, the surest first."""
    draw_risk(risk_by_coverage(sample, LEVEL), ax, part)


def _roc(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw the share of events found against the share of false alarms, at every threshold."""
    from sklearn.metrics import auc, roc_curve

    def curve(true: Values, score: Values, weight: Values) -> tuple[Values, Values, str]:
        false, found, _ = roc_curve(true, score, sample_weight=weight)
        return false, found, f"AUC {auc(false, found):.3f}"

    ax.plot([0, 1], [0, 1], color=drawing.LINE, linewidth=1, zorder=0)
    _lines(sample, ax, curve)
    ax.set_xlabel(f"false alarms: share of the other {part} rows")
    ax.set_ylabel("found: share of its rows (recall)")


def _precision_recall(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw precision against recall at every threshold."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    def curve(true: Values, score: Values, weight: Values) -> tuple[Values, Values, str]:
        precision, recall, _ = precision_recall_curve(true, score, sample_weight=weight)
        value = average_precision_score(true, score, sample_weight=weight)
        ax.axhline(float(np.average(true, weights=weight)), color=drawing.LINE, linewidth=1, zorder=0)
        return recall, precision, f"average precision {value:.3f}"

    _lines(sample, ax, curve)
    ax.set_xlabel("found: share of its rows (recall)")
    ax.set_ylabel(f"precision on {part} rows; grey: chance level")


Curve = Callable[[Values, Values, Values], tuple[Values, Values, str]]


def _lines(sample: Sample, ax: Axes, curve: Curve) -> None:
    """Draw a curve of the event, or of each class against the others, with its name and figure."""
    assert sample.by_class is not None
    two = len(sample.classes) == 2  # noqa: PLR2004
    codes = [EVENT] if two else _most_frequent(sample)
    known = ~np.isnan(sample.y) & (sample.weight > 0)
    drawn = 0
    for code in codes:
        true, score = sample.y[known] == code, _finite(sample.by_class[known, code])
        if true.all() or not true.any():
            continue
        x, y, said = curve(true, score, sample.weight[known])
        colour, style = drawing.SERIES[drawn % len(drawing.SERIES)]
        ax.plot(x, y, color=colour, linestyle=style, linewidth=1.8, label=f"{sample.classes[code]}: {said}")
        drawn += 1
    if not drawn:
        raise DataError("the evaluated rows have a single class", "evaluate the model on rows of both classes")
    title = "" if two else "each class against the others"
    ax.legend(loc="lower right", frameon=False, fontsize=drawing.SMALL, title_fontsize=drawing.SMALL, title=title)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")


def _confusion(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw how often each class was taken for each other, as shares of the rows that are of it."""
    table = confusion(scored, sample.classes).set_index("truth")
    table = table[table.sum(axis=1) > 0]
    counts = table.to_numpy(dtype=np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    if len(sample.classes) > MOST_CLASSES:
        raise ConfigurationError(
            f"{len(sample.classes)} classes are too many for one plot", "use worst_slice and .table"
        )
    from matplotlib.colors import LinearSegmentedColormap

    ax.imshow(shares, cmap=LinearSegmentedColormap.from_list("shares", ["white", drawing.MINE]), vmin=0, vmax=1)
    digits = 0 if np.allclose(counts, np.round(counts)) else 1
    for (row, column), share in np.ndenumerate(shares):
        said = f"{counts[row, column]:,.{digits}f}\n{share:.0%}"
        colour = "white" if share > 0.5 else "black"  # noqa: PLR2004
        ax.annotate(said, (column, row), ha="center", va="center", fontsize=drawing.SMALL, color=colour)
    ax.set_xticks(range(len(table.columns)), [name.removeprefix("predicted ") for name in table.columns])
    ax.set_yticks(range(len(table)), list(table.index))
    ax.set_xlabel("predicted")
    ax.set_ylabel(f"true class of {part} rows")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _residuals(sample: Sample, scored: pd.DataFrame, ax: Axes, part: str) -> None:
    """Draw how far the truth lies from what was predicted, with median and middle half of each tenth."""
    left = sample.y - sample.prediction
    known = np.flatnonzero(np.isfinite(left))
    shown = np.random.default_rng(0).permutation(known)[:MOST_POINTS]
    ax.axhline(0, color=drawing.LINE, linewidth=1, zorder=0)
    ax.plot(sample.prediction[shown], left[shown], "o", color=drawing.OTHER, markersize=2.5, alpha=0.5, linewidth=0)
    groups = [known[rows] for rows in _groups(sample.prediction[known])]
    places = [float(np.median(sample.prediction[rows])) for rows in groups]
    quarters = np.array([np.quantile(left[rows], [0.25, 0.5, 0.75]) for rows in groups])
    ax.fill_between(places, quarters[:, 0], quarters[:, 2], color=drawing.MINE, alpha=0.2, linewidth=0)
    ax.plot(places, quarters[:, 1], "o-", color=drawing.MINE, markersize=4)
    more = f"{len(shown):,} of {len(known):,} {part} rows" if len(shown) < len(known) else f"{part} rows"
    ax.set_xlabel(f"prediction ({more}; line and band: median and middle half)")
    ax.set_ylabel("true value minus prediction")


_KINDS: dict[str, Callable[[Sample, pd.DataFrame, Axes, str], None]] = {
    RELIABILITY: _reliability, "roc": _roc, "precision_recall": _precision_recall, "confusion": _confusion,
    "residuals": _residuals, "risk_coverage": _risk_coverage,
}  # fmt: skip


def _groups(values: Values) -> Sequence[np.ndarray]:
    """Return the places of values in groups of like size, equal values together."""
    order = np.argsort(values, kind="stable")
    ordered, size = values[order], len(values)
    wanted = np.linspace(0, size, min(BINS, max(1, size // 5)) + 1).round().astype(int)[1:-1]
    cuts = np.unique(np.searchsorted(ordered, ordered[wanted], side="left"))
    return [rows for rows in np.split(order, cuts) if len(rows)]


def _most_frequent(sample: Sample) -> list[int]:
    counts = [float(sample.weight[sample.y == code].sum()) for code in range(len(sample.classes))]
    return [int(code) for code in np.argsort(counts, kind="stable")[::-1][:MOST_LINES]]


def _finite(score: Values) -> Values:
    """Return scores in which what a model does not know stands below all others."""
    known = np.isfinite(score)
    return np.where(known, score, score[known].min(initial=0.0) - 1)
