"""Scores and processor time of one side on one table: three shuffled folds, five times below 1,000 rows.

Run by the interpreter of either environment, with one thread::

    python judging.py mlsys|skrub packages data kept [name ...]

Each answer is a line of ``kept``; what stands there already is not asked again.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from first_table.tables import as_task, counters, listed, read  # noqa: E402  found from anywhere

FOLDS = 3
REPEATS, FEW_ROWS = 5, 1_000
ESTIMATORS = ("linear", "boosting")


def estimator_for(which: str, task: str) -> Any:
    """Return an estimator with its defaults."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge

    if which == "boosting":
        kind = HistGradientBoostingRegressor if task == "numbers" else HistGradientBoostingClassifier
        return kind(random_state=0)
    return Ridge() if task == "numbers" else LogisticRegression(max_iter=1000)


def by_skrub(which: str, task: str, train: pd.DataFrame, target: pd.Series, other: pd.DataFrame) -> tuple[Any, Any]:
    """Return the fitted pipeline and the features it is shown."""
    from skrub import tabular_pipeline

    return tabular_pipeline(estimator_for(which, task)).fit(train, target), other


def by_mlsys(which: str, task: str, train: pd.DataFrame, target: pd.Series, other: pd.DataFrame) -> tuple[Any, Any]:
    """Return the fitted estimator and the features it is shown, prepared as a pipeline would."""
    from mlsys import Prepare

    wanted = {"categories": "native", "nulls": "keep", "scale": False} if which == "boosting" else {}
    prepare = Prepare(**wanted).as_sklearn()
    shown = prepare.fit_transform(train, target)
    return estimator_for(which, task).fit(shown, target), prepare.transform(other)


SIDES: dict[str, Callable[..., tuple[Any, Any]]] = {"mlsys": by_mlsys, "skrub": by_skrub}


def score(model: Any, shown: Any, target: pd.Series, task: str) -> float:
    """Return R2 (-1 at least), or the area under the curve, for several classes the mean of one against the rest."""
    from sklearn.metrics import r2_score, roc_auc_score

    if task == "numbers":
        return max(-1.0, float(r2_score(target, model.predict(shown))))
    chances = model.predict_proba(shown)
    if task == "two":
        return float(roc_auc_score(target == model.classes_[1], chances[:, 1]))
    return float(roc_auc_score(target, chances, multi_class="ovr", labels=list(model.classes_)))


def folds(frame: pd.DataFrame, target: pd.Series, task: str) -> Iterator[tuple[Any, Any]]:
    """Yield the same rows to both sides."""
    from sklearn.model_selection import KFold, StratifiedKFold

    for repeat in range(REPEATS if len(frame) < FEW_ROWS else 1):
        kind = KFold if task == "numbers" else StratifiedKFold
        yield from kind(FOLDS, shuffle=True, random_state=1 + repeat).split(frame, target)


def judged(side: str, which: str, frame: pd.DataFrame, target: pd.Series, task: str) -> dict[str, Any]:
    """Return the score of each fold and the seconds of the processor for all of them."""
    scores, seconds = [], 0.0
    for train, other in folds(frame, target, task):
        begin = time.process_time()
        model, shown = SIDES[side](which, task, frame.iloc[train], target.iloc[train], frame.iloc[other])
        scores.append(score(model, shown, target.iloc[other], task))
        seconds += time.process_time() - begin
    return {"score": float(np.mean(scores)), "folds": scores, "cpu": seconds, "rows": len(frame), "task": task}


def main(side: str, packages: Path, data: Path, kept: Path, names: list[str]) -> None:
    """Judge what is not judged yet."""
    warnings.simplefilter("ignore")
    known = {(each["table"], each["estimator"]) for each in answers(kept)}
    for table in listed():
        asked = [which for which in ESTIMATORS if (table.name, which) not in known]
        if (names and table.name not in names) or not asked:
            continue
        frame = read(table, packages, data)
        if frame is None:
            print(f"SKIPPED: {table.name}, whose file {table.path} is not there", file=sys.stderr)
            continue
        features, target, task = as_task(frame, table)
        features = features.drop(columns=counters(features))
        for which in asked:
            try:
                answer = judged(side, which, features, target, task)
            except Exception as error:  # a failure is an answer
                answer = {"failure": f"{type(error).__name__}: {error}"[:500]}
                print(f"{side} {which} {table.name}: {answer['failure'][:200]}", file=sys.stderr, flush=True)
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"table": table.name, "estimator": which, **answer}) + "\n")


def answers(kept: Path) -> list[dict[str, Any]]:
    """Return what was found so far."""
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:])
