"""How often intervals over folds hold the truth: naive and corrected, of a score and of a paired difference.

Simulated: small data sets of known origin, two learners (nearest class means on all features, and on half of them),
accuracy by folds. The truth is the mean over all data sets, which is what each mean over folds is an unbiased
estimate of. Writes ``docs/benchmarks/coverage_of_intervals.rst``.

Run: ``python benchmarks/coverage_of_intervals.py``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from measuring import table, write_page
from mlsys.evaluation.resampled import resampled_mean

DIMENSIONS, SHIFT = 10, 0.35
SETTINGS = ((60, 5, 1), (60, 10, 1), (60, 5, 10), (300, 5, 1), (300, 10, 1), (300, 5, 10))
WINDOWS = ((60, 5), (300, 5))


def made(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features and two classes whose means differ by a shift in each feature."""
    y = np.arange(rows) % 2
    return rng.normal(size=(rows, DIMENSIONS)) + SHIFT * y[:, None], y


def accuracies(x: np.ndarray, y: np.ndarray, learned: np.ndarray, judged: np.ndarray) -> tuple[float, float]:
    """Accuracy of both learners on judged rows."""
    centres = [x[learned & (y == each)].mean(axis=0) for each in (0, 1)]
    squares = [(x[judged] - centre) ** 2 for centre in centres]
    half = DIMENSIONS // 2
    said = (squares[1].sum(1) < squares[0].sum(1), squares[1][:, :half].sum(1) < squares[0][:, :half].sum(1))
    return tuple(float((each == y[judged]).mean()) for each in said)


def by_folds(rows: int, folds: int, repeats: int, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Accuracies of each fold of one data set."""
    x, y = made(rows, rng)
    for _ in range(repeats):
        fold = rng.permutation(rows) % folds
        for number in range(folds):
            yield accuracies(x, y, fold != number, fold == number)


def by_windows(rows: int, windows: int, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Accuracies of expanding windows of one data set in which nothing changes with time."""
    x, y = made(rows, rng)
    places = np.arange(rows) * (windows + 1) // rows
    for number in range(1, windows + 1):
        yield accuracies(x, y, places < number, places == number)


def coverage(scores: np.ndarray, ratio: float) -> list[str]:
    """Share of data sets whose interval holds the truth: naive and corrected, of score and of difference."""
    cells = []
    for values in (scores[:, :, 0], scores[:, :, 0] - scores[:, :, 1]):
        truth = values.mean()
        for each in (0.0, ratio):
            found = [resampled_mean(row, each) for row in values]
            cells.append(f"{np.mean([one.lower <= truth <= one.upper for one in found]):.3f}")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=2_000, help="data sets for each line")
    sets = parser.parse_args().sets
    rows = []
    for count, folds, repeats in SETTINGS:
        rng = np.random.default_rng([count, folds, repeats])
        scores = np.array([list(by_folds(count, folds, repeats, rng)) for _ in range(sets)])
        named = f"{folds} folds" if repeats == 1 else f"{folds} folds, {repeats} times"
        rows.append([named, count, *coverage(scores, 1 / (folds - 1))])
    for count, windows in WINDOWS:
        rng = np.random.default_rng([count, windows])
        scores = np.array([list(by_windows(count, windows, rng)) for _ in range(sets)])
        ratio = float(np.mean(1 / np.arange(1, windows + 1)))
        rows.append([f"{windows} expanding windows", count, *coverage(scores, ratio)])
    error = np.sqrt(0.95 * 0.05 / sets)
    text = f"""
Share of {sets:,} simulated data sets whose 95 % interval holds the truth, with a standard error of {error:.3f}. Two
classes, {DIMENSIONS} features; the learner takes the nearer class mean, the other one sees half of the features.
*Naive* is the t interval that takes folds as independent; *corrected* is ``resampled_mean``, which the card of
``cross_validate()`` shows (Nadeau and Bengio 2003). The truth is the mean score of models trained on as many rows as
a fold's, over data sets.

{table(["folds", "rows", "score, naive", "score, corrected", "difference, naive", "difference, corrected"], rows)}

The naive interval is too narrow, and repeating the folds makes it much worse: it shrinks as if each repeat were new
data. The corrected one errs to the wide side for folds made once, and comes close to 95 % where they are repeated:
``KFolds(5, repeats=10)`` gives an interval that is narrower and still right. Windows in time are no exchangeable folds,
and the correction for them is a rule of thumb: real windows have rows that depend on each other over time, which these
have not, and that makes any such interval too narrow.
"""
    command = "python benchmarks/coverage_of_intervals.py"
    write_page("coverage_of_intervals", "Coverage of intervals over folds", command, text)


if __name__ == "__main__":
    main()
