"""Tuned: what a search over a pipeline found, with a score that knows that it was chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic

import numpy as np
import pandas as pd

from mlsys.evaluation.choosing import ChosenScore
from mlsys.evaluation.intervals import Interval as Measured
from mlsys.pages import Banner, Block, Folded, Interval, Intervals, Lines, Page, Shown, Table, Title, number
from mlsys.pipeline.tuning.picture import draw_history, draw_tuned
from mlsys.pipeline.tuning.study import importances
from mlsys.pipeline.tuning.tried import Tried
from mlsys.plan.any_pipeline import PipelineType

_MOST_SHOWN = 10


@dataclass(frozen=True, repr=False)
class Tuned(Shown, Generic[PipelineType]):
    """The best pipeline of a search; made by ``pipeline.tune()``.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline as it was.
    best : Pipeline
        The best of its trials; the pipeline as it was if no trial was better.
    trial : int or None
        Number of the best trial; ``None`` if none was better.
    value : float
        The metric of ``best`` on the rows that chose it, which is too good.
    before : Interval
        The metric of the pipeline as it was, with its interval: nothing chose it.
    corrected : ChosenScore
        The metric of ``best``, corrected for the choice: ``value``, ``lower``, ``upper``; ``optimism``; and ``gain``
        over the pipeline as it was, with ``gain_lower`` and ``gain_upper``.
    metric : str
        Name of the metric.
    greater_is_better : bool
        Of the metric.
    tried : tuple of Tried
        All trials.
    judged : str
        The evaluated rows, the same for all.
    sealed : int
        Number of test rows, which were not used.
    seconds : float
        How long it took.
    stopped : str
        Why it stopped before the last trial; empty if it did not.
    data : DataFrame, mapping of str to DataFrame, or None
        The rows that were given.
    study : optuna.Study
        For what Optuna draws.
    """

    pipeline: PipelineType
    best: PipelineType
    trial: int | None
    value: float
    before: Measured
    corrected: ChosenScore
    metric: str
    greater_is_better: bool
    tried: tuple[Tried, ...]
    judged: str
    sealed: int
    seconds: float
    stopped: str
    data: Any
    study: Any
    notes: list[str] = field(default_factory=list)

    @cached_property
    def importances(self) -> dict[str, float]:
        """Share of the spread of scores that each key of the space explains (fANOVA); empty where it cannot be told."""
        return importances(self.study)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a trial: ``trial``, ``state``, ``value``, ``seconds``, a column for each key, ``same as``, ``error``.

        ``state`` is ``"complete"``, ``"pruned"`` or ``"failed"``, with the error. ``same as`` is an earlier trial of
        the same pipeline, whose result was taken.
        """
        keys = dict.fromkeys(key for each in self.tried for key in each.params)
        rows = [
            {"trial": each.number, "state": each.state, "value": each.value, "seconds": each.seconds}
            | {key: each.params.get(key) for key in keys}
            | {"same as": each.same_as, "error": each.error}
            for each in self.tried
        ]
        return pd.DataFrame(rows).astype({"same as": "Int64"})

    @property
    def params(self) -> dict[str, Any]:
        """What the best trial chose, by key of the space; empty if the pipeline as it was is the best."""
        return next((dict(each.params) for each in self.tried if each.number == self.trial), {})

    def run(self, data: Any = None, **arguments: Any) -> Any:
        """Run the best pipeline on the same rows, or on others; arguments as for :meth:`mlsys.Pipeline.run`.

        Its validation score is the one that chose it. The card says so, and a gate refuses it: ``final_test()`` opens
        rows that chose nothing.
        """
        best: Any = self.best
        return best.run(self.data if data is None else data, **arguments)

    def plot(self, ax: Any = None) -> Any:
        """Draw the score of each trial, and how much each key matters; with ``ax`` the scores alone."""
        return draw_tuned(self) if ax is None else draw_history(self, ax)

    def _page(self) -> Page:
        counts = pd.Series([each.state for each in self.tried]).value_counts()
        failed = f", {counts['failed']} failed" if "failed" in counts else ""
        pruned = f", {counts['pruned']} pruned" if "pruned" in counts else ""
        title = f"{self.pipeline.name}: {self.metric} {number(self.value)}, the best of {len(self.tried)} trials"
        shown = self.table.drop(columns=["same as", "error"]) if not failed else self.table.drop(columns="same as")
        ordered = shown.sort_values("value", ascending=not self.greater_is_better, kind="stable").head(_MOST_SHOWN)
        blocks: list[Block] = [
            Title(title if self.trial is not None else f"{title} is the pipeline as it was"),
            *([] if self.trial is None else [Banner(self.warning, "watch", "chosen by its score")]),
            Intervals(self._scores(), self.metric),
            Lines(self._lines(f"{len(self.tried)} trials{pruned}{failed}")),
            Folded(f"The best {len(ordered)} of {len(self.tried)} trials", [Table(ordered)]),
        ]
        return Page(blocks)

    @property
    def warning(self) -> str:
        """What the score of the best trial is worth, in a sentence."""
        optimism, spread = self.corrected.optimism, self.corrected.upper - self.corrected.lower
        known = np.isfinite(optimism) and optimism > spread / 100
        much = f"looks too good by about {number(optimism)}" if known else "may look too good"
        return (
            f"{number(self.value)} {much}, because these rows chose it; "
            "gates refuse it, and run().final_test() is the score that counts"
        )

    def _scores(self) -> list[Interval]:
        found = self.corrected
        return [
            Interval("as it was", self.before.value, self.before.lower, self.before.upper),
            Interval("best, by the rows that chose it", self.value, np.nan, np.nan, "too good"),
            Interval("best, corrected for the choice", found.value, found.lower, found.upper, "", True),
        ]

    def _lines(self, trials: str) -> list[tuple[str, str]]:
        found = self.corrected
        gain = f"{number(found.gain, True)} [{number(found.gain_lower, True)}, {number(found.gain_upper, True)}]"
        verdict = "tuning helped" if found.gain_lower > 0 else "not told apart from the pipeline as it was"
        chosen = ", ".join(f"{key} {_short(value)}" for key, value in self.params.items())
        matter = ", ".join(f"{key} {share:.0%}" for key, share in self.importances.items())
        lines = [("chosen", chosen or "nothing: no trial was better than the pipeline as it was")]
        if np.isfinite(found.gain) and self.trial is not None:
            lines.append(("gain", f"{gain} better, corrected for the choice: {verdict}"))
        lines += [("what matters", matter)] if matter else []
        lines += [
            ("budget", f"{trials} in {self.seconds:,.1f} s" + (f", stopped {self.stopped}" if self.stopped else ""))
        ]
        lines += [("evaluated on", f"{self.judged}, the same for all trials")]
        lines += [("sealed", f"{self.sealed:,} test rows, which no trial saw")] if self.sealed else []
        return [*lines, *(("tracking", note) for note in self.notes)]


def _short(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)
