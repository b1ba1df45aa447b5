"""Selection and judging: rows that judge are looked at, chosen, or learned from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from leakbench import tables, worlds
from leakbench.case import Case, Data, Expected, Trial, case
from leakbench.cases.common import model, plain
from mlsys import (
    Derive,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    Rows,
    Run,
    Select,
    Standardize,
    StratifiedSplit,
    Train,
    TrainOnly,
)

KIND = "selection and judging"
COUNTED = Expected(
    (2, 4), "the same validation rows judged many models, and only the best is shown; only a count across runs can know"
)


def _score(run: Run) -> float:
    """Return the area under the curve on validation rows."""
    shown = run.metrics.query("model == 'model' and slice == 'all' and metric == 'roc_auc' and part == 'validation'")
    return float(shown["value"].iloc[0])


def _best_of(pipelines: Callable[[Pipeline], Iterable[Pipeline]], leaky: bool) -> Callable[[Pipeline, Data], Run]:
    """Return a play that shows the best of many by validation rows, or the first one alone."""

    def play(pipeline: Pipeline, data: Data) -> Run:
        tried = list(pipelines(pipeline))
        if not leaky:
            return tried[0].run(data, cache=False)
        best = max(tried, key=lambda each: _score(each.run(data, cache=False)))
        return best.run(data, cache=False)

    return play


@case(KIND, "seed of the model picked on validation", COUNTED, claim="not stated")
def luckiest_of_six_forests(leaky: bool) -> Trial:
    """Six small forests that differ in their seed judge by validation rows, and the best is shown with its score."""

    def tried(pipeline: Pipeline) -> Iterable[Pipeline]:
        forest = [RandomForestClassifier(8, max_depth=4, random_state=seed) for seed in range(6)]
        return (pipeline.replace(Train=Train(each)) for each in forest)

    return plain(worlds.biopsies(), "benign", end=[Train(RandomForestClassifier(8))], play=_best_of(tried, leaky))


@case(KIND, "seed of the split picked on validation", Expected((2, 4), "each seed gives other rows, and the luckiest "
                                                               "judge", ("RandomSplit",)),
      claim="documented as missed")  # fmt: skip
def luckiest_split(leaky: bool) -> Trial:
    """Of five seeds of the split the one is shown whose validation rows score best."""

    def tried(pipeline: Pipeline) -> Iterable[Pipeline]:
        return (pipeline.replace(RandomSplit=RandomSplit(seed=seed, validation=0.2)) for seed in range(5))

    rows = worlds.clients(700)
    return plain(rows, "left", split=RandomSplit(validation=0.2), texts=["tariff"], id="client",
                 play=_best_of(tried, leaky))  # fmt: skip


@case(KIND, "features picked on validation", COUNTED, claim="not stated")
def features_picked_on_validation(leaky: bool) -> Trial:
    """Six subsets of sixty genes are scored by validation rows, and the best is shown."""
    genes = [f"gene_{number:02d}" for number in range(60)]
    drawn = [np.random.default_rng(seed).choice(genes, 15, replace=False) for seed in range(6)]

    def tried(_: Pipeline) -> Iterable[Pipeline]:
        steps = [StratifiedSplit(), Standardize(), Train(model())]
        return (Pipeline(steps, target="relapse", features=list(chosen)) for chosen in drawn)

    return plain(tables.genes(), "relapse", end=[Standardize(), model()], play=_best_of(tried, leaky))


def _thresholds(cut: float) -> Derive:
    return Derive({"heavy": lambda frame, cut=cut: (frame["mean area"] > cut).astype(int)})


@case(KIND, "threshold picked on validation", COUNTED, claim="not stated")
def threshold_picked_on_validation(leaky: bool) -> Trial:
    """A cut of a column is moved until validation rows score best."""

    def tried(pipeline: Pipeline) -> Iterable[Pipeline]:
        return (pipeline.replace(Derive=_thresholds(cut)) for cut in range(500, 800, 50))

    rows = worlds.biopsies()[["mean area", "mean smoothness", "benign"]]
    return plain(rows, "benign", before=[_thresholds(600)], end=[Standardize(), Train(model())],
                 play=_best_of(tried, leaky), by_hand=None)  # fmt: skip


class Balance(Select):
    """As many rows of each class, of all rows."""

    column: str

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        return _balanced(frame[self.column].to_numpy(), rng)


class BalanceTraining(TrainOnly):
    """The same, of training rows."""

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        return pd.DataFrame(train)[_balanced(train.y.to_numpy(), rng)]


def _balanced(target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    few = int(np.bincount(target).min())
    kept = np.zeros(len(target), dtype=bool)
    for each in (0, 1):
        kept[rng.choice(np.flatnonzero(target == each), few, replace=False)] = True
    return kept


@case(KIND, "Select by outcome", Expected((2, 3), "judged rows are chosen by what is predicted", ("Balance",)),
      claim="documented as missed")  # fmt: skip
def balanced_before_the_split(leaky: bool) -> Trial:
    """All rows are balanced by outcome, the judged ones too; the twin balances training rows."""
    before, after = ([Balance("fraud")], []) if leaky else ([], [BalanceTraining()])
    return plain(tables.rare(), "fraud", before=before, after=after, end=[Standardize(), model()], by_hand=None)


@case(KIND, "rows chosen by outcome beforehand", Expected((2,), "the hard rows are gone before the pipeline begins"),
      claim="documented as missed")  # fmt: skip
def doubtful_rows_left_out(leaky: bool) -> Trial:
    """Homes of a middling price were left out of the file, so that cheap and dear are easy to tell."""
    rows = worlds.homes(2_600)
    place = rows["price"].rank(pct=True)
    if leaky:
        rows = rows[(place - 0.5).abs() > 0.22].reset_index(drop=True)
    rows = rows.assign(dear=(rows["price"] > rows["price"].median()).astype(int)).drop(columns="price")
    return plain(rows, "dear", id="home", end=[Standardize(), model()])


def _frozen(leaky: bool, rows: pd.DataFrame, target: str) -> Any:
    known = rows if leaky else tables.specimens(seed=97)
    chain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    return FrozenEstimator(chain.fit(known.drop(columns=target), known[target]))


FITTED = "what is held was fitted to all rows before the pipeline existed"


@case(KIND, "FrozenEstimator", Expected((2,), FITTED, ("Train",)))
def model_that_saw_all_rows(leaky: bool) -> Trial:
    """A model that was fitted on all rows is judged on some of them; the twin's was fitted on last year's."""
    rows = tables.specimens()
    return plain(rows, "defect", end=[Train(_frozen(leaky, rows, "defect"))])


@case(KIND, "StackingClassifier of fitted models", Expected((2,), FITTED, ("Train",)))
def stacked_on_a_model_that_saw_all_rows(leaky: bool) -> Trial:
    """A stack stands on a model that was fitted on all rows; the twin's was fitted on last year's."""
    rows = tables.specimens()
    stack = StackingClassifier([("first", _frozen(leaky, rows, "defect"))], model(), cv="prefit")
    return plain(rows, "defect", end=[Train(stack)])


@case(KIND, "strength found by a search over all rows", Expected((2,), "one round number is left of the search"),
      claim="documented as missed")  # fmt: skip
def strength_searched_on_all_rows(leaky: bool) -> Trial:
    """A grid search over all rows finds how strong the penalty is; the twin searches last year's."""
    strength = _searched(leaky)
    return plain(tables.genes(), "relapse", end=[Standardize(), LogisticRegression(C=strength, max_iter=2_000)])


