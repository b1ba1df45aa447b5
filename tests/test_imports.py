"""What is imported when: nothing heavy before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"scipy", "sklearn", "mlflow", "matplotlib", "joblib", "skops", "optuna", "dask"}
ONE_OF_EACH = (
    "from mlsys import Pipeline, ReadCSV, RandomSplit, NaturalLabel, Impute, Train, Evaluate, DetectDrift, Monitor"
)


@pytest.mark.parametrize(
    ("line", "never"),
    [("import mlsys", HEAVY | {"pandas", "numpy", "pyarrow", "pydantic"}), (ONE_OF_EACH, HEAVY)],
    ids=["mlsys", "a step of each package"],
)
def test_imports_load_nothing_heavy(line: str, never: set[str]) -> None:
    code = f"{line}\nimport sys; print(sorted({never!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
