"""Beside baselines: scores of guesses over several draws, and paired differences of every metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mlsys.evaluation._metric import Metric
from mlsys.evaluation.judging import Judge, Judged
from mlsys.evaluation.slicing import Slice

_COLUMNS = ["baseline", "metric", "model", "value", "better by", "lower", "upper", "verdict"]


class Shifts(Protocol):
    """Guesses that were drawn several times, of one target or of several."""

    def shift(self, score: Callable[[Any], float], /) -> float:
        """Return how far the mean score over all draws lies from that of the first."""


@dataclass(frozen=True)
class Scored:
    """Scores of the model and of what it is compared with.

    Parameters
    ----------
    table : list of dict
        One row for each model and metric.
    beats : mapping
        By baseline: by how much the model is better in the headline metric.
    differences : DataFrame
        As :func:`differences` returns them.
    """

    table: list[dict[str, Any]]
    beats: Mapping[str, Mapping[str, float]]
    differences: pd.DataFrame


def scored_beside(
    judge: Judge, mine: Judged, others: Mapping[str, Judged], guessed: Mapping[str, Shifts], part: str
) -> Scored:
    """Return the scores of the model and of baselines on all rows of a part, and the differences between them."""
    where, what = {"part": part, "slice": "all"}, f"{part} rows"
    table = [{**where, "model": "model", **row} for row in judge.scores(mine, what)]
    for name, other in others.items():
        scores = judge.quick().scores(other, f"{name} on {what}")
        scores = [over_draws(row, judge, guessed[name]) for row in scores] if name in guessed else scores
        table += [{**where, "model": name, **row} for row in scores]
    values = {(row["model"], row["metric"]): row["value"] for row in table}
    beats = {name: better_by(judge, mine, name, other, guessed.get(name)) for name, other in others.items()}
    return Scored(table, beats, differences(judge, mine, others, guessed, beats, values))


def over_draws(row: dict[str, Any], judge: Judge, guesses: Shifts) -> dict[str, Any]:
    """Shift a score of the first random draw, with its interval, to the mean over all draws."""
    metric = judge.metric(row["metric"])
    shift, (least, most) = guesses.shift(metric), metric.bounds
    moved = {end: float(np.clip(row[end] + shift, least, most)) for end in ("value", "lower", "upper")}
    return {**row, **moved}


def better_by(
    judge: Judge, mine: Judged, name: str, other: Judged, guesses: Shifts | None, metric: Metric | None = None
) -> dict[str, float]:
    """Return by how much the model is better than a baseline; for random guesses on average over the draws.

    Parameters
    ----------
    judge : Judge
        Of the evaluation.
    mine, other : Judged
        The same rows, predicted by the model and by the baseline.
    name : str
        Of the baseline, for messages.
    guesses : Shifts, optional
        All draws, where the baseline guesses.
    metric : Metric, optional
        By default the headline metric.
    """
    gap = judge.better_by(mine, other, f"the model beside {name}", metric)
    if guesses is None:
        return gap
    metric = metric or judge.headline
    shift = guesses.shift(metric) * (1 if metric.greater_is_better else -1)
    return {end: value - shift for end, value in gap.items()}


def slice_scores(slices: Sequence[Slice], mine: Judged, judge: Judge, part: str) -> list[dict[str, Any]]:
    """Return the scores of each slice, with what they say beside those of all rows."""
    simultaneous, found = judge.for_slices(len(slices)), []
    for each in slices:
        if each.mask.any():
            rows = simultaneous.scores(mine.taken(np.flatnonzero(each.mask)), f"{part} rows of the slice {each.name!r}")
            found += [{"slice": each.name, **row} for row in rows]
    overall = judge.values(mine, f"{part} rows")
    for row in found:
        row["verdict"] = row["verdict"] or judge.verdict(row, overall[row["metric"]])
    return found


def differences(
    judge: Judge,
    mine: Judged,
    others: Mapping[str, Judged],
    guessed: Mapping[str, Shifts],
    beats: Mapping[str, Mapping[str, float]],
    values: Mapping[tuple[str, str], float],
) -> pd.DataFrame:
    """Return one row for each baseline and metric: both values, and by how much the model is better, paired.

    Parameters
    ----------
    judge : Judge
        Of the evaluation.
    mine : Judged
        The rows as the model predicts them.
    others, guessed : mapping
        Baselines by name, and all draws of those that guess.
    beats : mapping
        By baseline: by how much the model is better in the headline metric.
    values : mapping of (str, str) to float
        Known values by model and metric; of the user's own metrics, which may be slow, only the headline is compared.
    """
    rows = []
    for name, other in others.items():
        for metric in judge.quick().metrics:
            known = (name, metric.name) in values and ("model", metric.name) in values
            headline = metric is judge.headline
            if not known or not (headline or type(metric) is not Metric):
                continue
            gap = beats[name] if headline else better_by(judge, mine, name, other, guessed.get(name), metric)
            both = values["model", metric.name], values[name, metric.name]
            rows.append([name, metric.name, *both, *gap.values(), _verdict(gap)])
    return pd.DataFrame(rows, columns=_COLUMNS)


def _verdict(gap: Mapping[str, float]) -> str:
    if np.isnan(gap["lower"]):
        return "not enough data"
    return "better" if gap["lower"] > 0 else "worse" if gap["upper"] < 0 else "not told apart"
