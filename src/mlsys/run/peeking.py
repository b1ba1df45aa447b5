"""Peeking: how many models the same validation rows have judged, and how many seeds dealt them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from statistics import NormalDist

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, Finding, StateError
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.execution import Execution
from mlsys.run.live import Live
from mlsys.states import digest, digest_frame
from mlsys.tracking.judgings import Judging, judgings, note_judging

MANY = 10
"""Models from which on it is said: the best of ten equally good ones looks 1.5 standard errors better than it is."""
CHOSEN = "LK235"
"""The finding of a model that the rows chose which evaluate it."""
SEEDS = 5
"""Seeds of a split from which on it is said: the best of five looks 1.2 standard errors better."""


def count_judgings(runs: Mapping[Live, bool]) -> None:
    """Note which rows judged some runs, and tell each of them what that means for its score.

    Parameters
    ----------
    runs : mapping of Live to bool
        In the order in which they ran, and whether each is tracked: the others count while the process lives.
    """
    known = judgings()
    mine = {live: judging for live in runs if (judging := judging_of(live)) is not None}
    together = list(mine.values())
    for place, (live, judging) in enumerate(mine.items()):
        evaluation = evaluation_in(live.execution.parts.results)
        assert evaluation is not None
        live.peeked = tuple(peeks(judging, [*known, *together[:place]], together[place + 1 :], evaluation))
        note_judging(judging, keep=runs[live])


def note_choice(scored: pd.DataFrame, said: Sequence[str], trials: int, keep: bool) -> None:
    """Note that some rows chose among candidates, so that a run of one of them is told.

    Parameters
    ----------
    scored : DataFrame
        Evaluated rows of any candidate; of one target.
    said : sequence of str
        Digest of the scored rows of each candidate.
    trials : int
        Number of trials, those without a score included.
    keep : bool
        Whether it is noted beyond the process.
    """
    if "y" not in scored:
        return
    rows = digest_frame(scored[["y"]])
    known = {(each.rows, each.said) for each in judgings() if each.chosen}
    for each in dict.fromkeys(said):
        if (rows, each) not in known:
            note_judging(Judging(rows, each, chosen=trials), keep)


def judging_of(live: Live) -> Judging | None:
    """Return what judged a run: rows, what was said of them, how they were dealt out; ``None`` where nothing did."""
    execution = live.execution
    evaluation = evaluation_in(execution.parts.results)
    if evaluation is None or "y" not in evaluation.scored or evaluation.part not in {"validation", "train"}:
        return None
    try:
        rows, said = digest_frame(evaluation.scored[["y"]]), digest_frame(evaluation.scored)
    except StateError:  # ids or targets without a content to compare
        return None
    return Judging(rows, said, *_dealing(execution), _score(evaluation))


def peeks(
    judging: Judging, before: Sequence[Judging], later: Sequence[Judging], evaluation: Evaluation
) -> list[Finding]:
    """Return what other judgings mean for a score.

    Parameters
    ----------
    judging : Judging
        Of the run.
    before, later : sequence of Judging
        The oldest first; ``later`` ones are known of variants, which are run together.
    evaluation : Evaluation
        Of the run.

    Notes
    -----
    Validation rows are there to choose by, so that many models were judged by them is information. So are several
    seeds of one split, which may be repeated to see a spread. A warning needs more: the seed with the best score is
    taken up again, out of the order in which the seeds were tried before.
    """
    found = []
    everything = [*before, judging, *later]
    models = len({each.said for each in everything if each.rows == judging.rows})
    if models >= MANY:
        found.append(Finding("LK233", _of_models(models, evaluation), "information"))
    chosen = max((each.chosen for each in before if (each.rows, each.said) == (judging.rows, judging.said)), default=0)
    if chosen:
        found.append(Finding(CHOSEN, _of_choice(chosen, evaluation), "information"))
    dealt = [each for each in everything if judging.dealing and each.dealing == judging.dealing]
    if len({each.seed for each in dealt}) >= SEEDS:
        found.append(_of_seeds(judging, [each for each in before if each.dealing == judging.dealing], dealt))
    return found


def _of_models(models: int, evaluation: Evaluation) -> str:
    return (
        f"{models} models were evaluated on these {evaluation.part} rows, and the best of several looks better than it "
        f"is{_widened(models, evaluation)}; no interval is wide enough for a model chosen by its score: "
        "final_test() decides"
    )


def _of_choice(chosen: int, evaluation: Evaluation) -> str:
    return (
        f"tune() chose this model among {chosen} trials by these {evaluation.part} rows, so its score on them is too "
        "good; tuned.corrected estimates by how much, and final_test() decides"
    )


def _of_seeds(judging: Judging, before: Sequence[Judging], dealt: Sequence[Judging]) -> Finding:
    """Return a warning where the best seed was taken up again, else information."""
    said = f"the same rows were split with {len({each.seed for each in dealt})} different seeds"
    best = isfinite(judging.score) and judging.score >= max(each.score for each in dealt)
    if best and _is_taken_up_again(judging, before):
        return Finding(
            "LK234",
            f"{said}, and the one with the best score was used again: it was chosen by the rows that evaluate it. "
            "Give the mean and spread over all seeds, or evaluate by folds (KFolds)",
            "warning",
        )
    place = ", and this is the best of their scores so far" if best else ""
    return Finding(
        "LK234",
        f"{said}{place}; one of several scores is no result. Give mean and spread, or evaluate by folds (KFolds)",
        "information",
    )


def _is_taken_up_again(judging: Judging, before: Sequence[Judging]) -> bool:
    """Whether a run is repeated out of its turn: a loop over seeds that is run again has each after the same one."""
    if len({each.seed for each in before}) < SEEDS or judging not in before:
        return False
    first = before.index(judging)
    return first > 0 and before[first - 1].seed != before[-1].seed


def _widened(models: int, evaluation: Evaluation) -> str:
    """Return the interval of the headline that holds for all models together, in words."""
    row = _headline(evaluation)
    if row is None or not np.isfinite([row["lower"], row["upper"]]).all():
        return ""
    wider = NormalDist().inv_cdf(1 - 0.025 / models) / NormalDist().inv_cdf(0.975)
    try:
        least, most = evaluation.metric(evaluation.headline).bounds
    except ConfigurationError:
        least, most = -np.inf, np.inf
    lower = max(least, row["value"] - (row["value"] - row["lower"]) * wider)
    upper = min(most, row["value"] + (row["upper"] - row["value"]) * wider)
    return (
        f": read as one of {models}, {evaluation.headline} lies in [{lower:.3f}, {upper:.3f}] (Bonferroni, for models "
        "that were fixed beforehand)"
    )


def _headline(evaluation: Evaluation) -> pd.Series | None:
    """Return the model's row of the headline metric."""
    table = evaluation.table
    wanted = {"model": "model", "slice": "all", "metric": evaluation.headline}
    mine = np.logical_and.reduce([table[name] == value for name, value in wanted.items()]) & (table["part"] != "train")
    return table[mine].iloc[0] if mine.any() else None


def _score(evaluation: Evaluation) -> float:
    row = _headline(evaluation)
    if row is None:
        return float("-inf")
    try:
        greater = evaluation.metric(evaluation.headline).greater_is_better
    except ConfigurationError:
        return float("-inf")
    return float(row["value"]) * (1 if greater else -1) if isfinite(row["value"]) else float("-inf")


def _dealing(execution: Execution) -> tuple[str, int]:
    """Return a digest of what was dealt out and how, and the seed; nothing where no seed of a split decides."""
    split, divided = execution.plan.split, execution.divided
    if split is None or divided is None or not all(part.in_memory for part in divided.parts.values()):
        return "", 0
    seed = split.step.configuration().get("seed")
    if not isinstance(seed, int):
        return "", 0
    ids = [pd.util.hash_pandas_object(part.frame([]).index).to_numpy() for part in divided.parts.values()]
    whole = int(np.concatenate(ids).sum(dtype=np.uint64))  # in whatever order they were dealt out
    columns = sorted(map(str, divided.parts["train"].head(0).columns))
    how = split.step.with_(seed=0).digest
    return digest((how, whole, sum(map(len, ids)), columns, "+".join(execution.parts.roles.targets) or "None")), seed
