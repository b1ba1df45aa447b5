"""The evaluation of several targets: of each by itself, and of all of them together on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset
from mlsys.errors import Finding
from mlsys.evaluation.baselines import Guesses
from mlsys.evaluation.beside import scored_beside, slice_scores
from mlsys.evaluation.evaluation import Evaluation
from mlsys.evaluation.judging import Judge, joint_judge
from mlsys.evaluation.picture import draw_scores
from mlsys.evaluation.sentences import worst_slice
from mlsys.evaluation.side_by_side import beside_each_other
from mlsys.evaluation.slicing import Slices, slices_of
from mlsys.evaluation.together import Asked, joint_task, means_of

COLUMNS = ["part", "model", "slice", "metric", "value", "lower", "upper", "n", "verdict"]


@dataclass(frozen=True)
class JudgedAlone:
    """The evaluation of one target, and what it was made of: the judge, the model's and the baselines' scored rows."""

    evaluation: Evaluation
    judge: Judge
    scored: pd.DataFrame
    others: Mapping[str, pd.DataFrame]
    guessed: Mapping[str, Guesses]


@dataclass(frozen=True)
class _JointGuesses:
    """Random guesses of several targets: each draw is a draw of all."""

    sample: Any
    alone: Mapping[str, Guesses]

    def shift(self, score: Callable[[Any], float]) -> float:
        """Return how far the mean score over all draws lies from that of the first."""
        draws = min(len(each.draws) for each in self.alone.values())
        drawn = ({name: each.draws[draw] for name, each in self.alone.items()} for draw in range(draws))
        values = [score(replace(self.sample, alone=each)) for each in drawn]
        return float(np.mean(values) - values[0])


def together(
    alone: Mapping[str, JudgedAlone], asked: Asked, dataset: Dataset, slices: Slices, level: float, who: str
) -> Evaluation:
    """Return the evaluation of several targets together, which holds that of each.

    Parameters
    ----------
    alone : mapping of str to JudgedAlone
        By target.
    asked : Asked
        Metrics.
    dataset : Dataset
        All parts.
    slices : sequence of str, mapping or None
        As for one target.
    level : float
        Of the intervals.
    who : str
        The step, for messages.
    """
    first = next(iter(alone.values()))
    part, rows = first.evaluation.part, dataset[first.evaluation.part]
    there = rows.index.isin(pd.Index([]).append([each.scored.index for each in alone.values()]))
    rows = rows if there.all() else rows.take_rows(there)
    scored = beside_each_other({name: each.scored for name, each in alone.items()}, rows.index)
    judge = joint_judge({name: each.judge for name, each in alone.items()}, asked, scored, level)
    others = {
        name: beside_each_other({target: each.others[name] for target, each in alone.items()}, rows.index)
        for name in first.others
    }
    mine = judge.read(scored)
    guessed = {
        name: _JointGuesses(mine.sample, {target: each.guessed[name] for target, each in alone.items()})
        for name in first.guessed
    }
    read = {name: judge.read(frame) for name, frame in others.items()}
    beside = scored_beside(judge, mine, read, guessed, part)
    cut = slices_of(slices, dataset["train"], rows, who)
    by_slice = slice_scores(cut, mine, judge, part)
    table = [*beside.table, *({"part": part, "model": "model", **row} for row in by_slice)]
    found = {name: each.evaluation for name, each in alone.items()}
    said = {name: each.event_said for name, each in found.items() if each.event_said}
    return Evaluation(
        "evaluate",
        pd.DataFrame(table, columns=COLUMNS),
        scalars={},
        summary=f"{judge.headline.name} on {part}",
        tables={"differences": beside.differences},
        findings=[_named(finding, name) for name, each in found.items() for finding in each.findings],
        draw=draw_scores,
        task=joint_task([each.task for each in found.values()]),
        part=part,
        headline=judge.headline.name,
        event={name: each.event for name, each in found.items() if each.event is not None} or None,
        event_said="; ".join(f"{name}: {each}" for name, each in said.items()),
        folds=first.evaluation.folds,
        contaminated=first.evaluation.contaminated,
        worst_slice=worst_slice(by_slice, judge.headline),
        sensitive={
            column: "; ".join(f"{name}: {each.sensitive[column]}" for name, each in found.items())
            for column in dataset.roles.sensitive
        },
        slices={each.name: each.column for each in cut},
        weightless=first.evaluation.weightless,
        beats=beside.beats,
        scored=scored,
        targets=found,
        own=means_of({name: each for each_of in found.values() for name, each in each_of.own.items()}),
    )


def _named(finding: Finding, target: str) -> Finding:
    said = finding.message
    return finding if repr(target) in said else replace(finding, message=f"{said} (target {target!r})")
