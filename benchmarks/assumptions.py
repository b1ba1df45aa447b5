"""False alarms of ``run.assumptions``: real columns, with targets and orders for which each assumption holds.

For each table and draw: errors that no column explains (is a bend or a heavy tail seen?), rows divided at random (do
they lie beyond the range?), columns shuffled (do they follow each other within classes, are they collinear?). Whatever
is doubted then is a false alarm. Beside it: what is doubted of the tables as they are.

Run: ``python benchmarks/assumptions.py``. Writes ``docs/benchmarks/assumptions.rst``.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from vega_datasets import data as vega

from measuring import table, write_page
from mlsys import Pipeline, RandomSplit, Train
from mlsys.models.assumed import independent_within_classes, inside_range, light_tails, not_collinear, straight
from mlsys.summaries.wilson import wilson

DRAWS, MOST_ROWS = 200, 2_000
CHECKS = (
    "linear in each feature",
    "errors without heavy tails",
    "rows inside the training range",
    "features independent within a class",
    "no collinear features",
)


def tables() -> dict[str, tuple[pd.DataFrame, str]]:
    """Return tables of numbers, and the column to predict."""
    cars = vega.cars().select_dtypes("number").dropna()
    weather = vega.seattle_weather().select_dtypes("number")
    return {
        "diabetes": (load_diabetes(as_frame=True).frame, "target"),
        "breast cancer": (load_breast_cancer(as_frame=True).frame, "target"),
        "wine": (load_wine(as_frame=True).frame, "target"),
        "digits": (load_digits(as_frame=True).frame, "target"),
        "cars": (cars, "Miles_per_Gallon"),
        "Seattle's weather": (weather, "temp_max"),
    }


def false_alarms(x: pd.DataFrame, rng: np.random.Generator) -> list[bool]:
    """Return which assumptions are doubted where all of them hold."""
    x = x.iloc[rng.permutation(len(x))[:MOST_ROWS]].reset_index(drop=True)
    size = np.exp(0.5 * rng.normal() * x.iloc[:, 0].rank(pct=True))  # errors differ in size, without a bend
    bend, tail = pd.Series(rng.normal(size=len(x)) * size), pd.Series(rng.normal(size=len(x)))
    held = rng.random(len(x)) < 0.4
    alone = x.apply(lambda column: pd.Series(rng.permutation(column.to_numpy())))
    classes = pd.Series(rng.random(len(x)) < 0.5)
    found = [
        straight(x, bend),
        light_tails(tail),
        inside_range(x[~held], x[held]),
        independent_within_classes(alone, classes),
        not_collinear(alone),
    ]
    return [each.verdict == "doubtful" for each in found]


def as_they_are(frame: pd.DataFrame, target: str) -> str:
    """Return what is doubted of models of the table itself."""
    few = frame[target].nunique() <= 10
    models = [LogisticRegression(max_iter=5_000), GaussianNB(), HistGradientBoostingClassifier()]
    doubted = []
    for model in models if few else [Ridge(), HistGradientBoostingRegressor()]:
        run = Pipeline([RandomSplit(validation=0.4), Train(model)], target=target).run(
            frame, track=False, cache=False, verbose=False
        )
        doubted += run.assumptions.table.query("verdict == 'doubtful'")["assumption"].tolist()
    return ", ".join(dict.fromkeys(doubted)) or "nothing"


def main() -> None:
    warnings.filterwarnings("ignore", module="sklearn")  # columns as they are converge slowly, which is doubted below
    counts, rows = np.zeros(len(CHECKS)), []
    given = tables()
    for name, (frame, target) in given.items():
        x = frame.drop(columns=target).astype("float64")
        x = x.loc[:, x.std() > 0]
        found = np.array([false_alarms(x, np.random.default_rng(draw)) for draw in range(DRAWS)]).sum(axis=0)
        counts += found
        rows.append([name, f"{len(x):,}", x.shape[1], *found, as_they_are(frame, target)])
        print(rows[-1], flush=True)
    total = DRAWS * len(given)
    rates = [[name, f"{100 * count / total:.1f} %", f"{100 * wilson(count, total)[1]:.1f} %"]
             for name, count in zip(CHECKS, counts, strict=True)]  # fmt: skip
    header = ["table", "rows", "columns", "bend", "tails", "range", "within class", "collinear", "doubted as it is"]
    text = f"""
What ``run.assumptions`` doubts of {len(given)} real tables, {DRAWS} draws each, where every assumption holds by
construction: errors that no column explains, rows divided at random, columns shuffled. The check of bends and that of
ranges allow 1 % by chance; the others have fixed limits. Scale is a number without chance, so it has no rate.

{table(["assumption", "false alarms", "at most (95 %)"], rates)}

False alarms by table (of {DRAWS}), and what is doubted of a linear model, naive Bayes and trees of the table as it is:

{table(header, rows)}
"""
    write_page("assumptions", "False alarms of assumptions", "python benchmarks/assumptions.py", text)


if __name__ == "__main__":
    main()
