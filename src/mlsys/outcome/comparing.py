"""Comparing runs: the same rows, paired intervals, latency and size; ties go to the cheaper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import (
    Evaluation,
    Events,
    Metric,
    evaluation_of,
    events_of,
    is_truth,
    metric_of,
    paired_difference,
    scored_alone,
    scored_interval,
)
from mlsys.outcome.changes import changes_of, described_changes
from mlsys.outcome.comparing_alone import difference_alone, refuse_unlike, sameness, values_alone
from mlsys.outcome.outcome import Outcome
from mlsys.outcome.pareto import COSTS, draw_front, front
from mlsys.outcome.storing import judged_rows
from mlsys.pages import Interval, Intervals, Items, Page, Shown, Table, Title, Tone, drawing, filled, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TONES: dict[str, Tone] = {"best": "plain", "worse": "bad", "not told apart": "watch"}
SAME_LATENCY = 1.5
"""Medians closer than this are taken as equal, and size decides: a busy machine moves them by as much."""


@runtime_checkable
class HasOutcome(Protocol):
    """A run, or a model that was loaded and knows its run."""

    @property
    def outcome(self) -> Outcome:
        """What came out."""


Compared = HasOutcome | Outcome


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """Runs side by side; created by :func:`compare`.

    Parameters
    ----------
    table : DataFrame
        One row per run: value with interval, difference from the best with paired interval, verdict,
        milliseconds per row, size.
    metric : str
        The compared metric.
    part : str
        The part all were evaluated on.
    best : Run or Outcome
        The best, or the cheapest of those that do not differ significantly from it.
    runs : mapping of str to Run or Outcome
        All runs.
    changes : DataFrame
        One row for each step that differs from the first run: ``run``, ``step``, ``outcome``, ``causes``
        (code, configuration, package, data, seed, setting), ``why``.
    paired : bool
        Whether differences are of the same rows; without a target they are of values that were measured apart.
    greater_is_better : bool
        Of the metric.
    """

    table: pd.DataFrame
    metric: str
    part: str
    best: Any
    best_name: str
    runs: Mapping[str, Any]
    changes: pd.DataFrame
    paired: bool = True
    greater_is_better: bool = True

    @property
    def front(self) -> tuple[str, ...]:
        """Runs that no other run beats in score, latency and size together (the Pareto front)."""
        return tuple(front(self.table, self.greater_is_better, [column for column, _ in COSTS.values()]))

    def pareto(self, cost: str = "latency", ax: Axes | None = None) -> Axes:
        """Draw the score of each run against what it costs: ``"latency"`` of one row, or ``"size"``.

        Runs that another run beats in both are crosses; the others are joined.
        """
        return draw_front(self.table, self.metric, self.greater_is_better, cost, self.best_name, ax)

    def _page(self) -> Page:
        said = described_changes(self.changes, self.table, self.metric).splitlines()
        rows = [
            Interval(row["run"], row["difference"], row["difference lower"], row["difference upper"], row["verdict"],
                     row["run"] == self.best_name, _TONES[row["verdict"]])
            for row in self._rows
        ]  # fmt: skip
        return Page([
            Title(f"{self.metric} on the same {self.part} rows; take {self.best_name!r}"),
            Intervals(rows, f"difference of {self.metric} from the best", zero=0.0),
            Table(filled(self.table), signed=["difference"]),
            Items(said),
        ])  # fmt: skip

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each run's difference from the best against zero, paired on the same rows, with value and verdict."""
        ax = drawing.axes(ax, len(self.table), width=8.5)
        drawing.bar_at(ax, 0)
        longest = 0
        for place, row in enumerate(self._rows):
            best = row["verdict"] == "best"
            colour = drawing.MINE if best else drawing.TONES[_TONES[row["verdict"]]]
            said = row["verdict"] if best else f"{row['verdict']} {number(row['difference'], True)}"
            said += ": take it" if row["run"] == self.best_name else ""
            longest = max(longest, len(said))
            drawing.dot(ax, place, row["difference"], row["difference lower"], row["difference upper"], colour, said)
            value = Interval("", row["value"], row["lower"], row["upper"]).said()
            ax.annotate(value, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=drawing.SMALL)
        how = "paired on" if self.paired else "measured apart on"
        label = f"{self.metric} minus that of the best, {how} the same {self.part} rows (95 % intervals)"
        drawing.finish(ax, [str(row["run"]) for row in self._rows], label, margin=0.16 + 0.0135 * longest)
        ax.annotate(
            self.metric, (1.02, -0.75), xycoords=("axes fraction", "data"), fontsize=drawing.SMALL, weight="bold"
        )
        ax.locator_params(axis="x", nbins=5)
        return ax

    @property
    def _rows(self) -> list[dict[Any, Any]]:
        return self.table.to_dict("records")


