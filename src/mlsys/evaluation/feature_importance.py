"""FeatureImportance: measure how much worse the model predicts when a feature is shuffled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset
from mlsys.evaluation.judging import judge_for
from mlsys.evaluation.scored import judged_rows, scored_rows
from mlsys.pages import drawing
from mlsys.steps import Field, Report, Result
from mlsys.summaries import places_by_hash, related_groups
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from mlsys.dataset import Rows

_FEW = 3
"""The top features whose share of all importance is told."""
_SHOWN = 15
_LEVEL = 0.95
_KEPT = "worth its keep"


class FeatureImportance(Report):
    """Shuffle each feature among the evaluated rows, and measure how much worse the model predicts.

    Parameters
    ----------
    metric : str, optional
        Name of the metric, as in `Evaluate`; by default the headline metric of the task.
    repeats : int
        Number of shuffles of each group.
    related : float
        Columns are shuffled together from this rank correlation of numbers, or association of levels: shuffled alone,
        each of two columns with the same information would appear dispensable.
    most_rows : int
        Maximum number of rows to predict, chosen by the hash of their id.

    Notes
    -----
    Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019) of the columns at the split: all later steps
    are applied again, so a feature counts with everything that is derived from it. ``drop`` is the loss of the metric,
    averaged over shuffles, with a paired 95 % interval over the rows, and ``share`` is its share of all losses. If the
    interval of a feature contains 0, this model does not need it; another model may. Shuffled rows may be combinations
    that never occur. ``own`` is the share of what the model itself says (``feature_importances_``, or the size of
    ``coef_``, which compares columns only if they are scaled), added up over all that steps derive from the columns;
    null if it says nothing. It is learned from training rows, and trees prefer columns of many values (Strobl et al.
    2007); where both differ, rely on ``drop``. Cost: one prediction of the rows for each group and shuffle. If training
    rows are evaluated by folds, the final model has seen these rows, and drops are larger than on new rows; the summary
    says so.

    References
    ----------
    Strobl, C. et al. (2007). Bias in random forest variable importance measures. BMC Bioinformatics 8(25).

    Breiman, L. (2001). Random forests. Machine Learning 45(1).

    Fisher, A., Rudin, C. and Dominici, F. (2019). All models are wrong, but many are useful. JMLR 20(177).

    Examples
    --------
    >>> from mlsys import Pipeline, RandomSplit
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"used": rng.normal(size=300), "noise": rng.normal(size=300)})
    >>> frame["y"] = 3 * frame["used"] + rng.normal(size=300)
    >>> steps = [RandomSplit(), LinearRegression(), FeatureImportance()]
    >>> run = Pipeline(steps, target="y").run(frame, track=False, verbose=False)
    >>> run.reports["importance"].table["features"].tolist()
    ['used', 'noise']
    """

    metric: str | None = None
    repeats: int = Field(default=5, ge=2)
    related: float = Field(default=0.9, gt=0.0, le=1.0)
    most_rows: int = Field(default=5_000, ge=10)

    def report(self, dataset: Dataset, /) -> Result:
        """Return what each group of features adds."""
        part = "test" if "test" in dataset else "validation"
        if part not in dataset or dataset.predict(dataset[part].iloc[:0]) is None:
            return Result("importance", pd.DataFrame(), verdict="not assessed", summary="there is no model to ask")
        rows = judged_rows(dataset[part], part)
        rows = rows.take_rows(np.sort(places_by_hash(rows.index, self.most_rows)))
        drops, metric, base = self._drops(dataset, rows, part)
        own = dataset.own_importances()
        table = _table(drops, own)
        top = float(table["share"].head(_FEW).sum())
        known = ", which the model has learned from" if part == "validation" and dataset.folds else ""
        return Result(
            "importance",
            table,
            scalars={"importance/top_share": top},
            summary=f"{metric} of {base:.3f} on {len(rows):,} {part} rows{known}; the top {min(_FEW, len(table))} of "
            f"{len(table)} hold {top:.0%} of all importance{_beside(table)}",
            facts={"metric": metric, "part": part},
            draw=draw_drops,
        )

    def recalled(self, result: Result, /) -> Result:
        """Return a result from the cache with its picture."""
        return replace(result, draw=draw_drops) if len(result.table) else result

    def _drops(self, dataset: Dataset, rows: Rows, part: str) -> tuple[list[dict[str, Any]], str, float]:
        """Return the losses of each group over shuffles, the metric, and its value on the rows as they are."""
        frame = pd.DataFrame(rows)

        def scored(changed: pd.DataFrame) -> pd.DataFrame:
            return scored_rows(rows, dataset.predict(changed), part)

        first = scored(frame)
        named = None if self.metric is None else [self.metric]
        judge = judge_for(first, named, _LEVEL, dataset.roles.all_events, dataset.aim, dataset.minimizes)
        metric = judge.headline
        base, sign = metric(judge.sample(first)), 1 if metric.greater_is_better else -1
        names = [name for name in dataset.features if name in frame.columns]
        orders = [np.random.default_rng(number).permutation(len(frame)) for number in range(self.repeats)]
        found = []
        for group in related_groups(frame, names, self.related):
            said = [scored(with_columns(frame, {name: frame[name].array[order] for name in group})) for order in orders]
            drop = float(np.mean([sign * (base - metric(judge.sample(each))) for each in said]))
            sure = judge.better_by(first, said[0], f"rows with {group[0]!r} shuffled")
            ends = {"lower": drop - sure["value"] + sure["lower"], "upper": drop - sure["value"] + sure["upper"]}
            found.append({"features": ", ".join(group), "columns": group, "drop": drop, **ends})
        return found, metric.name, base


def _beside(table: pd.DataFrame) -> str:
    """Return what the model itself says of the first few, where it says anything."""
    own = table["own"].head(_FEW).sum()
    return f", and {own:.0%} of what the model itself says" if table["own"].notna().any() else ""


def _table(drops: list[dict[str, Any]], own: Mapping[str, float]) -> pd.DataFrame:
    """Return groups of features with their losses, the largest first."""
    said = sum(own.values())
    total = sum(max(each["drop"], 0.0) for each in drops)
    rows = [
        {
            **each,
            "share": max(each["drop"], 0.0) / total if total else 0.0,
            "own": sum(own.get(name, 0.0) for name in each["columns"]) / said if said else np.nan,
            "verdict": _KEPT if each["lower"] > 0 else "not used",
        }
        for each in sorted(drops, key=lambda each: -each["drop"])
    ]
    return pd.DataFrame(rows, columns=["features", "drop", "lower", "upper", "share", "own", "verdict"])


def draw_drops(result: Result, ax: Axes) -> None:
    """Draw the losses of the features that matter most."""
    shown = result.table.head(_SHOWN)
    sides = [shown["drop"] - shown["lower"], shown["upper"] - shown["drop"]]
    colours = [drawing.GOOD if verdict == _KEPT else drawing.OTHER for verdict in shown["verdict"]]
    ax.barh(range(len(shown)), shown["drop"], height=0.5, xerr=sides, color=colours)
    names = shown["features"].tolist()
    drawing.finish(ax, names, f"loss of {result.facts['metric']} when shuffled; grey: no loss beyond chance")
    drawing.as_high_as(ax, len(shown), row=0.34)
