"""Wrong labels: precision and recall of the library and of cleanlab on the same rows and probabilities.

Run: ``python benchmarks/label_errors.py``. It installs cleanlab into an environment of its own, in a temporary folder,
unless ``--others /path/to/python`` names one. Writes ``docs/benchmarks/label_errors.rst``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from measuring import measure, peers, table, write_page

HERE = Path(__file__).parent / "labels_few"
FLIPPED = 0.08
TEXT = """
Both get the same labels and the same probabilities and return the labels that are likely to be wrong. Precision is the
share of them that are, recall the share of wrong labels that are among them. The drawn rows are 100,000 with 10
classes, whose logits are standard normal and 2.5 higher for the true class. The other two sets are real: their
probabilities are those of a logistic regression, out of fold by 5 folds, learned from labels of which 8 % were
flipped. ``same rows`` is the share of rows found by either that both find; where it is not 1, ties and roundings of
counts differ. CPU seconds are those of the call; the first one of each library loads what it needs.

"""


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true classes, labels and probabilities of drawn rows."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 10, 100_000)
    logits = rng.normal(size=(len(truth), 10))
    logits[np.arange(len(truth)), truth] += 2.5
    shares = np.exp(logits)
    return truth, flipped(truth, 10, rng), shares / shares.sum(axis=1, keepdims=True)


def flipped(truth: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Return labels of which some are another class."""
    wrong = rng.random(len(truth)) < FLIPPED
    return np.where(wrong, (truth + rng.integers(1, classes, len(truth))) % classes, truth)


def real(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the same of a set that comes with scikit-learn."""
    from sklearn import datasets
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, truth = getattr(datasets, f"load_{name}")(return_X_y=True)
    labels = flipped(truth, len(np.unique(truth)), np.random.default_rng(1))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    return truth, labels, cross_val_predict(model, features, labels, method="predict_proba")


def compared(others: str) -> list[tuple[object, ...]]:
    """Return one row for each set and way of choosing."""
    sets = {"drawn, 100,000 x 10": drawn(), "digits": real("digits"), "breast cancer": real("breast_cancer")}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (truth, labels, shares) in sets.items():
            path = Path(folder) / "rows.npz"
            np.savez(path, truth=truth, labels=labels, shares=shares)
            command = [str(HERE / "wrong_labels.py")]
            found = {
                "mlsys": json.loads(measure([sys.executable, *command, "mlsys", str(path)], threads=1).output),
                "cleanlab": json.loads(
                    measure([others, *command, "cleanlab", str(path)], threads=1).output.splitlines()[-1]
                ),
            }
            for method in found["mlsys"]:
                mine, theirs = (set(each[method].pop("rows")) for each in found.values())
                shared = len(mine & theirs) / max(len(mine | theirs), 1)
                figures = [
                    f"{each[method][figure]:.3f}" for figure in ("precision", "recall") for each in found.values()
                ]
                seconds = [f"{each[method]['seconds']:.3f}" for each in found.values()]
                rows.append((name, method, *figures, f"{shared:.4f}", *seconds))
    return rows


def main() -> None:
    """Compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", help="a Python that has cleanlab")
    given = parser.parse_args()
    header = (
        "rows", "way of choosing (cleanlab's name)", "precision", "cleanlab's", "recall", "cleanlab's ", "same rows",
        "CPU s", "cleanlab's  ",
    )  # fmt: skip
    with peers(["cleanlab", "pandas"], given.others) as others:
        rows = compared(others)
    write_page("label_errors", "Wrong labels", "python benchmarks/label_errors.py", TEXT + table(header, rows))


if __name__ == "__main__":
    main()
