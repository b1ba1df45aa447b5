"""Peeking: how many models the same validation rows have judged, and which seeds of a split or a model were tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import NormalDist

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, Finding, StateError
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.execution import Execution
from mlsys.leakage.remedies import REMEDIES
from mlsys.run.live import Live
from mlsys.states import digest, digest_frame
from mlsys.steps.capabilities import all_wrapped
from mlsys.steps.cloning import without_seeds
from mlsys.tracking.judgings import Judging, judgings, note_judging

MANY = 10
"""Models from which on it is said: the best of ten equally good ones looks 1.5 standard errors better than it is."""
CHOSEN = "LK235"
"""The finding of a model that the rows chose which evaluate it."""
SEEDS = 5
"""Seeds of a split or a model from which on it is said: the best of five looks 1.2 standard errors better."""


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
    dealing, seed = _dealing(execution)
    try:
        trained, model_seed = _training(execution)
    except StateError:  # a step holds what has no content to compare, and so cannot be known again
        trained, model_seed = "", ""
    return Judging(rows, said, dealing, seed, _score(evaluation), trained=trained, model_seed=model_seed)


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
    seeds of one split or one model, which may be repeated to see a spread. A warning needs more: the seed with the best
    score is taken up again, out of the order in which the seeds were tried before.
    """
    found = []
    everything = [*before, judging, *later]
    models = len({each.said for each in everything if each.rows == judging.rows})
    if models >= MANY:
        found.append(Finding("LK233", _of_models(models, evaluation), "information"))
    chosen = max((each.chosen for each in before if (each.rows, each.said) == (judging.rows, judging.said)), default=0)
    if chosen:
        found.append(Finding(CHOSEN, _of_choice(chosen, evaluation), "information"))
    for tried in _SEEDS:
        alike = tried.like(judging, everything)
        if len({tried.seed(each) for each in alike}) >= SEEDS:
            found.append(_of_seeds(judging, tried.like(judging, before), alike, tried))
    return found


@dataclass(frozen=True)
class _Tried:
    """Seeds that may be tried one after the other: what they belong to, what is said of them, and the remedy."""

    of: Callable[[Judging], tuple[str, ...]]
    seed: Callable[[Judging], int | str]
    said: str
    remedy: str

    def like(self, judging: Judging, others: Sequence[Judging]) -> list[Judging]:
        """Return those that differ in nothing but the seed."""
        same = self.of(judging)
        return [each for each in others if all(same) and self.of(each) == same]


_SEEDS = (
    _Tried(
        lambda each: (each.dealing,), lambda each: each.seed, "the same rows were split with {} different seeds",
        REMEDIES["seeds of a split"],
    ),
    _Tried(
        lambda each: (each.trained, each.rows), lambda each: each.model_seed,
        "the same model was trained with {} different seeds and evaluated on the same rows",
        REMEDIES["seeds of a model"],
    ),
)  # fmt: skip


def _of_models(models: int, evaluation: Evaluation) -> str:
    return (
        f"{models} models were evaluated on these {evaluation.part} rows, and the best of several looks better than it "
        f"is{_widened(models, evaluation)}; no interval is wide enough for a model chosen by its score: "
        f"{REMEDIES['many models']}"
    )


def _of_choice(chosen: int, evaluation: Evaluation) -> str:
    return (
        f"tune() chose this model among {chosen} trials by these {evaluation.part} rows, so its score on them is too "
        f"good; {REMEDIES['tuned']}"
    )


def _of_seeds(judging: Judging, before: Sequence[Judging], alike: Sequence[Judging], tried: _Tried) -> Finding:
    """Return a warning where the best seed was taken up again, else information."""
    said = tried.said.format(len({tried.seed(each) for each in alike}))
    best = isfinite(judging.score) and judging.score >= max(each.score for each in alike)
    if best and _is_taken_up_again(judging, before, tried):
        return Finding(
            "LK234",
            f"{said}, and the one with the best score was used again: it was chosen by the rows that evaluate it; "
            f"{tried.remedy}",
            "warning",
        )
    place = ", and this is the best of their scores so far" if best else ""
    return Finding("LK234", f"{said}{place}; one of several scores is no result; {tried.remedy}", "information")


def _is_taken_up_again(judging: Judging, before: Sequence[Judging], tried: _Tried) -> bool:
    """Whether a run is repeated out of its turn: a loop over seeds that is run again has each after the same one."""
    if len({tried.seed(each) for each in before}) < SEEDS or judging not in before:
        return False
    first = before.index(judging)
    return first > 0 and tried.seed(before[first - 1]) != tried.seed(before[-1])


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


def _training(execution: Execution) -> tuple[str, str]:
    """Return a digest of all steps without the seeds of their estimators, and these; nothing where there are none."""
    fixed = [(each, [without_seeds(inside) for inside in all_wrapped(each.step)]) for each in execution.plan.steps]
    seeds = [sorted(found.items()) for _, insides in fixed for _, found in insides if found]
    if not seeds:
        return "", ""
    digests = [
        [(type(inside).__qualname__, digest(inside)) for inside, _ in insides]
        if any(found for _, found in insides) else planned.step.digest
        for planned, insides in fixed
    ]  # fmt: skip
    return digest(digests), digest(seeds)


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