def compare(
    *runs: Mapping[str, Compared] | Sequence[Compared] | Compared,
    metric: str | Metric | Callable[..., Any] | None = None,
    target: str | None = None,
) -> Comparison:
    """Compare runs on the rows all of them were evaluated on, and list the steps that differ, and why.

    Parameters
    ----------
    *runs : mapping of str to Run, sequence of Run, or two runs and more
        At least two, of the same task and target; an earlier run by its outcome: ``mlsys.load(run_id).outcome``.
    metric : str, Metric or callable, optional
        By default the headline metric.
    target : str, optional
        One of several targets; without it, runs are compared by all of them together.

    Returns
    -------
    Comparison
        Differences from the best are paired: the same rows are drawn for both. A run whose interval
        for the difference contains zero is "not told apart", and the cheapest of these is chosen: the smallest
        of those whose median latency is within 1.5 times the lowest. Runs without a target (detectors, clusterers) are
        compared by what they say of themselves, stability or silhouette, measured apart, and ``says the same`` is how
        far each agrees with the best: rank correlation of scores, or adjusted Rand index of clusters. A silhouette is
        measured in each model's own space; those of differently scaled features are not comparable.

    Raises
    ------
    DataError
        If the runs share no evaluated rows, or their targets or events differ.
    """
    given = _named(runs)
    if len(given) < 2:
        raise ConfigurationError("compare() needs at least two runs", "pass a list or a dict of runs")
    named = {name: _outcome(each) for name, each in given.items()}
    part = "test" if all(run.stage == "test" for run in named.values()) else "validation"
    evaluated = {name: run.evaluation for name, run in named.items() if run.evaluation is not None}
    missing = set(named) - set(evaluated)
    if missing:
        raise ConfigurationError(f"{', '.join(sorted(missing))} has no evaluation", "add Evaluate() to the pipeline")
    alone = any(each.nothing_beside for each in evaluated.values())
    if alone:
        refuse_unlike(evaluated)
    judged = {name: judged_rows(run) for name, run in named.items()}
    if target is not None:
        evaluated = {name: _of_target(each, target, name) for name, each in evaluated.items()}
        judged = {name: scored_alone(frame, target) for name, frame in judged.items()}
    shared = _shared_rows(judged)
    first = next(iter(evaluated.values()))
    chosen = metric_of(metric) if callable(metric) else first.metric(metric or first.headline)
    tasks = {each.task for each in evaluated.values()}
    if not tasks <= set(chosen.applies_to):
        raise ConfigurationError(
            f"compare(metric={chosen.name!r}) applies to {', '.join(chosen.applies_to)}, "
            f"but the runs are {', '.join(sorted(tasks))}",
            "leave metric= out to compare by the headline metric, such as roc_auc or rmse"
            + (f", or name a target: target={next(iter(first.targets))!r}" if first.targets else ""),
        )
    event = _event(evaluated)
    scored = {name: frame.loc[shared] for name, frame in judged.items()}
    sign = 1 if chosen.greater_is_better else -1
    if alone:
        values = values_alone(evaluated, chosen.name)
    else:
        values = {name: scored_interval(chosen, frame, event=event) for name, frame in scored.items()}
    leader = max(values, key=lambda name: (sign * values[name].value, name))
    rows = []
    for name, run in named.items():
        median, high, size = (run.cost.get(key, np.nan) for key in ("p50", "p95", "size"))
        row = {"run": name, "value": values[name].value, "lower": values[name].lower, "upper": values[name].upper}
        if name == leader:
            row |= {"difference": 0.0, "difference lower": np.nan, "difference upper": np.nan, "verdict": "best"}
        else:
            if alone:
                gap = difference_alone(values[name], values[leader])
            else:
                gap = paired_difference(chosen, scored[name], scored[leader], event=event)
            apart = gap.lower > 0 or gap.upper < 0
            row |= {"difference": gap.value, "difference lower": gap.lower, "difference upper": gap.upper}
            row |= {"verdict": "worse" if apart else "not told apart"}
        if alone:
            row["says the same"] = sameness(scored[name], scored[leader])
        rows.append({**row, "p50 ms a row": median, "p95 ms a row": high, "size kB": size / 1000})
    table = pd.DataFrame(rows)
    tied = table[table["verdict"] != "worse"]
    fast = tied[~(tied["p50 ms a row"] > SAME_LATENCY * tied["p50 ms a row"].min())]
    best_name = str(fast.sort_values("size kB").iloc[0]["run"])
    said = chosen.name if target is None else f"{chosen.name} of {target}"
    return Comparison(table, said, part, given[best_name], best_name, given, changes_of(named), not alone, sign > 0)


