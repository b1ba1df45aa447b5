"""Peeking: the test rows are looked at until they like what they see."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from leakbench import tables
from leakbench.case import ByHand, Case, Data, Expected, Trial, case
from leakbench.cases.common import ORDERS, ending
from mlsys import Impute, OneHot, Pipeline, Run, Standardize, StratifiedSplit, Train

KIND = "peeking and multiple tests"
COUNTED = "the same test rows were opened before, and only a count across runs can know"


def _by_hand(leaky: bool) -> ByHand:
    return ByHand(drop=("order",), deed="assess thrice" if leaky else "")


def _steps() -> list[Any]:
    return [StratifiedSplit(), *ending("city", "channel")]


def _run(pipeline: Pipeline, data: Data) -> Run:
    """Run with tracking: the count is kept where runs are kept."""
    return pipeline.run(data, cache=False)


def _score(run: Run, metric: str = "roc_auc") -> float:
    """Return a metric on the rows that judge the run."""
    shown = run.metrics.query("model == 'model' and slice == 'all' and metric == @metric and part != 'train'")
    return float(shown["value"].iloc[0])


def _tuned(pipeline: Pipeline, data: Data, peek: bool) -> Run:
    """Return the final run of the strength that scored best, by test rows or by validation rows."""
    runs = [_run(pipeline.replace(Train=Train(LogisticRegression(C=c, max_iter=2_000))), data) for c in (0.01, 0.1, 1)]
    if peek:
        return max((run.final_test() for run in runs), key=lambda final: (_score(final), final.finished))
    return max(runs, key=_score).final_test()


@case(KIND, "tuning loop", Expected((4,), COUNTED))
def tuned_on_test(leaky: bool) -> Trial:
    """Three strengths of penalty are each scored by the test rows, and the last word is the best score."""

    def play(pipeline: Pipeline, data: Data) -> Run:
        chosen = _tuned(pipeline, data, leaky)
        return chosen.pipeline.run(data, cache=False).final_test() if leaky else chosen

    return Trial(_steps, tables.orders(1_200), ORDERS, play, by_hand=_by_hand(leaky))


@case(KIND, "seed picking", Expected((4,), COUNTED))
def lucky_seed(leaky: bool) -> Trial:
    """A tree is trained with three seeds, each scored by the test rows; the third is kept."""
    parts = [StratifiedSplit(), Impute(), OneHot(["city", "channel"]), Standardize()]

    def play(pipeline: Pipeline, data: Data) -> Run:
        tree = [DecisionTreeClassifier(max_depth=4, max_features=3, random_state=seed) for seed in range(3)]
        runs = [_run(pipeline.replace(Train=Train(each)), data) for each in tree]
        return [run.final_test() for run in runs][-1] if leaky else max(runs, key=_score).final_test()

    return Trial(
        lambda: [*parts, DecisionTreeClassifier()], tables.orders(1_200, seed=25), ORDERS, play, by_hand=_by_hand(leaky)
    )


@case(KIND, "weights chosen on test rows", Expected((4,), COUNTED))
def weights_chosen_on_test(leaky: bool) -> Trial:
    """Recall on the test rows decides the class weights of a second model, which is tested again."""

    def play(pipeline: Pipeline, data: Data) -> Run:
        run = _run(pipeline, data)
        weight = 2.0 if _score(run.final_test() if leaky else run, "recall") < 0.5 else 1.0
        again = pipeline.replace(Train=Train(LogisticRegression(class_weight={0: 1.0, 1: weight}, max_iter=2_000)))
        return _run(again, data).final_test()

    return Trial(_steps, tables.orders(1_200, seed=26), ORDERS, play, by_hand=_by_hand(leaky))


CASES: tuple[Case, ...] = (tuned_on_test, lucky_seed, weights_chosen_on_test)
