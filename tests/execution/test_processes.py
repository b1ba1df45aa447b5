"""Work done in processes is the work done here: order, settings, folder, errors, classes of a notebook."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlsys import folder
from mlsys.errors import ConfigurationError, DataError
from mlsys.execution.processes import apart
from mlsys.settings import override, settings


def test_pieces_come_in_order_whoever_is_first() -> None:
    import time

    def slow_first(piece: int) -> int:
        time.sleep(0.2 if piece == 0 else 0)
        return piece * 10

    assert list(apart(slow_first, range(5), n_jobs=2)) == [0, 10, 20, 30, 40]


def test_processes_have_the_settings_the_folder_and_the_directory_of_this_one(tmp_path: Path) -> None:
    with override(threads=7, rows_per_partition=11):
        found = list(apart(lambda _: (settings().threads, settings().rows_per_partition, str(folder.home()),
                                      str(Path.cwd())), [0, 1], n_jobs=2))  # fmt: skip
    assert found == [(7, 11, str(folder.home().absolute()), str(Path.cwd()))] * 2


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_native_threads_are_those_of_the_setting_wherever_work_is_done(n_jobs: int) -> None:
    """Joblib would divide the cores of the machine among its processes, and rows would differ in their last bits."""

    def threads(_: int) -> set[int]:
        import sklearn.utils._openmp_helpers  # noqa: F401  has an OpenMP of its own
        from threadpoolctl import threadpool_info

        return {pool["num_threads"] for pool in threadpool_info()}

    import sklearn.linear_model  # noqa: F401

    with override(threads=3):
        assert list(apart(threads, [0, 1], n_jobs=n_jobs)) == [{3}, {3}]


def test_an_error_keeps_its_type_its_words_and_its_notes() -> None:
    def fail(piece: int) -> int:
        if piece == 2:  # of two that fail, either may be the first to say so
            return piece
        error = DataError(f"piece {piece} is bad", "mend it")
        error.add_note("mlsys: in fold 2 of 5")
        raise error

    with pytest.raises(DataError, match="piece 1 is bad") as caught:
        list(apart(fail, [1, 2], n_jobs=2))
    assert "mlsys: in fold 2 of 5" in caught.value.__notes__


@pytest.mark.parametrize("wrong", [0, -2, 1.5, True, "2"])
def test_a_number_of_processes_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="n_jobs"):
        list(apart(len, ["a", "b"], n_jobs=wrong))  # type: ignore[arg-type]


SCRIPT = '''
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from mlsys import KFolds, Pipeline, Rows, Transform

LIMIT = 0.9

class Clip(Transform):
    """Clip a column at a quantile of the training rows."""

    column: str
    quantile: float = LIMIT

    def learn(self, train: Rows):
        return float(train[self.column].quantile(self.quantile))

    def apply(self, frame, limit):
        return frame.assign(**{self.column: frame[self.column].clip(upper=limit)})

rng = np.random.default_rng(0)
frame = pd.DataFrame({"x": rng.normal(size=300), "z": rng.normal(size=300)})
frame["y"] = (frame["x"] + rng.normal(size=300) > 0).astype(int)
pipeline = Pipeline([lambda f: f.assign(q=f["x"] ** 2), KFolds(3), Clip("x"), LogisticRegression()], target="y")
one, two = (pipeline.cross_validate(data=frame, n_jobs=jobs, track=False, cache=False) for jobs in (1, 2))
assert one.states == two.states and one.table.equals(two.table)
print("the same")
'''


def test_classes_and_functions_of_a_script_are_taken_along(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "the same", done.stderr
    assert not (tmp_path / ".mlsys").exists()


WIDE = """
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from mlsys import KFolds, Pipeline

rng = np.random.default_rng(0)
frame = pd.DataFrame(rng.normal(size=(3_000, 400)), columns=[f"x{place}" for place in range(400)])
frame["y"] = frame["x0"] + rng.normal(size=3_000)
pipeline = Pipeline([KFolds(2), PCA(10), Ridge()], target="y")
one, two = (pipeline.cross_validate(data=frame, n_jobs=jobs, track=False, cache=False) for jobs in (1, 2))
assert one.states == two.states and one.table.equals(two.table)
print("the same")
"""


@pytest.mark.long
def test_products_of_matrices_are_the_same_where_no_number_of_threads_is_set(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(WIDE, encoding="utf-8")
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    words = [sys.executable, "script.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, env=free)
    assert done.stdout.strip() == "the same", done.stderr