def _of_target(evaluation: Evaluation, target: str, run: str) -> Evaluation:
    found = evaluation_of(evaluation, target)
    if found is None:
        there = ", ".join(map(repr, evaluation.targets)) or "one target"
        raise ConfigurationError(
            f"compare(target={target!r}): {run} predicts {there}",
            "leave target= out, or name one of several targets that all runs predict",
        )
    return found


def _outcome(run: Compared) -> Outcome:
    return run if isinstance(run, Outcome) else run.outcome


def _named(runs: Sequence[Mapping[str, Compared] | Sequence[Compared] | Compared]) -> dict[str, Compared]:
    only: Any = runs[0] if len(runs) == 1 else None
    if isinstance(only, Mapping):
        named, given = dict(only), list(only.values())
    else:
        given = list(only if isinstance(only, (list, tuple)) else runs)
        named = {}
    strange = [each for each in given if not isinstance(each, Compared)]
    if strange:
        raise ConfigurationError(
            f"compare() got {type(strange[0]).__name__} beside runs",
            'pass compare(one, other), or one list or dict of runs; the metric by name: metric="roc_auc"',
        )
    return named or _labelled(given)


def _labelled(runs: Sequence[Compared]) -> dict[str, Compared]:
    """Name runs by their variant, or by their place where there is none or two have the same."""
    variants = [_outcome(run).variant for run in runs]
    return {
        variant if variant and variants.count(variant) == 1 else f"run {place}": run
        for place, (variant, run) in enumerate(zip(variants, runs, strict=True), 1)
    }


def _shared_rows(judged: Mapping[str, pd.DataFrame]) -> pd.Index:
    frames = list(judged.values())
    shared = frames[0].index
    for frame in frames[1:]:
        shared = shared.intersection(frame.index)
    if not len(shared):
        raise DataError("the runs were evaluated on different rows", "compare runs of one split of the same data")
    truths = [frame[[name for name in frame.columns if is_truth(name)]].loc[shared] for frame in frames]
    for truth in truths[1:]:
        if not (truth.equals(truths[0]) or truth.astype(object).equals(truths[0].astype(object))):
            raise DataError("the runs have different targets on the same rows", "compare runs of one target")
    return shared


def _event(evaluated: Mapping[str, Evaluation]) -> Events:
    """Return the event that all runs speak of, of several targets each; ``None`` where there are not two classes."""
    events = {name: each.event for name, each in evaluated.items()}
    first, *others = events.values()
    if any(each != first for each in others):
        said = ", ".join(f"{event!r} ({name})" for name, event in events.items())
        raise DataError(f"the runs use different events: {said}", "use the same event= in all of them")
    found: Events = events_of(first)
    return found
