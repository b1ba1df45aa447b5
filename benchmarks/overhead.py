"""What a step costs beside its own work, and how long six lines and imports take.

Run: ``python benchmarks/overhead.py``. Writes ``docs/benchmarks/overhead.rst``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import in_turn, spread, table, write_page

STEPS = (5, 105)
"""Steps of the two pipelines whose difference is a hundred steps."""
REPEATS = 7
ONE_OF_EACH = "from mlsys import Pipeline, ReadCSV, RandomSplit, NaturalLabel, Impute, Train, Evaluate, DetectDrift"


def step_overhead() -> None:
    """Time pipelines of steps that do nothing: alone, with results kept, with MLflow; ends with JSON."""
    import itertools
    import logging
    import warnings

    import mlflow
    import pandas as pd

    from mlsys import Pipeline, Transform

    logging.disable()
    warnings.simplefilter("ignore")

    class Nothing(Transform):
        """Learns one number and changes nothing."""

        number: int

        def learn(self, train):
            """Return the number."""
            return self.number

        def apply(self, frame, state):
            """Return the frame."""
            return frame

    frame = pd.DataFrame({"x": range(100), "y": [0, 1] * 50})
    parts = {"train": frame, "validation": frame.set_axis(range(100, 200))}  # no folds: each step runs once
    mlflow.set_tracking_uri("sqlite:///mlflow.db")

    numbers = itertools.count()

    def seconds(steps: int, track: bool, cache: bool) -> float:
        # Numbers that no step had before: a kept result would be timed in place of a step.
        pipeline = Pipeline([Nothing(next(numbers)) for _ in range(steps)], target="y", name="nothing")
        with fresh_folder():
            begin = time.perf_counter()
            pipeline.run(parts, track=track, cache=cache)
            return time.perf_counter() - begin

    found = {}
    for name, track, cache in (("alone", False, False), ("kept", False, True), ("tracked", True, False)):
        for steps in STEPS:
            seconds(steps, track, cache)  # warm-up
        pairs = [[seconds(steps, track, cache) for steps in STEPS] for _ in range(REPEATS)]
        found[name] = [(many - few) / (STEPS[1] - STEPS[0]) for few, many in pairs]
    print(json.dumps(found))


@contextmanager
def fresh_folder() -> Iterator[None]:
    """Keep what is kept in a folder of its own, so that nothing is taken from an earlier run."""
    from mlsys.settings import override

    with tempfile.TemporaryDirectory() as folder, override(folder=folder):
        yield


def six_lines() -> None:
    """Time first runs of six lines on 569 rows to the card, and to the end of the writing to MLflow; ends with JSON."""
    import mlflow
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import HistGradientBoostingClassifier

    from mlsys import Pipeline

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    df = load_breast_cancer(as_frame=True).frame
    found: dict[bool, list[float]] = {False: [], True: []}
    for track in (False, True) * (REPEATS + 1):
        with fresh_folder():
            begin = time.perf_counter()
            run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df, track=track)
            repr(run)
            found[track].append(time.perf_counter() - begin)
    card, written = found[False], found[True]
    print(json.dumps({"card": card[1:], "written": written[1:], "imports": card[:1]}))


UNCHANGED = """
import time
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from mlsys import Pipeline
df = load_breast_cancer(as_frame=True).frame
begin = time.perf_counter()
run = Pipeline([HistGradientBoostingClassifier()], target="target").run(df)
assert run.mlflow_run_id
print(time.perf_counter() - begin)
"""


def unchanged() -> list[float]:
    """Return seconds from ``run`` to the end of the writing: six lines of before, in fresh processes, on one folder."""
    with tempfile.TemporaryDirectory() as folder:
        words = {"MLSYS_FOLDER": f"{folder}/.mlsys", "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
        runs = [
            subprocess.run(
                [sys.executable, "-c", UNCHANGED],
                env={**os.environ, **words}, cwd=folder, capture_output=True, text=True, check=True,
            )
            for _ in range(REPEATS + 1)
        ]  # fmt: skip
    return [float(each.stdout) for each in runs[1:]]


def imported(code: str) -> list[str]:
    """Return which of the heavy packages a line imports."""
    heavy = (
        "[m for m in ('pandas', 'numpy', 'sklearn', 'mlflow', 'scipy', 'matplotlib', 'pyarrow') if m in sys.modules]"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print({heavy})"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().strip("[]").replace("'", "").split(", ")


def imports() -> dict[str, list[float]]:
    """Return seconds of whole processes that import and end."""
    lines = {
        "nothing": "pass",
        "mlsys": "import mlsys",
        "pandas": "import pandas",
        "one of each": ONE_OF_EACH,
    }
    found = in_turn({name: [sys.executable, "-c", line] for name, line in lines.items()}, 9)
    return {name: [each.wall for each in runs] for name, runs in found.items()}


def alone(function: str) -> dict[str, list[float]]:
    """Run a function of this file in a process of its own and return its figures."""
    command = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import overhead; overhead.{function}()"
    found = in_turn({function: [sys.executable, "-c", command]}, 1)
    return json.loads(found[function][0].output.splitlines()[-1])


def differences(mine: list[float], other: list[float]) -> list[float]:
    """Return differences pair by pair."""
    return [a - b for a, b in zip(mine, other, strict=True)]


def main() -> None:
    """Measure everything and write the page."""
    steps, lines, seconds = alone("step_overhead"), alone("six_lines"), imports()
    ms = {name: [1000 * value for value in values] for name, values in steps.items()}
    loaded = [name for name in imported("import mlsys") if name]
    rows = [
        ["a step beside its own work, tracking off", f"{spread(ms['alone'], 2)} ms", "under 1 ms"],
        ["the same, its results kept for later runs", f"{spread(ms['kept'], 1)} ms", ""],
        ["a step beside its own work, MLflow in a local file", f"{spread(ms['tracked'], 1)} ms", "under 30 ms"],
        ["six lines on 569 rows, warm process, nothing kept, to the card", f"{spread(lines['card'])} s", "under 3 s"],
        ["the first of them in a process, which imports", f"{lines['imports'][0]:.2f} s", ""],
        ["the same, until MLflow has it", f"{spread(lines['written'])} s", ""],
        ["the same six lines again, unchanged, in a fresh process, until MLflow has it",
         f"{spread(unchanged())} s", "under 3 s"],
        ["``import mlsys``", f"{spread(differences(seconds['mlsys'], seconds['nothing']), 3)} s", "under 0.15 s"],
        ["packages that it imports", ", ".join(loaded) or "none", "none"],
        ["``from mlsys import Pipeline`` and a step of each package, over pandas",
         f"{spread(differences(seconds['one of each'], seconds['pandas']), 3)} s", "under 0.6 s"],
        ["packages that this imports", ", ".join(imported(ONE_OF_EACH)), ""],
        ["``import pandas`` alone", f"{spread(differences(seconds['pandas'], seconds['nothing']), 3)} s", ""],
    ]  # fmt: skip
    text = f"""Medians with minimum and maximum. A step's cost is the difference between pipelines of {STEPS[0]} and
{STEPS[1]} steps that do nothing, each a user's class on 100 training and 100 validation rows, {REPEATS} pairs;
each run has a folder of its own, so that no result of an earlier one is taken; where results are not kept the cache is
off. Imports are differences between whole processes, 9 pairs.

{table(["what", "measured", "to reach"], rows)}
"""
    write_page("overhead", "Overhead, six lines, imports", "python benchmarks/overhead.py", text)
    print(f"median of six lines: {statistics.median(lines['card']):.2f} s")


if __name__ == "__main__":
    main()