@functools.cache
def _searched(leaky: bool) -> float:
    known = tables.genes() if leaky else tables.genes(seed=98)
    search = GridSearchCV(model(), {"C": [0.003, 0.01, 0.03, 0.1, 1.0]}, cv=3)
    return float(search.fit(known.drop(columns="relapse"), known["relapse"]).best_params_["C"])


class Stopping(GradientBoostingClassifier):
    """Boosting that is as long as scores best on rows it was given."""

    def __init__(self, judged: Any = None, told: Any = None) -> None:
        super().__init__(n_estimators=40, max_depth=3, random_state=0)
        self.judged, self.told = judged, told

    def fit(self, X: Any, y: Any, sample_weight: Any = None, monitor: Any = None) -> Any:
        """Fit, then keep the stages up to the best one."""
        super().fit(X, y, sample_weight)
        scores = [np.mean(np.asarray(each) == self.told) for each in self.staged_predict(np.asarray(self.judged))]
        best = int(np.argmax(scores)) + 1
        self.estimators_ = self.estimators_[:best]
        self.n_estimators_ = best
        return self


@case(KIND, "rows captured for early stopping", Expected((2,), "the model holds rows that judge it", ("Train",)),
      claim="not stated")  # fmt: skip
def stopped_by_rows_that_judge(leaky: bool) -> Trial:
    """A classifier of one's own keeps rows to stop by, and they are those that judge; the twin's are last year's."""
    rows = tables.specimens()
    part = pd.Series(np.where(np.arange(len(rows)) < 900, "train", "validation"), dtype="str")
    kept = rows[part == "validation"] if leaky else tables.specimens(seed=99)[:600]
    booster = Stopping(kept.drop(columns="defect").to_numpy(), kept["defect"].to_numpy())
    return plain(rows.assign(part=part), "defect", split=PredefinedSplit("part"), end=[Train(booster)], by_hand=None)


CASES: tuple[Case, ...] = (
    luckiest_of_six_forests,
    luckiest_split,
    features_picked_on_validation,
    threshold_picked_on_validation,
    balanced_before_the_split,
    doubtful_rows_left_out,
    model_that_saw_all_rows,
    stacked_on_a_model_that_saw_all_rows,
    strength_searched_on_all_rows,
    stopped_by_rows_that_judge,
)
